"""The part of the form that says what comes out of an app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from apps.authoring import AppForm, Result
from apps.authoring.write_form import TABLES, unused_name
from apps.steps import KINDS
from chat_ui.studio.fields import adder, changing, choice, line, mover, problems
from chat_ui.studio.work import Work

_KINDS: Mapping[str, str] = {
    "markdown": "A text", "email": "A mail", "docx": "A Word file", "pptx": "A PowerPoint file", "table": "A table",
    "chart": "A chart",
}  # fmt: skip
_CALLED = {
    "tasks": "open tasks", "recommendations": "agreed actions", "incident_records": "incidents",
    "action_items": "action items", "open_questions": "open questions",
}  # fmt: skip


def result_menu(work: Work, form: AppForm) -> None:
    """The choice of another result."""
    fitting = {k: v for k, v in _KINDS.items() if (k != "table" or tables(form)) and (k != "chart" or charts(form))}
    adder(work, "Hand over", fitting, "studio-add-result", _with_result)


def _with_result(form: AppForm, kind: str) -> AppForm:
    title = {"markdown": "Text", "email": "Mail", "table": "Table", "chart": "Figures"}.get(kind, form.title or "File")
    what = {"table": next(iter(tables(form)), ""), "chart": next(iter(charts(form)), "")}.get(kind, form.title)
    name = unused_name(title, [r.name for r in form.results], "result")
    return replace(form, results=(*form.results, Result(name, kind, title, "" if kind == "markdown" else what)))


def tables(form: AppForm) -> dict[str, str]:
    """What a table can show → how it is called."""
    return {
        f"{place.id}.{name}": f"{_CALLED.get(name, name)} ({place.title or place.id})"
        for place in form.places
        for name in TABLES
        if name in KINDS[place.use].fields
    }


def charts(form: AppForm) -> dict[str, str]:
    """What a chart can show → how it is called."""
    return {
        f"{p.id}.charts": "the figure that matters most, over time" for p in form.places if p.use == "account_facts"
    }


def result_fields(work: Work, form: AppForm, result: Result, number: int) -> None:
    """The fields of one result."""
    key = f"studio-result-{result.name}"
    left, right = st.columns([3, 2])
    with left:
        line(work, "Called", result.title, f"{key}-title", changing("results", number, "title"), placeholder="Status")
    with right:
        known = tables(form) if result.kind == "table" else charts(form)
        choice(
            work,
            "It is",
            result.kind,
            list(_KINDS),
            key=f"{key}-kind",
            change=changing("results", number, "kind"),
            format_func=lambda k: _KINDS.get(k, k),
        )
    what = changing("results", number, "what")
    match result.kind:
        case "email":
            one, two = st.columns(2)
            with one:
                line(work, "Subject", result.what, f"{key}-what", what, placeholder="Status of @customer")
            with two:
                line(work, "To (may stay empty)", result.to, f"{key}-to", changing("results", number, "to"))
        case "docx" | "pptx":
            line(work, "Title in the file", result.what, f"{key}-what", what, placeholder="Status of @customer")
        case "table" | "chart":
            choice(
                work,
                "It shows",
                result.what or None,
                list(known),
                key=f"{key}-what",
                change=what,
                format_func=lambda p: known.get(p, p),
            )
    problems(work, f"results.{result.name}")
    with st.container(horizontal=True):
        mover(work, f"“{result.title or result.name}”", "results", number, len(form.results), key=key)
