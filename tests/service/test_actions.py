"""Forms for other systems by REST and MCP: filled in, read, changed; sent by their person alone, as they have read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import anyio
import httpx
import pytest

from actions.proposals import Evidence, add, stored
from core import audit
from core.types import User
from service.calls import confirming, filling_in, listing_forms
from service.client import Debrief, Refused
from tests.service.apart import apart
from tests.service.conftest import ANA, BEN, Served
from tests.service.test_mcp import connected

Call = Callable[..., httpx.Response]
ISSUE = {"type": "Bug", "summary": "VPN drops", "description": "Every hour."}


@pytest.fixture(autouse=True)
def written(served: Served) -> Iterator[list[dict[str, object]]]:
    """What stands in Jira."""
    records = served.jira.service.records
    records.clear()
    yield records


def test_a_form_is_filled_in_changed_and_sent_once_as_it_was_read(
    ana: Call, ben: Call, served: Served, written: list[object]
) -> None:
    assert [a["id"] for a in ana("GET", "/actions").json()["items"]] == ["tickets.issue", "tickets.comment"]
    fields = {f["name"]: f for f in ana("GET", "/actions/tickets.issue").json()["fields"]}
    assert [c["value"] for c in fields["type"]["choices"]] == ["Task", "Bug"] and fields["project"]["read_only"]
    made = ana("POST", "/forms", json={"action": "tickets.issue", "text": "VPN drops\nEvery hour."}).json()
    assert made["state"] == "proposed" and made["review"] == f"https://debrief.example/actions?form={made['id']}"
    values = {f["name"]: f["value"] for f in made["fields"]}
    assert values["summary"] == "VPN drops" and values["project"] == "OPS" and not written
    lacking = ana("POST", f"/forms/{made['id']}/confirm", json={"mark": made["mark"]})
    assert lacking.status_code == 409 and "Type is missing" in lacking.json()["detail"]
    changed = ana("PATCH", f"/forms/{made['id']}", json={"fields": {"type": "Bug", "project": "DEV"}}).json()
    assert {f["name"]: f["value"] for f in changed["fields"]}["project"] == "OPS"
    stale = ana("POST", f"/forms/{made['id']}/confirm", json={"mark": made["mark"]})
    assert stale.status_code == 409 and "changed since it was shown" in stale.json()["detail"] and not written
    for path in ("", "/confirm", "/cancel"):
        theirs = {"json": {"mark": changed["mark"]}} if path == "/confirm" else {}
        refused = ben("GET" if not path else "POST", f"/forms/{made['id']}{path}", **theirs)
        assert refused.status_code == 404 and "You have no form" in refused.json()["detail"]
    once = {"json": {"mark": changed["mark"]}, "headers": {"Idempotency-Key": "the-ticket"}}
    sent = [ana("POST", f"/forms/{made['id']}/confirm", **once).json() for _ in range(2)]
    assert sent[0] == sent[1] and sent[0]["state"] == "written" and sent[0]["record"]["id"].startswith("OPS-")
    assert sent[0]["record"]["link"].endswith(sent[0]["record"]["id"]) and len(written) == 1
    again = ana("POST", f"/forms/{made['id']}/confirm", json={"mark": changed["mark"]})
    assert again.status_code == 409 and "is written already" in again.json()["detail"]
    assert ana("PATCH", f"/forms/{made['id']}", json={"fields": {}}).status_code == 409
    listed = ana("GET", "/forms", params={"state": "written"}).json()["items"]
    assert listed[0]["id"] == made["id"] and listed[0]["record"] == sent[0]["record"]
    assert ana("POST", f"/forms/{made['id']}/undo").json()["state"] == "undone" and not written
    said = {e.action for e in audit.recorded(served.parts.engine) if e.facts.get("proposal") == made["id"]}
    assert said == {"proposed action", "edited action", "confirmed action", "wrote action", "undid action"}


BAD_FORMS = {
    "no such action": ({"action": "tickets.isue"}, "did you mean 'tickets.issue'"),
    "no such field": ({"action": "tickets.issue", "fields": {"sumary": "x"}}, "has no field 'sumary'"),
    "a run that isn't there": ({"run": "none"}, "You have no run"),
    "no action": ({}, "There is no action"),
}


@pytest.mark.parametrize("kind", BAD_FORMS)
def test_a_form_that_nobody_can_fill_in_is_refused(kind: str, ana: Call) -> None:
    body, said = BAD_FORMS[kind]
    refused = ana("POST", "/forms", json=body)
    assert refused.status_code in (404, 422) and said in refused.json()["detail"]


def test_who_isnt_in_its_groups_has_no_action(ben: Call) -> None:
    assert ben("GET", "/actions").json()["items"] == []
    assert ben("GET", "/actions/tickets.issue").status_code == 404
    refused = ben("POST", "/forms", json={"action": "tickets.issue", "fields": ISSUE})
    assert refused.status_code == 422 and "is for board" in refused.json()["detail"]


def test_a_key_that_fills_in_forms_sends_none(served: Served, written: list[object]) -> None:
    key = served.key(ANA, "actions")
    head = {"Authorization": f"Bearer {key}"}
    made = served.client.post("/api/v1/forms", headers=head, json={"action": "tickets.issue", "fields": ISSUE}).json()
    refused = served.client.post(f"/api/v1/forms/{made['id']}/confirm", headers=head, json={"mark": made["mark"]})
    assert refused.status_code == 403 and "needs the scope confirm" in refused.json()["detail"] and not written
    service = {"Authorization": f"Bearer {served.key(ANA, 'confirm', service=True)}"}
    nobody = served.client.post(f"/api/v1/forms/{made['id']}/confirm", headers=service, json={"mark": made["mark"]})
    assert nobody.status_code == 403 and "name one in" in nobody.json()["detail"]
    other = {**service, "X-Debrief-On-Behalf-Of": BEN}
    theirs = served.client.post(f"/api/v1/forms/{made['id']}/confirm", headers=other, json={"mark": made["mark"]})
    assert theirs.status_code == 404 and not written


def test_an_apps_output_fills_in_a_form_with_what_it_rests_on(ana: Call, served: Served, written: list[object]) -> None:
    run = ana("POST", "/apps/greeting_card/runs", json={"inputs": {"person": "Peter"}}).json()
    assert run["offers"] == [
        {"offer": 0, "to": "jira.issue", "title": "Peter", "fields": {"summary": "Card for Peter"}}
    ]
    made = ana("POST", "/forms", json={"run": run["id"], "fields": {"type": "Task"}}).json()
    assert made["action"] == "tickets.issue"
    assert {f["name"]: f["value"] for f in made["fields"]}["summary"] == "Card for Peter"
    none = ana("POST", "/forms", json={"run": run["id"], "offer": 1})
    assert none.status_code == 422 and "offers 1 forms" in none.json()["detail"]
    other = ana("POST", "/forms", json={"run": run["id"], "action": "tickets.comment"})
    assert other.status_code == 422 and "there is tickets.issue" in other.json()["detail"]


def test_a_question_that_orders_a_ticket_gives_its_form(ana: Call, written: list[object]) -> None:
    answer = ana("POST", "/ask", json={"question": "Open a ticket: the VPN drops in Berlin"}).json()
    assert answer["route"] == "action" and not written
    form = ana("GET", f"/forms/{answer['form']}").json()
    assert {f["name"]: f["value"] for f in form["fields"]}["summary"] == "the VPN drops in Berlin"
    assert ana("POST", f"/forms/{form['id']}/cancel").json()["state"] == "cancelled"


def test_quotes_of_documents_that_were_closed_are_left_out(ben: Call, served: Served) -> None:
    person, document = User(ANA, groups=("board",)), "board/salaries.md"
    quotes = {"summary": (Evidence("held in May", document_id=document), Evidence("The letter says so."))}
    made = served.parts.reviews.propose("tickets.issue", ISSUE, person, quotes)
    with served.parts.engine.begin() as connection:
        add(connection, replace(stored(connection, made.id), id="theirs", user=BEN))
    summary = next(f for f in ben("GET", "/forms/theirs").json()["fields"] if f["name"] == "summary")
    assert [e["quote"] for e in summary["evidence"]] == ["The letter says so."]


@pytest.mark.integration
def test_over_mcp_a_form_gives_its_address_and_nothing_is_written(
    served: Served, address: str, written: list[object]
) -> None:
    async def look() -> None:
        async with connected(address, served.provider.token(ANA)) as ana:
            tools = {tool.name: tool for tool in (await ana.list_tools()).tools}
            assert "project" not in tools["action_tickets_issue"].input_schema["properties"]
            made = await ana.call_tool("action_tickets_issue", ISSUE)
            form = made.structured_content
            assert form["review"] in made.content[0].text and "nothing is written" in made.content[0].text
            assert not any(name.startswith("confirm") for name in tools) and not written
            wrong = await ana.call_tool("action_tickets_issue", {"summary": ["x"]})
            assert wrong.is_error and "can't be a list" in wrong.content[0].text
            served.client.post(
                f"/api/v1/forms/{form['id']}/confirm", headers=served.bearer(ANA), json={"mark": form["mark"]}
            )
            told = await ana.call_tool("form_outcome", {"form": form["id"]})
            assert "It is written" in told.content[0].text and "OPS-" in told.content[0].text
        async with connected(address, served.provider.token(BEN)) as ben:
            assert not any("action" in tool.name for tool in (await ben.list_tools()).tools)
            assert (await ben.call_tool("action_tickets_issue", ISSUE)).is_error
            none = await ben.call_tool("form_outcome", {"form": form["id"]})
            assert none.is_error and "You have no form" in none.content[0].text

    apart(anyio.run, look)
    assert len(written) == 1


@pytest.mark.integration
def test_over_mcp_what_a_run_offers_comes_back_as_a_review(served: Served, address: str, written: list[object]) -> None:
    async def look() -> None:
        async with connected(address, served.provider.token(ANA)) as ana:
            run = await ana.call_tool("app_greeting_card", {"person": "Peter"})
            assert "offer 0: Peter (jira.issue)" in run.content[0].text and "form_of_run" in run.content[0].text
            named = {"run": run.structured_content["id"], "fields": {"type": "Task"}}
            made = await ana.call_tool("form_of_run", named)
            form = made.structured_content
            assert form["review"] in made.content[0].text and form["state"] == "proposed"
            assert {f["name"]: f["value"] for f in form["fields"]}["summary"] == "Card for Peter"
            for wrong, said in (({"run": "none"}, "You have no run"), ({**named, "offer": 1}, "offers 1 forms")):
                refused = await ana.call_tool("form_of_run", wrong)
                assert refused.is_error and said in refused.content[0].text
        async with connected(address, served.provider.token(BEN)) as ben:
            theirs = await ben.call_tool("form_of_run", named)
            assert theirs.is_error and "You have no run" in theirs.content[0].text

    apart(anyio.run, look)
    assert not written


@pytest.mark.integration
def test_the_client_fills_in_and_confirms(served: Served, address: str, written: list[object]) -> None:
    with Debrief(address, served.provider.token(ANA)) as debrief:
        form = debrief.send(filling_in("tickets.issue", ISSUE))
        sent = debrief.send(confirming(form, once="one"))
        assert sent.record is not None and sent.record.id.startswith("OPS-") and len(written) == 1
        assert debrief.send(listing_forms()).items[0].id == form.id
        with pytest.raises(Refused, match="is written already"):
            debrief.send(confirming(form))
