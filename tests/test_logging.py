"""The log of real processes: every line is JSON, the page's process follows, and no text of anybody's stands in it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.browser import free_port, wait_for
from tests.integration.streamlit_client import Person

pytestmark = pytest.mark.integration
DEBRIEF = [sys.executable, "-c", "from cli import main; main()"]
# `debrief ask` doesn't log; here it does, and everything.
LOGGING = [sys.executable, "-c", "from core import logs; logs.set_up('json', 'debug'); from cli import main; main()"]
SETTINGS = """
auth: {development_user: ana@x.example}
sources:
  - {name: docs, kind: files, path: docs, public: true}
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logged")
    (folder / "debrief.yaml").write_text(SETTINGS)
    (folder / "docs").mkdir()
    (folder / "docs" / "note.md").write_text("# Zanzibar note\n\nThe zanzibar budget is 90 euros a month.\n")
    (folder / "docs" / "broken.docx").write_bytes(b"PK\x03\x04 zanzibar, but no Word file")
    return folder


def ran(command, workspace):
    result = subprocess.run(command, cwd=workspace, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return result.stdout, [json.loads(line) for line in result.stderr.splitlines()]


def test_neither_a_sync_nor_a_question_logs_anybodys_text(workspace):
    _, synced = ran([*DEBRIEF, "sync", "--log-format", "json", "--log-level", "debug"], workspace)
    loggers = [line["logger"] for line in synced]
    assert {"ingestion.sync.commit", "ingestion.sync.sync", "retrieval.engines.generations"} <= set(loggers)
    assert loggers.count("ingestion.sync.sync") == 1
    stdout, asked = ran([*LOGGING, "ask", "What is the zanzibar budget a month?", "--json"], workspace)
    answer = json.loads(stdout)
    assert "90 euros" in answer["text"], "the marker was found and shown"
    (line,) = (line for line in asked if line["logger"] == "assistant.records.trace")
    assert (line["trace"], line["route"], line["outcome"]) == (answer["trace_id"], answer["route"], "answered")
    assert 0 < line["seconds"] < 300
    assert "zanzibar" not in json.dumps([synced, asked]).lower()


def test_a_sync_says_nothing_on_stderr_unless_it_is_asked_to_or_something_is_wrong(workspace):
    # Another test in this process may have served with a level of its own.
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("DEBRIEF_LOG")}
    result = subprocess.run([*DEBRIEF, "sync"], cwd=workspace, env=quiet, capture_output=True, text=True, timeout=300)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_page_follows_the_service_and_a_refused_sign_in_is_logged_once_a_session(workspace):
    settings = Path(workspace / "oidc.yaml")
    settings.write_text(SETTINGS.replace("{development_user: ana@x.example}", "{mode: oidc}"))
    port = free_port()
    command = [*DEBRIEF, "--settings", settings.name, "serve", "--port", str(port), "--host", "127.0.0.1"]
    with (workspace / "stderr").open("w+") as stderr:
        service = subprocess.Popen(
            [*command, "--log-format", "json", "--no-schedule"], cwd=workspace, stdout=subprocess.DEVNULL, stderr=stderr
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", time.monotonic())
            with Person(f"http://127.0.0.1:{port}") as person:
                assert "secrets.toml" in person.open()
                person.redraw()
        finally:
            service.terminate()
            service.wait(timeout=60)
        stderr.seek(0)
        lines = [json.loads(line) for line in stderr.read().splitlines()]
    (refused,) = (line for line in lines if "refused" in line["message"])
    assert (refused["logger"], refused["level"]) == ("chat_ui.parts.session", "warning")
    assert "cookie_secret" in refused["reason"], "what is missing is said, by name"
