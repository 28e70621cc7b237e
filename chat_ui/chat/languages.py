"""The language that a result is in, beside it: another one gives the result again, and what follows stays in it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from apps.language.spec import Input
from assistant.question import RESEARCH, SEARCH
from chat_ui.chat.app_turn import ask_next
from chat_ui.chat.turns import Turn
from chat_ui.parts import session
from core.text.detect import detect_language
from core.text.languages import LANGUAGES, language_name
from core.types import Answer, User


def language_menu(turn: Turn, answer: Answer, user: User) -> None:
    """The button with the language's name; none where no other language can be had.

    Args:
        answer: With its text as it is shown.
    """
    offered = _offered(answer, user)
    if not offered:
        return
    now, key = _current(turn, answer, user), f"{turn.key}-language"
    menu = st.popover(language_name(now), type="tertiary", icon=":material/translate:", key=key, on_change="rerun")
    if not menu.open:
        return
    with menu:
        st.caption("The result again in another language; what you ask next about it stays in that one.")
        for code in offered:
            if code != now:
                again = (key, turn, answer, code)
                st.button(LANGUAGES[code], key=f"{key}-{code}", type="tertiary", on_click=_again, args=again)


def _again(key: str, turn: Turn, answer: Answer, code: str) -> None:
    """Has the result asked for in that language; of an edited one, its translation."""
    st.session_state[key] = False
    if turn.edits and session.settings().llm.model:
        ask_next(f"In {LANGUAGES[code]}")
    else:
        ask_next(turn.question, answer.route, code)


def _offered(answer: Answer, user: User) -> Sequence[str]:
    """The codes of the languages that the result can be had in."""
    if answer.route in (SEARCH, RESEARCH):
        # Quotes are in the language of their documents; only a model writes in another.
        return list(LANGUAGES) if session.settings().llm.model and answer.found else ()
    item = _language_input(answer, user)
    return [code for code in LANGUAGES if not item.choices or code in item.choices] if item is not None else ()


def _current(turn: Turn, answer: Answer, user: User) -> str:
    item = _language_input(answer, user)
    given = str(turn.run.inputs.get(item.name) or "") if item is not None and turn.run is not None else ""
    return given or answer.language or detect_language(answer.text)


def _language_input(answer: Answer, user: User) -> Input | None:
    """The question for the language on the form of the app that answered."""
    available = session.apps(user)[0].get(answer.route.removeprefix("app:"))
    inputs = available.app.inputs if available is not None else ()
    return next((item for item in inputs if item.type == "language"), None)
