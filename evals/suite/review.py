"""Cases that people make of answers, and their review. The suite is written under a lock, so that none is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.errors import DatasetError
from core.files import locked
from evals.suite.suites import Case, check_case, load_suite, save_suite, validation_sentence


def waiting_cases(file: Path) -> list[Case]:
    """The suite's cases that nobody has reviewed; none if there is no such file yet."""
    return [case for case in load_suite(file) if not case.reviewed] if file.is_file() else []


def add_case(file: Path, case: Case) -> None:
    """Puts the case at the end of the suite.

    Raises:
        DatasetError: the suite has a case of this id already, or the case breaks a rule.
    """
    for problem in check_case(case):
        raise DatasetError(f"{case.id}: {problem}")
    with _alone_at(file):
        cases = load_suite(file) if file.is_file() else []
        if any(known.id == case.id for known in cases):
            raise DatasetError(f"{file} has the case {case.id} already; `debrief eval review {case.id}` shows it.")
        save_suite(file, [*cases, case])


def accept_case(file: Path, case_id: str, changes: Mapping[str, Any] | None = None) -> Case:
    """Makes the case count from now on.

    Args:
        changes: Fields that the reviewer has corrected.

    Raises:
        DatasetError: there is no such case, a correction breaks a rule, or the case expects nothing.
    """
    with _alone_at(file):
        cases = load_suite(file)
        values = {**_found(cases, case_id, file).model_dump(), **(changes or {}), "reviewed": True}
        try:
            case = Case.model_validate(values)
        except ValidationError as error:
            raise DatasetError(f"{case_id}: {validation_sentence(error)}") from error
        for problem in check_case(case):
            raise DatasetError(f"{case_id}: {problem}")
        if case.outcome == "answered" and not (case.expected_facts or case.expected_documents):
            raise DatasetError(
                f"{case_id} expects an answer but names neither a fact nor a document; add one, or expect no answer."
            )
        save_suite(file, [case if known.id == case_id else known for known in cases])
    return case


def reject_case(file: Path, case_id: str) -> None:
    """Removes the case.

    Raises:
        DatasetError: there is no such case.
    """
    with _alone_at(file):
        cases = load_suite(file)
        _found(cases, case_id, file)
        kept = [case for case in cases if case.id != case_id]
        if not kept:
            # A suite without a case can't be read; without its file, it begins anew with the next case.
            file.unlink()
            return
        save_suite(file, kept)


def _found(cases: list[Case], case_id: str, file: Path) -> Case:
    found = next((case for case in cases if case.id == case_id), None)
    if found is None:
        raise DatasetError(f"{file} has no case {case_id!r}; `debrief eval review` lists those that wait.")
    return found


@contextmanager
def _alone_at(file: Path) -> Iterator[None]:
    """Lets one process at a time read and write the suites of the file's folder, which is made if missing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with locked(file.parent):
        yield
