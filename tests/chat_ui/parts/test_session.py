"""A part of a page that runs by itself asks again who is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chat_ui.chat import feedback
from chat_ui.parts import session
from chat_ui.quality import page as quality
from chat_ui.sources import page as sources
from core.database import open_database
from core.identity import Directory
from core.sessions import begin_session
from core.settings import AuthSettings, Settings, load_settings
from core.signin import SessionExpired
from core.types import User

ROOT = User("root@x.com", ("admins",))


class Rerun(Exception):
    """The whole page runs again."""


def expired() -> User:
    raise SessionExpired("Your sign-in has expired; sign in again.")


@pytest.mark.parametrize("now", [expired, lambda: User("ana@x.com")])
@pytest.mark.parametrize(
    "part",
    [
        lambda: sources._sources.__wrapped__(ROOT),
        lambda: quality._progress.__wrapped__(ROOT),
        lambda: feedback.feedback.__wrapped__("trace", ROOT, "key"),
    ],
)
def test_nothing_is_shown_or_done_for_who_is_no_longer_there(
    monkeypatch: pytest.MonkeyPatch, part: Callable[[], None], now: Callable[[], User]
) -> None:
    def rerun() -> None:
        raise Rerun

    monkeypatch.setattr(session, "person", now)
    monkeypatch.setattr(session.st, "rerun", rerun)
    monkeypatch.setattr(session, "database", lambda: pytest.fail("it asked the database"))
    with pytest.raises(Rerun):
        part()


def test_groups_are_those_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "person", lambda: User("root@x.com"))
    assert session.still_there(ROOT).groups == ()


def test_a_cookie_of_before_the_sign_out_signs_nobody_in(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Visitor:
        is_logged_in = True

        def to_dict(self) -> dict[str, object]:
            return {"email": "ana@x.com", "iat": time.time(), "exp": 4_000_000_000, "nonce": "a", "groups": []}

    engine = open_database(load_settings())
    monkeypatch.setattr(session, "settings", lambda: Settings(auth=AuthSettings(mode="oidc")))
    monkeypatch.setattr(session, "database", lambda: engine)
    monkeypatch.setattr(session, "directory", Directory)
    monkeypatch.setattr(session.st, "user", Visitor())
    monkeypatch.setattr(session.st, "logout", lambda: None)
    with pytest.raises(SessionExpired, match="has ended"):
        session.person()
    key = begin_session(engine, {"_streamlit_user": "signed"}, 1)
    monkeypatch.setattr(session, "_session_key", lambda: key)
    assert session.person().email == "ana@x.com"
    session.sign_out()
    with pytest.raises(SessionExpired, match="has ended"):
        session.person()
