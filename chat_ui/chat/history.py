"""The list of the person's conversations in the sidebar, and what can be done with the open one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from html import escape
from itertools import groupby

import streamlit as st

from apps.publish import app_from_conversation
from assistant.records import Conversation
from assistant.records.conversations import ConversationHit
from chat_ui.chat import opened
from chat_ui.chat.share import share_button
from chat_ui.parts import components, session
from core import audit
from core.errors import QuestionError
from core.types import User


def sidebar(user: User) -> None:
    """Draws the list: begin, find, open, share, rename, export, delete."""
    stored = session.conversations()
    kept = [c for c in stored.of(user) if c.turns]
    with st.sidebar:
        st.button("New conversation", icon=":material/add:", on_click=opened.begin, width="stretch")
        _menu(next((c for c in kept if c.id == opened.current()), None), user)
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
        alike = Counter(hit.conversation.title for hit in found)
        with st.container(key="conversations", gap=None):
            for heading, group in by_time(found):
                st.html(f'<div class="group">{escape(heading)}</div>')
                for each in group:
                    _entry(each, user, timed=alike[each.conversation.title] > 1)
            _shared_with_me(user)


def by_time(found: Sequence[ConversationHit]) -> Iterator[tuple[str, list[ConversationHit]]]:
    """The conversations, latest first, under the day, week or month in which somebody last went on with them."""
    today = components.local_time(datetime.now().astimezone()).date()

    def heading(hit: ConversationHit) -> str:
        return _heading(components.local_time(hit.conversation.updated_at).date(), today)

    for name, group in groupby(found, heading):
        yield name, list(group)


def _heading(day: date, today: date) -> str:
    age = (today - day).days
    if age <= 1:
        return "Today" if age <= 0 else "Yesterday"
    if age <= 7:
        return "Last 7 days"
    if age <= 30:
        return "Last 30 days"
    return f"{day:%B}" if day > today - timedelta(days=300) else f"{day:%B %Y}"


def _entry(found: ConversationHit, user: User, *, timed: bool) -> None:
    """One conversation's button; `timed` for one of several with the same title."""
    conversation = found.conversation
    last = components.local_time(conversation.updated_at)
    st.button(
        components.plain(f"{last:%H:%M} {conversation.title}" if timed else conversation.title),
        key=f"open-{conversation.id}",
        type="tertiary",
        width="stretch",
        disabled=conversation.id == opened.current(),
        help=f"{components.local(conversation.updated_at)}; begun {components.local(conversation.created_at)}",
        on_click=opened.open_conversation,
        args=(conversation.id, user),
    )
    if found.snippet:
        st.html(f'<div class="snippet">{escape(found.snippet)}</div>')


def _shared_with_me(user: User) -> None:
    others = session.sharing().with_me(user)
    if others:
        st.html('<div class="group">Shared with me</div>')
    for one in others:
        st.button(
            components.plain(one.conversation.title),
            key=f"open-{one.conversation.id}",
            type="tertiary",
            width="stretch",
            disabled=one.conversation.id == opened.shared(),
            help=components.plain(f"By {one.owner}, {components.local(one.conversation.updated_at)}"),
            on_click=opened.open_conversation,
            args=(one.conversation.id, user),
        )


def _menu(conversation: Conversation | None, user: User) -> None:
    """What can be done with the open conversation."""
    if conversation is None or not conversation.turns:
        return
    stored = session.conversations()
    share_button(conversation.id, user, f"share-{conversation.id}", wide=True)
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
        audit.record(session.database(), user, "deleted conversation", conversation_id)
    opened.begin()
