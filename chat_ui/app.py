"""The entry page of the web interface: who is there, which pages they have, and the one place where errors end.

Served by served/server.py, with chat_ui/server.py, which keeps sign-ins.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from chat_ui.admin import page as admin
from chat_ui.automation import page as automation
from chat_ui.chat import page as chat
from chat_ui.connected import page as connected
from chat_ui.data import page as data
from chat_ui.insights import page as insights
from chat_ui.keys import page as keys
from chat_ui.library import page as library
from chat_ui.parts import components, session
from chat_ui.parts.played import PATH as RECORDING
from chat_ui.quality import page as quality
from chat_ui.recording import page as recording
from chat_ui.sources import page as sources
from chat_ui.studio import page as studio
from chat_ui.tasks import page as tasks
from chat_ui.write_back import page as write_back
from core.errors import IdentityError
from core.signin import SessionExpired
from core.types import User

# A phone's bar has room for so many; the menu has all.
_IN_BAR = 4
# Text is read at about 760 px; tables get the whole width.
_WIDE = frozenset({"apps", "data", "sources", "studio", "insights", "quality", "admin"})


def main() -> None:
    """One run of the page. A `DebriefError`, or any other error, becomes a sentence; never a traceback."""
    st.set_page_config("Debrief", page_icon=str(components.STATIC / "mark.svg"))
    components.styles()
    try:
        session.log_as_parent()
        user = _person()
        if user is not None:
            _page(user)
    except Exception as error:
        components.error_state(error)


def _person() -> User | None:
    """The signed-in person, or None after having asked them to sign in."""
    try:
        if not session.signed_in():
            _sign_in_page("Sign in to ask, and to see what you may read.")
            return None
    except IdentityError as unready:
        session.note_refusal(unready)
        raise
    try:
        return session.person()
    except SessionExpired as expired:
        _sign_in_page(str(expired))
        return None
    except IdentityError as refused:
        session.note_refusal(refused)
        components.error_state(refused)
        if session.settings().auth.mode == "oidc":
            # Otherwise a person with the wrong account would be kept out by their own cookie.
            st.button("Sign in as somebody else", on_click=session.sign_out)
        return None


def _sign_in_page(text: str) -> None:
    company = session.settings().company
    st.html(f'<div class="welcome"><h1>{escape(company)}</h1><p>{escape(text)}</p></div>')
    st.button("Sign in", type="primary", on_click=st.login)


def _page(user: User) -> None:
    pages = [
        st.Page(lambda: chat.page(user), title="Chat", icon=":material/forum:", url_path="chat", default=True),
        st.Page(lambda: library.page(user), title="Apps", icon=":material/widgets:", url_path="apps"),
        st.Page(lambda: sources.page(user), title="Sources", icon=":material/folder_open:", url_path="sources"),
    ]
    if session.settings().warehouse.layer is not None:
        pages.insert(2, st.Page(lambda: data.page(user), title="Data", icon=":material/bar_chart:", url_path="data"))
    if session.settings().actions:
        icon = ":material/edit_square:"
        pages.append(st.Page(lambda: write_back.page(user), title="Actions", icon=icon, url_path="actions"))
    icon = ":material/bolt:"
    pages.append(st.Page(lambda: automation.page(user), title="Workflows", icon=icon, url_path="workflows"))
    if tasks.has_tasks(user):
        pages.append(st.Page(lambda: tasks.page(user), title="My tasks", icon=":material/checklist:", url_path="tasks"))
    if session.is_author(user):
        pages.append(st.Page(lambda: studio.page(user), title="Studio", icon=":material/edit_note:", url_path="studio"))
    if session.reads_evaluation(user):
        pages.append(
            st.Page(lambda: quality.page(user), title="Quality", icon=":material/verified:", url_path="quality")
        )
    if session.is_admin(user):
        pages += [
            st.Page(lambda: insights.page(user), title="Insights", icon=":material/insights:", url_path="insights"),
            st.Page(lambda: admin.page(user), title="Admin", icon=":material/shield_person:", url_path="admin"),
        ]
    if connected.has_places():
        icon = ":material/link:"
        pages.append(
            st.Page(lambda: connected.page(user), title="Connected accounts", icon=icon, url_path=connected.PATH)
        )
    pages.append(st.Page(lambda: keys.page(user), title="Keys", icon=":material/key:", url_path="keys"))
    # Without an entry of its own: a citation opens it.
    hidden = [st.Page(lambda: recording.page(user), title="Recording", url_path=RECORDING, visibility="hidden")]
    current = st.navigation(pages + hidden, position="top")
    wanted = st.session_state.pop("open-page", None)
    for page in pages:
        if page.url_path == wanted:
            st.switch_page(page, query_params=st.session_state.pop("open-with", None))
    st.set_page_config(layout="wide" if current.url_path in _WIDE else "centered")
    st.logo(str(components.STATIC / "logo.svg"), size="large", icon_image=str(components.STATIC / "mark.svg"))
    session.warm(user)
    session.note_visit(user)
    with st.sidebar:
        components.person_card(user)
        if session.settings().auth.mode == "development":
            components.development_banner()
        else:
            if told := session.groups_told_at():
                st.caption(f"Your groups are those of your sign-in, {components.ago(told)}.")
            st.button("Sign out", on_click=session.sign_out)
    with st.container(key="bottom-bar", horizontal=True):
        for page in pages[:_IN_BAR]:
            st.page_link(page)
    try:
        current.run()
    finally:
        # Also when the run ends early, for another one.
        session.note_page(current.url_path or "chat")


main()
