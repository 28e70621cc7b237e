"""A customer's records and documents, one after another → facts, each with the number of its source.

What a record says is read from its metadata and its rows, by the names of core/records.py, never from its text. What
people write is read by the words of the company (`vocabulary.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.accounts.chunks import incident_of, parsed_of, period_column, said_in, task_of
from apps.accounts.known import Known
from apps.accounts.periods import period_of
from apps.accounts.reading import read_account
from apps.accounts.reported import ReportReading
from apps.accounts.result import result_of
from apps.accounts.told import RECORD, REPEATED, SIGNED
from apps.compare import read_report
from apps.compare.values import number_of
from apps.customers.names import folded_words
from core import records
from core.records import figures_of, record_of, text_of, texts_of
from core.types import Attributes, Chunk

# What an index knows of every document is no fact of the customer's, and neither are lists that have their own place.
_NO_FACTS = frozenset(
    "title source_uri created_at updated_at language vetting down_weighted duplicate_of table".split()
) | {records.DOCUMENT_TYPE, records.RECORD, records.CONTACTS, records.FIGURES}
# Records whose text only repeats their fields.
_FIELDS_ONLY = frozenset(
    [records.ACCOUNT, records.TASK, records.TOUCHPOINT, records.USAGE_REPORT, records.INCIDENT_RECORD]
)
# Rows and sentences of a report as apps know them.
_LISTS = {"tasks": "recommendations", "decisions": "decisions", "questions": "questions"}


class Facts(Known):
    """Reads documents, one after another, into what is known; `result` puts it together."""

    def add(self, chunk: Chunk, parts: Sequence[Chunk], number: int) -> None:
        """What one document says by its metadata; `parts` are all of its chunks, `chunk` any of them."""
        known, kind = chunk.metadata, text_of(chunk.metadata, records.DOCUMENT_TYPE)
        self._add_attributes(chunk, number)
        if not self.may_tell(chunk):
            return
        entry = {
            "title": chunk.title,
            "url": chunk.url,
            "date": self.words.dated(chunk),
            "number": number,
            "type": kind,
        }
        self.languages.append(text_of(known, "language"))
        match record_of(known):
            case records.ACCOUNT:
                self._add_account(known, number)
            case records.TASK:
                self.lists["tasks"].append(entry | task_of(chunk))
            case records.TOUCHPOINT:
                self.lists["touchpoints"].append(entry | {"text": said_in(parts)})
            case records.USAGE_REPORT:
                self._add_usage(chunk, parts, number)
                self.lists["documents"].append(entry)
            case records.INCIDENT_RECORD:
                self.lists["incident_records"].append(incident_of(chunk) | {"number": number})
                self.lists["documents"].append(entry)
            case _:
                self.lists["documents"].append(entry)
                if self.words.type_of(chunk) in ("meeting", "letter"):
                    self.lists["touchpoints"].append(entry | {"text": said_in(parts)})

    def _add_attributes(self, chunk: Chunk, number: int) -> None:
        """The facts in a document's attributes: all of a record's, of others those that are called like a fact."""
        kind = record_of(chunk.metadata)
        own = kind in (records.ACCOUNT, records.CONTRACT)
        for name in chunk.metadata:
            value = "" if name in _NO_FACTS else text_of(chunk.metadata, name)
            known = name if name in records.ACCOUNT_FACTS else self.words.facts.exact(name.replace("_", " "))
            notion = known or (name if own else "")
            if value and notion and notion not in ("customer", "period"):
                rank = RECORD if kind == records.ACCOUNT else SIGNED if own else REPEATED
                self.tell(chunk, number, rank, name=notion, value=value, place=f"attribute {name}")

    def _add_account(self, known: Attributes, number: int) -> None:
        self.recorded = True
        self.contacts += texts_of(known, records.CONTACTS)
        for figure in figures_of(known):
            self.series[figure.name].setdefault(figure.period, (figure.value, number, figure.unit))

    def _add_usage(self, chunk: Chunk, parts: Sequence[Chunk], number: int) -> None:
        """The rows of a table by month, or by another period."""
        for table in read_report(parsed_of(chunk.title, [p for p in parts if p.rows])).tables:
            period = period_column(table)
            if period is None:
                continue
            for row in table.rows:
                for column, name in enumerate(table.header):
                    figure = None if column == period else number_of(row[column])
                    if figure is not None:
                        self.usage[name][row[period][:7]] = (figure.value, number, figure.unit)

    def reading(self, chunk: Chunk, parts: Sequence[Chunk]) -> ReportReading:
        """What a document's text says of this customer; nothing for a record that only repeats its fields."""
        if record_of(chunk.metadata) in _FIELDS_ONLY or self._is_record(chunk):
            return ReportReading((), (), ())
        return read_account(read_report(parsed_of(chunk.title, parts)), self.words, self.is_customer)

    def _is_record(self, chunk: Chunk) -> bool:
        """Whether a contract's terms stand in its attributes; its text repeats them then."""
        return record_of(chunk.metadata) == records.CONTRACT and bool(records.ACCOUNT_FACTS & chunk.metadata.keys())

    def is_customer(self, cell: str) -> bool:
        """Whether a cell names this customer."""
        return tuple(folded_words(cell)) in self.written

    def add_facts(self, chunk: Chunk, reading: ReportReading, number: int) -> None:
        """What lines and columns of a document say of the account."""
        rank = SIGNED if self.words.type_of(chunk) == "contract" else REPEATED
        for fact in reading.facts:
            if fact.name not in ("customer", "period"):
                self.tell(chunk, number, rank, name=fact.name, value=fact.value, place=fact.place)

    def add_figures(self, chunk: Chunk, reading: ReportReading, number: int) -> None:
        """The figures of a report as one more point of each one's course."""
        if not self.opened(chunk, "figures"):
            return
        for figure in reading.figures:
            period = self._period_of_figure(figure.period, chunk, reading)
            known = self.series[figure.name].get(period)
            value, source = known[:2] if known else (figure.value, number)
            self.series[figure.name][period] = (value, source, figure.unit)
            self.targets.setdefault(figure.name, figure.target)
            target = f" (target {figure.target})" if figure.target else ""
            self.note(figure.name, f"{figure.value:g} {figure.unit}".strip() + target, chunk, figure.place)

    def _period_of_figure(self, period: str, chunk: Chunk, reading: ReportReading) -> str:
        """A column's period, its year the report's where the column has none; without a column the report's period."""
        own = self.period(chunk, reading)
        return f"{own[:4]}{period[4:]}" if period.startswith("0000") and own else period or own

    def period(self, chunk: Chunk, reading: ReportReading) -> str:
        """The period that a report is of: as its title or a line of it says, else the day as of which it is true."""
        said = (period_of(fact.value) for fact in reading.facts if fact.name == "period")
        return period_of(chunk.title) or next(filter(None, said), "") or self.words.dated(chunk)

    def add_rows(self, chunk: Chunk, reading: ReportReading, number: int) -> None:
        """Risks, incidents, tasks, decisions, open questions and sentences of a document."""
        source = {"number": number, "title": chunk.title}
        seen: set[tuple[str, str]] = set()
        meeting = self.words.type_of(chunk) in ("meeting", "letter")
        for row in reading.rows:
            text = next(iter(row.fields.values()), "")
            about = str(
                row.fields.get("recommendation") or row.fields.get("what_happened") or row.fields.get("risk") or text
            )
            # Neighbouring chunks share sentences.
            if not self.opened(chunk, row.part) or (row.part, str(row.fields)) in seen:
                continue
            seen.add((row.part, str(row.fields)))
            self.note(row.part, about, chunk, row.place)
            if row.part == "tasks":
                self._add_task(row.fields, source, meeting)
            elif row.part == "incidents" and chunk.title != self.report["title"]:
                self.lists["incident_records"].append({**row.fields, **source})
            else:
                self.lists[_LISTS.get(row.part, row.part)].append({**row.fields, **source})

    def _add_task(self, row: Any, source: dict[str, Any], meeting: bool) -> None:
        done = self.words.is_done(row["status"])
        said = {**row, **source, "done": done, "overdue": not done and self.is_overdue(row["due"])}
        if meeting:
            self.lists["tasks"].append({**said, "task": row["recommendation"]})
        else:
            self.lists["recommendations"].append(said)

    def add_report(self, chunk: Chunk, reading: ReportReading, number: int) -> None:
        """What the newest report tells besides its figures."""
        if not self.opened(chunk, "figures"):
            return
        day = self.words.dated(chunk)
        self.report = {"title": chunk.title, "url": chunk.url, "date": day, "number": number}
        self.report["period"] = self.period(chunk, reading)
        self.add_rows(chunk, reading, number)

    def result(self) -> dict[str, Any]:
        """Everything that is known, under the names that apps use."""
        return result_of(self)
