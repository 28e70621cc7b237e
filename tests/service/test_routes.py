"""The REST interface: what each route gives, to whom, and what it refuses."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from core import audit
from tests.service.conftest import ANA, BEN, Served

Call = Callable[..., httpx.Response]
PREMIUM = "What does the premium plan cost?"


def events(text: str) -> list[tuple[str, Any]]:
    parts = [part.split("\n") for part in text.strip().split("\n\n") if part.startswith("event: ")]
    return [(lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))) for lines in parts]


def test_an_answer_comes_with_its_citations_and_is_audited(ana: Call, served: Served) -> None:
    answer = ana("POST", "/ask", json={"question": PREMIUM}).json()
    assert answer["outcome"] == "answered" and "480" in answer["text"] and answer["trace"]
    cited = answer["citations"][0]
    assert cited["document"].endswith("plans.md") and "480" in answer["text"][cited["begin"] : cited["end"]]
    asked = audit.recorded(served.parts.engine, actions=[audit.ASKED])[0]
    assert asked.user == ANA and asked.facts["trace"] == answer["trace"]
    assert ana("PUT", f"/answers/{answer['trace']}/feedback", json={"rating": "up"}).status_code == 204


def test_the_same_answer_comes_as_events(ana: Call) -> None:
    sent = ana("POST", "/ask", json={"question": PREMIUM, "keep": True}, headers={"Accept": "text/event-stream"})
    assert sent.headers["content-type"].startswith("text/event-stream")
    found = events(sent.text)
    kinds = [name for name, _ in found]
    assert kinds[0] == "stage" and "sentence" in kinds and kinds[-1] == "answer"
    sentence = next(data for name, data in found if name == "sentence")
    assert "480" in sentence["text"] and sentence["citations"][0]["quote"]
    assert found[-1][1]["conversation"]


def test_who_may_not_read_it_gets_nothing_of_it(ana: Call, ben: Call) -> None:
    question = {"question": "When is the salary review of the board?"}
    assert "May" in ana("POST", "/ask", json=question).json()["text"]
    assert "May" not in ben("POST", "/ask", json=question).text
    document = next(d["id"] for d in ana("GET", "/documents").json()["items"] if "salaries" in d["id"])
    assert "Ines Calvo" in ana("GET", "/documents/text", params={"document": document}).json()["text"]
    for path in ("/documents/text", "/documents/access"):
        refused = ben("GET", path, params={"document": document})
        assert refused.status_code == 404 and refused.json()["detail"].startswith("There is no document")
    assert not any("salaries" in d["id"] for d in ben("GET", "/documents").json()["items"])
    mine = ana("GET", "/documents/access", params={"document": document}).json()
    assert mine["readable"] and "board" in mine["reason"]
    his = ana("GET", "/access-checks", params={"document": document, "person": BEN}).json()
    assert not his["readable"] and his["reason"].startswith("No")
    assert ben("GET", "/access-checks", params={"document": document, "person": ANA}).status_code == 403


def test_search_says_why(ana: Call) -> None:
    found = ana("POST", "/search", json={"question": "hotel rooms", "limit": 2, "filters": ["source=handbook"]}).json()
    best = found["passages"][0]
    assert best["document"].endswith("travel.md") and best["why"]["final"] == best["score"] and best["why"]["text"]
    wrong = ana("POST", "/search", json={"question": "hotel", "filters": ["=="]})
    assert wrong.status_code == 422 and wrong.json()["detail"]


def test_conversations_are_ones_own_and_come_in_parts(ana: Call, ben: Call) -> None:
    ids = [ben("POST", "/conversations", json={"title": f"Talk {n}"}).json()["id"] for n in range(3)]
    first = ben("GET", "/conversations", params={"limit": 2}).json()
    rest = ben("GET", "/conversations", params={"limit": 2, "cursor": first["next"]}).json()
    assert {c["id"] for c in first["items"] + rest["items"]} >= set(ids) and len(first["items"]) == 2
    assert ben("GET", "/conversations", params={"cursor": "bm9uZQ=="}).status_code == 422
    answer = ben("POST", "/ask", json={"question": PREMIUM, "conversation": ids[0]}).json()
    assert answer["conversation"] == ids[0]
    follow = ben("POST", "/ask", json={"question": "And how often is it billed?", "conversation": ids[0]}).json()
    assert "quarter" in follow["text"]
    whole = ben("GET", f"/conversations/{ids[0]}")
    assert [turn["question"] for turn in whole.json()["turns"]] == [PREMIUM, "And how often is it billed?"]
    again = ben("GET", f"/conversations/{ids[0]}", headers={"If-None-Match": whole.headers["etag"]})
    assert again.status_code == 304 and not again.content
    assert "480" in ben("GET", f"/conversations/{ids[0]}/export").text
    for method, path in (("GET", ""), ("GET", "/export"), ("DELETE", ""), ("PATCH", "")):
        named = {"json": {"title": "Mine now"}} if method == "PATCH" else {}
        assert ana(method, f"/conversations/{ids[0]}{path}", **named).status_code == 404
    stale = ben("PATCH", f"/conversations/{ids[0]}", json={"title": "New"}, headers={"If-Match": '"old"'})
    assert stale.status_code == 412
    tag = {"If-Match": whole.headers["etag"]}
    assert ben("PATCH", f"/conversations/{ids[0]}", json={"title": "New"}, headers=tag).json()["title"] == "New"
    assert ben("DELETE", f"/conversations/{ids[0]}", headers=tag).status_code == 204
    assert ana("POST", "/ask", json={"question": PREMIUM, "conversation": ids[1]}).status_code == 404
    before = ben("GET", "/conversations").json()
    assert ben("POST", "/ask", json={"question": " ", "keep": True}).status_code == 422
    assert ben("GET", "/conversations").json() == before


def test_a_request_that_is_sent_twice_is_done_once(ben: Call) -> None:
    key = {"Idempotency-Key": "one-and-only"}
    first = ben("POST", "/conversations", json={"title": "Once"}, headers=key)
    second = ben("POST", "/conversations", json={"title": "Once"}, headers=key)
    assert first.status_code == second.status_code == 201 and first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert [c["title"] for c in ben("GET", "/conversations").json()["items"]].count("Once") == 1
    other = ben("POST", "/conversations", json={"title": "Twice"}, headers=key)
    assert other.status_code == 422 and "another request" in other.json()["detail"]
    wrong = ben("POST", "/ask", json={"question": ""}, headers={"Idempotency-Key": "wrong"})
    assert wrong.status_code == 422
    # What was refused before anything was done may be sent again, mended.
    assert ben("POST", "/ask", json={"question": PREMIUM}, headers={"Idempotency-Key": "wrong"}).status_code == 200


def test_an_app_runs_with_its_form_and_gives_files(ana: Call, ben: Call) -> None:
    app = ana("GET", "/apps/greeting_card").json()
    assert app["form"]["required"] == ["person"] and app["form"]["properties"]["person"]["type"] == "string"
    assert "greeting_card" in {a["name"] for a in ana("GET", "/apps", params={"limit": 200}).json()["items"]}
    note = {"name": "note.txt", "content": base64.b64encode(b"A note.").decode()}
    run = ana("POST", "/apps/greeting_card/runs", json={"inputs": {"person": "Peter", "note": note}}).json()
    assert run["status"] == "completed" and "Dear Peter" in run["outputs"][0]["text"]
    file = next(o["file"] for o in run["outputs"] if o["file"])
    bytes_ = ana("GET", file.removeprefix("/api/v1"))
    assert bytes_.content[:2] == b"PK" and "attachment" in bytes_.headers["content-disposition"]
    assert ben("GET", file.removeprefix("/api/v1")).status_code == 404
    assert ana("GET", f"/runs/{run['id']}").json()["outputs"][0]["text"] == run["outputs"][0]["text"]
    assert ana("PUT", f"/runs/{run['id']}/rating", json={"useful": True}).status_code == 204
    assert ana("GET", "/runs", params={"app": "greeting_card"}).json()["items"][0]["rating"] == 1
    headers = {"Accept": "text/event-stream"}
    steps = events(ana("POST", "/apps/greeting_card/runs", json={"inputs": {"person": "Eva"}}, headers=headers).text)
    assert steps[0][0] == "step" and steps[-1][0] == "run" and "Dear Eva" in steps[-1][1]["outputs"][0]["text"]
    missing = ana("POST", "/apps/greeting_card/runs", json={"inputs": {}})
    assert missing.status_code == 422 and missing.json()["errors"][0]["field"] == "person"
    assert ana("POST", "/apps/nothing/runs", json={}).status_code == 404
    assert ana("DELETE", f"/runs/{run['id']}").status_code == 204
    assert ana("GET", f"/runs/{run['id']}").status_code == 404


def test_tables_are_asked_with_the_callers_roles(ana: Call, ben: Call) -> None:
    found = ana("POST", "/data/questions", json={"question": "number of orders per country"}).json()
    assert sorted(map(tuple, found["rows"])) == [("NO", 1), ("PT", 2)] and found["query"] and found["words"]
    refused = ben("POST", "/data/questions", json={"question": "number of orders per country"}).json()
    assert refused["rows"] == [] and refused["problem"]


def test_syncs_and_evaluations_are_for_those_who_run_it(ana: Call, ben: Call) -> None:
    runs = ana("GET", "/sync-runs").json()["items"]
    assert {run["source"] for run in runs} == {"handbook", "board"} and runs[0]["state"] == "SUCCEEDED"
    assert ana("GET", "/evaluations").json()["items"] == [] and ana("GET", "/evaluations/none").status_code == 404
    for path in ("/sync-runs", "/evaluations"):
        refused = ben("GET", path)
        assert refused.status_code == 403 and "admins" in refused.json()["detail"]


BAD_REQUESTS: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "no JSON": ("POST", "/ask", {"content": b"{", "headers": {"Content-Type": "application/json"}}, 422),
    "half a letter": ("POST", "/ask", {"json": {"question": "\ud800"}}, 422),
    "an unknown name": ("POST", "/ask", {"json": {"question": "x", "user": BEN}}, 422),
    "a route that isn't one": ("POST", "/ask", {"json": {"question": "x", "route": "records"}}, 422),
    "an app that isn't there": ("POST", "/ask", {"json": {"question": "x", "route": "app:nothing"}}, 422),
    "no base64": ("POST", "/ask", {"json": {"question": "x", "files": [{"name": "a.txt", "content": "%"}]}}, 422),
    "a file that is none": ("POST", "/ask", {"json": {"question": "x", "files": [{"name": "a.pdf", "content": "AAAA"}]}}, 422),
    "an unknown reason": ("PUT", "/answers/none/feedback", {"json": {"rating": "down"}}, 404),
    "another method": ("PUT", "/ask", {"json": {}}, 405),
    "no such path": ("GET", "/nothing", {}, 404),
    "too large": ("POST", "/ask", {"json": {"question": "x" * 600_000}}, 413),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_REQUESTS)
def test_a_bad_request_is_refused_with_a_sentence(kind: str, ana: Call) -> None:
    method, path, named, status = BAD_REQUESTS[kind]
    if kind == "half a letter":
        named = {"content": b'{"question": "\\ud800"}', "headers": {"Content-Type": "application/json"}}
    answer = ana(method, path, **named)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json" and answer.json()["detail"]


def test_what_nobody_expected_is_told_without_its_inside(
    ana: Call, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("service.routes.documents.find_documents", broken)
    answer = ana("GET", "/documents")
    assert answer.status_code == 500 and answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text and "see the log" in answer.json()["detail"]


def test_no_other_sites_page_may_call_it(served: Served) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = served.client.options("/api/v1/ask", headers=asked)
    assert answer.status_code == 405 and "access-control-allow-origin" not in answer.headers
