"""The pages around the chat in a real browser, over a real server and a real index. DEBRIEF_PICTURES=1 also renews docs/pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

from tests.integration.browser import LAPTOP, PHONE, SAMPLES, needs_browser
from tests.integration.workspace import OWN_APP

pytestmark = needs_browser


def test_find_why_a_document_is_not_found(window) -> None:
    visitor = window()
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
    assert "PDF" in card.inner_text(), "the reason"
    visitor.picture("sources.png")


def test_run_the_follow_up_app_with_a_file(window) -> None:
    visitor = window()
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


def test_compare_two_health_checks_and_download(window, tmp_path: Path) -> None:
    visitor = window()
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
    rows = [row for sheet in load_workbook(tmp_path / "changes.xlsx") for row in sheet.iter_rows(values_only=True)]
    covered = next(row for row in rows if row[0] == "Endpoints covered")
    assert {4060, 4150, "better"} <= set(covered)
    page.get_by_text("What improved").first.evaluate("heading => heading.scrollIntoView()")
    visitor.picture("comparison.png")


def test_write_test_and_publish_an_app(window) -> None:
    visitor = window()
    page = visitor.page
    page.goto(f"{visitor.url}/studio")
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("tab", name="YAML").click()
    text = page.get_by_role("textbox", name="The app's file")
    text.wait_for()
    text.fill(OWN_APP)
    text.press("Control+Enter")
    page.get_by_text("Greeting card, version 1.0, 1 test.").wait_for()
    assert visitor.violations() == []
    page.get_by_role("tab", name="Tests").click()
    page.get_by_role("button", name="Run the tests").click()
    page.get_by_text("passed", exact=True).first.wait_for()
    visitor.picture("studio.png")
    page.get_by_role("tab", name="Publish").click()
    page.get_by_role("button", name="Publish as 1.0").click()
    page.get_by_text("Version 1.0 is published").wait_for()
    page.goto(f"{visitor.url}/apps")
    page.get_by_text("Greeting card").wait_for()
    visitor.open()
    visitor.ask("Write a greeting card for Monika")
    person = page.get_by_role("textbox", name="Person")
    person.fill("Monika")
    person.press("Enter")
    page.get_by_text("Dear Monika, all the best.").first.wait_for()
    page.get_by_text("Answered by: Greeting card").first.wait_for()


# Page → what is there when it is drawn.
PAGES = {
    "chat": "details.cite",
    "apps": ".app-card",
    "sources": "table.rows",
    "studio": "textarea, iframe, .cm-editor",
    "quality": ".state, table.rows",
    "insights": '[data-testid="stMetric"]',
    "admin": "table.rows, .state",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_fits_and_fetches_nothing_from_elsewhere(window, scheme: str) -> None:
    visitor = window(scheme=scheme)
    wrong = {}
    for name, ready in PAGES.items():
        if name == "chat":
            visitor.ask("How long is raw telemetry kept?")
            visitor.page.locator("details.cite > summary").first.click()
        else:
            visitor.open(name, ready)
            visitor.settled()
        for size in (LAPTOP, PHONE):
            visitor.page.set_viewport_size(size)
            # The theme's and the width's transitions last 300 ms.
            visitor.page.wait_for_timeout(400)
            found = visitor.violations()
            width = visitor.page.evaluate("document.documentElement.scrollWidth")
            if found or width > size["width"]:
                wrong[f"{name} at {size['width']}"] = [*found, f"{width} px wide"]
            if size is PHONE and name == "chat":
                visitor.picture(f"phone-{scheme}.png")
        visitor.page.set_viewport_size(LAPTOP)
        if name == "admin":
            visitor.page.get_by_role("tab", name="Audit").click()
        if scheme == "light" and name in ("apps", "insights", "admin"):
            visitor.picture(f"{name}.png")
    assert wrong == {}
    assert visitor.foreign() == []
