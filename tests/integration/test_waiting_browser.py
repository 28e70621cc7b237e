"""A run that asks, in a real browser: its form in the conversation, and in the list after a new start of the browser."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

from playwright.sync_api import expect

from apps.publish.load import AppText
from apps.publish.versions import publish
from core.database import open_database
from core.settings import load_settings
from tests.integration.browser import needs_browser

pytestmark = needs_browser
ASKING = """\
name: gift_note
title: Gift note
description: Writes a note for a gift, and asks what the gift is.
version: "1.0"
owner: ana@northgate.example
routing:
  examples: [Write a gift note for Peter, A gift note for our neighbour, Make a note for a gift]
inputs:
  - {name: person, type: text, label: Person}
steps:
  - {id: begin, use: write, with: {draft: "Dear {{ person }}"}}
  - {id: you, use: ask, with: {say: "The note begins {{ begin.text }}.", questions: [{name: gift, type: text, label: Which gift?}]}}
  - {id: note, use: write, with: {draft: "{{ begin.text }}, enjoy the {{ you.answers.gift }}."}}
outputs:
  - {name: text, kind: markdown, value: "{{ note.text }}"}
"""


def answer(visitor, gift: str) -> None:
    page = visitor.page
    box = page.get_by_role("textbox", name="Which gift?")
    # While a page is drawn anew the form before it stands beside the form to come.
    box.first.wait_for(timeout=60_000)
    visitor.settled()
    expect(box).to_have_count(1)
    box.fill(gift)
    box.press("Tab")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(f"enjoy the {gift}.")).to_be_visible(timeout=60_000)


def begin(visitor, person: str) -> None:
    """Runs the app from its page until it asks."""
    page = visitor.page
    page.goto(f"{visitor.url}/apps?app=gift_note")
    box = page.get_by_role("textbox", name="Person")
    box.wait_for()
    box.fill(person)
    box.press("Tab")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("textbox", name="Which gift?").first.wait_for(timeout=60_000)


def test_a_run_that_asks_goes_on_on_its_page_from_the_list_and_in_the_chat(window, development) -> None:
    settings = load_settings(development.workspace / "debrief.yaml")
    publish(open_database(settings), AppText(ASKING), "gift_note.yaml", [], "ana@northgate.example", unverified=True)
    visitor = window()
    begin(visitor, "Rosa")
    answer(visitor, "lamp")
    begin(visitor, "Tom")
    # Another browser knows nothing of the first: what it shows was kept.
    later = window()
    later.page.get_by_text("Waiting for you: 1").wait_for()
    later.page.get_by_text("Gift note · Tom").click()
    answer(later, "kettle")
    expect(later.page.get_by_text("Waiting for you")).to_have_count(0)
    assert later.violations() == []
    chat = window()
    chat.ask("Write a gift note for Peter")
    person = chat.page.get_by_role("textbox", name="Person")
    person.fill("Peter")
    person.press("Enter")
    answer(chat, "chess set")
