"""Apps within the conversation: which way a question went, other ways to go, and the form for what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import streamlit as st

from apps.language.spec import App
from apps.run.inputs import InputsWrong, check_inputs
from assistant.app_runs.app_answers import AppAnswers
from assistant.data import DATA
from assistant.edited_results import ANEW
from assistant.question import RECORDS, RESEARCH, SEARCH, Question
from chat_ui.chat.turns import Turn
from chat_ui.parts import attachments, components, session
from chat_ui.parts.app_form import app_form
from core.errors import DebriefError
from core.types import Answer, User

_TITLES = {RECORDS: "Records", RESEARCH: "Research", DATA: "Tables"}


@dataclass(frozen=True, slots=True)
class NextQuestion:
    """What the page asks at its next run.

    Attributes:
        route: "search", "research" or "app:<name>" instead of the router's choice.
        inputs: What was put into the app's form.
        turn: The key of the turn whose form it was: the answer takes its place.
        language: The answer's, where one was chosen: ISO 639-1.
    """

    text: str
    route: str | None = None
    language: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    turn: str = ""


def ask_next(question: str, route: str | None = None, language: str = "") -> None:
    """Has the page ask this at its next run, as if the person had typed it."""
    st.session_state["next-question"] = NextQuestion(question, route, language)


def route_menu(turn: Turn, answer: Answer, user: User) -> None:
    """The way that the question went, why, and buttons for the other ways."""
    apps, _ = session.apps(user)
    writes = bool(session.settings().llm.model)
    if not apps and not writes:
        return
    taken = answer.route.removeprefix("app:")
    title = apps[taken].app.title if taken in apps else _TITLES.get(answer.route, "Plain search")
    key = f"{turn.key}-route"
    menu = st.popover(f"Answered by: {title}", type="tertiary", key=key, on_change="rerun")
    if menu.open:
        with menu:
            _other_ways(turn, answer, {name: item.app.title for name, item in apps.items() if name != taken}, key)


def _other_ways(turn: Turn, answer: Answer, others: Mapping[str, str], key: str) -> None:
    """Why the question went its way, and the ways that it could go; `others`: apps → their titles."""
    reason = next((stage.detail for stage in turn.stages if stage.name == "route"), "")
    if reason:
        st.html(f'<div class="note">{escape(reason)}</div>')

    def way(label: str, name: str, route: str, **how: Any) -> None:
        st.button(label, key=f"{turn.key}-{name}", on_click=_go, args=(key, turn.question, route), **how)

    if answer.route != SEARCH:
        way("Use plain search", "search", SEARCH)
    if session.settings().llm.model and answer.route != RESEARCH:
        what = "Looks it up from all sides and writes a report; also by beginning a message with /research"
        way("Research this", "research", RESEARCH, help=what)
    if not others:
        return
    other = st.selectbox(
        "Use another app" if answer.route != SEARCH else "Use an app",
        list(others),
        index=None,
        format_func=lambda name: others[name],
        key=f"{turn.key}-other",
    )
    if other:
        way("Use it", "use", f"app:{other}")


def _go(menu: str, question: str, route: str) -> None:
    """Asks the question on another way, and closes the menu that it was chosen from."""
    st.session_state[menu] = False
    ask_next(question, route)


def offers(turn: Turn, answer: Answer, user: User) -> None:
    """The apps that could do more with the question than the answer did, a button each."""
    apps, _ = session.apps(user)
    names = [name for offer in answer.offers if (name := offer.removeprefix("app:")) in apps]
    if names:
        with st.container(horizontal=True, gap="small", key=f"{turn.key}-offers"):
            for name in names:
                label, asked = f"Use “{apps[name].app.title}”", (turn.question, f"app:{name}")
                st.button(
                    label, key=f"{turn.key}-offer-{name}", on_click=ask_next, args=asked, icon=":material/widgets:"
                )


def examples(turn: Turn, answer: Answer) -> None:
    """The questions that small talk is answered with, to be clicked."""
    with st.container(gap="small", key=f"{turn.key}-examples"):
        for number, example in enumerate(answer.choices):
            st.button(example, key=f"{turn.key}-example-{number}", on_click=ask_next, args=(example,), type="tertiary")


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
            label = f"Make it anew: {label}" if answer.text == ANEW else label
            asked = (turn.question, route) if route else (choice,)
            st.button(label, key=f"{turn.key}-choice-{number}", on_click=ask_next, args=asked)


def _form(turn: Turn, app: App, user: User) -> None:
    """The app's form with what is known already filled in; what is sent is asked in the place of this turn."""
    answering = session.assistant().router
    asked = Question(turn.question, user, attachments=attachments.attached())
    known = answering.form(app, asked).values if isinstance(answering, AppAnswers) else {}
    problems = st.session_state.pop(f"problems-{app.name}", [])
    try:
        given = app_form(app, user, f"{turn.key}-form", known, problems)
        if given is None:
            return
        check_inputs(app, given)
    except InputsWrong as error:
        st.session_state[f"problems-{app.name}"] = list(error.problems)
    except DebriefError as error:
        components.error_state(error)
        return
    else:
        st.session_state["next-question"] = NextQuestion(turn.question, f"app:{app.name}", inputs=given, turn=turn.key)
    st.rerun()
