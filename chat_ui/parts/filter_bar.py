"""Filters of the conversation: chosen in a popover, shown as pills that a click takes away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from apps.accounts.accounts_file import ACCOUNTS_FILE, load_accounts
from chat_ui.parts import session
from chat_ui.parts.attachments import attachment_pills
from core.errors import SettingsError
from core.text.languages import LANGUAGES
from core.types import Principal, User
from ingestion.documents import attribute_values
from retrieval.query.filters import Filter, parse_filter

# Attribute → its name on the page.
FACETS: Mapping[str, str] = {
    "customer": "Customer",
    "document_type": "Type",
    "source": "Source",
    "language": "Language",
}
AGES: Mapping[str, str] = {
    "today-30d": "last 30 days",
    "today-90d": "last 90 days",
    "today-365d": "last year",
}
_KEY = "filter-{}"


def filter_bar(user: User) -> Filter | None:
    """Draws the bar, with the conversation's files; what is chosen as one filter, None when nothing is."""
    values = facets(tuple(sorted(user.principals())), user.email)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filter-bar"):
        with st.popover("Filter", icon=":material/filter_list:", type="tertiary"):
            for name, label in names().items():
                if values.get(name):
                    st.multiselect(
                        label,
                        values[name],
                        key=_KEY.format(name),
                        placeholder="Any",
                        format_func=partial(readable, name),
                    )
            st.selectbox(
                "Changed in",
                list(AGES),
                index=None,
                format_func=AGES.__getitem__,
                key=_KEY.format("updated_at"),
                placeholder="Any time",
            )
        for name, value in chosen():
            label = AGES[value] if name == "updated_at" else readable(name, value)
            st.button(
                f"{names().get(name, 'Changed')}: {label}",
                key=f"remove-{name}-{value}",
                icon=":material/close:",
                help="Take this filter away",
                on_click=_remove,
                args=(name, value),
            )
        attachment_pills()
    return as_filter(chosen())


@st.cache_data(ttl=60, show_spinner=False)
def names() -> dict[str, str]:
    """Attribute → its name: the usual ones, and those that say whose a document is by the company's accounts.yaml."""
    settings = session.settings()
    try:
        told = load_accounts(settings.path(Path(ACCOUNTS_FILE)))
    except SettingsError:  # told where the file is used
        told = None
    own = told.metadata.customer if told is not None else []
    return {name: name.replace("_", " ").capitalize() for name in own} | dict(FACETS)


def ask_for_customer(customers: Sequence[str]) -> str:
    """What stands in an empty list of customers, so that one without any says why."""
    return "Choose or type a customer" if customers else "None whose documents you may read; type one"


def readable(attribute: str, value: str) -> str:
    """An attribute's value as people say it: "best_practice" is "Best practice", "de" is "German"."""
    if attribute == "language":
        return LANGUAGES.get(value, value)
    if attribute == "customer":
        return value
    words = value.replace("_", " ")
    return words[:1].upper() + words[1:]


def chosen() -> list[tuple[str, str]]:
    """The attribute and value of every filter that is set."""
    pairs = [(name, value) for name in names() for value in st.session_state.get(_KEY.format(name)) or ()]
    age = st.session_state.get(_KEY.format("updated_at"))
    return [*pairs, ("updated_at", age)] if age else pairs


def as_filter(pairs: list[tuple[str, str]]) -> Filter | None:
    """Values of one attribute are alternatives; attributes must all fit."""
    wanted: dict[str, object] = {}
    for name in names():
        values = [value for attribute, value in pairs if attribute == name]
        if values:
            wanted[name] = values
    wanted |= {name: {"from": value} for name, value in pairs if name == "updated_at"}
    return parse_filter(wanted)


@st.cache_data(ttl=60, max_entries=100, show_spinner=False)
def facets(principals: tuple[Principal, ...], email: str) -> dict[str, list[str]]:
    """Attribute → its values in the documents that these principals may read, by name."""
    # The principals are the cache's key, so nobody is offered a value of a document that they may not read.
    groups = tuple(p.removeprefix("group:") for p in principals if p.startswith("group:"))
    return attribute_values(session.database(), User(email, groups), list(names()))


def _remove(name: str, value: str) -> None:
    key = _KEY.format(name)
    if name == "updated_at":
        st.session_state[key] = None
    else:
        st.session_state[key] = [kept for kept in st.session_state[key] if kept != value]
