"""Suites: questions with what a good answer holds, one JSON object a line in `evals/cases/<suite>.jsonl`.

A case isn't counted before somebody has reviewed it. What the fields mean is written for authors in docs/evaluation.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.language import Expectation
from core.errors import DatasetError
from core.files import write_atomically
from core.settings import Settings
from core.types import Outcome
from evals.data import read_jsonl

PACKAGED = Path(__file__).resolve().parents[1] / "cases"
_SUITE = re.compile(r"^[a-z][a-z0-9_-]*$")


class Assertion(BaseModel):
    """What must hold of the text of an answer or an app's result; exactly one of the three is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contains: str = ""
    excludes: str = ""
    matches: str = ""


class Case(BaseModel):
    """One question or app run, and what is expected of it.

    Attributes:
        history: Questions of the same conversation, asked before this one.
        attachments: Files that are added to the question, by their path from the suite's folder.
        app: The app to run with `inputs` (files as `attachments`); empty asks `question`.
        expect: What must hold of an app's outputs, in the words of an app's own tests.
        expected_facts: Each must be in the answer; " | " separates spellings of one fact.
        contradictions: Statements that make the answer wrong.
        expected_documents: The documents that answer; `documents_needed` says whether one is enough.
        stale_documents: Superseded: they may be read, and must not be what the answer rests on.
        forbidden_documents: Closed to `user`; a word of them in the answer is a leak.
        origin: Where the case is from: "sample", "trace:<id>", or a person.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=60)
    question: str = Field(min_length=1)
    user: str = Field(min_length=3)
    history: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    app: str = ""
    inputs: dict[str, Any] = Field(default_factory=dict)
    outcome: Outcome = "answered"
    also_accepted_outcomes: tuple[Outcome, ...] = ()
    expected_facts: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
    expected_documents: tuple[str, ...] = ()
    documents_needed: Literal["any", "all"] = "any"
    stale_documents: tuple[str, ...] = ()
    forbidden_documents: tuple[str, ...] = ()
    route: str = Field(default="", pattern=r"^(|search|app:[a-z][a-z0-9_]*)$")
    assertions: tuple[Assertion, ...] = ()
    expect: tuple[Expectation, ...] = ()
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    tags: tuple[str, ...] = ()
    origin: str = ""
    reviewed: bool = True

    @property
    def is_for_app(self) -> bool:
        """Whether an app is to answer, named or found by the router."""
        return bool(self.app) or self.route.startswith("app:")

    def sources_wanted(self) -> frozenset[str]:
        """The sources of which at least one must be synced for the case to say anything; empty: none is needed."""
        named = self.expected_documents or self.forbidden_documents
        return frozenset(document.partition(":")[0] for document in named)


def suite_file(settings: Settings, suite: str) -> Path:
    """Where the suite is kept: in `evaluation.cases_dir`, or with those that come with Debrief.

    Raises:
        DatasetError: the name can't be a file's name.
    """
    if not _SUITE.fullmatch(suite):
        raise DatasetError(f"{suite!r} is no name for a suite; write small letters, digits and hyphens.")
    chosen = settings.evaluation.cases_dir
    return (settings.path(chosen) if chosen is not None else PACKAGED) / f"{suite}.jsonl"


def load_suite(file: Path) -> list[Case]:
    """The suite's cases, reviewed or not.

    Raises:
        DatasetError: the file is missing, or a line breaks a rule; the message names file, line, field and remedy.
    """
    if not file.is_file():
        known = sorted(f.stem for f in file.parent.glob("*.jsonl"))
        raise DatasetError(f"There is no suite {file.stem!r} in {file.parent}; known are {', '.join(known) or 'none'}.")
    cases: list[Case] = []
    lines: dict[str, int] = {}
    for number, row in read_jsonl(file):
        try:
            case = Case.model_validate(row)
        except ValidationError as error:
            raise DatasetError(f"{file}:{number}: {validation_sentence(error)}") from error
        for problem in check_case(case):
            raise DatasetError(f"{file}:{number}: {problem}")
        if case.id in lines:
            raise DatasetError(
                f"{file}:{number}: id: {case.id!r} stands on line {lines[case.id]} already; give each case its own."
            )
        lines[case.id] = number
        cases.append(case)
    if not cases:
        raise DatasetError(f"{file} holds no case; write one JSON object a line, as docs/evaluation.md shows.")
    return cases


def chosen_cases(cases: Iterable[Case], tags: Sequence[str] = ()) -> list[Case]:
    """The reviewed cases that carry all of `tags` (a case's language and user's sources count as tags as well)."""
    wanted = set(tags)
    return [c for c in cases if c.reviewed and wanted <= {*c.tags, c.language}]


def save_suite(file: Path, cases: Iterable[Case]) -> None:
    """Writes the suite anew; defaults are left out."""
    lines = [json.dumps(_written(case), ensure_ascii=False) for case in cases]
    write_atomically(file, "\n".join(lines) + "\n")


def _written(case: Case) -> dict[str, Any]:
    kept = case.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    return {**kept, "outcome": case.outcome, "language": case.language, "reviewed": case.reviewed}


def check_case(case: Case) -> Iterable[str]:
    """What is wrong with the case that pydantic can't see, in sentences: fields that contradict each other."""
    both = set(case.expected_documents) & set(case.forbidden_documents)
    if both:
        yield f"forbidden_documents: {min(both)!r} is expected as well; keep it in one of the two."
    if case.outcome != "answered" and case.expected_facts:
        yield f"expected_facts: the outcome {case.outcome!r} has no facts; remove them, or expect 'answered'."
    for document in (*case.expected_documents, *case.stale_documents, *case.forbidden_documents):
        if ":" not in document:
            yield f"{document!r} is no document id; write <source>:<path>, as `debrief docs` prints it."
    if (case.inputs or case.expect) and not case.app:
        yield f"{'inputs' if case.inputs else 'expect'}: they are for an app's run; name it in 'app'."
    for n, assertion in enumerate(case.assertions):
        if sum(map(bool, (assertion.contains, assertion.excludes, assertion.matches))) != 1:
            yield f"assertions[{n}]: give one of contains, excludes and matches."
        try:
            re.compile(assertion.matches)
        except re.error as error:
            yield f"assertions[{n}].matches: {assertion.matches!r} is no regular expression ({error}); mend it."


def validation_sentence(error: ValidationError) -> str:
    """The first thing that is wrong with a case's fields: field, value, remedy."""
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return f"{field}: an unknown field; known are {', '.join(Case.model_fields)}."
    if first["type"] == "missing":
        return f"{field}: the field is missing; add it."
    return f"{field}: found {str(first['input'])[:80]!r}: {first['msg'][0].lower()}{first['msg'][1:]}."
