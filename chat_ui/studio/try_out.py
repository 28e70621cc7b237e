"""The file in the editor, run on several inputs at once: what a changed prompt does to each of them, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from apps.language import App, AppFile
from apps.publish import release
from apps.run import Context
from apps.runner import RunResult, finish
from chat_ui.parts import components, session
from chat_ui.parts.app_outputs import run_view
from core.errors import AppError, DebriefError
from core.types import User

MOST = 6
_COLUMNS = 3


def keep_inputs(app: App, given: Mapping[str, Any]) -> None:
    """Remembers what the form was filled in with, so that it can be run again with another text of the file."""
    kept = _kept(app)
    name = _named(given) or f"Inputs {len(kept) + 1}"
    kept.pop(name, None)
    kept[name] = dict(given)
    while len(kept) > MOST:
        kept.pop(next(iter(kept)))


def side_by_side(app: App | None, user: User) -> None:
    """Draws the choice of inputs, and the results in columns."""
    if app is None:
        components.state("The results come when the file is right")
        return
    kept = _kept(app)
    if not kept:
        components.state(
            "No inputs yet", "Run the form with several inputs; all of them can then be run with one click."
        )
        return
    chosen = st.multiselect(
        "Inputs", list(kept), list(kept)[:_COLUMNS], max_selections=_COLUMNS, key=f"beside-{app.name}-{len(kept)}"
    )
    results: dict[str, RunResult | DebriefError] = st.session_state.setdefault(f"beside-{app.name}", {})
    if st.button("Run on all of them", icon=":material/view_column:", disabled=not chosen):
        results.clear()
        with st.spinner(f"Running on {len(chosen)} inputs …"):
            for name in chosen:
                results[name] = _run(app, kept[name], user)
    shown = [name for name in chosen if name in results]
    for number, (name, column) in enumerate(zip(shown, st.columns(len(shown) or 1), strict=False)):
        with column:
            st.html(f'<div class="output-title">{escape(name)}</div>')
            result = results[name]
            if isinstance(result, RunResult):
                run_view(result, f"beside-{app.name}-{number}")
            else:
                components.error_state(result)


def unreleased(app: App, user: User) -> str:
    """Why the person may neither try the text nor publish it; empty when they may."""
    return release.unreleased(app, user, session.settings().auth)


def _run(app: App, given: Mapping[str, Any], user: User) -> RunResult | DebriefError:
    try:
        if refusal := unreleased(app, user):
            raise AppError(refusal)
        return finish(app, given, Context(user, session.tools(), company=session.settings().company))
    except DebriefError as error:
        return error


def _kept(app: App) -> dict[str, dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = st.session_state.setdefault(f"studio-inputs-{app.name}", {})
    return kept


def _named(given: Mapping[str, Any]) -> str:
    """The inputs in a few words, which tell them apart."""
    parts = [value.name if isinstance(value, AppFile) else str(value) for value in given.values() if value]
    text = ", ".join(" ".join(part.split()) for part in parts)
    return text if len(text) <= 60 else text[:59] + "…"
