"""A customer's records and reports, one document after another → facts, each with the number of its source."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from apps.accounts.figures import charts_of, metric_of
from apps.compare.blocks import ComparedReport, read_report
from apps.compare.values import number_of
from apps.run.context import Context
from core.text.languages import LANGUAGES
from core.types import Chunk, Parsed, Section

_PERIODIC = re.compile(r"^(?P<name>.+?)\s*\((?P<period>20\d\d(?:-(?:Q[1-4]|\d\d))?)\)$")
_FACT = re.compile(r"^\s*-\s+(?P<name>[^:]{2,80}):\s+(?P<value>.+)$", re.MULTILINE)
_PARTS = {
    "risks": re.compile(r"\brisk|\brisik|\briesgo|\brisque", re.IGNORECASE),
    "incidents": re.compile(r"\bincident|\bvorf|\bincidente", re.IGNORECASE),
    "recommendations": re.compile(r"\brecommend|\bempfehl|\brecomend|\brecommand", re.IGNORECASE),
    "wins": re.compile(r"\bwent well|\bachiev|\bsuccess|\berfolg|\blogros|\bréussi", re.IGNORECASE),
    "summary": re.compile(r"^(?:.* › )?(?:executive )?summary$|^resumen$|^zusammenfassung$|^résumé$", re.IGNORECASE),
}


class Facts:
    """What is known so far; `result` puts it together."""

    def __init__(self, customer: str, context: Context, focus: str) -> None:
        self.customer, self.focus = customer, focus.lower()
        self.context = context
        self.facts: dict[str, dict[str, Any]] = {}
        self.series: dict[str, dict[str, tuple[float, int, str]]] = defaultdict(dict)
        self.contacts: list[str] = []
        self.records: dict[str, dict[str, Any]] = {}
        self.usage: dict[str, dict[str, tuple[float, int, str]]] = defaultdict(dict)
        self.lists: dict[str, list[dict[str, Any]]] = defaultdict(list)
        # Without a report the fields are empty, not absent: drafts ask for them.
        self.report: dict[str, Any] = dict.fromkeys(("title", "url", "date", "number", "period"), "")
        self.health = ""

    def add(self, chunk: Chunk, kind: str, parts: Sequence[Chunk], number: int) -> None:
        entry = {"title": chunk.title, "url": chunk.url, "date": day_of(chunk), "number": number, "type": kind}
        text = "\n\n".join(part.text for part in parts)
        pairs: dict[str, str] = {}
        for m in _FACT.finditer(text):
            # A record says its values first, and below them what the columns mean.
            pairs.setdefault(m["name"].strip(), m["value"].strip())
        if kind == "account":
            said = chunk.metadata.get("customer_language")
            self._account(({"Customer language": str(said)} if said else {}) | pairs, number)
            self.contacts += [line.removeprefix("- ") for part in parts for line in _contacts(part)]
        elif kind in ("contract", "usage_report", "incident_record"):
            self._record(chunk, kind, parts, pairs, number)
            self.lists["documents"].append(entry)
        elif kind == "task":
            self.lists["tasks"].append(
                {
                    **entry,
                    "task": chunk.title,
                    "due": pairs.get("Due", ""),
                    "status": pairs.get("Status", ""),
                    "owner": _person(pairs.get("Assigned to", "")),
                }
            )
        elif kind == "touchpoint":
            body = text.rsplit("\n\n", 1)[-1].strip()
            self.lists["touchpoints"].append(
                {**entry, "text": " ".join(body.split()), "date": pairs.get("Date") or day_of(chunk)}
            )
        else:
            self.lists["documents"].append(entry)

    def _record(self, chunk: Chunk, kind: str, parts: Sequence[Chunk], pairs: dict[str, str], number: int) -> None:
        """What the warehouse has of the customer: the contract, use by month, incidents."""
        if kind == "contract":
            # The account record, which people keep, counts more where both say the same.
            for name, value in pairs.items():
                self.records.setdefault(name, {"value": value, "number": number})
        elif kind == "usage_report":
            for table in read_report(parsed_of(chunk.title, [p for p in parts if p.kind == "table"])).tables:
                for row in table.rows:
                    for name, cell in zip(table.header[1:], row[1:], strict=True):
                        figure = number_of(cell)
                        if figure is not None:
                            self.usage[name][row[0][:7]] = (figure.value, number, figure.unit)
        else:
            title = chunk.title.partition(": ")[2] or chunk.title
            self.lists["incident_records"].append(
                {
                    "incident": pairs.get("Incident id", ""),
                    "date": pairs.get("Opened on", "") or day_of(chunk),
                    "severity": pairs.get("Severity", ""),
                    "what_happened": pairs.get("Title", "") or title,
                    "contained_after_hours": _leading_number(pairs.get("Contained after", "")),
                    "cause": pairs.get("Root cause", ""),
                    "number": number,
                }
            )

    def _account(self, pairs: dict[str, str], number: int) -> None:
        for name, value in pairs.items():
            periodic = _PERIODIC.match(name)
            figure = number_of(value)
            if periodic and figure:
                self.series[periodic["name"]].setdefault(periodic["period"], (figure.value, number, figure.unit))
            elif not periodic:
                self.facts.setdefault(name, {"value": value, "number": number})
        self.health = self.health or pairs.get("Health", "")

    def add_figures(self, chunk: Chunk, report: ComparedReport, number: int) -> None:
        """The metrics table of a report as one more point of each figure's course."""
        period = period_of(chunk.title) or day_of(chunk)
        for table in report.tables:
            columns = {h.lower(): n for n, h in enumerate(table.header)}
            if "metric" not in columns or "value" not in columns:
                continue
            for row in table.rows:
                name, figure = row[columns["metric"]], number_of(row[columns["value"]])
                if figure is None:
                    continue
                unit = row[columns["unit"]] if "unit" in columns else figure.unit
                known = self.series[name].get(period)
                self.series[name][period] = (known[0], known[1], unit) if known else (figure.value, number, unit)
                if "target" in columns:
                    self.facts.setdefault(f"target of {name}", {"value": row[columns["target"]], "number": number})

    def add_report(self, chunk: Chunk, report: ComparedReport, number: int) -> None:
        period = period_of(chunk.title)
        self.report = {
            "title": chunk.title,
            "url": chunk.url,
            "date": day_of(chunk),
            "number": number,
            "period": period,
        }
        for table in report.tables:
            for part, pattern in _PARTS.items():
                if pattern.search(table.heading):
                    columns = [re.sub(r"\W+", "_", h.lower()).strip("_") for h in table.header]
                    for row in table.rows:
                        self.lists[part].append({**dict(zip(columns, row, strict=True)), "number": number})
            for row in table.rows:
                if len(row) == 2 and row[0].lower() in ("overall health", "contract end"):
                    self.facts.setdefault(row[0], {"value": row[1], "number": number})
        for statement in report.statements:
            for part in ("wins", "summary"):
                if _PARTS[part].search(statement.heading):
                    self.lists[part].append({"text": statement.text, "number": number})

    def result(self) -> dict[str, Any]:
        documents = sorted(self.lists["documents"], key=lambda d: d["date"], reverse=True)
        tasks = sorted(
            (t for t in self.lists["tasks"] if t["status"].lower() not in ("done", "closed", "completed")),
            key=lambda t: t["due"],
        )
        self.facts = {**self.records, **self.facts}
        renewal = self._fact("Contract Renewal Date", "Contract end", "Renewal Date")
        health = self.health or self._fact("Overall health", "Health")
        metrics = [metric_of(name, series, self.facts) for name, series in self.series.items()]
        gaps = [
            what
            for what, there in (
                ("an account record", "Account id" in self.facts or self.health),
                ("figures over time", any(len(m["series"]) > 1 for m in metrics)),
                ("a health check", self.report["title"]),
                ("a renewal date", renewal),
            )
            if not there
        ]
        return {
            "customer": self.customer,
            "language": _language(self._fact("Customer language", "Language")),
            "found": bool(self.facts or documents or metrics),
            "health": health,
            "owner": self._fact("Success Manager", "Owner", "Account owner"),
            "renewal": renewal,
            "facts": {k: v["value"] for k, v in self.facts.items() if not k.startswith("target of ")},
            "contacts": self.contacts,
            "metrics": metrics,
            "charts": charts_of(metrics, self.focus),
            "usage": [metric_of(name, months, {}) for name, months in self.usage.items()],
            "value": self._value(),
            "wins": self.lists["wins"],
            "risks": self.lists["risks"],
            "incidents": self.lists["incidents"],
            "incident_records": sorted(self.lists["incident_records"], key=lambda i: str(i["date"]), reverse=True),
            "recommendations": self.lists["recommendations"],
            "summary": self.lists["summary"],
            "tasks": tasks,
            "touchpoints": sorted(self.lists["touchpoints"], key=lambda t: t["date"], reverse=True),
            "documents": documents,
            "report": self.report,
            "gaps": gaps,
            "sources": [
                {"number": n, "title": e.title, "url": e.url} for n, e in enumerate(self.context.evidence, start=1)
            ],
        }

    def _value(self) -> str:
        """What the customer pays a year, with its currency: "684000 EUR"."""
        value, currency = self._fact("Contract Value"), self._fact("Contract Currency")
        if value and currency and currency not in value:
            return f"{value} {currency}"
        return value or self._fact("Annual recurring revenue")

    def _fact(self, *names: str) -> str:
        low = {k.lower(): v["value"] for k, v in self.facts.items()}
        return next((str(low[n.lower()]) for n in names if low.get(n.lower())), "")


def _language(said: str) -> str:
    """The code of the language that a customer's record names; English when it names none."""
    code = {name.lower(): code for code, name in LANGUAGES.items()}.get(said.strip().lower(), said.strip().lower()[:2])
    return code if code in LANGUAGES else "en"


def _contacts(part: Chunk) -> list[str]:
    """The lines of an account record's list of contacts; the index keeps the heading apart, a file within the text."""
    lines = part.text.splitlines()
    if part.heading_path[-1:] != ("Contacts",):
        lines = lines[lines.index("## Contacts") + 1 :] if "## Contacts" in lines else []
    return [line.strip() for line in lines if line.startswith("- ")]


def _leading_number(text: str) -> str:
    match = re.match(r"[\d.,]+", text)
    return match.group() if match else ""


def _person(text: str) -> str:
    """ "lukas.brandt@x" → "Lukas Brandt"."""
    return " ".join(p.capitalize() for p in text.split("@", maxsplit=1)[0].split(".")) if "@" in text else text


def parsed_of(title: str, chunks: Sequence[Chunk]) -> Parsed:
    sections = []
    for chunk in chunks:
        kind: Any = "table" if chunk.rows else "text"
        sections.append(Section(chunk.text, chunk.heading_path, chunk.page, chunk.locator, kind, chunk.rows))
    return Parsed(tuple(sections), title)


def day_of(chunk: Chunk) -> str:
    return str(chunk.metadata.get("updated_at") or chunk.metadata.get("created_at") or "")[:10]


def period_of(title: str) -> str:
    match = re.search(r"\bQ([1-4])\s*(20\d\d)|(20\d\d)[- ]Q([1-4])", title)
    if match is None:
        return ""
    return f"{match[2] or match[3]}-Q{match[1] or match[4]}"
