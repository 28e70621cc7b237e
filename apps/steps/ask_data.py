"""`ask_data`: a question over the company's tables in plain words; rows, and a chart where one shows them truly."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from apps.run import Context, SourceQuote
from apps.steps.kind import Parameters, StepKind
from apps.steps.query import plain_value
from core.errors import AppError


class AskData(Parameters):
    """Attributes: question: in plain words, as on the page Data; the person sees their own rows and no others."""

    question: str = Field(min_length=1, max_length=500)


def ask_data(given: AskData, context: Context) -> dict[str, Any]:
    """Columns, rows as mappings, the query in words, the chart for `render`. Raises AppError: it can't be answered."""
    if context.tools.data is None:
        raise AppError("This step asks the company's tables, and there are none; name a layer under `warehouse`.")
    found = context.tools.data(given.question, context.user)
    if found.problem:
        raise AppError(f"The tables don't answer “{given.question}”: {found.problem}")
    records = [{c: plain_value(v) for c, v in zip(found.columns, row, strict=True)} for row in found.rows]
    said = found.words[:1].upper() + found.words[1:]
    number = context.cite(SourceQuote("Company tables", locator=", ".join(found.tables), quote=said, rows=True))
    # A list, since a step without a chart has none to hand on.
    charts = [{"title": said, "spec": dict(found.spec)}] if found.spec is not None else []
    return {"columns": list(found.columns), "rows": records, "count": len(records), "words": said, "charts": charts,
            "number": number}  # fmt: skip


KIND = StepKind(
    "ask_data",
    "Asks the company's tables in plain words.",
    AskData,
    ("columns", "rows", "count", "words", "charts", "number"),
    ask_data,
)
