"""The conversation that is open on the page, its turns as they are stored now, and its address: `/?c=ID`.

The address decides what is open when a page is loaded, and after Back; what is clicked decides it otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from apps.kept import ResultWithheld, stored_result
from assistant.records.conversations import StoredTurn
from assistant.records.pending import PendingQuestion
from chat_ui.chat.turns import Turn
from chat_ui.chat.work import Works
from chat_ui.parts import attachments, session
from core.errors import AppError, QuestionError
from core.types import User

# The parameter of the address.
ADDRESS = "c"
_CURRENT, _TURNS, _SEEN, _GONE = "conversation", "turns", "conversation-seen", "conversation-gone"
_SHARED, _WANTED = "conversation-shared", "conversation-wanted"
# What this page has written into the address, and whether the browser has shown that it knows it.
_WRITTEN, _KNOWN = "address-written", "address-known"


@st.cache_resource(show_spinner=False)
def works() -> Works:
    """The questions that this server is answering."""
    return Works(session.pending(), session.conversations())


def current() -> str:
    """The id of the person's own conversation that is open; empty when a new one would begin."""
    return str(st.session_state.get(_CURRENT) or "")


def shared() -> str:
    """The id of the conversation of somebody else's that is open; empty when none is."""
    return str(st.session_state.get(_SHARED) or "")


def gone() -> str:
    """Why what was open or to be opened isn't there; empty once another one is opened or begun."""
    return str(st.session_state.get(_GONE) or "")


def wanted() -> str:
    """The id of the conversation that the address named and that isn't open; empty for none."""
    return str(st.session_state.get(_WANTED) or "") if gone() else ""


def follow_address(user: User) -> None:
    """Opens what the address names when it isn't open: the page was loaded, or the person went back."""
    wanted, written = st.query_params.get(ADDRESS, ""), st.session_state.get(_WRITTEN, "")
    if wanted == written:
        st.session_state[_KNOWN] = True
    elif wanted:
        open_conversation(wanted, user)
    elif st.session_state.get(_KNOWN) and session.came_from() == "chat":
        begin()


def write_address() -> None:
    """Puts what is open into the address."""
    now = current() or shared()
    if st.query_params.get(ADDRESS, "") != now:
        st.session_state[_KNOWN] = False
        if now:
            st.query_params[ADDRESS] = now
        else:
            del st.query_params[ADDRESS]
    st.session_state[_WRITTEN] = now


def started(user: User) -> str:
    """The open conversation's id; begins one if none is open."""
    if not current():
        st.session_state[_CURRENT] = session.conversations().start(user)
    return current()


def begin() -> None:
    """Leaves the open conversation for a new one."""
    st.session_state[_CURRENT] = st.session_state[_SHARED] = None
    st.session_state[_TURNS] = []
    st.session_state.pop(_SEEN, None)
    st.session_state.pop(_GONE, None)
    st.session_state.pop(_WANTED, None)
    attachments.forget()


def open_conversation(conversation_id: str, user: User) -> None:
    """Opens a stored conversation: the person's own, or one that is shared with them."""
    begin()
    if session.conversations().last_change(conversation_id, user) is not None:
        st.session_state[_CURRENT] = conversation_id
    elif session.sharing().find(conversation_id, user) is not None:
        st.session_state[_SHARED] = conversation_id
    else:
        st.session_state[_GONE] = "This conversation isn't there, or isn't shared with you"
        st.session_state[_WANTED] = conversation_id


def current_turns(user: User) -> list[Turn]:
    """The open conversation's turns as they are stored now; the list is the page's own and may be added to."""
    turns: list[Turn] = st.session_state.setdefault(_TURNS, [])
    if not current():
        return turns
    changed = session.conversations().last_change(current(), user)
    if changed is None:
        begin()
        st.session_state[_GONE] = "This conversation was deleted in another window"
        return current_turns(user)
    waiting = session.pending().of(current())
    seen = (changed, tuple((one.id, one.problem) for one in waiting))
    if seen != st.session_state.get(_SEEN):
        st.session_state[_TURNS] = turns = _stored(turns, waiting, user)
        st.session_state[_SEEN] = seen
    edited = session.versions().of(current())
    for turn in turns:
        turn.edits = {output: made for (ordinal, output), made in edited.items() if ordinal == turn.ordinal}
    return turns


def note_edits(turn: Turn, user: User) -> None:
    """Brings a turn that was answered now what its result was made of, where it changes an edited one."""
    made = session.versions().of(current()) if turn.answer is not None and current() else {}
    if made:
        turn.ordinal = len(_kept_turns(user)) - 1
        turn.edits = {output: of for (ordinal, output), of in made.items() if ordinal == turn.ordinal}


def _stored(known: Sequence[Turn], waiting: Sequence[PendingQuestion], user: User) -> list[Turn]:
    """The stored turns and the questions without an answer; those that the page knows stay as they are."""
    by_trace = {turn.answer.trace_id: turn for turn in known if turn.answer is not None and turn.answer.trace_id}
    by_question = {turn.pending: turn for turn in known if turn.pending}
    turns = []
    for ordinal, one in enumerate(_kept_turns(user)):
        turn = by_trace.get(one.answer.trace_id) or opened_turn(one, user)
        turn.ordinal = ordinal
        turns.append(turn)
    for asked in waiting:
        turn = by_question.get(asked.id) or Turn(asked.question, pending=asked.id)
        turn.problem = asked.problem
        turns.append(turn)
    # What could not be stored stays until the page is left.
    shown = {turn.key for turn in turns}
    lost = (turn for turn in known if turn.ordinal is None and turn.key not in shown)
    return turns + [turn for turn in lost if turn.answer is not None or (turn.error is not None and not turn.pending)]


def _kept_turns(user: User) -> list[StoredTurn]:
    try:
        return session.conversations().turns(current(), user)
    except QuestionError:  # deleted in this moment
        return []


def opened_turn(stored: StoredTurn, user: User) -> Turn:
    """A stored turn with its app's result, as the person may see it today."""
    turn = Turn(stored.question, answer=stored.answer)
    if stored.answer.run:
        try:
            turn.run = stored_result(session.database(), stored.answer.run, user, session.readable)
        except ResultWithheld as withheld:
            turn.answer = replace(stored.answer, text=str(withheld), citations=(), passages=())
        except AppError:
            # A result that was deleted, or is older than results are kept, leaves the answer's text.
            return turn
    return turn
