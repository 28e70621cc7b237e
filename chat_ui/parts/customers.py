"""The customers that a form offers, and by what they were told where nobody has confirmed it."""

from __future__ import annotations

import streamlit as st

from chat_ui.parts import session
from chat_ui.parts.filter_bar import facets
from core.types import Principal, User

_NAMED = 3


def customers_for(user: User) -> list[str]:
    """The customers in the documents that the person may read, whatever the company calls its customers."""
    return _attributed(user) or _customers(tuple(sorted(user.principals())), user.email)


def word_note(user: User) -> str:
    """What says whose documents are, where that was only drafted; "" where the usual words or a file say it."""
    words = session.tools().words
    # Where attributes of the usual names tell, no draft has to be made for it.
    told = words() if words is not None and not _attributed(user) else None
    if told is None or not told.drafted or not (labels := told.unusual_owners()):
        return ""
    names = customers_for(user)
    examples = f" ({', '.join(names[:_NAMED])}{' …' if len(names) > _NAMED else ''})" if names else ""
    return (
        f"{len(names)} customers{examples}, as {' and '.join(labels)} say. Nobody has confirmed this: "
        "an administrator does with `debrief accounts draft`."
    )


def _attributed(user: User) -> list[str]:
    return facets(tuple(sorted(user.principals())), user.email)["customer"]


@st.cache_data(ttl=600, max_entries=100, show_spinner=False)
def _customers(principals: tuple[Principal, ...], email: str) -> list[str]:
    # The principals are the cache's key, so nobody is offered a customer of a document that they may not read.
    groups = tuple(p.removeprefix("group:") for p in principals if p.startswith("group:"))
    return sorted(session.tools().readable_customers(User(email, groups)), key=str.casefold)
