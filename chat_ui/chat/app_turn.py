"""Apps within the conversation: which way a question went, other ways to go, and the form for what is missing."""

from __future__ import annotations

from html import escape

import streamlit as st

from apps.kept import record_run
from apps.language import App
from apps.runner import RunResult
from assistant.app_runs import AppAnswers
from assistant.app_runs.inputs import fill_inputs
from assistant.records import Conversations
from chat_ui.chat import history
from chat_ui.chat.turns import Turn
from chat_ui.parts import attachments, components, session
from chat_ui.parts.app_form import app_form
from chat_ui.parts.app_outputs import run_here
from chat_ui.parts.filter_bar import facets
from core.errors import DebriefError
from core.types import Answer, Outcome, User

SEARCH = "search"


def ask_next(question: str, route: str | None = None) -> None:
    """Has the page ask this at its next run, as if the person had typed it.

    Args:
        route: "search" or "app:<name>" instead of the router's choice.
    """
    st.session_state["next-question"] = (question, route)


def route_menu(turn: Turn, answer: Answer, user: User) -> None:
    """The way that the question went, why, and buttons for the other ways."""
    apps, _ = session.apps(user)
    if not apps:
        return
    taken = answer.route.removeprefix("app:")
    title = apps[taken].app.title if taken in apps else "Plain search"
    with st.popover(f"Answered by: {title}", type="tertiary", key=f"{turn.key}-route"):
        reason = next((stage.detail for stage in turn.stages if stage.name == "route"), "")
        if reason:
            st.html(f'<div class="note">{escape(reason)}</div>')
        if answer.route != SEARCH:
            st.button("Use plain search", key=f"{turn.key}-search", on_click=ask_next, args=(turn.question, SEARCH))
        others = [name for name in apps if name != taken]
        other = st.selectbox(
            "Use another app" if answer.route != SEARCH else "Use an app",
            others,
            index=None,
            format_func=lambda name: apps[name].app.title,
            key=f"{turn.key}-other",
        )
        if other:
            st.button("Use it", key=f"{turn.key}-use", on_click=ask_next, args=(turn.question, f"app:{other}"))


def choices(turn: Turn, answer: Answer, user: User) -> None:
    """What to choose from, as buttons; or the app's form when the choices are its inputs."""
    apps, _ = session.apps(user)
    name = answer.route.removeprefix("app:")
    if answer.route != SEARCH and name in apps:
        _form(turn, apps[name].app, user)
        return
    with st.container(horizontal=True, gap="small", key=f"{turn.key}-choices"):
        for number, choice in enumerate(answer.choices):
            route = choice if choice == SEARCH or choice.startswith("app:") else None
            app = apps.get(choice.removeprefix("app:"))
            label = "Plain search" if choice == SEARCH else app.app.title if route and app else choice
            asked = (turn.question, route) if route else (choice,)
            st.button(label, key=f"{turn.key}-choice-{number}", on_click=ask_next, args=asked)


def _form(turn: Turn, app: App, user: User) -> None:
    """The app's form with what is known already filled in; running it here ends the turn."""
    customers = facets(tuple(sorted(user.principals())), user.email)["customer"]
    known = fill_inputs(app, turn.question, attachments.attached(), customers).values
    problems = st.session_state.pop(f"problems-{app.name}", [])
    try:
        given = app_form(app, user, f"{turn.key}-form", known, problems)
        result = run_here(app, given, user) if given is not None else None
    except DebriefError as error:
        components.error_state(error)
        return
    if result is not None and given is not None:
        finish(turn, result, user)
        answering = session.assistant().router
        if isinstance(answering, AppAnswers):
            # What the person asks next may change this result.
            answering.remember(history.current_conversation(user), app.name, given)
        st.rerun()


def finish(turn: Turn, result: RunResult, user: User) -> None:
    """Makes the run the turn's answer, counts it, and keeps it in the conversation."""
    run = record_run(session.database(), result, user)
    text = result.outputs[0].text if result.outputs else result.error
    outcome: Outcome = "answered" if result.status == "completed" else "no_evidence"
    answer = Answer(text, outcome=outcome, route=f"app:{result.app}", notes=result.notes, run=run)
    turn.run, turn.answer = result, answer
    stored = Conversations(session.database())
    stored.append(history.current_conversation(user), user, turn.question, turn.question, answer)
