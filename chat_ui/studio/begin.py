"""How an author begins: with an empty form, a copy of an app, or a description."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from apps.authoring import read_form
from apps.authoring.start import blank_app, copied_app, described_app
from apps.publish import app_files
from apps.publish.catalogue import LIBRARY
from apps.publish.load import read_app
from apps.publish.versions import list_versions, published_apps
from chat_ui.parts import components, session
from chat_ui.studio.work import begin
from core.errors import DebriefError
from core.types import User

EXAMPLES = LIBRARY.parent / "examples"


def _blank(user: User) -> None:
    begin(blank_app(user.email), user)


def start(titles: Mapping[str, str], user: User) -> None:
    """The three ways to begin; the next run of the page has the new app open."""
    one, two, three = st.columns(3, gap="medium")
    with one, st.container(border=True, height="stretch", key="start-blank"):
        components.state("Start from nothing", "Fill in what it needs, where it looks, and what it writes.")
        st.button("Start", key="start-empty", type="primary", on_click=_blank, args=(user,))
    with two, st.container(border=True, height="stretch", key="start-copy"):
        components.state("Copy an app", "Change what differs from what you need.")
        texts = _texts()
        # A draft that was never published is one's own already.
        known = {name: title for name, title in titles.items() if name in texts}
        known |= {name: _title(file) for name, file in _examples().items() if name not in titles}
        chosen = st.selectbox(
            "Copy", list(known), None, format_func=known.__getitem__, key="start-copied", placeholder="Choose an app"
        )
        st.button("Copy this app", disabled=chosen is None, on_click=copy, args=(chosen, titles, user))
    with three, st.container(border=True, height="stretch", key="start-described"):
        components.state(
            "Describe what you need", "A language model drafts it; without one you get the nearest app there is."
        )
        said = st.text_area(
            "What should it do?",
            key="start-description",
            height=90,
            placeholder="A weekly status of a customer that I send on Fridays.",
        )
        if st.button("Draft it", disabled=not said.strip()):
            _describe(said, titles, user)


def copy(name: str, titles: Mapping[str, str], user: User) -> None:
    text = _texts()[name]
    begin(
        copied_app(text, user.email, list(titles)),
        user,
        "A copy; its three requests are yours to write, since the chat can't tell two apps with the same ones apart.",
    )


def _describe(said: str, titles: Mapping[str, str], user: User) -> None:
    try:
        with st.spinner("Drafting …"):
            tools = session.tools()
            found = described_app(said, user.email, _texts(), tools.model, tools.embedder)
    except DebriefError as error:
        components.error_state(error)
        return
    begin(found.text, user, found.told)
    st.rerun()


def _texts() -> dict[str, str]:
    """Name → text of every app that can be copied, the examples that come with Debrief, too."""
    files = {**_examples(), **app_files(session.settings())}
    found = {name: read_app(file).yaml for name, file in files.items()}
    for name in published_apps(session.database()):
        current = next((v for v in list_versions(session.database(), name) if v.current), None)
        if current is not None:
            found[name] = current.text
    return found


def _examples() -> dict[str, Path]:
    return {file.stem: file for file in sorted(EXAMPLES.glob("*.yaml"))}


def _title(file: Path) -> str:
    return f"{read_form(read_app(file).yaml).title} (example)"
