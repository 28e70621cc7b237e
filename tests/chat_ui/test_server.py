"""The doors around the pages: the key of a development server, headers, cookies, and whether it is alive."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from chat_ui.server import Doors, alive, ready


def page(_request: Request) -> Response:
    answer = PlainTextResponse("page")
    answer.set_cookie("user", "signed", httponly=True)
    return answer


async def stream(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


def client(key: str = "", secure: bool = False) -> TestClient:
    routes = [
        Route("/", page),
        Route("/_stcore/metrics", page),
        Route("/_stcore/health", page),
        Route("/healthz", alive),
        Route("/readyz", ready),
        WebSocketRoute("/_stcore/stream", stream),
    ]
    return TestClient(
        Doors(Starlette(routes=routes), key, secure, {"testserver"}),
        follow_redirects=False,
        headers={"origin": "http://testserver"},
    )


def test_without_the_key_of_a_development_server_nobody_comes_in() -> None:
    browser = client("right")
    for address in ("/", "/?key=wrong", "/?key="):
        assert browser.get(address).status_code == 403
    with pytest.raises(WebSocketDisconnect), browser.websocket_connect("/_stcore/stream?key=right"):
        pass
    assert browser.get("/_stcore/health").status_code == 200


def test_with_the_key_the_browser_comes_in_and_its_address_loses_it() -> None:
    browser = client("right")
    sent = browser.get("/?key=right")
    assert sent.status_code == 303 and sent.headers["location"] == "/"
    assert "httponly" in sent.headers["set-cookie"].lower()
    assert browser.get("/").text == "page"
    with browser.websocket_connect("/_stcore/stream"):
        pass


def test_where_people_sign_in_no_key_is_asked() -> None:
    assert client().get("/").text == "page"


def test_nobody_reads_the_metrics_and_no_other_site_frames_the_page() -> None:
    browser = client()
    assert browser.get("/_stcore/metrics").status_code == 404
    headers = browser.get("/").headers
    assert headers["x-frame-options"] == "SAMEORIGIN" and headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'self'" in headers["content-security-policy"]


@pytest.mark.parametrize("secure", [True, False])
def test_cookies_go_by_https_alone_where_people_come_by_it(secure: bool) -> None:
    assert ("; Secure" in client(secure=secure).get("/").headers["set-cookie"]) is secure


def test_ready_says_what_is_missing_and_no_path(workspace: Path) -> None:
    answer = client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "database": "ok", "index": "IndexMissing"}
    assert client().get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(("host", "status"), [("testserver", 200), ("127.0.0.1:8501", 200), ("[::1]:8501", 200)])
def test_its_own_names_are_known(host: str, status: int) -> None:
    assert client().get("/", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "127.0.0.1.evil.example", "", "testserver@evil"]
)
def test_another_name_is_refused_but_for_probes(host: str) -> None:
    assert client().get("/", headers={"host": host}).status_code == 421
    assert client().get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:9999", "null", ""])
def test_another_sites_page_gets_no_websocket(origin: str) -> None:
    with pytest.raises(WebSocketDisconnect), client().websocket_connect("/_stcore/stream", headers={"origin": origin}):
        pass
