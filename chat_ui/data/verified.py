"""Verified questions: a thumb below the rows makes one or proposes it; the list with owner, last day and revoke."""

from __future__ import annotations

from html import escape

import streamlit as st

from chat_ui.parts import components, session
from chat_ui.parts.verify import verify
from core.errors import DebriefError
from core.types import User
from warehouse.ask import DataAnswer, Warehouse
from warehouse.query.words import in_words
from warehouse.verified import Suggestion, VerifiedQuestion, may_verify

_SAID = "data-verified-said"


def thumb(question: str, found: DataAnswer, user: User, warehouse: Warehouse) -> None:
    """What approves the query for these words; from people who may not approve it is a proposal."""
    if found.query is None or found.verified is not None:
        return
    label = "Verify this answer" if may_verify(user, session.settings()) else "Propose as verified answer"
    told = "Whoever asks in these words gets this query, with their own rows."
    given = (question, found, user, warehouse)
    st.button(
        label, key="data-verify", icon=":material/thumb_up:", help=told, on_click=_thumbed, args=given, type="tertiary"
    )
    if said := st.session_state.pop(_SAID, ""):
        st.caption(said)


def verified_view(user: User, warehouse: Warehouse) -> None:
    """The list; who may verify also revokes, approves what is proposed, and sees what use suggests."""
    listed = [v for v in warehouse.verified.listed() if v.status == "verified"]
    approves = may_verify(user, session.settings())
    if said := st.session_state.pop(_SAID, ""):
        st.caption(said)
    if not listed:
        components.state("Nothing is verified yet", "“Verify this answer” below an answer's rows puts it here.")
    for n, one in enumerate(listed):
        _verified(one, n, approves, user, warehouse)
    if approves and (suggested := warehouse.verified.suggestions(warehouse.today())):
        st.header("Suggested")
        for n, suggestion in enumerate(suggested):
            _suggested(suggestion, n, user, warehouse)


def _verified(one: VerifiedQuestion, n: int, approves: bool, user: User, warehouse: Warehouse) -> None:
    today = warehouse.today()
    with st.container(border=True, key=f"data-verified-{n}"):
        state = (
            ("in force", "good") if one.holds(today) else ("doesn't fit", "bad") if one.problem else ("over", "warn")
        )
        st.html(f"<strong>{escape(one.question)}</strong> {components.badge(state[0], state[1])}")  # type: ignore[arg-type]
        words = one.problem or in_words(one.query, warehouse.layer, today)
        until = f"until {one.until}" if one.until else "without end"
        st.caption(components.plain(f"{words} · {one.owner or 'in the layer'}, {until}"))
        if approves and one.id:
            st.button("Revoke", key=f"data-revoke-{one.id}", on_click=_revoked, args=(one.id, user, warehouse))


def _suggested(one: Suggestion, n: int, user: User, warehouse: Warehouse) -> None:
    with st.container(border=True, key=f"data-suggested-{n}"):
        asked = "proposed" if one.id else f"{one.people} people asked this"
        question = st.text_input(f"Question, {asked}", one.question, key=f"data-words-{n}")
        st.caption(components.plain(in_words(one.query, warehouse.layer, warehouse.today())))
        with st.container(horizontal=True, gap="small", key=f"data-decide-{n}"):
            st.button("Approve", key=f"data-approve-{n}", on_click=_approved, args=(question, one, user, warehouse))
            if one.id:
                st.button("Refuse", key=f"data-refuse-{n}", on_click=_revoked, args=(one.id, user, warehouse))


def _thumbed(question: str, found: DataAnswer, user: User, warehouse: Warehouse) -> None:
    try:
        st.session_state[_SAID] = verify(question, found.query, user, warehouse) if found.query is not None else ""
    except DebriefError as error:
        st.session_state[_SAID] = str(error)


def _approved(question: str, one: Suggestion, user: User, warehouse: Warehouse) -> None:
    try:
        warehouse.verified.approve(question, one.query, user)
        if one.id and any(v.id == one.id for v in warehouse.verified.listed()):
            warehouse.verified.revoke(one.id, user)
        st.session_state[_SAID] = f"Verified: {question}"
    except DebriefError as error:
        st.session_state[_SAID] = str(error)


def _revoked(id: str, user: User, warehouse: Warehouse) -> None:
    try:
        st.session_state[_SAID] = f"No longer kept: {warehouse.verified.revoke(id, user)}"
    except DebriefError as error:
        st.session_state[_SAID] = str(error)
