"""`account_facts`: what is known of a customer: record, owners, figures over time, open tasks, contacts, documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from apps.accounts.records import Facts, changed_on, parsed_of, period_of
from apps.compare import read_report
from apps.customers import CustomerScope
from apps.run import Context, SourceQuote
from apps.steps.kind import Parameters, StepKind
from core import records
from core.errors import AppError
from core.nearest import closest
from core.records import record_of
from core.types import Chunk, Passage
from retrieval.query.filters import AnyOf, Either, Filter, all_of
from retrieval.query.search import Search

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
    found = search.search(Search(f"{name} {given.about}", context.user, 50, of_customer))
    recorded = all_of(of_customer, _recorded(records.ACCOUNT, records.TASK, records.TOUCHPOINT))
    found += search.search(Search(name, context.user, 30, recorded))
    documents = _documents(found)
    facts = Facts(name, context, given.focus)
    for chunk in documents[: max(given.documents, _MOST_DOCUMENTS)]:
        parts = search.document(chunk.document_id, context.user) or [chunk]
        number = context.cite(
            SourceQuote(chunk.title, chunk.url, chunk.document_id, chunk.locator, parts[0].text[:400])
        )
        facts.add(chunk, parts, number)
    reports = [d for d in documents if record_of(d.metadata) == records.HEALTH_CHECK]
    reports.sort(key=lambda c: (period_of(c.title), changed_on(c)), reverse=True)
    for n, chunk in enumerate(reports[:_MOST_REPORTS]):
        number = context.cite(SourceQuote(chunk.title, chunk.url, chunk.document_id, chunk.locator))
        report = read_report(parsed_of(chunk.title, search.document(chunk.document_id, context.user)))
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


def _discreet(facts: dict[str, Any], discretion: CustomerScope) -> dict[str, Any]:
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
    passages = context.searcher().search(Search(wanted, context.user, 50))
    passages += context.searcher().search(Search(f"{wanted} account", context.user, 50, _recorded(records.ACCOUNT)))
    names: dict[str, str] = {}
    for passage in passages:
        metadata = passage.chunk.metadata
        name = metadata.get("customer")
        if isinstance(name, str) and name:
            names[name.lower()] = name
            for key in (records.ACCOUNT_ID, "customer_id"):
                if isinstance(metadata.get(key), str):
                    names[str(metadata[key]).lower()] = name
    low = wanted.strip().lower()
    if low in names:
        return names[low]
    inside = [n for key, n in names.items() if low in key or key in low]
    if inside:
        return sorted(inside, key=len)[0]
    near = closest(low, names, alike=0.75)
    if near:
        return names[near[0]]
    known = ", ".join(sorted(set(names.values()))[:8])
    raise AppError(
        f"No document that you may read is about the customer {wanted!r}; "
        + (f"there are documents about {known}." if known else "check the name, or ask for access.")
    )


def _recorded(*kinds: str) -> Filter:
    return Either((AnyOf(records.DOCUMENT_TYPE, kinds), AnyOf(records.RECORD, kinds)))


def _documents(passages: Iterable[Passage]) -> list[Chunk]:
    return list({p.chunk.document_id: p.chunk for p in passages}.values())


KIND = StepKind("account_facts", "Collects what is known of a customer.", AccountFacts, FIELDS, account_facts)
