"""What language models were used for, by whom, and what it cost; and how much of the budget is left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any, cast

import streamlit as st

from chat_ui.parts import charts, components, session
from core.llm.calling import NEARLY
from core.llm.usage import By, ModelUsage, Sum

_BY = {"Model": "model", "Task": "task", "App": "app", "Person": "person", "Month": "month"}
_NOBODY = {"app": "questions", "person": "nobody in particular"}


def models_tab(since: datetime) -> None:
    """The tab: sums in groups, a month's cost, and limits that are nearly reached."""
    usage = ModelUsage(session.database())
    _budget(usage)
    chosen = st.segmented_control("By", list(_BY), default="Model", required=True, key="models-by")
    by = cast("By", _BY[chosen])
    rows = usage.sums(by, since)
    if not rows:
        model = session.settings().llm.model
        components.state(
            "No language model was asked in this time",
            "Choose a longer period." if model else "None is configured: answers quote the documents.",
        )
        return
    calls, read, written, cost = (sum(values) for values in zip(*map(_numbers, rows), strict=True))
    figures = {
        "Calls": f"{calls:,}",
        "Tokens read": f"{read:,}",
        "Tokens written": f"{written:,}",
        "Cost": f"{cost:,.2f}",
        "Cost a call": f"{cost / calls:,.4f}",
    }
    with st.container(horizontal=True, gap="medium"):
        for name, value in figures.items():
            st.metric(name, value, width="content")
    components.table(
        [chosen, "Calls", "Tokens read", "Tokens written", "Cost"],
        [[escape(_name(row, by)), *_cells(row)] for row in rows],
        label=f"Use of language models by {chosen.lower()}",
    )
    header = (by, "calls", "input tokens", "output tokens", "cost")
    charts.csv_download(f"models-by-{by}.csv", header, [(_name(row, by), *_numbers(row)) for row in rows])
    if not any(row.cost for row in rows):
        st.caption("No price is set: `llm.price_per_million_input` and `_output`, or those of a model in `llm.models`.")


def _budget(usage: ModelUsage) -> None:
    """What of the budget is used, and who has little left."""
    budget = session.settings().llm.budget
    for limit, share in usage.shares(budget, ""):
        little = share >= NEARLY
        text, kind = (_WHEN_USED_UP, "warning") if little else ("", "empty")
        components.state(f"{share:.0%} of {limit} is used", text, cast("Any", kind))
    near = usage.nearly_used_up(budget, NEARLY)
    if near:
        people = ", ".join(f"{person} ({share:.0%})" for person, share in near)
        components.state("Little is left of today's tokens for", people, "warning")


_WHEN_USED_UP = "When it is used up, documents are quoted; raise llm.budget in debrief.yaml."


def _numbers(row: Sum) -> Sequence[float]:
    return row.calls, row.input_tokens, row.output_tokens, row.cost


def _cells(row: Sum) -> list[str]:
    return [f"{row.calls:,}", f"{row.input_tokens:,}", f"{row.output_tokens:,}", f"{row.cost:,.4f}"]


def _name(row: Sum, by: By) -> str:
    return row.of or _NOBODY.get(by, "–")
