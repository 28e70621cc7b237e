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
CHROMIUM = shutil.which("chromium")
PICTURES = ROOT / "docs" / "pictures" if os.environ.get("DEBRIEF_PICTURES") else None
# No sandbox: the tests run as root in containers. The others keep the browser from calling home.
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
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


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


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
        self.page.wait_for_timeout(400)

    def violations(self) -> list[str]:
        """What axe finds wrong, as "rule: first element", contrast included."""
        from axe_playwright_python.sync_playwright import Axe

        response = Axe().run(self.page).response
        assert len(response["passes"]) > 10, "axe saw no page"
        return [f"{rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in response["violations"]]

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
