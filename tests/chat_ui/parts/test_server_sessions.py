"""Streamlit's sign-in cookies stay on the server, whatever their size; the browser has one small key."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from chat_ui.parts.server_sessions import COOKIE, ServerSessions
from core.database import open_database
from core.sessions import end_sessions_of, open_session, sessions
from core.settings import Settings

BIG = "x" * 3_900


def signed_in(_request: Request) -> Response:
    answer = PlainTextResponse("in")
    for number in range(5):
        answer.set_cookie("_streamlit_user" + (f"_{number}" if number else ""), f"{number}{BIG}", httponly=True)
    answer.set_cookie("_streamlit_user_tokens", "t=k.n", httponly=True)
    answer.set_cookie("other", "stays")
    return answer


def signed_out(request: Request) -> Response:
    answer = PlainTextResponse("out")
    for name in request.cookies:
        if name.startswith("_streamlit_user"):
            answer.delete_cookie(name)
    return answer


async def stream(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json(dict(socket.cookies))
    await socket.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(Settings(data_dir=tmp_path))
    yield engine
    engine.dispose()


def client(engine: sa.Engine, hours: float = 1.0) -> TestClient:
    def seen(request: Request) -> Response:
        return JSONResponse(dict(request.cookies))

    routes = [
        Route("/oauth2callback", signed_in),
        Route("/auth/logout", signed_out),
        Route("/auth/seen", seen),
        Route("/seen", seen),
        WebSocketRoute("/_stcore/stream", stream),
    ]
    return TestClient(ServerSessions(Starlette(routes=routes), lambda: engine, hours))


def at_the_websocket(browser: TestClient) -> dict[str, str]:
    with browser.websocket_connect("/_stcore/stream") as socket:
        return dict(socket.receive_json())


def test_the_browser_gets_one_small_cookie_and_streamlit_its_own_again(engine: sa.Engine) -> None:
    browser = client(engine)
    head = browser.get("/oauth2callback").headers.get_list("set-cookie")
    assert len(head) == 2 and sum(map(len, head)) < 200 and "HttpOnly" in str(head) and "SameSite=Lax" in str(head)
    assert set(browser.cookies) == {COOKIE, "other"}
    seen = at_the_websocket(browser)
    assert [seen[f"_streamlit_user{part}"] for part in ("", "_1", "_4")] == [f"0{BIG}", f"1{BIG}", f"4{BIG}"]
    assert seen["_streamlit_user_tokens"] == "t=k.n" and seen["other"] == "stays"
    assert "_streamlit_user" in browser.get("/auth/seen").json()
    assert "_streamlit_user" not in browser.get("/seen").json(), "nobody asks there"


def test_signing_out_ends_it_for_a_copy_of_the_cookie_too(engine: sa.Engine) -> None:
    browser = client(engine)
    browser.get("/oauth2callback")
    copied = browser.cookies[COOKIE]
    browser.get("/auth/logout")
    assert COOKIE not in browser.cookies
    thief = client(engine)
    thief.cookies.set(COOKIE, copied)
    assert "_streamlit_user" not in at_the_websocket(thief)


def test_streamlits_own_cookies_from_outside_count_for_nothing(engine: sa.Engine) -> None:
    browser = client(engine)
    browser.cookies.set("_streamlit_user", "copied")
    browser.cookies.set("_streamlit_user_1", "copied")
    assert at_the_websocket(browser) == {}


@pytest.mark.parametrize("key", ["", "nope", "x" * 9_000, "' OR 1=1 --"])
def test_a_made_up_key_signs_nobody_in(engine: sa.Engine, key: str) -> None:
    client(engine).get("/oauth2callback")
    assert not open_session(engine, key, "ana@x.example")


def test_a_new_sign_in_has_a_new_key_and_the_old_one_is_over(engine: sa.Engine) -> None:
    browser = client(engine)
    browser.get("/oauth2callback")
    planted = browser.cookies[COOKIE]
    browser.get("/oauth2callback")
    assert browser.cookies[COOKIE] != planted
    assert not open_session(engine, planted, "ana@x.example")
    assert open_session(engine, browser.cookies[COOKIE], "ana@x.example")


def test_sessions_end_by_themselves_and_all_of_a_persons_at_once(engine: sa.Engine) -> None:
    short = client(engine, hours=0.00001)
    short.get("/oauth2callback")
    with engine.connect() as connection:
        (row,) = connection.execute(sa.select(sessions)).all()
    assert len(row.id) == 64 and row.user == ""
    time.sleep(0.1)
    browser = client(engine)
    browser.get("/oauth2callback")
    assert open_session(engine, browser.cookies[COOKIE], "ana@x.example")
    with engine.connect() as connection:
        assert [r.user for r in connection.execute(sa.select(sessions))] == ["ana@x.example"], "the old one is gone"
    assert end_sessions_of(engine, "ana@x.example") == 1
    assert "_streamlit_user" not in at_the_websocket(browser)
