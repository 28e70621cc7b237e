"""What one document says of an account: figures, facts, rows and sentences, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReportedFigure:
    """A figure of a report; `target` as it is written, `period` where its column names one."""

    name: str
    value: float
    unit: str
    target: str
    place: str
    period: str = ""


@dataclass(frozen=True, slots=True)
class ReportedFact:
    """What a line, a column or an attribute says of the account: the notion's name and the value as written."""

    name: str
    value: str
    place: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class ReportedRow:
    """A row under one of `ROW_KINDS`, or a sentence: then `fields` has its text under the kind's first field."""

    part: str
    fields: Mapping[str, str]
    place: str


@dataclass(frozen=True)
class ReportReading:
    """What one document says."""

    figures: tuple[ReportedFigure, ...]
    facts: tuple[ReportedFact, ...]
    rows: tuple[ReportedRow, ...]
