"""A Debrief server, a browser and its windows, for the tests that look at pages. DEBRIEF_PICTURES=1 renews docs/pictures."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples" / "workspace"
CHROMIUM = shutil.which("chromium")
PICTURES = ROOT / "docs" / "pictures" if os.environ.get("DEBRIEF_PICTURES") else None
# No sandbox: the tests run as root in containers. The others keep the browser from calling home.
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Rule → the element of Streamlit's own that breaks it, and that a page can't change.
OF_STREAMLIT = {"presentation-role-conflict": 'data-testid="stFileUploaderDropzone"'}
LAPTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
ASK = "Ask about your documents, or attach a file"

needs_browser = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (apt-get install chromium)"),
]


@dataclass
class Served:
    """A running server: its address, its workspace, its process's id, and how long it took until it answered, in seconds."""

    url: str
    workspace: Path
    process: int
    seconds: float

    def watched(self) -> list[str]:
        """What the server did: "call HOST" for each call beyond this machine, "model" and "index" for each one opened."""
        log = self.workspace / "watched.log"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_workspace(folder: Path, settings: str, users: str, documents: Mapping[str, str]) -> Path:
    """Settings, users and documents in `folder`; not synced yet."""
    (folder / "debrief.yaml").write_text(settings, encoding="utf-8")
    (folder / "users.yaml").write_text(users, encoding="utf-8")
    for name, text in documents.items():
        (folder / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "docs" / name).write_text(text, encoding="utf-8")
    return folder


def sync(workspace: Path) -> None:
    """Fills the workspace's index."""
    debrief = str(Path(sys.executable).with_name("debrief"))
    subprocess.run(
        [debrief, "sync"], env=environment(workspace), cwd=workspace, check=True, capture_output=True, timeout=120
    )


@contextmanager
def serving(workspace: Path, port: int | None = None) -> Iterator[Served]:
    """The pages over the workspace, until the block ends. `Served.watched` says what the server did meanwhile."""
    port = port or free_port()
    page = [sys.executable, "-m", "streamlit", "run", str(ROOT / "served" / "server.py"), f"--server.port={port}"]
    begin = time.monotonic()
    with (workspace / "server.log").open("ab") as log:
        server = subprocess.Popen(page, env=_watched(workspace), cwd=workspace, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        yield Served(url, workspace, server.pid, wait_for(f"{url}/_stcore/health", begin))
    finally:
        server.terminate()
        server.wait(timeout=20)


def _watched(workspace: Path) -> dict[str, str]:
    """The environment in which the server writes down its calls and what it opens; see watch/sitecustomize.py."""
    watch = Path(__file__).parent / "watch"
    return {**environment(workspace), "PYTHONPATH": str(watch), "WATCHED": str(workspace / "watched.log")}


def environment(workspace: Path) -> dict[str, str]:
    """The environment of a command over the workspace."""
    return {**os.environ, "DEBRIEF_SETTINGS": str(workspace / "debrief.yaml")}


def wait_for(url: str, begin: float, limit_s: float = 60) -> float:
    """Waits until the address answers; the seconds since `begin`."""
    while time.monotonic() - begin < limit_s:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return time.monotonic() - begin
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no answer from {url} in {limit_s} s")


class Visitor:
    """One person's browser window on the server."""

    def __init__(self, browser: sync_api.Browser, url: str, size: dict[str, int], scheme: str) -> None:
        self.context = browser.new_context(viewport=size, color_scheme=scheme)
        self.page = self.context.new_page()
        self.requested: list[str] = []
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.url = url

    def open(self, path: str = "", ready: str = "") -> None:
        """Goes to a page, and waits until it is drawn."""
        self.page.goto(f"{self.url}/{path}")
        if ready:
            self.page.locator(ready).first.wait_for()
        else:
            self.page.get_by_role("textbox", name=ASK).wait_for()

    def ask(self, question: str) -> None:
        """Asks, and waits for the whole answer."""
        before = self.page.locator(".question").count()
        box = self.page.get_by_role("textbox", name=ASK)
        box.fill(question)
        box.press("Enter")
        turn = self.page.locator('[data-testid="stChatMessage"]').nth(2 * before + 1)
        turn.locator("ul.sources, .state").first.wait_for(timeout=30_000)
        self.settled()

    def settled(self) -> None:
        """Waits until no run of the page is on its way: the stop button is the send button again."""
        self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()

    def text(self) -> str:
        """What the page says."""
        return str(self.page.locator('[data-testid="stMainBlockContainer"]').first.inner_text())

    def violations(self) -> list[str]:
        """What axe finds wrong, as "rule: first element", contrast included."""
        from axe_playwright_python.sync_playwright import Axe

        response = Axe().run(self.page).response
        assert len(response["passes"]) > 10, "axe saw no page"
        found = [(rule["id"], node["html"]) for rule in response["violations"] for node in rule["nodes"]]
        return [
            f"{rule}: {html[:200]}" for rule, html in found if not (rule in OF_STREAMLIT and OF_STREAMLIT[rule] in html)
        ]

    def foreign(self) -> list[str]:
        """What the pages have asked of anybody but the server."""
        return [url for url in self.requested if not url.startswith((self.url, "data:", "blob:"))]

    def picture(self, name: str) -> None:
        """A screenshot for docs/pictures, when they are being renewed."""
        if PICTURES is not None:
            self.page.wait_for_timeout(600)
            self.page.screenshot(path=PICTURES / name)
