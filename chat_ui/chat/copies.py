"""Asking for a copy of a conversation, or of an answer, that one may not read, and what its owner does about it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from assistant.records.copies import WHOLE, CopyRequest
from assistant.records.shared_view import SharedTurn
from chat_ui.parts import components, session
from chat_ui.parts.answer_html import answer_html, sources_html
from chat_ui.parts.passages import excerpts
from core.errors import QuestionError
from core.types import User

_TOLD = "copy-told"


def ask_for_conversation(conversation_id: str, user: User) -> None:
    """A form that asks the owner of a conversation to share it; the same whether or not there is one."""
    if st.session_state.get(_TOLD) == conversation_id:
        components.state(
            "Asked", "If there is a conversation at this address, its owner sees your request when they open the chat."
        )
        return
    with st.form(f"ask-copy-{conversation_id}", border=False):
        note = st.text_input("What you need it for", max_chars=300, placeholder="I take over this customer on Monday")
        if not st.form_submit_button("Ask the owner for it", icon=":material/outgoing_mail:"):
            return
    try:
        session.sharing().requests.ask(conversation_id, user, WHOLE, note)
    except QuestionError as error:
        components.error_state(error)
        return
    st.session_state[_TOLD] = conversation_id
    st.rerun()


def ask_for_answer(conversation_id: str, ordinal: int, state: str, owner: str, user: User) -> None:
    """The button that asks for an answer that isn't shown, or what became of it.

    Args:
        state: Of the request for it; empty while there is none.
        owner: How they are called.
    """
    if state == "open":
        st.caption(f"You have asked {components.plain(owner)} for a copy of this answer.")
    elif state == "granted":
        st.caption(f"{components.plain(owner)} has granted it; you see what rests on documents that you may read.")
    else:
        if state == "refused":
            st.caption(f"{components.plain(owner)} hasn't granted it.")
        st.button(
            f"Ask {components.plain(owner)} for a copy",
            key=f"ask-answer-{conversation_id}-{ordinal}",
            type="tertiary",
            icon=":material/outgoing_mail:",
            on_click=_ask,
            args=(conversation_id, ordinal, user),
            help="They see your request and decide; you are shown only what rests on documents that you may read",
        )


def _ask(conversation_id: str, ordinal: int, user: User) -> None:
    try:
        session.sharing().requests.ask(conversation_id, user, ordinal)
    except QuestionError as error:
        st.toast(str(error))


def waiting_requests(user: User) -> None:
    """The requests for the person's own conversations, each to be granted or refused."""
    requests = session.sharing().requests.for_owner(user)
    if not requests:
        return
    with st.container(border=True, key="copy-requests"):
        st.markdown(f"**Asked for a copy: {len(requests)}**")
        for request in requests:
            _request(request, user)


def _request(request: CopyRequest, user: User) -> None:
    asker = session.directory().person(request.asker)
    key = f"{request.conversation_id}-{request.ordinal}-{request.asker}"
    what = "" if request.whole else "an answer in "
    st.html(
        f'<div class="person">{escape(asker.name or asker.email)} asks for {what}“{escape(request.title)}”'
        f'<span class="place"> {escape(components.local(request.asked_at))}</span></div>'
        + (f'<div class="note">{escape(request.note)}</div>' if request.note else "")
    )
    if not request.whole and not _preview(request, user, asker, key):
        return
    if request.whole:
        st.caption("They see only what rests on documents that they may read.")
    with st.container(horizontal=True, gap="small", key=f"decide-{key}"):
        grant, refuse = session.sharing().requests.grant, session.sharing().requests.refuse
        st.button("Share it", key=f"grant-{key}", type="primary", on_click=_decide, args=(grant, request, user))
        st.button("Don't share", key=f"refuse-{key}", on_click=_decide, args=(refuse, request, user))


def _preview(request: CopyRequest, user: User, asker: User, key: str) -> bool:
    """Shows an answer as the asker would see it; whether it is still there."""
    try:
        seen: SharedTurn | None = session.sharing().preview(request, user, asker)
    except QuestionError:
        seen = None
    if seen is None:
        return False
    answer = seen.turn.answer
    if seen.withheld:
        st.caption("They would see nothing of it: no statement of it rests on documents that they may read.")
        return True
    with st.expander(f"What {components.plain(asker.name or asker.email)} would see"):
        sources = sources_html(answer.citations, {}) if answer.citations else ""
        st.html(answer_html(answer.text, answer.citations, excerpts(answer), f"preview-{key}") + sources)
    return True


def _decide(decide: Callable[[CopyRequest, User], None], request: CopyRequest, user: User) -> None:
    try:
        decide(request, user)
    except QuestionError as error:
        st.toast(str(error))
