"""One's own API keys: create one and see it once, see when each was last used, revoke it."""

from __future__ import annotations

from html import escape

import streamlit as st

from chat_ui.parts import components, session
from core.errors import DebriefError
from core.keys import SCOPES, ApiKey, create_key, listed_keys, revoke_key
from core.types import User

_MADE = "key-made"
_ADMINISTRATORS = "operate"


def page(user: User) -> None:
    """The page."""
    st.title("Keys")
    st.caption("A program with your key asks as you, and finds what you may read. See docs/api.md for what it can ask.")
    made = st.session_state.pop(_MADE, "")
    if made:
        components.state("Your key is made", "Copy it now: it isn't kept, and isn't shown again.")
        st.code(made, language=None)
    keys = listed_keys(session.database(), user.email)
    if not keys and not made:
        components.state("You have no key", "Create one below, for a notebook, a script, or an MCP client.")
    for key in keys:
        _shown(key, user)
    _form(user)


def _shown(key: ApiKey, user: User) -> None:
    kind = {"valid": "good", "expired": "warn", "revoked": ""}[key.state]
    used = f"last used {components.ago(key.used_at)}" if key.used_at else "never used"
    facts = f"{', '.join(key.scopes)} · until {key.expires_at:%d %B %Y} · {used}"
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"key-{key.id}"):
        badge = components.badge(key.state, kind)  # type: ignore[arg-type]
        what = " · service key" if key.service else ""
        title = f'<div class="title">{escape(key.name)}{what} {badge}</div>'
        st.html(f'{title}<div class="place">{key.id} · {escape(facts)}</div>')
        if key.state == "valid":
            st.button("Revoke", key=f"revoke-{key.id}", on_click=_revoke, args=(key.id, user))


def _form(user: User) -> None:
    offered = [scope for scope in SCOPES if scope != _ADMINISTRATORS or session.is_admin(user)]
    with st.form("new-key"):
        name = st.text_input("What it is for", max_chars=80, placeholder="notebook")
        scopes = st.pills("What it may do", offered, selection_mode="multi", default=["search", "ask"])
        days = st.number_input("Days until it ends", 1, 366, 90)
        if st.form_submit_button("Create a key", type="primary"):
            try:
                st.session_state[_MADE] = create_key(session.database(), user, name, scopes, int(days))[1]
            except DebriefError as error:
                components.error_state(error)
                return
            st.rerun()


def _revoke(identifier: str, user: User) -> None:
    revoke_key(session.database(), user, identifier, user.email)
