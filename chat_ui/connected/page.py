"""Connected accounts: at which systems the person has signed in as themselves; connect, and disconnect."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode, urlsplit

import streamlit as st

from actions.accounts import Accounts, Place
from actions.accounts.kept import Account, accounts_of
from chat_ui.parts import components, session
from chat_ui.write_back.offers import reviews
from core.errors import ActionError, DebriefError
from core.types import User

PATH = "connected"
_TOLD = "account-told"
_LOOPBACK = ("127.0.0.1", "localhost")


def has_places() -> bool:
    """Whether there is a system at which people sign in as themselves."""
    return any((entry.model_extra or {}).get("oauth") for entry in session.settings().actions)


def page(user: User) -> None:
    """The page; a person who comes back from a system's sign-in comes here."""
    accounts, places = Accounts(session.settings(), session.database()), reviews().actions.places_of(user)
    _come_back(accounts, places, user)
    st.title("Connected accounts")
    st.caption("Where you have signed in yourself, what you confirm is written in your own name, with your own rights.")
    if told := st.session_state.pop(_TOLD, None):
        components.state(*told)
    known = {account.system: account for account in accounts_of(session.database(), user.email)}
    if not places and not known:
        components.state("No system is open to you here", "An administrator opens them, see docs/actions.md.")
    for place in places.values():
        _shown(accounts, place, known.get(place.name), user)
    for system in known.keys() - places.keys():
        _gone(accounts, known[system], user)


def _come_back(accounts: Accounts, places: Mapping[str, Place], user: User) -> None:
    told = st.query_params.to_dict()
    if "state" not in told:
        return
    # Out of the address first: it counts once, and belongs in no bookmark.
    st.query_params.clear()
    try:
        made = accounts.finish(places, f"?{urlencode(told)}", user)
        st.session_state[_TOLD] = (f"You are connected to {places[made.system].title}", "Forms of yours go there now.")
    except DebriefError as error:
        st.session_state[_TOLD] = ("You aren't connected", str(error), "warning")
    st.rerun()


def _shown(accounts: Accounts, place: Place, known: Account | None, user: User) -> None:
    key, why = f"account-{place.name}", accounts.why_not(place, user)
    state, kind = ("connected", "good") if not why else ("not connected", "") if known is None else ("ended", "warn")
    with st.container(border=True, key=key):
        facts = why
        if known is not None and not why:
            until = f" · until {known.ends_at:%d %B %Y %H:%M}" if known.ends_at else ""
            facts = f"since {components.local(known.connected_at)}{until} · may: {known.scopes or 'what you may'}"
        title = f"{escape(place.title)} {components.badge(state, kind)}"  # type: ignore[arg-type]
        st.html(f'<div class="title">{title}</div><div class="place">{escape(facts)}</div>')
        with st.container(horizontal=True, gap="small"):
            if why and st.button("Connect", key=f"{key}-connect", type="primary"):
                _go(accounts, place, user)
            if known is not None:
                _disconnect_button(accounts, place, place.name, user, f"{key}-disconnect")


def _go(accounts: Accounts, place: Place, user: User) -> None:
    try:
        address = accounts.begin(place, user, _redirect())
    except DebriefError as error:
        components.error_state(error)
        return
    host = urlsplit(address).netloc
    st.link_button(f"Sign in at {host}", address, icon=":material/open_in_new:", type="primary")
    st.caption("You come back here. It counts for ten minutes, and for you alone.")


def _redirect() -> str:
    """Where the system sends people back to, as it is registered there.

    Raises:
        ActionError: the settings don't say under which address people come.
    """
    base = session.settings().api.url
    here = urlsplit(st.context.url or "")
    if not base and here.hostname in _LOOPBACK:
        base = f"{here.scheme}://{here.netloc}"
    if not base:
        raise ActionError("People can't come back from a sign-in: set api.url to the address of these pages.")
    return f"{base.rstrip('/')}/{PATH}"


def _gone(accounts: Accounts, account: Account, user: User) -> None:
    with st.container(border=True, key=f"account-{account.system}"):
        st.html(f'<div class="title">{escape(account.system)}</div><div class="place">It isn\'t open to you now.</div>')
        _disconnect_button(accounts, None, account.system, user, f"account-{account.system}-disconnect")


def _disconnect_button(accounts: Accounts, place: Place | None, system: str, user: User, key: str) -> None:
    def disconnect() -> None:
        try:
            told = accounts.disconnect(place, system, user.email, user)
            st.session_state[_TOLD] = ("You are disconnected", told)
        except DebriefError as error:
            st.session_state[_TOLD] = ("You are disconnected", str(error), "warning")

    st.button("Disconnect", key=key, type="tertiary", on_click=disconnect)
