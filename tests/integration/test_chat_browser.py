"""The chat page in a real browser, over a real server and a real index. DEBRIEF_PICTURES=1 also renews docs/pictures."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

from tests.integration.browser import ASK, SAMPLES, Served, needs_browser, sync_api
from tests.integration.start import start

pytestmark = needs_browser


def test_ask_and_open_a_citation(window) -> None:
    visitor = window()
    visitor.ask("How long is raw telemetry kept?")
    visitor.settled()
    page = visitor.page
    chip = page.locator("details.cite > summary").first
    assert "Telemetry retention" in (chip.get_attribute("aria-label") or "")
    passage = page.locator("details.cite .passage").first
    assert not passage.is_visible()
    chip.focus()
    page.keyboard.press("Enter")
    passage.wait_for(state="visible")
    assert "90 days" in passage.locator("mark").first.inner_text()
    assert "Longer periods can be ordered" in passage.inner_text()
    assert page.get_by_text("Ana Keller").is_visible()
    page.locator('[class*="st-key-open-"]').first.wait_for()
    visitor.picture("chat.png")


def test_a_question_without_an_answer_shows_the_closest_passages(window) -> None:
    visitor = window()
    visitor.ask("Who won the chess championship in Reykjavik?")
    # While the page is drawn anew, the answer stands there twice for a moment.
    sync_api.expect(visitor.page.get_by_text("The documents don't answer this")).to_have_count(1, timeout=20_000)


def test_two_windows_keep_their_own_conversations(window) -> None:
    first, second = window(), window()
    first.ask("How long is raw telemetry kept?")
    second.ask("What may hotel rooms cost?")
    # What one may ask next comes from all documents; what was asked and answered doesn't.
    for visitor, other in ((second, "telemetry"), (first, "hotel")):
        said = visitor.page.locator(".question, .answer").all_inner_texts()
        assert said and other not in " ".join(said).lower()


def test_a_message_with_a_file_opens_the_app_in_the_conversation(window) -> None:
    visitor = window()
    page = visitor.page
    page.locator('[data-testid="stChatInput"] input[type="file"]').set_input_files(
        SAMPLES / "files/transcripts/2026-10-14-alpenbank-q3-review.vtt"
    )
    page.locator('[data-testid="stChatInput"]').get_by_text("2026-10").first.wait_for()
    box = page.get_by_role("textbox", name=ASK)
    box.fill("Write a follow-up e-mail for this meeting")
    # Streamlit takes no message while a file is on its way.
    send = page.get_by_test_id("stChatInputSubmitButton")
    sync_api.expect(send).to_be_enabled(timeout=30_000)
    send.click()
    # While the page is drawn anew, the answer stands there twice for a moment.
    sync_api.expect(page.get_by_text("Answered by: Follow-up e-mail")).to_have_count(1, timeout=60_000)
    assert "alpenbank" in page.locator(".facts").first.inner_text().lower()
    page.get_by_text("Answered by: Follow-up e-mail").click()
    page.get_by_role("button", name="Use plain search").wait_for()
    page.keyboard.press("Escape")
    assert visitor.foreign() == []
    visitor.picture("chat-app.png")


def test_the_service_draws_its_first_page_soon(development: Served) -> None:
    seconds, _ = start(development.workspace)
    # 3 s on a quiet machine (make bench-start); the suite shares this one with other tests.
    assert seconds < 15
