"""Runs that wait for a person: the form that goes on with one, wherever it is shown, and the list of all that wait.

run_or_form(run, result, user, key)     # a run in a conversation, or on the app's page
waiting_for(user)                       # "Waiting for you": a line for each run, its form within
"""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from apps.kept import my_runs, record_resumed, stored_result, waiting_run
from apps.run import Problem
from apps.runner import RunResult
from chat_ui.parts import components, session
from chat_ui.parts.answer_html import answer_html
from chat_ui.parts.app_form import fields_form
from chat_ui.parts.app_outputs import run_here, run_view
from chat_ui.parts.edits import Edits
from core.errors import AppError, DebriefError
from core.types import User

# The run that went on last from the list.
_DONE = "waiting-went-on"


def run_or_form(
    run: str, result: RunResult, user: User, key: str, *, edits: Edits | None = None, name: str = ""
) -> RunResult:
    """Draws a run, and while it waits the form that goes on with it; the run as it is now.

    Args:
        run: Its id.
        result: What was known of it when the page drew it last.
        key: Unique on the page.
        edits, name: As `run_view` takes them.
    """
    now = result
    try:
        if result.status == "waiting":
            # It may have gone on in another window or on the command line, or rest on what is closed to the person now.
            now = stored_result(session.database(), run, user, session.readable)
        run_view(now, key, edits, name)
        if now.status == "waiting" and _form(run, user, key):
            st.rerun()
    except DebriefError as error:
        components.error_state(error)
    return now


def waiting_for(user: User) -> None:
    """The person's runs that wait for an answer, the newest first, and what came of the one that went on last."""
    engine = session.database()
    waits = [run for run in my_runs(engine, user) if run.status == "waiting"]
    done = str(st.session_state.get(_DONE, ""))
    if not waits and not done:
        return
    with st.container(border=True, key="waiting-for-you"):
        if waits:
            st.markdown(f"**Waiting for you: {len(waits)}**")
        for run in waits:
            told = " · ".join(
                filter(None, (session.app_title(run.app, user), run.subject, components.local(run.started_at)))
            )
            with st.expander(components.plain(told), key=f"waits-{run.id}", on_change="rerun") as opened:
                if opened.open:
                    _listed(run.id, user)
        if done:
            with suppress(AppError):  # deleted meanwhile
                run_view(stored_result(engine, done, user, session.readable), f"waits-{done}")


def _listed(run: str, user: User) -> None:
    """The form of a run in the list; what comes of it stands below the list."""
    try:
        stored_result(session.database(), run, user, session.readable)
        if _form(run, user, f"waits-{run}"):
            st.session_state[_DONE] = run
            st.rerun()
    except DebriefError as error:
        components.error_state(error)


def _form(run: str, user: User, key: str) -> bool:
    """What the run asks; whether it was answered, and the run went on."""
    app, waits = waiting_run(session.database(), run, user)
    st.html(answer_html(waits.error, (), {}, f"{key}-asks"))
    problems: list[Problem] = st.session_state.pop(f"answers-{app.name}", [])
    given = fields_form(waits.asks, user, f"{key}-answers", problems=problems, action="Go on")
    if given is None:
        return False
    result = run_here(app, given, user, waits)
    if result is not None:
        record_resumed(session.database(), run, result)
    return result is not None
