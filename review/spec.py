"""A job's file: what is asked of reviewers, who they are, and how the items are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import ReviewError
from core.yaml_text import load_yaml

Kind = Literal["choice", "choices", "scale", "ranking", "spans", "text"]
Value = str | int | list[str] | list[list[Any]]
# How two answers side by side are ranked.
RANKS = ("A", "B", "the same")


class Label(BaseModel):
    """What a reviewer says of an item.

    Attributes:
        values: The choices in order, or the kinds of spans.
        points: Of a scale, from 1.
        anchors: Value → when it is the right one.
        ordered: Whether the choices are steps, so that neighbours differ less.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Kind
    values: tuple[str, ...] = ()
    points: int = Field(default=5, ge=2, le=11)
    anchors: dict[str, str] = Field(default_factory=dict)
    ordered: bool = False

    @model_validator(mode="after")
    def _complete(self) -> Label:
        if self.kind in ("choice", "choices", "spans") and len(set(self.values)) < (1 if self.kind == "spans" else 2):
            raise ValueError(f"label: a {self.kind} needs different `values` to choose from")
        if unknown := set(self.anchors) - set(map(str, self.offered())):
            raise ValueError(f"label.anchors: {', '.join(sorted(unknown))} is none of the values")
        return self

    def offered(self) -> tuple[str | int, ...]:
        """The values that can be chosen; of a text none."""
        if self.kind == "scale":
            return tuple(range(1, self.points + 1))
        return RANKS if self.kind == "ranking" else self.values

    def checked(self, value: object, length: int = 0) -> Value:
        """The value as it is kept; `length` is that of the item's text, for spans.

        Raises:
            ReviewError: it isn't what the label asks for.
        """
        if self.kind == "text":
            if isinstance(value, str) and value.strip():
                return value.strip()
            raise ReviewError("The label is empty; write it, or skip the item.")
        if self.kind == "choices":
            chosen = [value] if isinstance(value, str) else value
            if isinstance(chosen, list | tuple) and chosen and set(chosen) <= set(self.values):
                return [v for v in self.values if v in chosen]
        elif self.kind == "spans":
            return self._spans(value, length)
        elif value in self.offered() and not isinstance(value, bool) and isinstance(value, str | int):
            return value
        offered = ", ".join(map(str, self.offered()))
        if value in (None, "", [], ()):
            raise ReviewError(f"Nothing is chosen; choose one of {offered}, or skip the item.")
        raise ReviewError(f"The label {value!r} isn't one of {offered}; choose one of them, or skip the item.")

    def spans_in(self, text: str, typed: Mapping[str, str]) -> tuple[list[list[Any]], list[str]]:
        """(The spans of these words, words that the text hasn't): kind → words, with | between them.

        Words that are given twice are the first and the second place where they stand.
        """
        spans, missing = [], []
        for kind, words in typed.items():
            begin: dict[str, int] = {}
            for part in filter(None, (part.strip() for part in words.split("|"))):
                at = text.find(part, begin.get(part, 0))
                if at < 0:
                    missing.append(part)
                    continue
                begin[part] = at + len(part)
                spans.append([at, at + len(part), kind])
        return spans, missing

    def in_words(self, value: Value | None, text: str = "") -> str:
        """A label for people to read; `text` is the item's, for spans."""
        if not isinstance(value, list):
            return "" if value is None else str(value)
        if self.kind != "spans":
            return ", ".join(map(str, value))
        return "; ".join(f"{kind}: {text[int(begin) : int(end)]}" for begin, end, kind in map(list, value))

    def _spans(self, value: object, length: int) -> list[list[Any]]:
        spans: list[Any] = list(value) if isinstance(value, list | tuple) else [None]
        for span in spans:
            if not (isinstance(span, list | tuple) and len(span) == 3 and all(isinstance(n, int) for n in span[:2])):
                raise ReviewError(f"The span {span!r} isn't [begin, end, kind]; mark it anew.")
            if not 0 <= span[0] < span[1] <= length or span[2] not in self.values:
                raise ReviewError(f"The span {span!r} isn't in the text of {length} characters, or of no known kind.")
        return sorted([int(a), int(b), str(kind)] for a, b, kind in spans)


class Sample(BaseModel):
    """How items are drawn: all at random, the same number from each group, or the least sure ones first."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    way: Literal["random", "stratified", "uncertain"] = "random"
    most: int = Field(default=200, ge=1, le=100_000)
    by: str = "group"
    seed: int = 0


class Job(BaseModel):
    """One job.

    Attributes:
        people, leads: Addresses, or "group:NAME".
        each: So many reviewers label each item, without seeing each other.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    job: str = Field(pattern=r"^[a-z][a-z0-9_-]{1,58}[a-z0-9]$")
    title: str = Field(min_length=3, max_length=120)
    instructions: str = Field(min_length=10)
    examples: tuple[dict[str, str], ...] = ()
    label: Label
    people: tuple[str, ...] = Field(min_length=1)
    leads: tuple[str, ...] = Field(min_length=1)
    each: int = Field(default=3, ge=1, le=20)
    until: date | None = None
    sample: Sample = Field(default_factory=Sample)


def read_job(file: Path) -> Job:
    """The job of a YAML file.

    Raises:
        ReviewError: it can't be read, or a key of it is wrong.
    """
    try:
        return job_of(file.read_text(encoding="utf-8"), str(file))
    except OSError as error:
        raise ReviewError(f"{file} can't be read ({error.strerror}); check the path.") from error


def job_from(values: object, shown: str) -> Job:
    """The job of these keys. Raises ReviewError: one of them is wrong."""
    try:
        return Job.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise ReviewError(
            f"{shown}: {where}: {first['msg'].removeprefix('Value error, ')}; see docs/review.md."
        ) from error


def job_of(text: str, shown: str = "The job") -> Job:
    """The job of a YAML text. Raises ReviewError: a key of it is wrong."""
    try:
        return job_from(load_yaml(text) or {}, shown)
    except (yaml.YAMLError, ValueError) as error:
        raise ReviewError(f"{shown} is no YAML ({' '.join(str(error).split())[:160]}); see docs/review.md.") from error
