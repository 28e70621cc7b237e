"""A form that many people fill in: opened by one, its address sent round, its answers in one table."""

from __future__ import annotations

from html import escape

import streamlit as st

from apps.kept import Collection, open_collection, submit
from apps.kept.forms import (
    close_collection,
    collected_csv,
    collected_table,
    collections_of,
    find_collection,
    sees_all,
    submissions_of,
)
from apps.language import App
from apps.run import InputsWrong
from chat_ui.parts import components, session
from chat_ui.parts.app_form import app_form
from core.errors import DebriefError
from core.types import User


def collections(app: App, user: User) -> None:
    """Below an app's form: its collections, and how to begin one."""
    with st.expander("Collect this form from several people"):
        for found in collections_of(session.database(), app):
            state = "closed" if found.closed_at else "open"
            label = f"{found.name} · {found.submissions} answers · {state}"
            st.button(label, key=f"collect-{found.name}", type="tertiary", on_click=_open, args=(found.name,))
        with st.form(f"collection-{app.name}", border=False, clear_on_submit=True):
            name = st.text_input("Name", max_chars=60, placeholder="Renewal wishes Q4")
            note = st.text_area("What people should know (optional)", max_chars=1_000, height=80)
            if st.form_submit_button("Begin collecting"):
                try:
                    opened = open_collection(session.database(), app, name, user, note)
                except DebriefError as error:
                    components.error_state(error)
                else:
                    _open(opened.name)
                    st.rerun()


def collection_page(app: App, name: str, user: User) -> None:
    """The form to send, and what has come in: everything for who opened it, one's own for others."""
    st.button("The app itself", icon=":material/arrow_back:", type="tertiary", on_click=_leave)
    try:
        found = find_collection(session.database(), app, name)
        st.subheader(found.name)
        if found.note:
            st.html(f'<div class="note">{escape(found.note)}</div>')
        if found.closed_at is None:
            _fill_in(app, found, user)
        else:
            components.state("This collection is closed", f"Ask {found.opened_by} to open it again.")
        _answers(app, found, user)
    except DebriefError as error:
        components.error_state(error)


def _fill_in(app: App, found: Collection, user: User) -> None:
    with st.container(width=620):
        key = f"problems-{app.name}-{found.name}"
        problems = st.session_state.pop(key, [])
        given = app_form(app, user, f"collect-form-{app.name}-{found.name}", problems=problems, action="Send")
        if given is None:
            return
        try:
            submit(session.database(), app, found.name, given, user)
        except InputsWrong as error:
            st.session_state[key] = list(error.problems)
            st.rerun()
        components.state("Sent", f"Your answer is in {found.name}. You may send another one.")


def _answers(app: App, found: Collection, user: User) -> None:
    answers = submissions_of(session.database(), app, found.name, user)
    whole = sees_all(found, user)
    if not answers:
        components.state("No answers yet", "Send people the address of this page; it opens this form.")
    else:
        header, rows = collected_table(answers)
        st.caption("All answers" if whole else "Your own answers")
        components.table(header, [[escape(cell) for cell in row] for row in rows], label="Answers")
        components.download(
            "CSV", collected_csv(session.database(), app, found.name, user), "answers.csv", "text/csv", key="answers"
        )
    if whole and found.closed_at is None:
        st.button("Close the collection", on_click=_close, args=(app, found.name, user))
    elif whole:
        st.button("Open it again", on_click=_reopen, args=(app, found.name, user))


def _open(name: str) -> None:
    st.query_params["collect"] = name


def _leave() -> None:
    st.query_params.pop("collect", None)


def _close(app: App, name: str, user: User) -> None:
    close_collection(session.database(), app, name, user)


def _reopen(app: App, name: str, user: User) -> None:
    open_collection(session.database(), app, name, user)
