"""`account_facts`: what is known of a customer: record, owners, figures over time, open tasks, contacts, documents."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field

from apps.compare.blocks import Report, read_report
from apps.compare.values import better_way, number_of, verdict
from apps.context import Context, Evidence
from apps.customers import Discretion
from apps.inputs import LANGUAGES
from apps.steps.kind import Parameters, StepKind
from apps.words import signed_text
from core.errors import AppError
from core.types import Chunk, Parsed, Passage, Section
from retrieval.filters import AnyOf, Filter, all_of

FIELDS = (
    "customer",
    "language",
    "found",
    "health",
    "owner",
    "facts",
    "contacts",
    "metrics",
    "charts",
    "usage",
    "value",
    "wins",
    "risks",
    "incidents",
    "incident_records",
    "recommendations",
    "tasks",
    "touchpoints",
    "documents",
    "summary",
    "renewal",
    "gaps",
    "report",
    "sources",
)
_PERIODIC = re.compile(r"^(?P<name>.+?)\s*\((?P<period>20\d\d(?:-(?:Q[1-4]|\d\d))?)\)$")
_FACT = re.compile(r"^\s*-\s+(?P<name>[^:]{2,80}):\s+(?P<value>.+)$", re.MULTILINE)
_PARTS = {
    "risks": re.compile(r"\brisk|\brisik|\briesgo|\brisque", re.IGNORECASE),
    "incidents": re.compile(r"\bincident|\bvorf|\bincidente", re.IGNORECASE),
    "recommendations": re.compile(r"\brecommend|\bempfehl|\brecomend|\brecommand", re.IGNORECASE),
    "wins": re.compile(r"\bwent well|\bachiev|\bsuccess|\berfolg|\blogros|\bréussi", re.IGNORECASE),
    "summary": re.compile(r"^(?:.* › )?(?:executive )?summary$|^resumen$|^zusammenfassung$|^résumé$", re.IGNORECASE),
}
_MOST_DOCUMENTS = 40
# The newest gives what holds today; the ones before it only their figures.
_MOST_REPORTS = 6


class AccountFacts(Parameters):
    """Parameters.

    Attributes:
        customer: Name or number.
        about: Words to look for.
        documents: How many to read at most.
        for_customer: The facts are for the customer: what names another one is left out.
        focus: Part of a figure's name; its chart comes first.
    """

    customer: str = Field(min_length=1, max_length=200)
    about: str = "health renewal usage incidents risks"
    documents: int = Field(default=12, ge=1, le=_MOST_DOCUMENTS)
    for_customer: bool = False
    focus: str = ""


def account_facts(given: AccountFacts, context: Context) -> dict[str, Any]:
    """Everything with its source number and day. Raises AppError when no such customer is in the person's documents."""
    search = context.searcher()
    name = _resolved(given.customer, context)
    of_customer = AnyOf("customer", (name,))
    found = search.search(f"{name} {given.about}", context.user, 50, filters=of_customer)
    found += search.search(name, context.user, 30, filters=all_of(of_customer, _types("account", "task", "touchpoint")))
    documents = _documents(found)
    facts = _Facts(name, context, given.focus)
    for chunk in documents[: max(given.documents, _MOST_DOCUMENTS)]:
        kind = str(chunk.metadata.get("document_type", ""))
        parts = search.document(chunk.document_id, context.user) or [chunk]
        number = context.cite(Evidence(chunk.title, chunk.url, chunk.document_id, chunk.locator, parts[0].text[:400]))
        facts.add(chunk, kind, parts, number)
    reports = [d for d in documents if "health" in str(d.metadata.get("document_type", "")).lower()]
    reports.sort(key=lambda c: (_period(c.title), _day(c)), reverse=True)
    for n, chunk in enumerate(reports[:_MOST_REPORTS]):
        number = context.cite(Evidence(chunk.title, chunk.url, chunk.document_id, chunk.locator))
        report = read_report(_parsed(chunk.title, search.document(chunk.document_id, context.user)))
        facts.add_figures(chunk, report, number)
        if n == 0:
            facts.add_report(chunk, report, number)
    found_facts = facts.result()
    if given.for_customer:
        found_facts = _discreet(found_facts, context.discretion(name))
        context.tell_withheld()
        if found_facts["gaps"]:
            # The customer needn't read this; who sends the text should know.
            context.notes.append(f"Not found in the documents that you may read: {', '.join(found_facts['gaps'])}.")
    return found_facts


def _discreet(facts: dict[str, Any], discretion: Discretion) -> dict[str, Any]:
    """The facts without the entries that name another customer."""

    def silent(entry: Any) -> bool:
        texts = [str(v) for v in entry.values()] if isinstance(entry, dict) else [str(entry)]
        if discretion.is_silent("\n".join(texts)):
            return True
        discretion.withheld.add(" ".join(texts))
        return False

    return {k: [entry for entry in v if silent(entry)] if isinstance(v, list) else v for k, v in facts.items()}


def _resolved(wanted: str, context: Context) -> str:
    """The customer's name as the documents write it."""
    passages = context.searcher().search(wanted, context.user, 50)
    passages += context.searcher().search(f"{wanted} account", context.user, 50, filters=_types("account"))
    names: dict[str, str] = {}
    for passage in passages:
        metadata = passage.chunk.metadata
        name = metadata.get("customer")
        if isinstance(name, str) and name:
            names[name.lower()] = name
            for key in ("account_id", "customer_id"):
                if isinstance(metadata.get(key), str):
                    names[str(metadata[key]).lower()] = name
    low = wanted.strip().lower()
    if low in names:
        return names[low]
    inside = [n for key, n in names.items() if low in key or key in low]
    if inside:
        return sorted(inside, key=len)[0]
    near = difflib.get_close_matches(low, names, n=1, cutoff=0.75)
    if near:
        return names[near[0]]
    known = ", ".join(sorted(set(names.values()))[:8])
    raise AppError(
        f"No document that you may read is about the customer {wanted!r}; "
        + (f"there are documents about {known}." if known else "check the name, or ask for access.")
    )


class _Facts:
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
        entry = {"title": chunk.title, "url": chunk.url, "date": _day(chunk), "number": number, "type": kind}
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
                {**entry, "text": " ".join(body.split()), "date": pairs.get("Date") or _day(chunk)}
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
            for table in read_report(_parsed(chunk.title, [p for p in parts if p.kind == "table"])).tables:
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
                    "date": pairs.get("Opened on", "") or _day(chunk),
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

    def add_figures(self, chunk: Chunk, report: Report, number: int) -> None:
        """The metrics table of a report as one more point of each figure's course."""
        period = _period(chunk.title) or _day(chunk)
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

    def add_report(self, chunk: Chunk, report: Report, number: int) -> None:
        period = _period(chunk.title)
        self.report = {"title": chunk.title, "url": chunk.url, "date": _day(chunk), "number": number, "period": period}
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
        metrics = [_metric(name, series, self.facts) for name, series in self.series.items()]
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
            "charts": _charts(metrics, self.focus),
            "usage": [_metric(name, months, {}) for name, months in self.usage.items()],
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


def _metric(name: str, series: dict[str, tuple[float, int, str]], facts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    points: list[dict[str, Any]] = [{"period": p, "value": v, "number": n} for p, (v, n, _) in sorted(series.items())]
    unit = next((u for _, _, u in series.values() if u), "")
    first, last = points[0], points[-1]
    previous = points[-2] if len(points) > 1 else None
    better = better_way(name, {})
    target = number_of(str(facts.get(f"target of {name}", {}).get("value", "")))
    difference = round(last["value"] - previous["value"], 4) if previous else None
    return {
        "name": name,
        "unit": unit,
        "series": points,
        "first": first,
        "last": last,
        "previous": previous,
        "difference": difference,
        "difference_text": "" if difference is None else signed_text(difference),
        "verdict": verdict(last["value"] - previous["value"], better) if previous else "same",
        "since_first": verdict(last["value"] - first["value"], better) if previous else "same",
        "target": target.value if target else None,
        "on_target": None
        if target is None or better == "neither"
        else (last["value"] >= target.value if better == "higher" else last["value"] <= target.value),
        "number": last["number"],
    }


def _charts(metrics: Sequence[dict[str, Any]], focus: str) -> list[dict[str, Any]]:
    """A chart for each figure with a course: the ones in focus first, then the ones off target."""
    courses = sorted(
        (m for m in metrics if len(m["series"]) > 1),
        key=lambda m: (not focus or focus not in m["name"].lower(), m["on_target"] is not False),
    )
    return [
        {
            "title": f"{m['name']} ({m['unit']})" if m["unit"] else m["name"],
            "labels": [p["period"] for p in m["series"]],
            "series": {m["name"]: [p["value"] for p in m["series"]]}
            | ({"Target": [m["target"]] * len(m["series"])} if m["target"] is not None else {}),
        }
        for m in courses[:8]
    ]


def _language(said: str) -> str:
    """The code of the language that a customer's record names; English when it names none."""
    code = {name.lower(): code for code, name in LANGUAGES.items()}.get(said.strip().lower(), said.strip().lower()[:2])
    return code if code in LANGUAGES else "en"


def _types(*names: str) -> Filter:
    return AnyOf("document_type", names)


def _documents(passages: Iterable[Passage]) -> list[Chunk]:
    return list({p.chunk.document_id: p.chunk for p in passages}.values())


def _parsed(title: str, chunks: Sequence[Chunk]) -> Parsed:
    sections = []
    for chunk in chunks:
        kind: Any = "table" if chunk.kind == "table" or chunk.text.lstrip().startswith("|") else "text"
        sections.append(Section(chunk.text, chunk.heading_path, chunk.page, chunk.locator, kind))
    return Parsed(tuple(sections), title)


def _contacts(part: Chunk) -> list[str]:
    """The lines of an account record's list of contacts; the index keeps the heading apart, a file within the text."""
    lines = part.text.splitlines()
    if part.heading_path[-1:] != ("Contacts",):
        lines = lines[lines.index("## Contacts") + 1 :] if "## Contacts" in lines else []
    return [line.strip() for line in lines if line.startswith("- ")]


def _leading_number(text: str) -> str:
    match = re.match(r"[\d.,]+", text)
    return match.group() if match else ""


def _day(chunk: Chunk) -> str:
    return str(chunk.metadata.get("updated_at") or chunk.metadata.get("created_at") or "")[:10]


def _period(title: str) -> str:
    match = re.search(r"\bQ([1-4])\s*(20\d\d)|(20\d\d)[- ]Q([1-4])", title)
    if match is None:
        return ""
    return f"{match[2] or match[3]}-Q{match[1] or match[4]}"


def _person(text: str) -> str:
    """ "lukas.brandt@x" → "Lukas Brandt"."""
    return " ".join(p.capitalize() for p in text.split("@", maxsplit=1)[0].split(".")) if "@" in text else text


KIND = StepKind("account_facts", "Collects what is known of a customer.", AccountFacts, FIELDS, account_facts)
