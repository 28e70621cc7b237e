"""The pages in a real browser, over a real server and a real index. DEBRIEF_PICTURES=1 also renews docs/pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

from tests.integration.browser import (
    ASK,
    LAPTOP,
    PHONE,
    SAMPLES,
    Served,
    Visitor,
    needs_browser,
    serving,
    sync,
    sync_api,
    write_workspace,
)

pytestmark = needs_browser

SETTINGS = """\
company: Northgate
data_dir: data
auth: {mode: development, development_user: ana@northgate.example, users_file: users.yaml, admin_groups: [admins]}
sources:
  - {name: handbook, kind: files, path: docs, public: true}
"""
USERS = """\
users:
  - {email: ana@northgate.example, name: Ana Keller}
groups:
  admins: {members: ["user:ana@northgate.example"]}
"""
DOCUMENTS = {
    "renewals.md": """# Renewal playbook

## Timing

The renewal of a managed detection contract starts 120 days before its end. The final offer goes out 45 days before
the end at the latest.

## Discounts

Discounts above 8 % need the approval of the regional director. A discount is never offered before the customer has
seen the value summary.
""",
    "telemetry.md": """# Telemetry retention

Raw telemetry is kept for 90 days, alerts and case notes for 24 months. Longer periods can be ordered for each customer.
""",
    "expenses.md": "# Travel expenses\n\nHotel rooms may cost 160 euros a night, breakfast included.\n",
}

OWN_APP = """\
name: greeting_card
title: Greeting card
description: Writes a greeting.
version: "1.0"
owner: ana@northgate.example
inputs:
  - {name: person, type: text, label: Person}
steps:
  - {id: draft, use: generate, with: {draft: "Dear {{ person }}, all the best."}}
outputs:
  - {name: text, kind: markdown, value: "{{ draft.text }}"}
tests:
  - name: greets
    inputs: {person: Monika}
    expect:
      - {output: text, contains: [Monika]}
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    workspace = write_workspace(tmp_path_factory.mktemp("workspace"), SETTINGS, USERS, DOCUMENTS)
    (workspace / "docs" / "locked.pdf").write_bytes(b"%PDF-1.7 cut off")
    sync(workspace)
    with serving(workspace) as running:
        yield running


@pytest.fixture
def visit(visit: Callable[..., Visitor], served: Served) -> Callable[..., Visitor]:
    """A window on the chat page."""

    def window(size: dict[str, int] = LAPTOP, scheme: str = "light") -> Visitor:
        visitor = visit(served.url, size, scheme)
        visitor.open()
        return visitor

    return window


def test_the_server_answers_soon(served: Served) -> None:
    assert served.seconds < 15


def test_ask_and_open_a_citation(visit) -> None:
    visitor = visit()
    visitor.ask("How long is raw telemetry kept?")
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


def test_nothing_comes_from_elsewhere(visit) -> None:
    visitor = visit()
    visitor.ask("How long is raw telemetry kept?")
    visitor.page.goto(f"{visitor.url}/sources")
    visitor.page.get_by_role("heading", name="Sources").wait_for()
    foreign = [url for url in visitor.requested if not url.startswith((visitor.url, "data:", "blob:"))]
    assert foreign == []


def test_a_question_without_an_answer_shows_the_closest_passages(visit) -> None:
    visitor = visit()
    visitor.ask("Who won the chess championship in Reykjavik?")
    assert visitor.page.get_by_text("The documents don't answer this").is_visible()


def test_two_windows_keep_their_own_conversations(visit) -> None:
    first, second = visit(), visit()
    first.ask("How long is raw telemetry kept?")
    second.ask("What may hotel rooms cost?")
    assert "telemetry" not in second.text().lower()
    assert "hotel" not in first.text().lower()


def test_find_why_a_document_is_not_found(visit) -> None:
    visitor = visit()
    page = visitor.page
    page.goto(f"{visitor.url}/sources")
    page.get_by_role("tab", name="Documents").click()
    box = page.get_by_role("textbox", name="Find a document")
    box.fill("locked")
    box.press("Enter")
    card = page.locator(".facts")
    card.wait_for()
    assert "failed" in card.inner_text()
    assert "locked.pdf" in card.inner_text()
    visitor.picture("sources.png")


def test_run_the_follow_up_app_with_a_file(visit) -> None:
    visitor = visit()
    page = visitor.page
    page.goto(f"{visitor.url}/apps")
    card = page.locator(".st-key-card-follow_up_email")
    card.get_by_role("button", name="Open").click()
    page.locator('input[type="file"]').first.set_input_files(
        SAMPLES / "files/transcripts/2026-10-14-alpenbank-q3-review.vtt"
    )
    page.get_by_role("button", name="Remove").or_(page.locator('[data-testid="stFileChipName"]')).first.wait_for()
    page.get_by_role("button", name="Run").click()
    page.get_by_text("What this rests on").wait_for(timeout=60_000)
    shown = page.locator('[data-testid="stMain"], [data-testid="stMainBlockContainer"]').first.inner_text()
    assert "Subject" in shown
    assert "Alpenbank" in shown
    assert visitor.violations() == []
    visitor.picture("app.png")


def test_a_message_with_a_file_opens_the_app_in_the_conversation(visit) -> None:
    visitor = visit()
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
    visitor.picture("chat-app.png")


def test_compare_two_health_checks_and_download(visit, tmp_path: Path) -> None:
    visitor = visit()
    page = visitor.page
    page.goto(f"{visitor.url}/apps?app=health_check_comparison")
    reports = [SAMPLES / "s3/health-checks/alpenbank" / f"2026-{quarter}-health-check.docx" for quarter in ("Q2", "Q3")]
    files = page.locator('input[type="file"]')
    files.nth(1).wait_for(state="attached")
    for number, report in enumerate(reports):
        files.nth(number).set_input_files(report)
        page.get_by_text("39.").nth(number).wait_for()
    page.get_by_role("button", name="Run").click()
    page.get_by_text("What improved").wait_for(timeout=60_000)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="xlsx").click()
    waiting.value.save_as(tmp_path / "changes.xlsx")
    assert (tmp_path / "changes.xlsx").read_bytes()[:2] == b"PK"
    visitor.picture("comparison.png")


def test_write_test_and_publish_an_app(visit) -> None:
    visitor = visit()
    page = visitor.page
    page.goto(f"{visitor.url}/studio")
    text = page.get_by_role("textbox", name="The app's file")
    text.wait_for()
    text.fill(OWN_APP)
    text.press("Control+Enter")
    page.get_by_text("Greeting card, version 1.0, 1 tests.").wait_for()
    assert visitor.violations() == []
    page.get_by_role("tab", name="Tests").click()
    page.get_by_role("button", name="Run the tests").click()
    page.get_by_text("passed", exact=True).first.wait_for()
    visitor.picture("studio.png")
    page.get_by_role("tab", name="Publish").click()
    page.get_by_role("button", name="Test and publish").click()
    page.get_by_text("Version 1.0 is published").wait_for()
    page.goto(f"{visitor.url}/apps")
    page.get_by_text("Greeting card").wait_for()


PAGES = [
    ("apps", ".app-card"),
    ("insights", '[data-testid="stMetric"]'),
    ("quality", ".state"),
    ("admin", "table.rows, .state"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("page_name", "ready"), PAGES)
def test_the_other_pages_are_accessible(visit, page_name: str, ready: str, scheme: str) -> None:
    visitor = visit(scheme=scheme)
    visitor.ask("How long is raw telemetry kept?")
    visitor.page.goto(f"{visitor.url}/{page_name}")
    visitor.page.locator(ready).first.wait_for()
    visitor.page.wait_for_timeout(800)
    assert visitor.violations() == []
    if scheme == "light":
        visitor.picture(f"{page_name}.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_the_chat_page_is_accessible_and_fits(visit, size: dict[str, int], scheme: str) -> None:
    visitor = visit(size, scheme)
    visitor.ask("How long is raw telemetry kept?")
    visitor.page.locator("details.cite > summary").first.click()
    visitor.page.wait_for_timeout(500)
    width = visitor.page.evaluate("document.documentElement.scrollWidth")
    assert width <= size["width"]
    assert visitor.violations() == []
    if size is PHONE:
        visitor.picture(f"phone-{scheme}.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sources_page_is_accessible(visit, scheme: str) -> None:
    visitor = visit(scheme=scheme)
    visitor.page.goto(f"{visitor.url}/sources")
    visitor.page.locator("table.rows").first.wait_for()
    visitor.page.wait_for_timeout(500)
    assert visitor.violations() == []
