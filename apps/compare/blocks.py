"""A parsed report → its tables, its "name: value" lines and its sentences, each under a heading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from apps.meeting.turns import split_sentences
from core.types import Parsed, Section

_FIELD = re.compile(r"^\s*[-•*]?\s*(?P<name>[^:|]{2,60}?)\s*:\s+(?P<value>\S.{0,200})$")
# What tells two issues of the same report apart, and nothing else: periods, years, versions.
_PERIOD = re.compile(r"\b(?:Q[1-4]|[HQ][1-4]/\d\d|20\d\d(?:-\d\d(?:-\d\d)?)?|v?\d+\.\d+|T[1-4])\b", re.IGNORECASE)

# A header or footer that the page's layout didn't give away.
_PAGE_LINE = re.compile(
    r"(?:^|[·|–-]\s*)(?:page|seite|página|pagina)\s+\d+(?:\s*(?:of|von|de|sur|/)\s*\d+)?\s*$", re.IGNORECASE
)


@dataclass(frozen=True)
class Table:
    """A table: its heading, where it stands, its header and rows of as many cells."""

    heading: str
    locator: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence and the heading that it stands under."""

    heading: str
    locator: str
    text: str


@dataclass
class Report:
    """What is compared of a report."""

    title: str
    tables: list[Table] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)


def read_report(parsed: Parsed) -> Report:
    """The report's parts in reading order; page headers, footers and speaker notes are left out."""
    report = Report(parsed.title)
    for section in parsed.sections:
        if section.kind == "note":
            continue
        heading = _heading(section, parsed.title)
        if heading and heading not in report.headings:
            report.headings.append(heading)
        if section.kind == "table":
            table = _table(section, heading)
            if table is not None:
                report.tables.append(table)
            continue
        fields: list[tuple[str, ...]] = []
        for line in _lines(section.text):
            match = _FIELD.match(line)
            if match and not match["value"].endswith(".") and len(match["name"].split()) <= 6:
                fields.append((match["name"].strip(), match["value"].strip()))
            else:
                for text in split_sentences(line):
                    report.statements.append(Statement(heading, section.locator, text))
        if fields:
            report.tables.append(Table(heading, section.locator, ("Field", "Value"), tuple(fields)))
    report.statements = [s for s in report.statements if not _PAGE_LINE.search(s.text)]
    return report


def plain_name(text: str) -> str:
    """A heading or column name for comparison: folded, without periods and versions."""
    folded = " ".join(re.findall(r"\w+", _PERIOD.sub(" ", text).lower()))
    return folded or text.strip().lower()


def _heading(section: Section, title: str) -> str:
    path = [h for h in section.heading_path if h and h != title]
    return " › ".join(path[-2:])


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.strip():
            yield line.strip()


def _table(section: Section, heading: str) -> Table | None:
    rows = [_cells(line) for line in section.text.splitlines() if line.strip().startswith("|")]
    rows = [r for r in rows if not all(re.fullmatch(r":?-{2,}:?", c) for c in r if c) or not any(r)]
    if len(rows) < 2 or not rows[0]:
        return None
    width = len(rows[0])
    body = tuple(_fitted(r, width) for r in rows[1:] if any(r))
    return Table(heading, section.locator, tuple(rows[0]), body)


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [" ".join(c.replace("\\|", "|").replace("<br>", " ").split()) for c in re.split(r"(?<!\\)\|", inner)]


def _fitted(row: Sequence[str], width: int) -> tuple[str, ...]:
    return tuple([*row, *[""] * width][:width])
