"""The pages in a real browser, over a real server and a real index. DEBRIEF_PICTURES=1 also renews docs/pictures."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples" / "workspace"
CHROMIUM = shutil.which("chromium")
PICTURES = ROOT / "docs" / "pictures" if os.environ.get("DEBRIEF_PICTURES") else None
# Rule → the element of Streamlit's own that breaks it, and that a page can't change.
OF_STREAMLIT = {"presentation-role-conflict": 'data-testid="stFileUploaderDropzone"'}
LAPTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}

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

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (apt-get install chromium)"),
]


@dataclass
class Served:
    """A running server: its address, its workspace, and how long it took until it answered, in seconds."""

    url: str
    workspace: Path
    seconds: float


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    workspace = tmp_path_factory.mktemp("workspace")
    (workspace / "debrief.yaml").write_text(SETTINGS, encoding="utf-8")
    (workspace / "users.yaml").write_text(USERS, encoding="utf-8")
    (workspace / "docs").mkdir()
    for name, text in DOCUMENTS.items():
        (workspace / "docs" / name).write_text(text, encoding="utf-8")
    (workspace / "docs" / "locked.pdf").write_bytes(b"%PDF-1.7 cut off")
    environment = {**os.environ, "DEBRIEF_SETTINGS": str(workspace / "debrief.yaml")}
    debrief = str(Path(sys.executable).with_name("debrief"))
    subprocess.run([debrief, "sync"], env=environment, cwd=workspace, check=True, capture_output=True, timeout=120)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    page = [sys.executable, "-m", "streamlit", "run", str(ROOT / "chat_ui" / "app.py"), f"--server.port={port}"]
    begin = time.monotonic()
    with (workspace / "server.log").open("wb") as log:
        server = subprocess.Popen(page, env=environment, cwd=workspace, stdout=log, stderr=log)
    try:
        yield Served(f"http://127.0.0.1:{port}", workspace, _wait(f"http://127.0.0.1:{port}/_stcore/health", begin))
    finally:
        server.terminate()
        server.wait(timeout=20)


class Visitor:
    """One person's browser window on the server."""

    def __init__(self, browser: sync_api.Browser, served: Served, size: dict[str, int], scheme: str) -> None:
        self.context = browser.new_context(viewport=size, color_scheme=scheme)
        self.page = self.context.new_page()
        self.requested: list[str] = []
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.url = served.url
        self.page.goto(served.url)
        self.page.get_by_role("textbox", name="Ask about your documents, or attach a file").wait_for()

    def ask(self, question: str) -> None:
        before = self.page.locator(".question").count()
        box = self.page.get_by_role("textbox", name="Ask about your documents, or attach a file")
        box.fill(question)
        box.press("Enter")
        turn = self.page.locator('[data-testid="stChatMessage"]').nth(2 * before + 1)
        turn.locator("ul.sources, .state").first.wait_for(timeout=30_000)
        # The stop button turns back into the send button when the run is over.
        self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()

    def violations(self) -> list[str]:
        """What axe finds wrong, as "rule: first element", contrast included."""
        from axe_playwright_python.sync_playwright import Axe

        response = Axe().run(self.page).response
        assert len(response["passes"]) > 10, "axe saw no page"
        found = [(rule["id"], node["html"]) for rule in response["violations"] for node in rule["nodes"]]
        return [
            f"{rule}: {html[:200]}" for rule, html in found if not (rule in OF_STREAMLIT and OF_STREAMLIT[rule] in html)
        ]

    def picture(self, name: str) -> None:
        if PICTURES is not None:
            self.page.wait_for_timeout(600)
            self.page.screenshot(path=PICTURES / name)


@pytest.fixture
def visit(browser: sync_api.Browser, served: Served) -> Iterator[object]:
    opened: list[Visitor] = []

    def open_window(size: dict[str, int] = LAPTOP, scheme: str = "light") -> Visitor:
        opened.append(Visitor(browser, served, size, scheme))
        return opened[-1]

    yield open_window
    for visitor in opened:
        visitor.context.close()


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
    assert "telemetry" not in second.page.locator('[data-testid="stMainBlockContainer"]').inner_text().lower()
    assert "hotel" not in first.page.locator('[data-testid="stMainBlockContainer"]').inner_text().lower()


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
    box = page.get_by_role("textbox", name="Ask about your documents, or attach a file")
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("page_name", "ready"), [("apps", ".app-card"), ("insights", '[data-testid="stMetric"]')])
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


def _wait(url: str, begin: float, limit_s: float = 60) -> float:
    while time.monotonic() - begin < limit_s:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return time.monotonic() - begin
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no answer from {url} in {limit_s} s")
