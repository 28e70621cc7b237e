"""From a meeting and from an answer to records in other systems, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

from playwright.sync_api import Browser, expect

from samples.stand_ins import tickets, totango
from tests.integration import workspace
from tests.integration.browser import ASK, LAPTOP, Served, Visitor, needs_browser, serving, sync, write_workspace

pytestmark = needs_browser
NOTES = """Call with Hollis Freight, 3 March 2026
Present: Jo Field (Hollis Freight), Max Stern
Decided: the pilot runs in two plants until June.
Max sends the draft contract by 10 March 2026.
Open: who signs for Hollis Freight?
"""


@dataclass
class Systems:
    served: Served
    jira: Any
    totango: Any


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systems]:
    with tickets.jira() as jira, totango.start() as success:
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
        ]  # fmt: skip
        settings = workspace.SETTINGS + f"actions: {json.dumps(entries)}\n"
        folder = tmp_path_factory.mktemp("actions")
        write_workspace(folder, settings, workspace.USERS, workspace.DOCUMENTS)
        sync(folder)
        with serving(folder) as running:
            yield Systems(running, jira.service, success.service)


def test_a_meeting_becomes_a_touchpoint_after_one_look(systems: Systems, browser: Browser) -> None:
    visitor = Visitor(browser, systems.served.url, LAPTOP, "light")
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
    visitor.context.close()


def test_an_answer_becomes_a_ticket_from_the_conversation(systems: Systems, browser: Browser) -> None:
    visitor = Visitor(browser, systems.served.url, LAPTOP, "light")
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
    visitor.context.close()
