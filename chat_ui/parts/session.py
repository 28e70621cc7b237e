"""What a page needs to run: the settings and the assistant, opened once a server; the person, looked up at every run.

Everything that is cached here is shared by all people and holds nothing of any of them. What belongs to one person is
in `st.session_state` or in the database under that person's address.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import streamlit as st
from streamlit import config
from streamlit.auth_util import is_authlib_installed
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from apps.publish.versions import Available, all_apps
from apps.run.context import Tools
from apps.runner import may_use
from assistant.app_runs.app_answers import AppAnswers
from assistant.app_runs.tools import open_tools
from assistant.ask import Assistant
from assistant.checks import load_guardrails, redacted
from assistant.followed import follow_settings, rules_stamp
from assistant.open import open_assistant
from assistant.records import Conversations
from assistant.records.pending import PendingQuestions
from assistant.records.sharing import Sharing
from assistant.records.versions import Versions
from chat_ui.parts.server_sessions import COOKIE, access_token
from core import audit, logs
from core.claims_again import ClaimsAgain
from core.database import Engine, open_database
from core.errors import AppError, DebriefError, IdentityError
from core.followed import Followed
from core.identity import Directory, load_directory
from core.sessions import end_session, open_session, session_cookies
from core.settings import Settings, load_settings
from core.signin import (
    Connection,
    SessionExpired,
    check_provider,
    claimed_since,
    claims_user,
    development_user,
)
from core.types import User
from ingestion.documents import readable_ids
from ingestion.parse import ParserPool
from retrieval.models.claims import shared_claim_judge
from retrieval.retriever import Retriever, open_retriever
from warehouse.ask import Warehouse, open_warehouse

log = logging.getLogger(__name__)

# How the audit log names a sign-in.
SIGNED_IN = "signed in"
_NOBODY = "(nobody)"
# Who has opened this window's session.
_VISIT = "visit-noted"
_PAGE_BEFORE = "page-before"
_LEAVING_S = 0.3


@st.cache_resource(show_spinner=False)
def log_as_parent() -> None:
    """Lets this process log as `debrief serve` was told to."""
    logs.set_up_as_parent()


def settings() -> Settings:
    """debrief.yaml. Sources and the names of the weights' and guardrails' files follow the file; the rest is as when
    the server began."""
    return _settings().now()


def settings_problem() -> str:
    """Why the settings as they stand aren't in force; empty when they are."""
    return _settings().problem


@st.cache_resource(show_spinner=False)
def _settings() -> Followed[Settings]:
    return follow_settings(load_settings())


def assistant() -> Assistant:
    """The one assistant of this server, by the weights and guardrails as they are now, whoever has changed them; what
    is under way ends with the old ones. An error isn't kept: after the first sync the next run opens it."""
    return _assistant().now()


@st.cache_resource(show_spinner=False)
def _assistant() -> Followed[Assistant]:
    return Followed(_rules, lambda: open_assistant(settings(), retriever(), readable=readable))


def _rules() -> tuple[object, ...]:
    return rules_stamp(settings())


def warehouse() -> Warehouse | None:
    """The company's tables that people ask; None when there are none. Raises SettingsError: their layer is wrong."""
    data = assistant().data
    return data.warehouse if data is not None else open_warehouse(settings(), database())


@st.cache_resource(show_spinner=False)
def parser() -> ParserPool:
    """Parses what people attach, in processes of its own."""
    return ParserPool(settings().parsing)


@st.cache_resource(show_spinner=False)
def database() -> Engine:
    """The one database engine of this server."""
    return open_database(settings())


def readable(ids: Collection[str], user: User) -> set[str]:
    """Those of the documents that the person may read now."""
    return readable_ids(database(), ids, user)


def conversations() -> Conversations:
    """The stored conversations, each answer as its person may see it today."""
    return Conversations(database(), readable)


def sharing() -> Sharing:
    """Who may read whose conversation, each passage by the reader's rights of now."""
    return Sharing(database(), readable)


def versions() -> Versions:
    """The results that people have edited."""
    return Versions(database())


def pending() -> PendingQuestions:
    """The questions that are stored and have no answer yet."""
    return PendingQuestions(database())


def kept_words(text: str) -> str:
    """The question as it is stored: without what the guardrails take out."""
    return redacted(text, load_guardrails(settings()).redact)


def look() -> None:
    """A place at which Streamlit may end this run of the page, for a loop that draws nothing."""
    st.session_state.get(_PAGE_BEFORE)


def stays() -> bool:
    """Whether the browser is still there after its run was ended; a page that goes away ends its run first."""
    context = get_script_run_ctx()
    if context is None or not exists():
        return True
    # Its connection is taken off the list a moment after its run is told to end.
    time.sleep(_LEAVING_S)
    return get_instance().is_active_session(context.session_id)


def came_from() -> str:
    """Which page this window's run before this one drew; empty in its first run."""
    return str(st.session_state.get(_PAGE_BEFORE, ""))


def note_page(name: str) -> None:
    """Remembers which page this run has drawn."""
    st.session_state[_PAGE_BEFORE] = name


@st.cache_resource(show_spinner=False)
def warm(_user: User) -> threading.Thread:
    """Opens the index and the models beside the first page and learns the apps' examples, so that no question waits."""

    def open_early() -> None:
        _keep_for_good()
        # What is wrong with the index or the model is said to the person who asks.
        with contextlib.suppress(DebriefError):
            answers = assistant().router
            if isinstance(answers, AppAnswers):
                answers.router.route("Which deadlines are there?", _user)
            if settings().llm.model and settings().answer.claim_check == "model":
                shared_claim_judge(settings())
        _keep_for_good()

    thread = threading.Thread(target=open_early, daemon=True)
    thread.start()
    return thread


def _keep_for_good() -> None:
    """Leaves what there is by now, modules, index and vocabularies, out of the collections of garbage to come.

    Streamlit collects after each run of a page, and looking through all that took longer than most pages.
    """
    gc.collect()
    gc.freeze()


def apps(user: User) -> tuple[dict[str, Available], list[AppError]]:
    """(The apps that the person may use, what is wrong with files that can't be used)."""
    found, wrong = all_apps(settings(), database())
    return {name: item for name, item in found.items() if may_use(item.app, user)}, wrong


def app_title(name: str, user: User) -> str:
    """The app's title; its name where the person can't use it, or not any more."""
    found = apps(user)[0].get(name)
    return found.app.title if found is not None else name


def tools() -> Tools:
    """What an app's steps may use here. Raises IndexMissing before the first sync."""
    return open_tools(settings(), assistant(), retriever())


def retriever() -> Retriever:
    """What the assistant searches with. Raises IndexMissing before the first sync."""
    return _retriever().now()


@st.cache_resource(show_spinner=False)
def _retriever() -> Followed[Retriever]:
    return Followed(_rules, lambda: open_retriever(settings()))


def directory() -> Directory:
    """The users and groups: read again as soon as the file has changed, synced groups within half a minute."""
    file = settings().auth.users_file
    changed = 0
    if file is not None and settings().path(file).exists():
        changed = settings().path(file).stat().st_mtime_ns
    return _directory(changed)


@st.cache_resource(show_spinner=False, max_entries=2, ttl=30)
def _directory(changed: int) -> Directory:
    # `changed` is part of the cache's key; an argument with an underscore in front wouldn't be.
    return load_directory(settings(), database())


def connection() -> Connection:
    """How this run's browser reached the server."""
    address = config.get_option("server.address")
    return Connection(str(address or ""), st.context.headers.to_dict(), st.context.ip_address)


def signed_in() -> bool:
    """False when the identity provider has yet to say who is there.

    Raises:
        IdentityError: there is no way to ask it.
    """
    if settings().auth.mode == "development":
        return True
    check_provider(_secrets(), is_authlib_installed())
    return bool(st.user.is_logged_in)


def _secrets() -> Mapping[str, object]:
    """The section [auth] of Streamlit's secrets; empty when there is no such file."""
    try:
        return dict(st.secrets.get("auth", {}))
    except FileNotFoundError:
        return {}


def person() -> User:
    """The person at the browser.

    Raises:
        SessionExpired: sign in again.
        IdentityError: nobody may be taken for signed in.
    """
    auth = settings().auth
    if auth.mode == "development":
        return development_user(auth, directory(), connection())
    if not st.user.is_logged_in:
        raise IdentityError("You aren't signed in; sign in to go on.")
    found = claims_user(_claims(), auth, directory(), time.time())
    if not open_session(database(), _session_key(), found.email):
        raise SessionExpired("Your sign-in has ended; sign in again.")
    return found


def _claims() -> Mapping[str, Any]:
    """What the identity provider said of the person, with the groups of now where it tells them again."""
    key = _session_key()

    def token() -> str:
        return access_token(session_cookies(database(), key))

    claims, auth = st.user.to_dict(), settings().auth
    return _claims_again().recent(key, claims, token, auth=auth, directory=directory(), now=time.time())


@st.cache_resource(show_spinner=False)
def _claims_again() -> ClaimsAgain:
    return ClaimsAgain(str(_secrets().get("server_metadata_url", "")))


def groups_told_at() -> datetime | None:
    """When the sign-in told the person's groups, where they rest on it alone; None where a directory tells them."""
    if settings().auth.mode == "development" or not st.user.is_logged_in:
        return None
    told = claimed_since(_claims(), settings().auth, directory())
    return None if told is None else datetime.fromtimestamp(told, UTC)


def sign_out() -> None:
    """Ends the sign-in, whoever still has its cookie, and goes to the provider to end it there."""
    claims = st.user.to_dict()
    end_session(database(), _session_key())
    audit.record(database(), User(str(claims.get("email") or _NOBODY)), "signed out", "")
    st.logout()


def _session_key() -> str:
    """The browser's key to its session; empty where the pages aren't served by `debrief serve`."""
    return str(st.context.cookies.get(COOKIE, ""))


def still_there(user: User) -> User:
    """The page's person as they are now, for a fragment, which runs without the page around it that checks.

    Whoever is no longer signed in, or somebody else, has the whole page run again, which says so.
    """
    try:
        now = person()
    except IdentityError:
        st.rerun()
    if now.email != user.email:
        st.rerun()
    return now


def is_admin(user: User) -> bool:
    """Whether the person is in one of `auth.admin_groups`."""
    return bool(set(user.groups) & set(settings().auth.admin_groups))


def is_author(user: User) -> bool:
    """Whether the person may write apps."""
    return is_admin(user) or bool(set(user.groups) & set(settings().auth.author_groups))


def reads_evaluation(user: User) -> bool:
    """Whether the person may see the evaluation's runs: administrators, and `evaluation.reader_groups`."""
    return is_admin(user) or bool(set(user.groups) & set(settings().evaluation.reader_groups))


def note_visit(user: User) -> None:
    """Puts into the audit log, once a session, who is there and with which groups."""
    if st.session_state.get(_VISIT) != user.email:
        st.session_state[_VISIT] = user.email
        audit.record(database(), user, SIGNED_IN, ", ".join(user.groups), settings().auth.mode)


def note_refusal(error: IdentityError) -> None:
    """Logs, once a session, why nobody was let in."""
    if st.session_state.get("refusal-noted") != str(error):
        st.session_state["refusal-noted"] = str(error)
        log.warning("a sign-in was refused: %(reason)s", {"reason": str(error)})
        audit.record(database(), User(_NOBODY), "was refused", "sign-in", str(error))


def exported(name: str, data: str | bytes | Callable[[], str | bytes]) -> Callable[[], str | bytes]:
    """The data of a download button, which goes into the audit trail when somebody clicks."""
    who, engine = User(st.session_state.get(_VISIT, _NOBODY)), database()

    def made() -> str | bytes:
        audit.record(engine, who, "exported", name)
        return data() if callable(data) else data

    return made
