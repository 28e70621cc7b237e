"""The app as it is written, run: on one input, and on up to five side by side, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st

from apps.language import App, AppFile
from apps.publish import release
from apps.run import Context
from apps.runner import RunResult, finish
from apps.steps.material import row_text
from chat_ui.parts import components, session
from chat_ui.parts.app_form import app_form
from chat_ui.parts.app_outputs import run_here, run_view
from chat_ui.parts.customers import customers_for
from chat_ui.studio.bad_run import test_button
from chat_ui.studio.work import Work
from core.errors import AppError, DebriefError
from core.types import User

MOST = 5
_CELL = 600


@dataclass(frozen=True)
class Trial:
    """What was put in and what came of it."""

    given: Mapping[str, Any]
    result: RunResult


def trial(work: Work, user: User) -> None:
    """Draws the app's form and its result; below, the same app on several inputs."""
    app = work.app
    if app is None:
        components.state("You can try it when it is right", "What is missing stands beside its field.")
        return
    problems = st.session_state.pop(f"problems-{app.name}", [])
    try:
        given = app_form(app, user, f"studio-form-{work.key}", problems=problems)
    except DebriefError as error:
        components.error_state(error)
        return
    kept = f"studio-trial-{work.key}"
    if given is not None:
        _keep_inputs(work, given)
        if refusal := unreleased(app, user):
            components.state("Not run", refusal, "warning")
            return
        result = run_here(app, given, user)
        if result is not None:
            st.session_state[kept] = Trial(given, result)
    last: Trial | None = st.session_state.get(kept)
    if last is not None:
        run_view(last.result, kept)
        test_button(work, app, last.result, last.given, kept)
    _side_by_side(work, app, user)


def unreleased(app: App, user: User) -> str:
    """Why the person may neither try the text nor publish it; empty when they may."""
    return release.unreleased(app, user, session.settings().auth)


def _side_by_side(work: Work, app: App, user: User) -> None:
    """The choice of up to five inputs, and a table of what each step makes of each of them."""
    st.header("Side by side", anchor=False)
    kept = _kept(work)
    account = next((i.name for i in app.inputs if i.type == "account"), "")
    alone = bool(account) and all(
        i.name == account or not i.required or i.default is not None or i.latest for i in app.inputs
    )
    offered = list(kept)
    if alone:
        offered += [c for c in customers_for(user) if c not in kept]
    if not offered:
        components.state(
            "No inputs yet", "Run the form with several inputs; all of them can then be run with one click."
        )
        return
    names = st.multiselect(
        f"On which inputs (up to {MOST})",
        offered,
        list(kept)[-MOST:],
        max_selections=MOST,
        key=f"beside-{work.key}-{len(kept)}",
    )
    results: dict[str, RunResult | DebriefError] = st.session_state.setdefault(f"beside-{work.key}", {})
    if st.button("Run on all of them", icon=":material/view_column:", disabled=not names):
        results.clear()
        for number, name in enumerate(names, start=1):
            with st.spinner(f"{name} ({number} of {len(names)}) …"):
                results[name] = _run(app, kept.get(name, {account: name}), user)
    shown = {name: results[name] for name in names if name in results}
    if shown:
        components.table(["", *map(escape, shown)], _rows(app, shown), label="Results side by side")


def _rows(app: App, results: Mapping[str, RunResult | DebriefError]) -> list[list[str]]:
    """A row a step and a row a result; a column an input."""
    rows = []
    for step in app.steps:
        cells = [_step_cell(result, step.id) for result in results.values()]
        rows.append([f"<b>{escape(step.title or step.id)}</b>", *cells])
    for output in app.outputs:
        cells = []
        for result in results.values():
            found = result.output(output.name) if isinstance(result, RunResult) else None
            cells.append(_cell(found.text if found is not None else ""))
        rows.append([f"<b>{escape(output.title or output.name)}</b>", *cells])
    return rows


def _step_cell(result: RunResult | DebriefError, step: str) -> str:
    if not isinstance(result, RunResult):
        return components.badge("stopped", "bad") + _cell(str(result))
    if step not in (result.values or {}):
        return components.badge("stopped", "bad") + _cell(result.error) if result.error else "–"
    value = (result.values or {})[step]
    if isinstance(value, Mapping) and not value:
        return components.badge("skipped")
    if isinstance(value, list):
        return _cell("\n".join(row_text(row) if isinstance(row, Mapping) else str(row) for row in value))
    return _cell(str(value.get("text") or row_text(value, "\n")))


def _cell(text: str) -> str:
    short = text if len(text) <= _CELL else text[:_CELL] + " …"
    return f'<div class="beside">{escape(short.strip()) or "–"}</div>'


def _run(app: App, given: Mapping[str, Any], user: User) -> RunResult | DebriefError:
    try:
        if refusal := unreleased(app, user):
            raise AppError(refusal)
        return finish(app, given, Context(user, session.tools(), company=session.settings().company))
    except DebriefError as error:
        return error


def _keep_inputs(work: Work, given: Mapping[str, Any]) -> None:
    """Remembers what the form was filled in with, so that it can be run again with another text of the app."""
    kept = _kept(work)
    name = _named(given) or f"Inputs {len(kept) + 1}"
    kept.pop(name, None)
    kept[name] = dict(given)
    while len(kept) > MOST:
        kept.pop(next(iter(kept)))


def _kept(work: Work) -> dict[str, dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = st.session_state.setdefault(f"studio-inputs-{work.key}", {})
    return kept


def _named(given: Mapping[str, Any]) -> str:
    """The inputs in a few words, which tell them apart."""
    parts = [value.name if isinstance(value, AppFile) else str(value) for value in given.values() if value]
    text = ", ".join(" ".join(part.split()) for part in parts)
    return text if len(text) <= 60 else text[:59] + "…"
