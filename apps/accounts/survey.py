"""What is written in an index around accounts: attributes, headings, columns, names of fields and of figures.

One pass over the chunks, which counts each label and keeps an example of it, with the document that has it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice

from apps.accounts.chunks import parsed_of
from apps.accounts.reading import table_kind
from apps.accounts.shapes import figure_columns, upright
from apps.accounts.vocabulary import Vocabulary
from apps.compare import ComparedReport, read_report
from core.types import Chunk

# What a company calls things shows in so many chunks.
_MOST_CHUNKS = 30_000
_LONGEST_LABEL = 60
_EXAMPLES = 12
_MOST_ROWS = 60


@dataclass
class Seen:
    """A label: how often it stands somewhere, and examples of what it stands for."""

    count: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)

    def add(self, example: str, title: str) -> None:
        self.count += 1
        if example and len(self.examples) < _EXAMPLES and example not in [e for e, _ in self.examples]:
            self.examples.append((" ".join(example.split())[:60], title))

    @property
    def values(self) -> list[str]:
        return [example for example, _ in self.examples]


@dataclass
class SurveyedTable:
    """Tables under one header: the heading that they stand under, and some of their rows.

    `of_customer`: a document about a customer has one.
    """

    header: tuple[str, ...]
    heading: str
    title: str
    rows: list[tuple[str, ...]] = field(default_factory=list)
    of_customer: bool = False


@dataclass
class Survey:
    """What was seen. `types`: type of document → how many have it, how many of them carry a label, are
    about a customer, have figures."""

    documents: int = 0
    attributes: dict[str, Seen] = field(default_factory=lambda: defaultdict(Seen))
    headings: dict[str, Seen] = field(default_factory=lambda: defaultdict(Seen))
    lines: dict[str, Seen] = field(default_factory=lambda: defaultdict(Seen))
    tables: dict[tuple[str, ...], SurveyedTable] = field(default_factory=dict)
    types: Counter[str] = field(default_factory=Counter)
    with_figures: Counter[str] = field(default_factory=Counter)
    labelled: Counter[str] = field(default_factory=Counter)
    customers: Counter[str] = field(default_factory=Counter)
    of_customers: Counter[str] = field(default_factory=Counter)


def surveyed(chunks: Iterable[Chunk], words: Vocabulary) -> Survey:
    """The survey of the documents; text and tables of those that are about a customer."""
    survey = Survey()
    ordered = sorted(islice(chunks, _MOST_CHUNKS), key=lambda c: (c.document_id, c.ordinal))
    for _, group in groupby(ordered, key=lambda c: c.document_id):
        _add(list(group), survey, words)
    return survey


def _add(parts: list[Chunk], survey: Survey, words: Vocabulary) -> None:
    first = parts[0]
    survey.documents += 1
    for name, value in first.metadata.items():
        survey.attributes[name].add(str(value[0] if isinstance(value, tuple) and value else value), first.title)
    customers = words.customers_of(first) or tuple(filter(None, map(words.owner_of, parts)))[:1]
    report = read_report(parsed_of(first.title, parts))
    report.tables[:] = map(upright, report.tables)
    figures = any(
        table_kind(table, words) == "figures" or (table.rows and figure_columns(table.rows)) for table in report.tables
    )
    for kind in words.kinds_of(first.metadata):
        survey.types[kind] += 1
        survey.labelled[kind] += bool(words.label_of(first.metadata))
        survey.of_customers[kind] += bool(customers)
        survey.with_figures[kind] += figures
    survey.customers.update(customers)
    _add_tables(report, first.title, survey, words, own=bool(customers))
    if customers:
        for heading, example in _headings(report):
            survey.headings[heading].add(example, first.title)


def _add_tables(report: ComparedReport, title: str, survey: Survey, words: Vocabulary, *, own: bool) -> None:
    for table in report.tables:
        if len(table.header) == 2:
            lines = table.rows if table.header == ("Field", "Value") else (table.header, *table.rows)
            # Lines below a heading such as "Tasks" are its entries, no fields.
            for row in lines if own and not words.part(table.heading) else ():
                if len(row[0]) <= _LONGEST_LABEL:
                    survey.lines[row[0]].add(row[1], title)
        if table.header == ("Field", "Value"):
            continue
        seen = survey.tables.setdefault(table.header, SurveyedTable(table.header, table.heading, title))
        seen.of_customer |= own
        seen.rows += table.rows[: max(0, _MOST_ROWS - len(seen.rows))]


def _headings(report: ComparedReport) -> Iterator[tuple[str, str]]:
    """(innermost heading, a sentence or a row below it)."""
    for heading in report.headings:
        label = heading.split(" › ")[-1].strip()
        below = [s.text for s in report.statements if s.heading == heading]
        below += [" | ".join(t.header) for t in report.tables if t.heading == heading]
        if label and len(label) <= _LONGEST_LABEL:
            yield label, below[0] if below else ""
