"""The person's forms for other systems: those that wait for something, then those that are done."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from actions.proposals import OPEN, Proposal, of_user
from actions.review import Reviews
from chat_ui.parts import components
from chat_ui.write_back.form import review
from chat_ui.write_back.offers import reviews
from core.errors import DebriefError
from core.types import User

_DONE = {"written": "written", "cancelled": "put away", "undone": "taken back"}


def page(user: User) -> None:
    """The page of one person's forms."""
    st.title("Actions")
    st.caption("Forms for other systems. Nothing is written before you confirm it.")
    known = reviews()
    # From a program or a mail: the form that its address names comes first.
    named = str(st.query_params.get("form", ""))
    forms = sorted(of_user(known.engine, user), key=lambda form: form.id != named)
    if named and not any(form.id == named for form in forms):
        components.state("This form isn't there", "It is somebody else's, or was deleted; yours are below.", "warning")
    waiting = [form for form in forms if form.state in OPEN]
    if not waiting:
        components.state("No form waits for you", "Forms come from apps, and from the chat: “open a ticket for this”.")
    _begin(known, user)
    for form in waiting:
        review(known, form.id, user, f"form-{form.id}")
    done = [form for form in forms if form.state not in OPEN]
    if not done:
        return
    st.header("Done")
    titles = {name: action.title for name, action in known.actions.known.items()}
    chosen = st.selectbox("Form", done, format_func=lambda f: _named(f, titles), label_visibility="collapsed")
    if chosen is not None:
        review(known, chosen.id, user, f"form-{chosen.id}")


def _begin(known: Reviews, user: User) -> None:
    """An empty form of a system that is open to the person."""
    mine = known.actions.of(user)
    if not mine:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="begin-form"):
        wanted = st.selectbox("Begin a form", list(mine), None, format_func=lambda name: mine[name].title)
        if not st.button("Begin it", disabled=wanted is None) or wanted is None:
            return
    try:
        known.propose(wanted, {}, user)
    except DebriefError as error:
        components.error_state(error)
        return
    st.rerun()


def _named(form: Proposal, titles: Mapping[str, str]) -> str:
    title = form.record.title if form.record is not None else next((v for v in form.form.values.values() if v), "")
    return " · ".join(
        (components.local(form.made_at), titles.get(form.action, form.action), _DONE[form.state], title[:80])
    )
