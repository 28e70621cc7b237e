"""`account_facts`: what is known of a customer: record, owners, figures over time, open tasks, contacts, documents."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from apps.accounts import Facts, collected, contradiction_text
from apps.customers import CustomerScope
from apps.run import Context
from apps.steps.kind import Parameters, StepKind
from core.errors import AppError

FIELDS = (
    "customer",
    "language",
    "found",
    "health",
    "owner",
    "facts",
    "numbers",
    "contacts",
    "metrics",
    "periods",
    "charts",
    "usage",
    "value",
    "wins",
    "risks",
    "incidents",
    "incident_records",
    "recommendations",
    "tasks",
    "decisions",
    "questions",
    "touchpoints",
    "documents",
    "summary",
    "renewal",
    "contradictions",
    "gaps",
    "report",
    "sources",
)
Need = Literal["metrics", "usage", "wins", "incidents", "recommendations", "summary"]
_CALLED = {
    "metrics": "figures",
    "usage": "use by month",
    "wins": "achievements",
    "incidents": "incidents",
    "recommendations": "agreed actions",
    "summary": "a summary",
}


class AccountFacts(Parameters):
    """Parameters.

    Attributes:
        customer: Name or number.
        about: Words to look for.
        for_customer: The facts are for the customer: what it may not be told, or names another one, is left out.
        focus: Part of a figure's name; its chart comes first.
        needs: Without any of these there is nothing to write, and the run stops.
    """

    customer: str = Field(min_length=1, max_length=200)
    about: str = "health renewal usage incidents risks"
    for_customer: bool = False
    focus: str = ""
    needs: tuple[Need, ...] = ()


def account_facts(given: AccountFacts, context: Context) -> dict[str, Any]:
    """Everything with its source number and day.

    Raises:
        AppError: no such customer is in the person's documents, or they say nothing of what the app needs.
    """
    facts = collected(given.customer, context, about=given.about, focus=given.focus, for_customer=given.for_customer)
    found = facts.result()
    if given.for_customer:
        found = _discreet(found, context.discretion(facts.customer))
        context.tell_withheld()
    if given.needs and not any(found[need] for need in given.needs):
        raise AppError(_nothing(given, facts, context))
    _remark(given, found, facts, context)
    return found


def _nothing(given: AccountFacts, facts: Facts, context: Context) -> str:
    """What was looked for, where, and what to do."""
    wanted = ", ".join(_CALLED[need] for need in given.needs)
    read = list(dict.fromkeys(e.title for e in context.evidence))
    where = f"{len(read)} documents that you may read ({', '.join(read[:3])}{', …' if len(read) > 3 else ''})"
    if facts.held:
        return (
            f"Nothing may be told to {facts.customer}: looked for {wanted} in {where}, and {len(facts.held)} of them "
            "aren't for customers by their confidentiality; label what may leave, or open it under `for_customers` in "
            "accounts.yaml."
        )
    return (
        f"Nothing was found on {facts.customer}: looked for {wanted} in {where}; say in accounts.yaml how your "
        "documents call them (`debrief accounts draft`), or add a report."
    )


def _remark(given: AccountFacts, found: dict[str, Any], facts: Facts, context: Context) -> None:
    """What who sends or reads the text should know and the text doesn't say."""
    if given.for_customer and found["gaps"]:
        context.notes.append(f"Not found in the documents that you may read: {', '.join(found['gaps'])}.")
    if facts.held:
        context.notes.append(
            f"{len(facts.held)} documents aren't for customers by their confidentiality and were left out."
        )
    if facts.unlabelled:
        names = ", ".join(dict.fromkeys(facts.unlabelled))
        context.notes.append(f"No label of confidentiality is on {names}; check before you send it.")
    for one in found["contradictions"]:
        context.notes.append(contradiction_text(one))


def _discreet(facts: dict[str, Any], discretion: CustomerScope) -> dict[str, Any]:
    """The facts without the entries that name another customer."""

    def silent(entry: Any) -> bool:
        texts = [str(v) for v in entry.values()] if isinstance(entry, dict) else [str(entry)]
        if discretion.is_silent("\n".join(texts)):
            return True
        discretion.withheld.add(" ".join(texts))
        return False

    return {k: [entry for entry in v if silent(entry)] if isinstance(v, list) else v for k, v in facts.items()}


KIND = StepKind("account_facts", "Collects what is known of a customer.", AccountFacts, FIELDS, account_facts)
