"""A parsed report → its tables, its "name: value" lines and its sentences, each under a heading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from apps.compare.values import decimal_mark, number_of
from core.text.sentences import sentence_texts
from core.text.words import folded
from core.types import Parsed, Section

# "14 complaints", "no slips"; two such words are one thing by so many letters.
_COUNTED = re.compile(r"(?P<count>\d[\d.,]*|no) (?P<what>[^\W\d_]{3,}(?: [^\W\d_]+)?)")
_THING = 4
# A sheet with a title row has at least so many rows besides.
_TITLED = 3
_FIELD = re.compile(r"^\s*[-•*]?\s*(?P<name>[^:|]{2,60}?)\s*:\s+(?P<value>\S.{0,200})$")
# What tells two issues of the same report apart, and nothing else: periods, years, versions.
_PERIOD = re.compile(r"\b(?:Q[1-4]|[HQ][1-4]/\d\d|20\d\d(?:-\d\d(?:-\d\d)?)?|v?\d+\.\d+|T[1-4])\b", re.IGNORECASE)

# A header or footer that the page's layout didn't give away.
_PAGE_LINE = re.compile(
    r"(?:^|[·|–-]\s*)(?:page|seite|página|pagina)\s+\d+(?:\s*(?:of|von|de|sur|/)\s*\d+)?\s*$", re.IGNORECASE
)
# What is added to a heading where it goes on.
_CONTINUED = re.compile(
    r"\s*[(\[]?\s*(?:\d+\s*(?:/|of|von|de|sur)\s*\d+|cont(?:inued|\.|’d|'d)?|fortsetzung|forts\.|suite|continuación"
    r"|cont\.)\s*[)\]]?\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ComparedTable:
    """A table: its heading, where it stands, its header and rows of as many cells.

    `decimal` is the report's decimal mark, "" where it has no number that tells it.
    """

    heading: str
    locator: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    decimal: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence and the heading that it stands under."""

    heading: str
    locator: str
    text: str


@dataclass
class ComparedReport:
    """What is compared of a report."""

    title: str
    tables: list[ComparedTable] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)


def read_report(parsed: Parsed) -> ComparedReport:
    """The report's parts in reading order; page headers, footers and speaker notes are left out."""
    report = ComparedReport(parsed.title)
    before: Section | None = None
    for section in parsed.sections:
        if section.kind == "note":
            continue
        heading = _heading(section, parsed.title)
        if heading and heading not in report.headings:
            report.headings.append(heading)
        if section.kind == "table":
            heading = _line_above(report, section, before) or heading
            table = _table(section, heading)
            if table is not None and report.tables and _goes_on(report.tables[-1], table):
                report.tables[-1] = replace(report.tables[-1], rows=report.tables[-1].rows + table.rows)
            elif table is not None:
                report.tables.append(table)
            continue
        before = section
        fields: list[tuple[str, ...]] = []
        for line in _lines(section.text):
            match = _FIELD.match(line)
            if match and not match["value"].endswith(".") and len(match["name"].split()) <= 6:
                fields.append((match["name"].strip(), match["value"].strip()))
            else:
                _add(report.statements, [Statement(heading, section.locator, s) for s in sentence_texts(line)])
        if fields:
            header, rows = _spread(fields)
            report.tables.append(ComparedTable(heading, section.locator, header, tuple(rows)))
    decimal = decimal_mark(cell for table in report.tables for row in table.rows for cell in row)
    report.tables = [replace(table, decimal=decimal) for table in report.tables]
    return report


def plain_name(text: str) -> str:
    """A heading or column name for comparison: folded, without periods and versions."""
    folded = " ".join(re.findall(r"\w+", _PERIOD.sub(" ", text).lower()))
    return folded or text.strip().lower()


def _heading(section: Section, title: str) -> str:
    path = [h for h in section.heading_path if h and h != title and not _PAGE_LINE.search(h)]
    return " › ".join(path[-2:])


def _line_above(report: ComparedReport, table: Section, before: Section | None) -> str:
    """The table's heading where it is the last line of the text above, as in a PDF; it is then no statement."""
    lines = list(_lines(before.text)) if before is not None else []
    if not lines or not report.statements or report.statements[-1].text != lines[-1]:
        return ""
    if before is None or before.locator != table.locator or lines[-1][-1] in ".!?:;…" or len(lines[-1].split()) > 6:
        return ""
    report.statements.pop()
    return lines[-1]


def _goes_on(table: ComparedTable, next_one: ComparedTable) -> bool:
    """Whether a table is the rest of the one before, on the next page or slide under the same header."""
    headings = [_CONTINUED.sub("", heading).strip().lower() for heading in (table.heading, next_one.heading)]
    return table.header == next_one.header and headings[0] == headings[1]


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.strip() and not _PAGE_LINE.search(line):
            yield line.strip()


def _add(statements: list[Statement], more: list[Statement]) -> None:
    """Adds statements; the rest of a sentence that a page's end had cut goes to its beginning."""
    if statements and more and more[0].heading == statements[-1].heading:
        cut = statements[-1].text[-1] not in ".!?:;…" and more[0].text[:1].islower()
        if cut and more[0].locator != statements[-1].locator:
            statements[-1] = replace(statements[-1], text=f"{statements[-1].text} {more.pop(0).text}")
    statements.extend(more)


def _spread(fields: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows of fields; "Pier A: 14 complaints, 3 slips" has a column for each thing that is counted."""
    counted = [[_COUNTED.fullmatch(part.strip()) for part in value.split(",")] for _, value in fields]
    things = [[folded(m["what"])[:_THING] for m in row if m] for row in counted]
    alike = all(all(row) and t == things[0] for row, t in zip(counted, things, strict=True))
    if len(fields) > 1 and len(things[0]) > 1 and alike:
        rows = [(name, *(m["count"] for m in row if m)) for (name, _), row in zip(fields, counted, strict=True)]
        header = ("Field", *(m["what"] for m in counted[0] if m))
        return header, [tuple("0" if cell == "no" else cell for cell in row) for row in rows]
    return ("Field", "Value"), list(fields)


def _table(section: Section, heading: str) -> ComparedTable | None:
    rows = [[_on_one_line(cell) for cell in row] for row in section.rows]
    if len(rows) < 2 or not rows[0]:
        return None
    filled = [sum(bool(cell) for cell in row) for row in rows[:2]]
    if len(rows) > _TITLED and filled[0] < filled[1] and all(number_of(cell) is None for cell in rows[1]):
        # A sheet's first row that has fewer cells than the header below it is its title.
        heading = heading or " ".join(cell for cell in rows[0] if cell)
        rows = rows[1:]
    width = len(rows[0])
    body = tuple(_fitted(r, width) for r in rows[1:] if any(r))
    return ComparedTable(heading, section.locator, tuple(rows[0]), body)


def _on_one_line(cell: str) -> str:
    return " ".join(cell.replace("<br>", " ").split())


def _fitted(row: Sequence[str], width: int) -> tuple[str, ...]:
    return tuple([*row, *[""] * width][:width])
