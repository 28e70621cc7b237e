"""A person who is no programmer makes, tries, tests, approves and publishes a weekly status: in a real browser, without YAML."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

from playwright.sync_api import Page, TimeoutError, expect

from apps.publish.approval import open_reviews
from apps.publish.versions import list_versions
from core.database import open_database
from core.settings import load_settings
from tests.integration.browser import PHONE, Visitor, needs_browser, serving, sync, write_workspace

pytestmark = needs_browser

DESK = {"width": 1366, "height": 768}
SETTINGS = """\
company: Brightfield
data_dir: data
apps_dir: apps
auth:
  mode: development
  development_user: ${WHO:-ana@brightfield.example}
  users_file: users.yaml
  author_groups: [authors]
sources:
  - {name: accounts, kind: files, path: docs, public: true}
"""
USERS = """\
users:
  - {email: ana@brightfield.example, name: Ana Keller}
  - {email: ben@brightfield.example, name: Ben Ito}
groups:
  authors: {members: ["user:ana@brightfield.example", "user:ben@brightfield.example"]}
"""
REPORT = """\
# {customer} – service review Q3 2026

## Summary

{customer} is content with the service. Uptime is below what was agreed.

## Key figures

| Figure | Q2 2026 | Q3 2026 | Target |
| --- | --- | --- | --- |
| Tickets closed in time | 91 % | {closed} % | 95 % |
| Uptime | 99.7 % | 99.6 % | 99.9 % |

## Risks

- The budget for next year isn't approved.

## Agreed actions

| Action | Owner | Due | Status |
| --- | --- | --- | --- |
| Train the new administrators | Ana Keller | 2026-12-11 | open |
"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two customers with a service review each, two authors, and no language model."""
    documents = {}
    for customer, closed in (("Acme Foods", 93), ("Contoso Rail", 97)):
        name = customer.split(maxsplit=1)[0].lower()
        documents[f"{name}.md"] = REPORT.format(customer=customer, closed=closed)
        about = {"customer": customer, "document_type": "health_check", "_last_updated_at": "2026-10-05T08:00:00Z"}
        documents[f"{name}.md.metadata.json"] = json.dumps({"Attributes": about})
    folder = tmp_path_factory.mktemp("studio")
    (folder / "apps").mkdir()
    sync(write_workspace(folder, SETTINGS, USERS, documents))
    return folder


@pytest.fixture
def author(studio: Path, visit) -> Iterator[Visitor]:
    with serving(studio) as running:
        yield visit(running.url, DESK)


def drawn(page: Page) -> None:
    """Waits until no run of the page is on its way."""
    page.wait_for_timeout(200)
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def fill(page: Page, label: str, text: str) -> None:
    field = page.get_by_role("textbox", name=label, exact=True)
    drawn(page)
    field.fill(text)
    field.press("Tab")
    drawn(page)
    expect(field).to_have_value(text)


def pick(page: Page, label: str, option: str, *, typed: bool = False) -> None:
    """Chooses from a list; `typed` for one that begins with what it is looked for by."""
    drawn(page)
    box = page.get_by_role("combobox", name=label, exact=True)
    # A run of the page that comes meanwhile closes an open list.
    for _ in range(3):
        box.click()
        if typed:
            box.fill(option.split(maxsplit=1)[0])
        with suppress(TimeoutError):
            page.get_by_role("option", name=option, exact=True).click(timeout=3_000)
            return
    raise AssertionError(f"no {option} in {label}")


def build(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.url}/studio")
    page.get_by_role("button", name="Start", exact=True).click()
    fill(page, "Title", "Weekly status")
    fill(page, "What it does, in a sentence", "Where a customer stands this week, in a few lines.")
    expect(page.get_by_text("Say what to write, as you would tell a colleague.")).to_have_count(2)
    pick(page, "Look in", "What is known of a customer")
    expect(page.get_by_text("@account", exact=True)).to_be_visible()
    prompt = page.get_by_role("textbox", name="What to write")
    prompt.fill("Write the weekly status of @custmer. First where they stand, then what misses its target, from ")
    expect(page.get_by_text("'@custmer' is no input or step; did you mean 'customer'?").first).to_be_visible()
    prompt.fill("Write the weekly status of @customer. First where they stand, then what misses its target, from ")
    expect(page.get_by_text("The app is right")).to_be_visible()
    page.get_by_role("tab", name="Facts").click()
    pick(page, "Whose facts", "Acme Foods", typed=True)
    page.get_by_text("figures (2)").click()
    expect(page.get_by_text("Uptime").first).to_be_visible()
    page.get_by_role("button", name="all of figures").click()
    expect(prompt).to_have_value(
        "Write the weekly status of @customer. First where they stand, then what misses its target, from @account.metrics"
    )
    pick(page, "Hand over", "A mail")
    fill(page, "Subject", "Status of @customer")
    requests = page.get_by_role("textbox", name="Three requests")
    requests.fill("Weekly status of a customer\nHow do they stand this week?\nFriday status, please")
    requests.press("Control+Enter")
    expect(page.get_by_text("and the chat knows when somebody means this app")).to_have_count(0)
    assert visitor.violations() == []


def test_whoever_types_faster_than_the_page_is_drawn_loses_nothing(author: Visitor) -> None:
    page = author.page
    page.goto(f"{author.url}/studio")
    page.get_by_role("button", name="Start", exact=True).click()
    requests = "Three requests for it, as people would type them, one a line"
    names = ("Title", "Tone", "Called", "What it does, in a sentence", requests)
    fields = {name: page.get_by_role("textbox", name=name, exact=True) for name in names}
    fields["Title"].wait_for()
    author.settled()
    typed = {name: fields[name].input_value() for name in names}
    for number in range(12):
        # No order in which a field's neighbours are all drawn by the time that it comes again.
        name = names[(number * number + number // 3) % len(names)]
        fields[name].click()
        expect(fields[name]).to_be_focused()
        page.keyboard.press("Control+End")
        page.keyboard.type(f"n{number} ", delay=8)
        typed[name] += f"n{number} "
    prompt = page.get_by_role("textbox", name="What to write")
    prompt.click()
    page.keyboard.type("Write the weekly status, first where they stand.", delay=8)
    page.keyboard.press("Tab")
    for _ in range(2):  # as it stands there, and as it was kept
        for name in names:
            expect(fields[name]).to_have_value(re.compile(rf"^{typed[name].strip()}\s*$"), timeout=30_000)
        expect(prompt).to_have_value("Write the weekly status, first where they stand.")
        author.settled()
        page.wait_for_timeout(600)  # so long the prompt's editor waits before it tells
        author.settled()
        page.reload()
    page.get_by_role("button", name="Throw this draft away").click()
    page.get_by_role("button", name="Start", exact=True).wait_for()


def test_made_tried_tested_approved_and_published(author: Visitor, studio: Path, visit, monkeypatch) -> None:
    page = author.page
    page.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)
    build(author)
    author.picture("studio-build.png")

    page.reload()
    expect(page.get_by_role("textbox", name="Title", exact=True)).to_have_value("Weekly status")
    expect(page.get_by_text("It was left like this.")).to_be_visible()

    page.get_by_role("tab", name="Try").click()
    pick(page, "Customer", "Acme Foods", typed=True)
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Off target: Uptime 99.6 % (target 99.9)").first.wait_for(timeout=60_000)
    expect(page.get_by_text("Status of Acme Foods")).to_be_visible()

    author.settled()
    pick(page, "On which inputs (up to 5)", "Contoso Rail", typed=True)
    page.keyboard.press("Escape")
    author.settled()
    page.get_by_role("button", name="Run on all of them").click()
    beside = page.get_by_role("region", name="Results side by side")
    expect(beside.get_by_role("columnheader")).to_have_text(["", "Acme Foods", "Contoso Rail"])
    expect(beside.get_by_role("cell", name="Read what is known")).to_be_visible()
    author.picture("studio-beside.png")

    page.get_by_role("button", name="Make a test of this").click()
    page.get_by_role("textbox", name="The result must say").fill("Uptime 99.6 %")
    page.get_by_role("textbox", name="The result may not say").fill("is on target")
    page.get_by_role("button", name="Add the test").click()
    expect(page.get_by_text("The test stands under “Tests”")).to_be_visible()

    page.get_by_role("tab", name="Publish").click()
    expect(page.get_by_text("It is new: Where a customer stands this week, in a few lines.")).to_be_visible()
    expect(page.get_by_text("It is for everybody; whoever agrees publishes it.")).to_be_visible()
    page.get_by_role("textbox", name="What they should know").fill("For Fridays.")
    page.get_by_role("button", name="Ask for a review of 0.1").click()
    page.get_by_text("Version 0.1 waits for a second person", exact=True).wait_for(timeout=60_000)
    assert author.violations() == []

    monkeypatch.setitem(os.environ, "WHO", "ben@brightfield.example")
    monkeypatch.setitem(os.environ, "DEBRIEF_SETTINGS", str(studio / "debrief.yaml"))
    with serving(studio) as second:
        reviewer = visit(second.url, DESK)
        approve(reviewer)
        other = visit(second.url, PHONE, "dark")
        see(other)
    engine = open_database(load_settings())
    assert open_reviews(engine) == []
    (version,) = list_versions(engine, "weekly_status")
    assert (version.verified, version.author, version.current) == (True, "ana@brightfield.example", True)

    page.reload()
    page.get_by_role("tab", name="Publish").click()
    expect(page.get_by_text("verified", exact=True)).to_be_visible()


def approve(reviewer: Visitor) -> None:
    page = reviewer.page
    page.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)
    page.goto(f"{reviewer.url}/studio")
    page.get_by_text("Weekly status 0.1, by Ana Keller, waits for your review").click()
    expect(page.get_by_text("For Fridays.")).to_be_visible()
    expect(page.get_by_text("What the documents that the person may read say of a customer.")).to_be_visible()
    expect(page.get_by_text("Nothing: it sends nothing")).to_be_visible()
    expect(page.get_by_text("passed", exact=True)).to_be_visible()
    assert reviewer.violations() == []
    reviewer.picture("studio-review.png")
    page.get_by_role("button", name="Approve and publish", exact=True).click()
    expect(page.get_by_text("Weekly status 0.1 is published")).to_be_visible()


def see(visitor: Visitor) -> None:
    """The published app in the library, and its form in the Studio, on a phone in the dark."""
    page = visitor.page
    page.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)
    page.goto(f"{visitor.url}/apps")
    card = page.locator(".st-key-card-weekly_status")
    expect(card.get_by_text("verified")).to_be_visible()
    page.goto(f"{visitor.url}/studio?app=weekly_status")
    expect(page.get_by_role("textbox", name="Title", exact=True)).to_have_value("Weekly status")
    page.get_by_role("textbox", name="What to write").wait_for()
    visitor.settled()
    assert visitor.violations() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    visitor.picture("studio-phone.png")
