"""The person's conversations: the list in the sidebar, and the one that is open."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from html import escape

import streamlit as st

from apps.kept import ResultWithheld, stored_result
from apps.publish import app_from_conversation
from assistant.records import Conversation
from assistant.records.conversations import ConversationHit
from chat_ui.chat.turns import Turn
from chat_ui.parts import attachments, components, session
from core.errors import AppError, QuestionError
from core.types import User

_CURRENT, _TURNS, _GONE = "conversation", "turns", "conversation-gone"


def current_turns() -> list[Turn]:
    """The open conversation's turns; the list is the page's own and may be added to."""
    turns: list[Turn] = st.session_state.setdefault(_TURNS, [])
    return turns


def current_conversation(user: User) -> str:
    """The open conversation's id; begins one if none is open."""
    if not st.session_state.get(_CURRENT):
        st.session_state[_CURRENT] = session.conversations().start(user)
    return str(st.session_state[_CURRENT])


def sidebar(user: User) -> None:
    """Draws the list: begin, find, open, rename, export, delete."""
    stored = session.conversations()
    if st.session_state.get(_CURRENT) and not stored.has(st.session_state[_CURRENT], user):
        begin()
        st.session_state[_GONE] = True
    kept = [c for c in stored.of(user) if c.turns]
    with st.sidebar:
        st.button("New conversation", icon=":material/add:", on_click=begin, width="stretch")
        _menu(next((c for c in kept if c.id == st.session_state.get(_CURRENT)), None), user)
        found = [ConversationHit(c, "") for c in kept]
        if kept:
            wanted = st.text_input(
                "Find a conversation",
                placeholder="Find a conversation",
                label_visibility="collapsed",
                key="find-conversation",
                help="By words of its title, questions and answers",
            )
            if wanted.strip():
                found = stored.find(user, wanted)
            if not found:
                st.caption("No conversation of yours has all of these words; try fewer.")
        with st.container(key="conversations", gap=None):
            for each in found:
                _entry(each, user)


def _entry(found: ConversationHit, user: User) -> None:
    conversation = found.conversation
    st.button(
        components.plain(conversation.title),
        key=f"open-{conversation.id}",
        type="tertiary",
        width="stretch",
        disabled=conversation.id == st.session_state.get(_CURRENT),
        on_click=resume,
        args=(conversation.id, user),
    )
    if found.snippet:
        st.html(f'<div class="snippet">{escape(found.snippet)}</div>')


def gone() -> bool:
    """Whether the conversation was deleted elsewhere while it was open here; until another one is opened or begun."""
    return bool(st.session_state.get(_GONE))


def begin() -> None:
    """Leaves the open conversation for a new one."""
    st.session_state[_CURRENT], st.session_state[_TURNS] = None, []
    st.session_state.pop(_GONE, None)
    attachments.forget()


def resume(conversation_id: str, user: User) -> None:
    """Opens a stored conversation of the person's."""
    try:
        stored = session.conversations().turns(conversation_id, user)
    except QuestionError:
        begin()
        st.session_state[_GONE] = True
        return
    begin()
    st.session_state[_CURRENT] = conversation_id
    opened = [Turn(t.question, answer=t.answer) for t in stored]
    for turn in opened:
        if turn.answer is not None and turn.answer.run:
            try:
                turn.run = stored_result(session.database(), turn.answer.run, user, session.readable)
            except ResultWithheld as withheld:
                turn.answer = replace(turn.answer, text=str(withheld), citations=(), passages=())
            except AppError:
                # A result that was deleted, or is older than results are kept, leaves the answer's text.
                continue
    st.session_state[_TURNS] = opened


def _menu(conversation: Conversation | None, user: User) -> None:
    """What can be done with the open conversation."""
    if conversation is None:
        return
    stored = session.conversations()
    with st.popover("This conversation", width="stretch", key=f"menu-{conversation.id}"):
        key = f"title-{conversation.id}"
        st.text_input("Title", conversation.title, key=key, on_change=lambda: _rename(conversation.id, user, key))
        st.download_button(
            "Export as Markdown",
            session.exported(f"conversation {conversation.id}", lambda: stored.export(conversation.id, user)),
            "conversation.md",
            "text/markdown",
            on_click="ignore",
            width="stretch",
        )
        if session.is_author(user):
            st.button(
                "Make an app of this",
                on_click=_draft,
                args=(conversation.id, user),
                width="stretch",
                help="Opens Studio with an app that does what this conversation did",
            )
        sure = st.checkbox("Delete it for good", key=f"sure-{conversation.id}")
        st.button("Delete", disabled=not sure, on_click=_delete, args=(conversation.id, user), width="stretch")


def _rename(conversation_id: str, user: User, key: str) -> None:
    # One that another window has deleted meanwhile: the page says so when it is drawn.
    with suppress(QuestionError):
        session.conversations().rename(conversation_id, user, st.session_state[key])


def _draft(conversation_id: str, user: User) -> None:
    """Has Studio opened with an app made of the conversation's questions."""
    try:
        questions = [turn.question for turn in session.conversations().turns(conversation_id, user)]
    except QuestionError:
        return
    st.session_state["studio-draft"] = app_from_conversation("from_conversation", user.email, questions)
    st.session_state["open-page"] = "studio"


def _delete(conversation_id: str, user: User) -> None:
    with suppress(QuestionError):
        session.conversations().delete(conversation_id, user)
    begin()
