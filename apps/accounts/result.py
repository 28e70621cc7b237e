"""What is known of an account → the facts under the names that apps use."""

from __future__ import annotations

from typing import Any

from apps.accounts.figures import charts_of, metric_of
from apps.accounts.known import Known
from apps.accounts.periods import is_stale, order
from apps.accounts.told import contradictions, plain, settled
from apps.compare.values import number_of
from core import records
from core.text.languages import LANGUAGES, language_codes

# Columns that a table of figures over time still has room for.
_MOST_PERIODS = 6


def result_of(known: Known) -> dict[str, Any]:
    """Everything that is known, under the names that apps use."""
    documents = sorted(known.lists["documents"], key=lambda d: d["date"], reverse=True)
    counted = settled(known.told)
    facts = {name: plain(fact) for name, fact in counted.items()}
    metrics = [
        metric_of(name, series, known.targets.get(name, ""), known.words, known.context.today)
        for name, series in known.series.items()
    ]
    renewal = facts.get(records.CONTRACT_END, "")
    return {
        "customer": known.customer,
        "language": _language(known, facts.get(records.CUSTOMER_LANGUAGE, "")),
        "found": bool(facts or documents or metrics),
        "health": facts.get(records.HEALTH, ""),
        "owner": facts.get(records.ACCOUNT_OWNER, ""),
        "renewal": renewal,
        "facts": facts,
        "numbers": {name: fact.number for name, fact in counted.items()},
        "contacts": known.contacts,
        "metrics": metrics,
        "periods": sorted({p["period"] for m in metrics for p in m["series"]}, key=order)[-_MOST_PERIODS:],
        "charts": charts_of(metrics, known.focus),
        "usage": [
            metric_of(name, months, "", known.words, known.context.today) for name, months in known.usage.items()
        ],
        "value": _value(facts),
        "wins": known.lists["wins"],
        "risks": known.lists["risks"],
        "incidents": known.lists["incidents"],
        "incident_records": _incidents(known),
        "recommendations": known.lists["recommendations"],
        "summary": known.lists["summary"],
        "decisions": known.lists["decisions"],
        "questions": known.lists["questions"],
        "tasks": sorted(
            ({**t, "overdue": known.is_overdue(t["due"])} for t in known.lists["tasks"] if not t["done"]),
            key=lambda t: t["due"] or "~",
        ),
        "touchpoints": sorted(known.lists["touchpoints"], key=lambda t: t["date"], reverse=True),
        "documents": documents,
        "report": known.report
        | {"stale": is_stale(known.report["period"] or known.report["date"], known.context.today)},
        "contradictions": contradictions(known.told),
        "gaps": _gaps(known, metrics, renewal),
        "sources": [
            {"number": n, "title": e.title, "url": e.url} for n, e in enumerate(known.context.evidence, start=1)
        ],
    }


def _incidents(known: Known) -> list[dict[str, Any]]:
    """Incidents of records, lists and the newest report, the newest first; each number once."""
    found = sorted(
        [*known.lists["incident_records"], *known.lists["incidents"]], key=lambda i: str(i["date"]), reverse=True
    )
    return list({i["incident"] or (i["what_happened"], i["date"]): i for i in reversed(found)}.values())[::-1]


def _gaps(known: Known, metrics: list[dict[str, Any]], renewal: str) -> list[str]:
    there = (
        ("an account record", known.recorded or records.ACCOUNT_OWNER in {fact.name for fact in known.told}),
        ("figures over time", any(len(m["series"]) > 1 for m in metrics)),
        ("a report with figures", known.report["title"]),
        ("a renewal date", renewal),
    )
    return [what for what, known in there if not known]


def _language(known: Known, said: str) -> str:
    """The code of the language that a customer's record names, else the one of most of its documents."""
    low = said.strip().lower()
    code = language_codes().get(low, low[:2])
    if code in LANGUAGES:
        return code
    told = [language for language in known.languages if language in LANGUAGES]
    return max(dict.fromkeys(told), key=told.count, default="en")


def _value(facts: dict[str, str]) -> str:
    """What the customer pays a year, with its currency: "684000 EUR"."""
    value, currency = facts.get(records.CONTRACT_VALUE, ""), facts.get(records.CURRENCY, "")
    bare = number_of(value) is not None and value.strip()[:1].isdigit() and value.strip()[-1:].isdigit()
    return f"{value} {currency}" if value and currency and bare else value
