"""A customer's records and documents, one after another → facts, each with the number of its source.

What a record says is read from its metadata and its rows, by the names of core/records.py, never from its text. What
people write is read by the words of the company (`vocabulary.py`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from apps.accounts.figures import Series, charts_of, metric_of
from apps.accounts.periods import is_stale, order, period_of
from apps.accounts.reading import ReportReading, read_account
from apps.accounts.told import RECORD, REPEATED, SIGNED, Told, contradictions, plain, settled
from apps.accounts.vocabulary import Vocabulary, iso_day, notions
from apps.compare import read_report
from apps.compare.blocks import ComparedTable
from apps.compare.values import number_of
from apps.customers.names import folded_words, spellings
from apps.run import Context
from core import records
from core.records import day_of, figures_of, record_of, text_of, texts_of
from core.text.languages import LANGUAGES, language_codes
from core.types import Attributes, Chunk, Parsed, Section

_PERIOD = re.compile(r"20\d\d-(?:Q[1-4]|\d\d)(?:-\d\d)?")
# What an index knows of every document is no fact of the customer's, and neither are lists that have their own place.
_NO_FACTS = frozenset(
    "title source_uri created_at updated_at language vetting down_weighted duplicate_of table".split()
) | {records.DOCUMENT_TYPE, records.RECORD, records.CONTACTS, records.FIGURES}
# Records whose text only repeats their fields.
_FIELDS_ONLY = frozenset(
    [records.ACCOUNT, records.TASK, records.TOUCHPOINT, records.USAGE_REPORT, records.INCIDENT_RECORD]
)
# Columns that a table of figures over time still has room for.
_MOST_PERIODS = 6
# Rows and sentences of a report as apps know them.
_LISTS = {"tasks": "recommendations", "decisions": "decisions", "questions": "questions"}


class Facts:
    """What is known so far; `result` puts it together.

    Attributes:
        held: Titles of documents that the customer may not be told, where the facts are for it.
        places: Each fact with its document, its place there and its day.
    """

    def __init__(
        self,
        customer: str,
        context: Context,
        focus: str,
        words: Vocabulary | None = None,
        *,
        for_customer: bool = False,
    ) -> None:
        self.customer, self.focus = customer, focus.lower()
        self.context, self.words, self.for_customer = context, words or Vocabulary(), for_customer
        self.told: list[Told] = []
        self.targets: dict[str, str] = {}
        self.series: dict[str, Series] = defaultdict(dict)
        self.usage: dict[str, Series] = defaultdict(dict)
        self.contacts: list[str] = []
        self.lists: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.places: list[dict[str, Any]] = []
        self.held: list[str] = []
        self.unlabelled: list[str] = []
        self.languages: list[str] = []
        self.recorded = False
        self._written = spellings(customer)
        # Without a report the fields are empty, not absent: drafts ask for them.
        self.report: dict[str, Any] = dict.fromkeys(("title", "url", "date", "number", "period"), "")

    def add(self, chunk: Chunk, parts: Sequence[Chunk], number: int) -> None:
        """What one document says by its metadata; `parts` are all of its chunks, `chunk` any of them."""
        known, kind = chunk.metadata, text_of(chunk.metadata, records.DOCUMENT_TYPE)
        self._add_attributes(chunk, number)
        if not self._may_tell(chunk):
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
                self.lists["tasks"].append(entry | _task(chunk))
            case records.TOUCHPOINT:
                self.lists["touchpoints"].append(entry | {"text": _said(parts)})
            case records.USAGE_REPORT:
                self._add_usage(chunk, parts, number)
                self.lists["documents"].append(entry)
            case records.INCIDENT_RECORD:
                self.lists["incident_records"].append(_incident(chunk) | {"number": number})
                self.lists["documents"].append(entry)
            case _:
                self.lists["documents"].append(entry)
                if self.words.type_of(chunk) in ("meeting", "letter"):
                    self.lists["touchpoints"].append(entry | {"text": _said(parts)})

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
                self._tell(chunk, number, rank, name=notion, value=value, place=f"attribute {name}")

    def _tell(self, chunk: Chunk, number: int, rank: int, *, name: str, value: str, place: str) -> None:
        rules = self.words.file.for_customers
        may_leave = self.words.is_open(chunk) or name in rules.facts or name == records.CUSTOMER_LANGUAGE
        if self.for_customer and not may_leave:
            return
        if name == records.HEALTH:
            value = self.words.health(value)
        day = self.words.dated(chunk)
        told = Told(name, value, chunk.title, place, number, day, rank, may_leave)
        self.told.append(told)
        self._note(name, plain(told), chunk, place)

    def _note(self, fact: str, value: object, chunk: Chunk, place: str) -> None:
        self.places.append(
            {
                "fact": fact,
                "value": value,
                "document": chunk.title,
                "place": place,
                "day": self.words.dated(chunk),
                "for_customers": self._customers_may_know(fact, chunk),
            }
        )

    def _customers_may_know(self, fact: str, chunk: Chunk) -> bool:
        rules = self.words.file.for_customers
        if fact in rules.facts:
            return True
        part = fact if fact in notions()["headings"] else "figures"
        return self.words.is_open(chunk) and (fact in notions()["facts"] or part in rules.parts)

    def _may_tell(self, chunk: Chunk) -> bool:
        """Whether what a document says may stand in these facts; it is remembered where not."""
        if not self.for_customer:
            return True
        if not self.words.is_open(chunk):
            self.held.append(chunk.title)
            return False
        if not self.words.label_of(chunk.metadata):
            self.unlabelled.append(chunk.title)
        return True

    def _add_account(self, known: Attributes, number: int) -> None:
        self.recorded = True
        self.contacts += texts_of(known, records.CONTACTS)
        for figure in figures_of(known):
            self.series[figure.name].setdefault(figure.period, (figure.value, number, figure.unit))

    def _add_usage(self, chunk: Chunk, parts: Sequence[Chunk], number: int) -> None:
        """The rows of a table by month, or by another period."""
        for table in read_report(parsed_of(chunk.title, [p for p in parts if p.rows])).tables:
            period = _period_column(table)
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
        return tuple(folded_words(cell)) in self._written

    def add_facts(self, chunk: Chunk, reading: ReportReading, number: int) -> None:
        """What lines and columns of a document say of the account."""
        rank = SIGNED if self.words.type_of(chunk) == "contract" else REPEATED
        for fact in reading.facts:
            if fact.name not in ("customer", "period"):
                self._tell(chunk, number, rank, name=fact.name, value=fact.value, place=fact.place)

    def add_figures(self, chunk: Chunk, reading: ReportReading, number: int) -> None:
        """The figures of a report as one more point of each one's course."""
        if not self._opened(chunk, "figures"):
            return
        for figure in reading.figures:
            period = self._period_of_figure(figure.period, chunk, reading)
            known = self.series[figure.name].get(period)
            value, source = known[:2] if known else (figure.value, number)
            self.series[figure.name][period] = (value, source, figure.unit)
            self.targets.setdefault(figure.name, figure.target)
            target = f" (target {figure.target})" if figure.target else ""
            self._note(figure.name, f"{figure.value:g} {figure.unit}".strip() + target, chunk, figure.place)

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
            if not self._opened(chunk, row.part) or (row.part, str(row.fields)) in seen:
                continue
            seen.add((row.part, str(row.fields)))
            self._note(row.part, about, chunk, row.place)
            if row.part == "tasks":
                self._add_task(row.fields, source, meeting)
            elif row.part == "incidents" and chunk.title != self.report["title"]:
                self.lists["incident_records"].append({**row.fields, **source})
            else:
                self.lists[_LISTS.get(row.part, row.part)].append({**row.fields, **source})

    def _add_task(self, row: Any, source: dict[str, Any], meeting: bool) -> None:
        done = self.words.is_done(row["status"])
        said = {**row, **source, "done": done, "overdue": not done and self._is_overdue(row["due"])}
        if meeting:
            self.lists["tasks"].append({**said, "task": row["recommendation"]})
        else:
            self.lists["recommendations"].append(said)

    def _is_overdue(self, due: str) -> bool:
        return bool(iso_day(due)) and iso_day(due) < self.context.today.isoformat()

    def _opened(self, chunk: Chunk, part: str) -> bool:
        if not self.for_customer:
            return True
        return self.words.is_open(chunk) and part in self.words.file.for_customers.parts

    def add_report(self, chunk: Chunk, reading: ReportReading, number: int) -> None:
        """What the newest report tells besides its figures."""
        if not self._opened(chunk, "figures"):
            return
        day = self.words.dated(chunk)
        self.report = {"title": chunk.title, "url": chunk.url, "date": day, "number": number}
        self.report["period"] = self.period(chunk, reading)
        self.add_rows(chunk, reading, number)

    def result(self) -> dict[str, Any]:
        """Everything that is known, under the names that apps use."""
        documents = sorted(self.lists["documents"], key=lambda d: d["date"], reverse=True)
        counted = settled(self.told)
        facts = {name: plain(fact) for name, fact in counted.items()}
        metrics = [
            metric_of(name, series, self.targets.get(name, ""), self.words, self.context.today)
            for name, series in self.series.items()
        ]
        renewal = facts.get(records.CONTRACT_END, "")
        return {
            "customer": self.customer,
            "language": self._language(facts.get(records.CUSTOMER_LANGUAGE, "")),
            "found": bool(facts or documents or metrics),
            "health": facts.get(records.HEALTH, ""),
            "owner": facts.get(records.ACCOUNT_OWNER, ""),
            "renewal": renewal,
            "facts": facts,
            "numbers": {name: fact.number for name, fact in counted.items()},
            "contacts": self.contacts,
            "metrics": metrics,
            "periods": sorted({p["period"] for m in metrics for p in m["series"]}, key=order)[-_MOST_PERIODS:],
            "charts": charts_of(metrics, self.focus),
            "usage": [
                metric_of(name, months, "", self.words, self.context.today) for name, months in self.usage.items()
            ],
            "value": _value(facts),
            "wins": self.lists["wins"],
            "risks": self.lists["risks"],
            "incidents": self.lists["incidents"],
            "incident_records": self._incidents(),
            "recommendations": self.lists["recommendations"],
            "summary": self.lists["summary"],
            "decisions": self.lists["decisions"],
            "questions": self.lists["questions"],
            "tasks": sorted(
                ({**t, "overdue": self._is_overdue(t["due"])} for t in self.lists["tasks"] if not t["done"]),
                key=lambda t: t["due"] or "~",
            ),
            "touchpoints": sorted(self.lists["touchpoints"], key=lambda t: t["date"], reverse=True),
            "documents": documents,
            "report": self.report
            | {"stale": is_stale(self.report["period"] or self.report["date"], self.context.today)},
            "contradictions": contradictions(self.told),
            "gaps": self._gaps(metrics, renewal),
            "sources": [
                {"number": n, "title": e.title, "url": e.url} for n, e in enumerate(self.context.evidence, start=1)
            ],
        }

    def _incidents(self) -> list[dict[str, Any]]:
        """Incidents of records, lists and the newest report, the newest first; each number once."""
        found = sorted(
            [*self.lists["incident_records"], *self.lists["incidents"]], key=lambda i: str(i["date"]), reverse=True
        )
        return list({i["incident"] or (i["what_happened"], i["date"]): i for i in reversed(found)}.values())[::-1]

    def _gaps(self, metrics: list[dict[str, Any]], renewal: str) -> list[str]:
        there = (
            ("an account record", self.recorded or records.ACCOUNT_OWNER in {fact.name for fact in self.told}),
            ("figures over time", any(len(m["series"]) > 1 for m in metrics)),
            ("a report with figures", self.report["title"]),
            ("a renewal date", renewal),
        )
        return [what for what, known in there if not known]

    def _language(self, said: str) -> str:
        """The code of the language that a customer's record names, else the one of most of its documents."""
        low = said.strip().lower()
        code = language_codes().get(low, low[:2])
        if code in LANGUAGES:
            return code
        known = [language for language in self.languages if language in LANGUAGES]
        return max(dict.fromkeys(known), key=known.count, default="en")


def _task(chunk: Chunk) -> dict[str, Any]:
    known = chunk.metadata
    return {
        "task": chunk.title,
        "due": day_of(known, records.DUE_ON),
        "status": text_of(known, records.TASK_STATUS),
        "done": known.get(records.IS_DONE) is True,
        "owner": _person(text_of(known, records.ASSIGNEE)),
    }


def _incident(chunk: Chunk) -> dict[str, Any]:
    known = chunk.metadata
    return {
        "incident": text_of(known, records.INCIDENT_ID),
        "date": day_of(known, records.OPENED_ON) or changed_on(chunk),
        "severity": text_of(known, records.SEVERITY),
        "what_happened": text_of(known, records.SUBJECT) or chunk.title.partition(": ")[2] or chunk.title,
        "contained_after_hours": text_of(known, records.CONTAINED_AFTER_HOURS),
        "cause": text_of(known, records.ROOT_CAUSE),
    }


def _period_column(table: ComparedTable) -> int | None:
    """The first column that has nothing but periods; None without one."""
    columns = range(len(table.header)) if table.rows else ()
    return next((n for n in columns if all(_PERIOD.fullmatch(row[n]) for row in table.rows)), None)


def _said(parts: Sequence[Chunk]) -> str:
    """The text of a note on one line, without the list of its fields that it begins with."""
    text, end = "", 0
    for part in parts:
        # Neighbouring chunks share sentences.
        text += part.text[end - part.begin :] if part.begin < end else f"\n\n{part.text}"
        end = part.end
    paragraphs = text.strip().split("\n\n")
    if all(line.startswith("- ") for line in paragraphs[0].splitlines()):
        del paragraphs[0]
    return " ".join(" ".join(paragraphs).split())


def _value(facts: dict[str, str]) -> str:
    """What the customer pays a year, with its currency: "684000 EUR"."""
    value, currency = facts.get(records.CONTRACT_VALUE, ""), facts.get(records.CURRENCY, "")
    bare = number_of(value) is not None and value.strip()[:1].isdigit() and value.strip()[-1:].isdigit()
    return f"{value} {currency}" if value and currency and bare else value


def _person(text: str) -> str:
    """ "lukas.brandt@x" → "Lukas Brandt"."""
    return " ".join(p.capitalize() for p in text.split("@", maxsplit=1)[0].split(".")) if "@" in text else text


def parsed_of(title: str, chunks: Sequence[Chunk]) -> Parsed:
    """A document's chunks as the sections that they were cut from."""
    sections = []
    for chunk in chunks:
        kind: Any = "table" if chunk.rows else "text"
        sections.append(Section(chunk.text, chunk.heading_path, chunk.page, chunk.locator, kind, chunk.rows))
    return Parsed(tuple(sections), title)


def changed_on(chunk: Chunk) -> str:
    """The day on which the document was last changed, or made."""
    return str(chunk.metadata.get("updated_at") or chunk.metadata.get("created_at") or "")[:10]
