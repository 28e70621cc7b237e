"""`list_customers`: the customers that the person may know of."""

from __future__ import annotations

from typing import Any

from apps.run import Context
from apps.steps.kind import Parameters, StepKind


class ListCustomers(Parameters):
    """Attributes: but: names that are left out."""

    but: tuple[str, ...] = ()


def list_customers(given: ListCustomers, context: Context) -> dict[str, Any]:
    """Their names in order. Raises AppError when there is none."""
    but = {name.casefold() for name in given.but}
    context.looked.append("customers")
    names = [n for n in context.tools.readable_customers(context.user) if n.casefold() not in but]
    if not names:
        raise context.nothing("to go on with")
    return {"customers": names, "count": len(names)}


KIND = StepKind(
    "list_customers", "Lists the customers that you may know of.", ListCustomers, ("customers", "count"), list_customers
)
