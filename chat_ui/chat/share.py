"""Sharing a conversation with named people, reading one that was shared, and going on in a branch of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from urllib.parse import urlsplit

import streamlit as st

from assistant.data import answer_of, shown_again
from assistant.records.conversations import StoredTurn
from assistant.records.shared_view import YOURS, SharedTurn
from chat_ui.chat import opened
from chat_ui.chat.copies import ask_for_answer
from chat_ui.chat.turns import Turn
from chat_ui.parts import components, export, session
from chat_ui.parts.answer_html import answer_html, sources_html
from chat_ui.parts.app_outputs import run_view
from chat_ui.parts.passages import excerpts
from chat_ui.parts.played import played
from core import audit
from core.errors import AppError, QuestionError, SourceError
from core.types import User


def share_button(conversation_id: str, user: User, key: str, wide: bool = False) -> None:
    """The button that opens the dialog."""
    look = "secondary" if wide else "tertiary"
    if st.button("Share", key=key, type=look, icon=":material/share:", width="stretch" if wide else "content"):  # type: ignore[arg-type]
        _dialog(conversation_id, user)


@st.dialog("Share this conversation")
def _dialog(conversation_id: str, user: User) -> None:
    user = session.still_there(user)
    try:
        people = session.sharing().people(conversation_id, user)
    except QuestionError as error:
        components.error_state(error)
        return
    st.caption(
        "They can read it and go on in a copy of their own. Each passage is shown only to those who may read its "
        "document, and what rests on others is left out. Your questions, and what you attached, are shown as they are."
    )
    known = {a: entry.name or a for a, entry in session.directory().entries.items() if a != user.email.lower()}
    wanted = st.multiselect(
        "People",
        [address for address in known if address not in people],
        format_func=lambda address: (
            f"{known[address]} ({address})" if known.get(address, address) != address else address
        ),
        accept_new_options=True,
        placeholder="Choose a name or write an address",
        key=f"people-{conversation_id}",
    )
    if st.button("Share", type="primary", disabled=not wanted, key=f"do-share-{conversation_id}"):
        try:
            session.sharing().share(conversation_id, user, wanted)
        except QuestionError as error:
            components.error_state(error)
        else:
            del st.session_state[f"people-{conversation_id}"]
            st.rerun(scope="fragment")
    for address in people:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.html(f'<span class="person">{escape(known.get(address, address))}</span>')
            if st.button("Take back", key=f"unshare-{conversation_id}-{address}", type="tertiary"):
                session.sharing().stop(conversation_id, user, address)
                st.rerun(scope="fragment")
    if people:
        components.copy_button(address_of(conversation_id), "Copy the address")


def address_of(conversation_id: str) -> str:
    """The conversation's address, as this browser reaches the server."""
    here = urlsplit(str(st.context.url or ""))
    base = f"{here.scheme}://{here.netloc}" if here.netloc else ""
    return f"{base}/?{opened.ADDRESS}={conversation_id}"


def shared_page(user: User) -> None:
    """The conversation of somebody else's that is open, as far as the person may read what it rests on."""
    conversation_id = opened.shared()
    try:
        turns = session.sharing().turns(conversation_id, user)
    except QuestionError as error:
        components.error_state(error)
        return
    found = session.sharing().find(conversation_id, user)
    owner = found.owner if found is not None else ""
    _note_opened(conversation_id, user, owner)
    components.state(
        f"Shared with you by {session.directory().person(owner).name or owner}",
        "You see what rests on documents that you may read. To ask on, take a copy of your own.",
    )
    st.button(
        "Go on in a copy of my own",
        key="branch-shared",
        icon=":material/call_split:",
        on_click=_branch,
        args=([one.turn for one in turns], found.conversation.title if found else "", conversation_id, user),
    )
    asked = session.sharing().requests.of(conversation_id, user)
    called = session.directory().person(owner).name or owner
    for number, one in enumerate(turns):
        _shared_turn(one, conversation_id, user, f"shared-{conversation_id}-{number}")
        if one.withheld or number in asked:
            ask_for_answer(conversation_id, number, asked.get(number, ""), called, user)


def _shared_turn(one: SharedTurn, conversation_id: str, user: User, key: str) -> None:
    answer = played(one.turn.answer)
    with st.chat_message("user"):
        st.html(f'<div class="question">{escape(one.turn.question)}</div>')
    with st.chat_message("assistant"):
        if not _with_outputs(one, conversation_id, user, key):
            sources = sources_html(answer.citations, {}) if answer.citations else ""
            notes = "".join(f'<div class="note">{escape(note)}</div>' for note in answer.notes)
            st.html(answer_html(answer.text, answer.citations, excerpts(answer), key) + sources + notes)
        if one.hidden:
            many = "1 passage is" if one.hidden == 1 else f"{one.hidden} passages are"
            st.html(f'<div class="note" role="note">{many} not shown to you, nor what rests on them.</div>')
        if one.withheld or one.query:
            return
        with st.container(horizontal=True, gap="small", key=f"{key}-actions", vertical_alignment="center"):
            taken = [(one.turn.question, answer)]
            components.copy_button(export.markdown(taken).partition("\n\n")[2])
            file = export.file_name("docx", "", one.turn.question, components.today())
            components.download("Word", lambda: export.word(taken), file, export.WORD_TYPE, key=f"{key}-docx")


def _with_outputs(one: SharedTurn, conversation_id: str, user: User, key: str) -> bool:
    """Draws an app's result or rows of tables with the reader's own rights; whether there was one to draw."""
    try:
        if one.run:
            run_view(session.sharing().result(conversation_id, one.run, user), key)
            return True
        return bool(one.query) and _own_rows(one, user, key)
    except AppError as error:
        st.caption(f"Its tables, charts and files aren't shown: {error}")
    except SourceError as error:
        st.caption(str(error))
    return False


def _own_rows(one: SharedTurn, user: User, key: str) -> bool:
    """Draws what the tables say to the reader's own rights now; whether they may see these tables."""
    warehouse = session.warehouse()
    kept = f"{key}-rows"
    if kept not in st.session_state:
        # Asked once a visit: each query is an entry of the audit trail.
        asked = replace(one.turn.answer, query=one.query)
        st.session_state[kept] = shown_again(asked, warehouse, user) if warehouse is not None else None
    found = st.session_state[kept]
    if found is None or found.problem:
        return False
    st.html(f'<div class="note">{escape(YOURS)}</div>')
    st.html(answer_html(answer_of(found).text, (), {}, key))
    if found.spec is not None:
        st.vega_lite_chart(dict(found.spec), width="stretch", key=f"{key}-chart")
    return True


def _note_opened(conversation_id: str, user: User, owner: str) -> None:
    seen = st.session_state.setdefault("shared-opened", set())
    if conversation_id not in seen:
        seen.add(conversation_id)
        audit.record(session.database(), user, "opened shared conversation", conversation_id, f"of {owner}")


def branch_here(turn: Turn, user: User) -> None:
    """Opens a new conversation with everything up to this turn."""
    try:
        stored = session.conversations().turns(opened.current(), user)
    except QuestionError:  # deleted in another window; the page says so when it is drawn
        return
    last = len(stored) if turn.ordinal is None else turn.ordinal + 1
    title = next((c.title for c in session.conversations().of(user) if c.id == opened.current()), turn.question)
    _branch(stored[:last], title, opened.current(), user)


def _branch(turns: Sequence[StoredTurn], title: str, source: str, user: User) -> None:
    """Copies the turns, as the person sees them, into a conversation of their own and opens it."""
    made = session.conversations().branch(user, f"{title} (copy)" if title else "New conversation", turns)
    audit.record(session.database(), user, "branched conversation", source, f"into {made}")
    opened.open_conversation(made, user)
