"""Two reports on the way to being joined: what they are made of, what has found its counterpart, what was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from apps.compare.blocks import ComparedReport, ComparedTable, Statement
from apps.compare.changes import Metric, ReportChange
from apps.compare.meaning import Embed
from apps.compare.periods import Period, is_period, periods_in
from apps.compare.shape import ShapedTable, shaped
from apps.compare.words import Better, plain_words, word_set

# A table and a row of it.
Row = tuple[int, int]

_TITLE_WORDS = 14
_NUMBERED = re.compile(r"^\(?\d{1,2}[.)]\s+")


@dataclass
class Side:
    """One of the two reports.

    Attributes:
        rows, sentences: Those that have found their counterpart.
    """

    title: str
    tables: list[ShapedTable]
    statements: list[Statement]
    headings: list[str]
    decimal: str
    period: Period | None
    rows: set[Row] = field(default_factory=set)
    sentences: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, report: ComparedReport) -> Side:
        """The report with its tables upright, and without what only says which report it is."""
        root = _root(report.headings)
        title = report.title or root
        said = [
            replace(s, heading=_below(s.heading, root), text=_NUMBERED.sub("", s.text))
            for n, s in enumerate(report.statements)
            if not _says_which(s.text, title) and not (n == 0 and _is_title(s.text))
        ]
        tables = [shaped(replace(t, heading=_below(t.heading, root), rows=_told(t))) for t in report.tables if _told(t)]
        headings = [h for heading in report.headings if (h := _below(heading, root))]
        decimal = next((t.decimal for t in report.tables), "")
        return cls(title, tables, said, headings, decimal, _period(report, title))

    def left_rows(self) -> list[Row]:
        """The rows without a counterpart, in order."""
        return [
            (t, r) for t, table in enumerate(self.tables) for r in range(len(table.rows)) if (t, r) not in self.rows
        ]

    def left_sentences(self) -> list[int]:
        """The sentences without a counterpart, in order."""
        return [n for n in range(len(self.statements)) if n not in self.sentences]


@dataclass
class Join:
    """Both reports, and what was found so far."""

    before: Side
    after: Side
    embed: Embed | None
    directions: Mapping[str, Better]
    metrics: list[Metric] = field(default_factory=list)
    changes: list[ReportChange] = field(default_factory=list)

    def rows(self, before: Row, after: Row) -> None:
        """Keeps that two rows are the same one."""
        self.before.rows.add(before)
        self.after.rows.add(after)

    def sentences(self, before: int, after: int) -> None:
        """Keeps that two sentences are the same one."""
        self.before.sentences.add(before)
        self.after.sentences.add(after)


def _root(headings: Iterable[str]) -> str:
    """The heading that all others stand under: the title, where the file doesn't name one."""
    firsts = {heading.split(" › ")[0] for heading in headings}
    return firsts.pop() if len(firsts) == 1 else ""


def _below(heading: str, root: str) -> str:
    return "" if heading == root else heading.removeprefix(f"{root} › ")


def _says_which(text: str, title: str) -> bool:
    """Whether a line only names the report or its period."""
    words = set(plain_words(text))
    if words and words == set(plain_words(title)):
        return True
    if not periods_in(text):
        return False
    return (bool(words & word_set("period")) and len(words) <= 12) or _names_only(text)


def _names_only(text: str) -> bool:
    """Whether a short line has nothing but names and numbers: "Acme Ltd, January to March 2026"."""
    words = re.findall(r"[^\W_]+", text)
    small = [w for w in words if w[:1].islower() and w not in word_set("fillers")]
    return len(words) <= _TITLE_WORDS and ":" not in text and not small


def _told(table: ComparedTable) -> tuple[tuple[str, ...], ...]:
    """The table's rows without a field for the report's period."""
    return tuple(
        r for r in table.rows if not (len(r) == 2 and word_set("period") & set(plain_words(r[0])) and is_period(r[1]))
    )


def _is_title(text: str) -> bool:
    """Whether a report's first line is its title: it names a time and is no sentence."""
    return text[-1:] not in ".!?" and any(p.year for p in periods_in(text)) and len(text.split()) <= _TITLE_WORDS


def _period(report: ComparedReport, title: str) -> Period | None:
    """The time that the report is for, if a year tells it: by its title, its first lines or its newest column."""
    opening = [title, *report.headings[:1], *(s.text for s in report.statements[:4] if _says_which(s.text, title))]
    columns = [h for table in report.tables for h in table.header]
    fields = [row[1] for t in report.tables for row in t.rows if set(plain_words(row[0])) & word_set("period")]
    for texts in (opening, fields, columns):
        named = [p for text in texts for p in periods_in(text) if p.year]
        if named:
            return max(named)
    return None
