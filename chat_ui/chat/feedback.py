"""Thumbs below an answer, with reasons and a comment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import streamlit as st

from assistant.records import REASONS, Rating, Traces
from chat_ui.parts import session
from core.errors import QuestionError
from core.types import User

_GOOD = REASONS[: REASONS.index("wrong")]
_BAD = REASONS[REASONS.index("wrong") :]


@st.fragment
def feedback(trace_id: str, user: User, key: str, liked: Callable[[], str] = str) -> None:
    """The thumbs; a thumb is kept at once, reasons and comment when they are sent.

    Args:
        key: Unique on the page.
        liked: What a new thumb up does besides; it returns what to tell the person.
    """
    user = session.still_there(user)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", width="content"):
        _thumbs(trace_id, user, key, liked)


def _thumbs(trace_id: str, user: User, key: str, liked: Callable[[], str]) -> None:
    if f"{key}-thumbs" not in st.session_state:
        st.session_state[f"{key}-thumbs"] = _given(trace_id, user, key)
    thumb = st.feedback("thumbs", key=f"{key}-thumbs")
    if thumb is None:
        return
    rating: Rating = "up" if thumb else "down"
    kept = f"{key}-kept"
    if st.session_state.get(kept) != rating:
        Traces(session.database()).rate(trace_id, user, rating)
        st.session_state[kept] = rating
        if rating == "up" and (said := liked()):
            st.toast(said)
    with (
        st.popover("Thank you. Say why" if thumb else "Thank you. What is wrong?", type="tertiary", key=f"{key}-why"),
        st.form(f"{key}-form", border=False),
    ):
        reasons = st.pills("Reasons", _GOOD if thumb else _BAD, selection_mode="multi", key=f"{key}-reasons-{rating}")
        comment = st.text_area("Comment", max_chars=1_000, key=f"{key}-comment")
        if st.form_submit_button("Send"):
            Traces(session.database()).rate(trace_id, user, rating, reasons or (), comment)
            st.toast("Thank you. It is kept with the answer.")


def _given(trace_id: str, user: User, key: str) -> int | None:
    """The person's thumb of an earlier visit, as the widget counts; None if there is none."""
    # Traces are kept for a number of days only.
    with suppress(QuestionError):
        for one in Traces(session.database()).load(trace_id, user)["feedback"]:
            if one["user"] == user.email.lower():
                st.session_state[f"{key}-kept"] = one["rating"]
                return int(one["rating"] == "up")
    return None
