"""A consultant's day on the chat page: an address that lasts, work that goes on, results that are edited, a phone."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

from tests.integration.browser import ASK, PHONE, needs_browser, sync_api

pytestmark = needs_browser

expect = sync_api.expect


def test_reload_back_and_a_second_tab_keep_the_conversation(window) -> None:
    visitor = window()
    page = visitor.page
    visitor.ask("How long is raw telemetry kept?")
    address = page.url
    assert "?c=" in address
    page.reload()
    expect(page.locator(".question")).to_have_text(["How long is raw telemetry kept?"])
    visitor.settled()
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".question")).to_have_count(0)
    page.go_back()
    expect(page.locator(".question")).to_have_count(1)
    assert page.url == address
    # Left in the middle of the work: the answer is there once, in both tabs.
    visitor.settled()
    box = page.get_by_role("textbox", name=ASK)
    box.fill("What may hotel rooms cost?")
    box.press("Enter")
    page.locator(".question", has_text="hotel").wait_for()
    page.reload()
    other = window()
    other.page.goto(address)
    for tab in (visitor, other):
        expect(tab.page.locator(".question", has_text="hotel")).to_have_count(1)
        expect(tab.page.locator("ul.sources")).to_have_count(2, timeout=30_000)
        tab.settled()


def test_the_question_stays_at_the_top_and_a_passage_opens_where_it_stands(window) -> None:
    visitor = window()
    page = visitor.page
    visitor.ask("How long is raw telemetry kept?")
    visitor.ask("When does a renewal start, and who approves discounts?")
    question = page.locator(".question").last
    top = question.bounding_box()["y"]
    assert 0 < top < 250
    chip = page.locator("details.cite > summary").last
    before = chip.bounding_box()["y"]
    chip.click()
    page.locator("details.cite[open] .passage").wait_for(state="visible")
    assert abs(chip.bounding_box()["y"] - before) < 3
    assert page.locator("details.cite[open] .passage").bounding_box()["y"] > before


def test_an_answer_is_edited_where_it_stands_and_its_versions_are_kept(window) -> None:
    visitor = window()
    page = visitor.page
    visitor.ask("How long is raw telemetry kept?")
    expect(page.get_by_role("button", name="Edit", exact=True)).to_have_count(1)  # once the page is drawn for good
    page.get_by_role("button", name="Edit", exact=True).click()
    field = page.locator(".field").first
    field.click()
    page.keyboard.press("End")
    page.keyboard.type(" Please tell the customer.")
    visitor.picture("chat-edit.png")
    page.locator(".keys .save").click()
    expect(page.locator(".answer", has_text="Please tell the customer.")).to_have_count(1)
    visitor.settled()
    assert page.locator("details.cite").count() > 0
    page.reload()
    expect(page.locator(".answer", has_text="Please tell the customer.")).to_have_count(1)
    visitor.settled()
    page.get_by_role("button", name="Edited").click()
    page.get_by_role("combobox", name="Version").click()
    page.get_by_role("option", name="As it was answered").click()
    expect(page.locator(".answer", has_text="Please tell the customer.")).to_have_count(0)


def test_a_file_that_cannot_be_read_is_told_below_the_first_answer(window) -> None:
    visitor = window()
    page = visitor.page
    page.locator('[data-testid="stChatInput"] input[type="file"]').set_input_files(
        {"name": "broken.docx", "mimeType": "application/octet-stream", "buffer": b"no document"}
    )
    send = page.get_by_test_id("stChatInputSubmitButton")
    page.get_by_role("textbox", name=ASK).fill("How long is raw telemetry kept?")
    expect(send).to_be_enabled(timeout=30_000)
    send.click()
    page.locator("ul.sources").first.wait_for(timeout=30_000)
    expect(page.locator(".state.error")).to_contain_text("broken.docx")
    visitor.settled()
    expect(page.locator(".state.error")).to_contain_text("broken.docx")


def test_the_conversation_is_shared_with_a_named_person(window) -> None:
    visitor = window()
    page = visitor.page
    visitor.ask("How long is raw telemetry kept?")
    page.get_by_role("button", name="Share").first.click()
    dialog = page.get_by_role("dialog")
    people = dialog.get_by_role("combobox")
    people.fill("ben@northgate.example")
    people.press("Enter")
    people.press("Tab")  # the open list of names covers the button
    dialog.get_by_role("button", name="Share", exact=True).click()
    expect(dialog.get_by_role("button", name="Take back")).to_have_count(1)
    expect(dialog.get_by_role("button", name="Copy the address")).to_have_count(1)
    visitor.settled()
    visitor.picture("chat-share.png")
    dialog.get_by_role("button", name="Take back").click()
    expect(dialog.get_by_role("button", name="Take back")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_has_a_bar_at_its_end_and_nothing_is_cut(window, scheme: str) -> None:
    visitor = window(PHONE, scheme)
    page = visitor.page
    visitor.ask("How long is raw telemetry kept?")
    bar = page.locator(".st-key-bottom-bar")
    expect(bar.get_by_role("link", name="Apps")).to_be_visible()
    box = page.get_by_role("textbox", name=ASK).bounding_box()
    assert box["y"] + box["height"] < bar.bounding_box()["y"] + 2
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert visitor.violations() == []
    visitor.picture(f"chat-phone-{scheme}.png")
