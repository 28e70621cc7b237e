"""From a meeting, an answer and a plugin to records, a digest that runs by itself, and a review job, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask, request

pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

from playwright.sync_api import Browser, expect

from core.database import open_database
from core.settings import load_settings
from core.types import User
from evals.suite import load_suite
from ingestion.documents import readable_ids
from review.desk import Desk
from review.store import Store
from samples.stand_ins import tickets, totango
from samples.stand_ins.server import StandIn
from tests.integration import workspace
from tests.integration.browser import ASK, LAPTOP, PHONE, Served, Visitor, needs_browser, serving, sync, write_workspace

pytestmark = needs_browser
NOTES = """Call with Hollis Freight, 3 March 2026
Present: Jo Field (Hollis Freight), Max Stern
Decided: the pilot runs in two plants until June.
Max sends the draft contract by 10 March 2026.
Open: who signs for Hollis Freight?
"""
USERS = workspace.USERS.replace("groups:", "  - {email: ben@northgate.example, name: Ben Ito}\ngroups:")
ACCOUNT = """# Hollis Freight

- Health: red
- Account owner: Ana Keller
- Contract end: 2027-05-31

## Agreed actions

| Action | Owner | Due | Status |
| --- | --- | --- | --- |
| Send the draft contract | Max Stern | 2026-03-10 | open |
"""
ABOUT = {"customer": "Hollis Freight", "document_type": "account", "health": "red", "account_owner": "Ana Keller"}
VISITS = {
    "openapi": "3.1.0",
    "info": {"title": "Site visits", "version": "1"},
    "paths": {"/visits": {"post": {
        "operationId": "planVisit",
        "summary": "Plan a visit",
        "requestBody": {"content": {"application/json": {"schema": {
            "type": "object",
            "required": ["title", "day", "kind"],
            "properties": {
                "title": {"type": "string", "title": "Title"},
                "day": {"type": "string", "format": "date", "title": "Day"},
                "kind": {"type": "string", "enum": ["survey", "repair"], "title": "Kind"},
            },
        }}}},
    }}},
}  # fmt: skip


@dataclass
class Systems:
    served: Served
    jira: Any
    totango: Any
    visits: list[Any]


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systems]:
    app, visits = Flask("visits"), []

    @app.post("/visits")
    def plan() -> Any:
        visits.append(request.get_json())
        return {"id": "V-1", "html_url": "https://visits.example/1"}, 201

    with tickets.jira() as jira, totango.start() as success, StandIn("visits", app.wsgi_app, {}) as plugin:
        success.service.accounts = [{"id": "A-1", "display_name": "Hollis Freight", "attributes": {}}]
        success.service.lookups = {
            "activity_types": {"adoption": {"display_name": "Adoption"}},
            "touchpoint_types": [{"id": "call", "name": "Call"}],
        }
        common = {"groups": ["everyone"], "timeout_s": 5, "settle_s": 1}
        entries = [
            {"name": "tickets", "kind": "jira", "url": jira.url, "user": tickets.USER, "token": tickets.TOKEN,
             "fixed": {"project": "OPS"}, "preset": {"type": "Task"}, **common},
            {"name": "success", "kind": "totango", "url": success.url, "app_token": totango.APP_TOKEN,
             "preset": {"type": "call", "activity": "adoption"}, **common},
            {"name": "visits", "kind": "openapi", "url": plugin.url, "document": "visits.json",
             "operations": ["planVisit"], "token": "t", **common},
        ]  # fmt: skip
        # Cases of its own: those of the checkout are nobody's to change here.
        own = "evaluation: {cases_dir: cases, suite: own}\n"
        settings = f"{workspace.SETTINGS}actions: {json.dumps(entries)}\n{own}"
        folder = tmp_path_factory.mktemp("actions")
        (folder / "visits.json").write_text(json.dumps(VISITS), encoding="utf-8")
        account = {"hollis.md": ACCOUNT, "hollis.md.metadata.json": json.dumps({"Attributes": ABOUT})}
        (folder / "cases").mkdir()
        write_workspace(folder, settings, USERS, {**workspace.DOCUMENTS, **account})
        sync(folder)
        with serving(folder) as running:
            yield Systems(running, jira.service, success.service, visits)


@pytest.fixture
def visitor(systems: Systems, browser: Browser) -> Iterator[Visitor]:
    window = Visitor(browser, systems.served.url, LAPTOP, "light")
    yield window
    window.context.close()


def fits(visitor: Visitor) -> None:
    """Nothing is wrong to axe or wider than the window, on the desk and on a phone."""
    for size in (PHONE, LAPTOP):
        visitor.page.set_viewport_size(size)
        visitor.settled()
        assert visitor.violations() == []
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_meeting_becomes_a_touchpoint_after_one_look(systems: Systems, visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{systems.served.url}/apps?app=meeting_to_success_tool")
    customer = page.get_by_role("combobox", name="Customer")
    customer.wait_for(timeout=90_000)  # the first page of a server waits for its models
    customer.fill("Hollis Freight")
    customer.press("Enter")
    page.get_by_role("textbox", name="Or paste the notes").fill(NOTES)
    page.get_by_role("button", name="Run").click()
    page.get_by_role("button", name="Note a touchpoint in Totango").click(timeout=60_000)
    expect(page.get_by_role("button", name="Confirm and send")).to_be_visible(timeout=20_000)
    visitor.settled()
    expect(page.locator(".quote", has_text="the pilot runs in two plants until June").last).to_be_visible()
    assert systems.totango.events == [], "a form writes nothing"
    page.get_by_role("textbox", name="Subject").fill("Pilot in two plants")
    page.get_by_role("button", name="Confirm and send").scroll_into_view_if_needed()
    visitor.picture("action-form.png")
    assert visitor.violations() == []
    page.get_by_role("button", name="Confirm and send").click()
    expect(page.get_by_text("Written:")).to_be_visible(timeout=20_000)
    (note,) = systems.totango.events
    assert (note["account"]["id"], note["properties"]["subject"]) == ("A-1", "Pilot in two plants")
    assert "Ana Keller (ana@northgate.example) through Debrief" in note["note_content"]["text"]
    expect(page.get_by_role("button", name="Make a task in Totango").first).to_be_visible()


def test_an_answer_becomes_a_ticket_from_the_conversation(systems: Systems, visitor: Visitor) -> None:
    visitor.open()
    page = visitor.page
    visitor.ask("How long is raw telemetry kept?")
    box = page.get_by_role("textbox", name=ASK)
    box.fill("Open a Jira ticket for this")
    box.press("Enter")
    expect(page.get_by_role("button", name="Confirm and send")).to_be_visible(timeout=30_000)
    visitor.settled()
    assert systems.jira.records == []
    assert page.get_by_role("textbox", name="Summary").input_value() == "How long is raw telemetry kept?"
    visitor.picture("action-chat.png")
    page.get_by_role("button", name="Confirm and send").click()
    expect(page.get_by_role("link", name="OPS-1")).to_be_visible(timeout=20_000)
    (issue,) = systems.jira.records
    assert "90 days" in json.dumps(issue["fields"]["description"])
    page.goto(f"{systems.served.url}/actions")
    expect(page.get_by_text("No form waits for you")).to_be_visible()


def test_an_order_by_a_plugins_own_title_is_sent_as_its_schema_says(systems: Systems, visitor: Visitor) -> None:
    visitor.open()
    page = visitor.page
    box = page.get_by_role("textbox", name=ASK)
    box.fill("Plan a visit: The roof of the second plant leaks")
    box.press("Enter")
    kind = page.get_by_role("combobox", name="Kind")
    expect(page.get_by_role("textbox", name="Title").first).to_have_value(
        "The roof of the second plant leaks", timeout=30_000
    )
    visitor.settled()
    page.get_by_role("button", name="Confirm and send").click()
    expect(page.locator(".field-problem").first).to_be_visible(timeout=20_000)
    assert systems.visits == [], "a form with something missing isn't sent"
    visitor.settled()
    kind.fill("repair", timeout=20_000)
    kind.press("Enter")
    page.get_by_test_id("stDateInputField").first.click()
    page.keyboard.type("20261201")
    page.keyboard.press("Escape")
    expect(page.get_by_role("grid")).to_have_count(0)
    visitor.settled()
    visitor.picture("action-plugin.png")
    page.get_by_role("button", name="Confirm and send").click()
    expect(page.get_by_role("link", name="V-1").or_(page.get_by_text("Written:")).first).to_be_visible(timeout=20_000)
    assert systems.visits == [{"title": "The roof of the second plant leaks", "day": "2026-12-01", "kind": "repair"}]


def test_the_digest_runs_by_itself_and_waits_to_be_looked_at(systems: Systems, visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("workflows", "h1")
    trigger = page.get_by_role("combobox", name="Trigger")
    trigger.fill("Weekly account digest")
    trigger.press("Enter")
    visitor.settled()
    page.get_by_role("button", name="Switch on").click()
    page.get_by_role("button", name="Run now").click(timeout=20_000)
    queue = page.locator("[class*=st-key-review-]").first
    expect(queue).to_contain_text("Red: Hollis Freight", timeout=90_000)
    visitor.settled()
    fits(visitor)
    visitor.picture("workflow-digest.png")
    queue.get_by_role("button", name="Done").click()
    expect(page.get_by_text("No result waits for you")).to_be_visible(timeout=20_000)


def test_a_job_is_made_labelled_by_keys_decided_and_becomes_cases(
    systems: Systems, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visitor.page
    visitor.open()
    visitor.ask("What may hotel rooms cost?")
    visitor.ask("When does a renewal start?")
    visitor.open("tasks", "h1")
    page.get_by_text("Make a job").click()
    page.get_by_role("textbox", name="Question to the reviewers").fill("Are these answers right?")
    page.get_by_role("textbox", name="Instructions").fill("Right means: all of it is in the sources.")
    for name in ("Ana Keller", "Ben Ito"):
        people = page.get_by_role("combobox", name="Reviewers")
        people.fill(name)
        page.get_by_role("option", name=name).click()
        visitor.settled()
    people.press("Escape")
    page.get_by_role("spinbutton", name="Labels an item").fill("2")
    page.get_by_role("button", name="Open the job").click()
    expect(page.get_by_text("is open with")).to_be_visible(timeout=20_000)
    visitor.settled()
    page.get_by_text("Make a job").scroll_into_view_if_needed()
    fits(visitor)
    visitor.picture("review-task.png")
    while True:
        page.keyboard.press("1")
        expect(page.get_by_role("radio", name="right")).to_be_checked()
        visitor.settled()
        before = page.get_by_role("progressbar").get_attribute("aria-valuenow")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("progressbar").or_(page.get_by_text("All done"))).not_to_have_attribute(
            "aria-valuenow", before or ""
        )
        visitor.settled()
        if page.get_by_text("All done").count():
            break
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(systems.served.workspace / "debrief.yaml"))
    store = Store(open_database(load_settings()))
    desk, ben = Desk(store, lambda ids, user: readable_ids(store.engine, ids, user)), User("ben@northgate.example")
    (job,) = [kept.job.job for kept in store.jobs()]
    handed = False
    while (task := desk.next(job, ben)) is not None:
        if handed:
            desk.save(task, ben, "right")
        else:
            desk.pass_on(task, ben, "It leaves the breakfast out", to_lead=True)
        handed = True
    page.reload()
    page.get_by_role("radio", name="Lead").or_(page.get_by_role("button", name="Lead")).first.click()
    expect(page.get_by_text("It leaves the breakfast out").first).to_be_visible(timeout=20_000)
    visitor.settled()
    fits(visitor)
    visitor.picture("review-lead.png")
    page.get_by_text("right", exact=True).last.click()
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Nothing waits for your word")).to_be_visible(timeout=20_000)
    visitor.settled()
    page.get_by_role("button", name="Make cases of them").click()
    expect(page.get_by_text("Made: ")).to_be_visible(timeout=20_000)
    cases = load_suite(systems.served.workspace / "cases" / "own.jsonl")
    assert {case.question for case in cases} >= {"What may hotel rooms cost?", "When does a renewal start?"}
    assert all(case.origin.startswith(f"review:{job}/") and case.reviewed for case in cases)
