"""Everyday questions and what a person must see in their answers, one JSON object a line.

    {"id": "h1", "question": "how many days off", "user": "ana@x.example", "kind": "number", "answerable": true,
     "gold": "25 days.", "must": [["25 (working )?days", "twenty-five"]], "must_not": ["30 days"], "documents": []}

docs/evaluation.md says for authors what the fields mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.question import Attachment
from core.errors import DatasetError, IdentityError
from core.identity import asking_user
from core.nearest import closest
from core.settings import Settings
from core.types import Parsed, User
from evals.data import read_jsonl

# So like a known field is only a misspelling of it; whatever else a line has is for readers.
_MISSPELT = 0.8
SMALL_TALK = "small_talk"


class EverydayQuestion(BaseModel):
    """One question as a person types it, or several of one conversation, of which the last one counts.

    Attributes:
        user: Who asks; empty leaves it to the command.
        gold: The right answer in a sentence, for readers.
        must: Patterns of which each group needs one hit in what is shown: the answer's text or its quotes.
        must_not: Patterns that make the answer wrong where they hit.
        documents: Where the answer stands, for readers.
        attachments: Files that the person adds to each turn, by their path from the question file's folder.
    """

    model_config = ConfigDict(frozen=True)

    id: str = Field(min_length=1)
    question: str = ""
    turns: tuple[str, ...] = ()
    user: str = ""
    kind: str = ""
    answerable: bool
    gold: str = ""
    must: tuple[tuple[str, ...], ...] = ()
    must_not: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """The questions in order; the last one is scored."""
        return self.turns or (self.question,)

    def missing(self, shown: Sequence[str]) -> list[tuple[str, ...]]:
        """The groups of `must` without a hit in any of the texts."""
        return [group for group in self.must if not any(_hits(pattern, shown) for pattern in group)]

    def forbidden(self, shown: Sequence[str]) -> list[str]:
        """The patterns of `must_not` that hit one of the texts."""
        return [pattern for pattern in self.must_not if _hits(pattern, shown)]


def load_questions(file: Path) -> list[tuple[int, EverydayQuestion]]:
    """(line number, question) of each line.

    Raises:
        DatasetError: the file is missing, or a line breaks a rule; the message names file, line, field and remedy.
    """
    if not file.is_file():
        raise DatasetError(f"There is no file {file}; name one with a question a line, as docs/evaluation.md shows.")
    found: list[tuple[int, EverydayQuestion]] = []
    lines: dict[str, int] = {}
    for number, row in read_jsonl(file):
        try:
            question = EverydayQuestion.model_validate(row)
        except ValidationError as error:
            raise DatasetError(f"{file}:{number}: {_sentence(error)}") from error
        for problem in (*_misspelt(row), *_problems(question)):
            raise DatasetError(f"{file}:{number}: {problem}")
        if question.id in lines:
            raise DatasetError(
                f"{file}:{number}: id: {question.id!r} stands on line {lines[question.id]} already; give each its own."
            )
        lines[question.id] = number
        found.append((number, question))
    if not found:
        raise DatasetError(f"{file} holds no question; write one JSON object a line, as docs/evaluation.md shows.")
    return found


def files_attached(
    file: Path, questions: Iterable[tuple[int, EverydayQuestion]], parse: Callable[[bytes, str], Parsed]
) -> dict[str, Attachment]:
    """The files that the questions attach, by their path as the lines write it.

    Raises:
        DatasetError: a file is missing; the message names question file, line and remedy.
        ParseError: a file is broken or of an unknown kind.
    """
    read: dict[str, Attachment] = {}
    for number, question in questions:
        for name in question.attachments:
            path = file.parent / name
            if not path.is_file():
                raise DatasetError(f"{file}:{number}: attachments: there is no file {path}; correct the path.")
            if name not in read:
                parsed = parse(path.read_bytes(), path.name)
                read[name] = Attachment(path.name, parsed.sections, parsed.title)
    return read


def people_asking(
    file: Path, questions: Iterable[tuple[int, EverydayQuestion]], settings: Settings, engine: sa.Engine, user: str = ""
) -> dict[str, User]:
    """Who asks, by the address as the lines write it.

    Args:
        user: Who asks where a line names nobody; by default auth.development_user.

    Raises:
        DatasetError: the directory doesn't know somebody; the message names file, line and remedy.
    """
    people: dict[str, User] = {}
    for number, question in questions:
        if question.user in people:
            continue
        try:
            people[question.user] = asking_user(settings, question.user or user, engine)
        except IdentityError as error:
            raise DatasetError(f"{file}:{number}: user: {error}") from error
    return people


def _hits(pattern: str, texts: Iterable[str]) -> bool:
    return any(re.search(pattern, text, re.IGNORECASE) for text in texts)


def _misspelt(row: Mapping[str, Any]) -> Iterator[str]:
    known = list(EverydayQuestion.model_fields)
    for name in row:
        near = closest(name, known, alike=_MISSPELT) if name not in known else []
        if near:
            yield f"{name}: an unknown field; did you mean '{near[0]}'?"


def _problems(question: EverydayQuestion) -> Iterator[str]:
    if bool(question.question.strip()) == bool(question.turns):
        yield "question: give either 'question' or 'turns', a list of which the last one is scored."
    for n, turn in enumerate(question.turns):
        if not turn.strip():
            yield f"turns.{n}: it is empty; write what the person asks."
    for n, group in enumerate(question.must):
        if not group:
            yield f"must.{n}: it is empty and could never be met; write a pattern, or remove it."
        yield from (said for m, p in enumerate(group) for said in _no_pattern(f"must.{n}.{m}", p))
    yield from (said for n, p in enumerate(question.must_not) for said in _no_pattern(f"must_not.{n}", p))
    if question.answerable and question.kind != SMALL_TALK and not (question.must or question.must_not):
        yield f"must: {question.id!r} is answerable, and any answer would be right; write what it must show."


def _no_pattern(place: str, pattern: str) -> Iterator[str]:
    if not pattern:
        yield f"{place}: it is empty and hits any text; write a pattern, or remove it."
    try:
        re.compile(pattern)
    except re.error as error:
        yield f"{place}: {pattern!r} is no regular expression ({error}); mend it."


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"]))
    if first["type"] == "missing":
        return f"{field}: the field is missing; add it."
    wanted = "; write a list of lists of patterns" if first["loc"][0] == "must" else ""
    return f"{field}: found {str(first['input'])[:80]!r}: {first['msg'][0].lower()}{first['msg'][1:]}{wanted}."
