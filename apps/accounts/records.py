"""A customer's records and reports, one document after another → facts, each with the number of its source.

What a record says is read from its metadata and its rows, by the names of core/records.py, never from its text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from apps.accounts.figures import charts_of, metric_of
from apps.accounts.reports import facts_in, figures_in, rows_in, statements_in
from apps.compare import ComparedReport, read_report
from apps.compare.blocks import ComparedTable
from apps.compare.values import number_of
from apps.run import Context
from core import records
from core.records import day_of, figures_of, record_of, text_of, texts_of
from core.text.languages import LANGUAGES
from core.types import Attributes, Chunk, Parsed, Section

_PERIOD = re.compile(r"20\d\d-(?:Q[1-4]|\d\d)(?:-\d\d)?")
# What an index knows of every document is no fact of the customer's, and neither are lists that have their own place.
_NO_FACTS = frozenset(
    "title source_uri created_at updated_at language vetting down_weighted duplicate_of table".split()
) | {records.DOCUMENT_TYPE, records.RECORD, records.CONTACTS, records.FIGURES}
# A figure's course: period → value, number of the source, unit.
Series = dict[str, tuple[float, int, str]]


class Facts:
    """What is known so far; `result` puts it together."""

    def __init__(self, customer: str, context: Context, focus: str) -> None:
        self.customer, self.focus = customer, focus.lower()
        self.context = context
        # By where they come from, in the order in which they count: what people keep goes before what was copied.
        self.account: dict[str, str] = {}
        self.reported: dict[str, str] = {}
        self.contract: dict[str, str] = {}
        self.targets: dict[str, str] = {}
        self.series: dict[str, Series] = defaultdict(dict)
        self.usage: dict[str, Series] = defaultdict(dict)
        self.contacts: list[str] = []
        self.lists: dict[str, list[dict[str, Any]]] = defaultdict(list)
        # Without a report the fields are empty, not absent: drafts ask for them.
        self.report: dict[str, Any] = dict.fromkeys(("title", "url", "date", "number", "period"), "")

    def add(self, chunk: Chunk, parts: Sequence[Chunk], number: int) -> None:
        """What one document says; `parts` are all of its chunks, `chunk` any of them."""
        known, kind = chunk.metadata, text_of(chunk.metadata, records.DOCUMENT_TYPE)
        entry = {"title": chunk.title, "url": chunk.url, "date": changed_on(chunk), "number": number, "type": kind}
        match record_of(known):
            case records.ACCOUNT:
                self._add_account(known, number)
            case records.TASK:
                self.lists["tasks"].append(entry | _task(chunk))
            case records.TOUCHPOINT:
                self.lists["touchpoints"].append(entry | {"text": _said(parts)})
            case records.CONTRACT:
                self.contract = _facts(known) | self.contract
                self.lists["documents"].append(entry)
            case records.USAGE_REPORT:
                self._add_usage(chunk, parts, number)
                self.lists["documents"].append(entry)
            case records.INCIDENT_RECORD:
                self.lists["incident_records"].append(_incident(chunk) | {"number": number})
                self.lists["documents"].append(entry)
            case _:
                self.lists["documents"].append(entry)

    def _add_account(self, known: Attributes, number: int) -> None:
        self.account = _facts(known) | self.account
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

    def add_figures(self, chunk: Chunk, report: ComparedReport, number: int) -> None:
        """The metrics table of a report as one more point of each figure's course."""
        period = period_of(chunk.title) or changed_on(chunk)
        for figure in figures_in(report):
            known = self.series[figure.name].get(period)
            value, source = known[:2] if known else (figure.value, number)
            self.series[figure.name][period] = (value, source, figure.unit)
            self.targets.setdefault(figure.name, figure.target)

    def add_report(self, chunk: Chunk, report: ComparedReport, number: int) -> None:
        """What the newest report tells besides its figures."""
        self.report = {
            "title": chunk.title,
            "url": chunk.url,
            "date": changed_on(chunk),
            "number": number,
            "period": period_of(chunk.title),
        }
        for name, value in facts_in(report):
            self.reported.setdefault(name, value)
        for part, row in rows_in(report):
            self.lists[part].append({**row, "number": number})
        for part, text in statements_in(report):
            self.lists[part].append({"text": text, "number": number})

    def result(self) -> dict[str, Any]:
        """Everything that is known, under the names that apps use."""
        documents = sorted(self.lists["documents"], key=lambda d: d["date"], reverse=True)
        facts = {**self.contract, **self.reported, **self.account}
        renewal = day_of(facts, records.CONTRACT_END)
        metrics = [metric_of(name, series, self.targets.get(name, "")) for name, series in self.series.items()]
        gaps = [
            what
            for what, there in (
                ("an account record", self.account),
                ("figures over time", any(len(m["series"]) > 1 for m in metrics)),
                ("a health check", self.report["title"]),
                ("a renewal date", renewal),
            )
            if not there
        ]
        return {
            "customer": self.customer,
            "language": _language(facts.get(records.CUSTOMER_LANGUAGE, "")),
            "found": bool(facts or documents or metrics),
            "health": facts.get(records.HEALTH, ""),
            "owner": facts.get(records.ACCOUNT_OWNER, ""),
            "renewal": renewal,
            "facts": facts,
            "contacts": self.contacts,
            "metrics": metrics,
            "charts": charts_of(metrics, self.focus),
            "usage": [metric_of(name, months, "") for name, months in self.usage.items()],
            "value": _value(facts),
            "wins": self.lists["wins"],
            "risks": self.lists["risks"],
            "incidents": self.lists["incidents"],
            "incident_records": sorted(self.lists["incident_records"], key=lambda i: str(i["date"]), reverse=True),
            "recommendations": self.lists["recommendations"],
            "summary": self.lists["summary"],
            "tasks": sorted((t for t in self.lists["tasks"] if not t["done"]), key=lambda t: t["due"]),
            "touchpoints": sorted(self.lists["touchpoints"], key=lambda t: t["date"], reverse=True),
            "documents": documents,
            "report": self.report,
            "gaps": gaps,
            "sources": [
                {"number": n, "title": e.title, "url": e.url} for n, e in enumerate(self.context.evidence, start=1)
            ],
        }


def _facts(known: Attributes) -> dict[str, str]:
    """What a record's metadata say of the customer, as texts."""
    return {name: text for name in known if name not in _NO_FACTS and (text := text_of(known, name))}


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
    return f"{value} {currency}" if value and currency and currency not in value else value


def _language(said: str) -> str:
    """The code of the language that a customer's record names; English when it names none."""
    code = {name.lower(): code for code, name in LANGUAGES.items()}.get(said.strip().lower(), said.strip().lower()[:2])
    return code if code in LANGUAGES else "en"


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


def period_of(title: str) -> str:
    """The quarter that a title names, "2026-Q3"; "" if none."""
    match = re.search(r"\bQ([1-4])\s*(20\d\d)|(20\d\d)[- ]Q([1-4])", title)
    if match is None:
        return ""
    return f"{match[2] or match[3]}-Q{match[1] or match[4]}"
