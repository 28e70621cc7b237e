"""Totango: who reads what, both ways of paging, the rate limit, touchpoints and tasks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.totango import client as totango_client
from connectors.totango.client import RateLimit
from core.errors import CredentialError, SourceError
from core.types import Connector
from samples.stand_ins import totango
from samples.stand_ins.totango import TotangoStandIn
from tests.connectors.harness import open_kind, run

pytestmark = pytest.mark.integration


@pytest.fixture
def server() -> Iterator[TotangoStandIn]:
    with totango.start() as running:
        running.service.lookups = {"activity_types": {"renewal": {"display_name": "Renewal"}}, "touchpoint_tags": []}
        yield running


def connector(server: TotangoStandIn, **keys: Any) -> Connector:
    defaults = {
        "kind": "totango",
        "app_token": totango.APP_TOKEN,
        "endpoint_url": server.url,
        "requests_per_minute": 9_999,
    }
    return open_kind(Path("/"), **{**defaults, **keys})


def account(number: int, **attributes: str) -> dict[str, Any]:
    said = {name.replace("_", " "): {"val": value} for name, value in attributes.items()}
    return {
        "id": f"A{number}",
        "display_name": f"Customer {number}",
        "health": {"curr": "green"},
        "attributes": said,
        "metrics": {"Logins": 12},
    }


def event(kind: str, number: int, about: str, moment: int = 1_790_000_000_000, **facts: Any) -> dict[str, Any]:
    base = {
        "id": f"{kind}-{number}",
        "type": kind,
        "timestamp": moment,
        "account": {"id": about, "display_name": about},
    }
    note = {"note_content": {"note_id": number, "text": f"text {number}", "totango_user": {"user_name": "ana@x.com"}}}
    return {**base, **(note if kind == "note" else {}), **facts}


def test_an_account_is_one_document_with_all_that_is_known(server: TotangoStandIn) -> None:
    server.service.accounts.append(account(1, Success_Manager_Email="Nils@X.com", Team="dach", Language="de"))
    contact = {
        "id": "m@c.com",
        "name": "m@c.com",
        "display_name": "Mo",
        "account": {"id": "A1"},
        "attributes": {"Title": {"val": "CISO"}},
    }
    server.service.users.append(contact)
    (document,) = run(connector(server, group_attributes=["Team"], readers=["group:leadership"])).documents.values()
    assert document.id == "src:account/A1" and document.title == "Customer 1"
    assert document.allow == {"user:nils@x.com", "group:dach", "group:leadership"}
    text = document.body.decode()
    assert "- Health: green" in text and "- Logins: 12" in text and "- Mo, CISO, m@c.com" in text
    assert document.metadata["customer"] == "Customer 1" and document.metadata["Logins"] == 12
    assert document.metadata["customer_language"] == "de" and "Language" not in document.metadata
    assert document.metadata["contacts"] == ("Mo, CISO, m@c.com",) and "figures" not in document.metadata


def test_touchpoints_and_tasks_are_read_by_whoever_reads_the_account(server: TotangoStandIn) -> None:
    server.service.accounts.append(account(1, Team="dach"))
    properties = {
        "activity_type_id": "renewal",
        "subject": "Talk",
        "touchpoint_tags": ["risk"],
        "totango_participants": ["Mo"],
    }
    server.service.events += [
        event("note", 7, "A1", properties=properties),
        event("note", 8, "GONE"),
        event("task", 9, "A1", title="Call", due_date="2026-12-01", status="open", assignee="ana@x.com"),
        event("note", 10, "A1", moment=1_000_000_000_000),
    ]
    found = run(connector(server, group_attributes=["Team"], user_attributes=[])).documents
    assert set(found) == {"src:account/A1", "src:touchpoint/7", "src:touchpoint/8", "src:task/task-9"}
    note, orphan, task = (found[f"src:{key}"] for key in ("touchpoint/7", "touchpoint/8", "task/task-9"))
    assert note.allow == task.allow == {"group:dach"} and orphan.allow == set()
    assert note.title == "Talk" and "- Activity: Renewal" in note.body.decode() and "text 7" in note.body.decode()
    assert note.metadata["document_type"] == "touchpoint" and note.metadata["tags"] == ("risk",)
    assert note.updated_at is not None and note.updated_at.year == 2026
    assert "- Due: 2026-12-01" in task.body.decode() and task.metadata["task_status"] == "open"
    assert (task.metadata["due_on"], task.metadata["assignee"]) == ("2026-12-01", "ana@x.com")
    assert task.metadata["is_done"] is False


def test_more_than_ten_thousand_accounts_are_scrolled(server: TotangoStandIn) -> None:
    server.service.accounts += [account(number) for number in range(10_500)]
    found = run(connector(server, touchpoints=False, tasks=False))
    assert found.seen == 10_500 and len(found.documents) == 10_500
    assert sum("scan_and_scroll" in request for request in server.faults.requests) == 12


def test_without_scrolling_the_search_does_up_to_what_it_reaches(server: TotangoStandIn) -> None:
    server.service.offers_scrolling = False
    server.service.accounts += [account(number, Team="dach") for number in range(2_100)]
    found = run(connector(server, attributes=["Team"], group_attributes=["Team"], touchpoints=False, tasks=False))
    assert len(found.documents) == 2_100
    assert found.documents["src:account/A7"].allow == {"group:dach"}
    server.service.accounts += [account(number) for number in range(3_000, 11_000)]
    with pytest.raises(SourceError, match="reaches only 10,000"):
        run(connector(server, touchpoints=False, tasks=False))


@pytest.mark.parametrize("counts", ["records", "pages"])
def test_an_offset_in_records_and_one_in_pages_both_reach_everything(server: TotangoStandIn, counts: str) -> None:
    server.service.offset_counts = counts
    server.service.events += [event("note", number, "A1") for number in range(2_500)]
    found = run(connector(server))
    assert len(found.documents) == 2_500 and found.seen == 2_500


def test_a_listing_that_is_short_deletes_nothing(server: TotangoStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    server.service.accounts += [account(number) for number in range(5)]
    first = run(connector(server))
    real = httpx.Response.json

    def short(self: httpx.Response, **keys: Any) -> Any:
        answer = real(self, **keys)
        if answer.get("accounts"):
            answer["accounts"] = answer["accounts"][:3]
        return answer

    monkeypatch.setattr(httpx.Response, "json", short)
    with pytest.raises(SourceError, match="3 of 5 accounts"):
        run(connector(server), first.cursor)


@pytest.mark.parametrize("scrolls", [True, False])
def test_a_page_that_repeats_ends_the_run_and_deletes_nothing(
    server: TotangoStandIn, monkeypatch: pytest.MonkeyPatch, scrolls: bool
) -> None:
    monkeypatch.setattr(totango_client, "_PAGE", 2)
    server.service.offers_scrolling = scrolls
    server.service.accounts = [account(number) for number in range(4)]
    first = run(connector(server))
    assert len(first.documents) == 4
    server.service.repeats = True
    batches = []
    with pytest.raises(SourceError, match="again and again"):
        batches.extend(connector(server).changes(first.cursor))
    assert not any(batch.deleted for batch in batches)


def test_the_activity_of_an_account_alone_changes_no_document(server: TotangoStandIn) -> None:
    server.service.accounts.append({**account(1), "last_activity_time": 1})
    first = run(connector(server))
    server.service.accounts[0]["last_activity_time"] = 2
    assert run(connector(server), first.cursor).is_empty()


def test_over_the_limit_it_waits_as_long_as_it_is_told(server: TotangoStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        server.service.requests_per_minute = None

    monkeypatch.setattr("connectors.common.http_retry.retried.__defaults__", (sleep, ""))
    server.service.accounts.append(account(1))
    server.service.requests_per_minute = 2
    assert len(run(connector(server)).documents) == 1
    assert len(waits) == 1 and waits[0] > 30


def test_the_rate_limit_spreads_calls_over_the_minute() -> None:
    moment, waits = [0.0], []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        moment[0] += seconds

    limit = RateLimit(3, lambda: moment[0], sleep)
    for _ in range(7):
        limit.wait()
        moment[0] += 1
    assert waits == [57.0, 57.0] and moment[0] == 121


def test_a_wrong_token_is_called_invalid(server: TotangoStandIn) -> None:
    with pytest.raises(CredentialError, match="app_token") as raised:
        run(connector(server, app_token="wrong"))
    assert raised.value.problem == "invalid"


def test_a_failure_in_a_proper_answer_is_still_one(server: TotangoStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        **server.faults.answers,
        "expire": type(server.faults.answers["error"])("200 OK", b'{"status":"failed","_error":"Bad term"}'),
    }
    server.faults.answers = answers
    server.faults.add("expire", "search/users")
    with pytest.raises(SourceError, match="Bad term"):
        run(connector(server))


def test_the_regions_have_their_own_addresses() -> None:
    assert totango_client._BASES == {"us": "https://api.totango.com", "eu": "https://api-eu1.totango.com"}


def test_the_token_is_kept_out_of_sight() -> None:
    shown = repr(open_kind(Path("/"), kind="totango", app_token="very-secret")._settings)  # type: ignore[attr-defined]
    assert "very-secret" not in shown and json.dumps(shown)
