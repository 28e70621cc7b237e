"""How long `debrief serve` takes to its first page, and a person to their first answer: python -m tests.integration.start"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.integration import workspace
from tests.integration.browser import environment, free_port, sync, wait_for, write_workspace
from tests.integration.streamlit_client import Person

TIMES = 5
QUESTION = "How long is raw telemetry kept?"


def start(folder: Path) -> tuple[float, float]:
    """(Seconds until the first page is drawn, seconds from the question that follows to its whole answer)."""
    port = free_port()
    begin = time.monotonic()
    command = [str(Path(sys.executable).with_name("debrief")), "serve", "--port", str(port)]
    known = {**environment(folder), "DEBRIEF_PAGE_KEY": "start"}
    with subprocess.Popen(command, env=known, cwd=folder, stdout=subprocess.DEVNULL) as service:
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", begin)
            with Person(f"http://127.0.0.1:{port}") as person:
                person.cookies.set(f"debrief_key_{port}", "start", domain="127.0.0.1")
                assert "What do you need to know" in person.open()
                drawn = time.monotonic()
                assert "90 days" in person.ask(QUESTION)
                return drawn - begin, time.monotonic() - drawn
        finally:
            service.terminate()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_workspace(Path(folder), workspace.SETTINGS, workspace.USERS, workspace.DOCUMENTS)
        sync(path)
        start(path)  # fills the disk's cache, and learns what a new data folder has to learn
        runs = [start(path) for _ in range(TIMES)]
    for name, seconds in zip(("first page", "first answer after it"), zip(*runs, strict=True), strict=True):
        print(f"{name}: median {statistics.median(seconds):.1f} s of {TIMES}, slowest {max(seconds):.1f} s")


if __name__ == "__main__":
    main()
