"""A whole run with marked secrets: none is in a log, a trace, an error, a page, an export or the database."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.openai_stand_in import openai_stand_in, wrong_key

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
# The environment's names, each with a value that is nowhere else.
SECRETS = {
    name: f"MARKED-{name}-5f2c9a"
    for name in ("LLM_KEY", "QDRANT_KEY", "GRAPH_SECRET", "SP_SECRET", "TOTANGO_TOKEN", "DB_PASSWORD", "HOOK", "MAIL")
}
SETTINGS = """\
data_dir: data
auth:
  development_user: ana@x.example
  graph: {tenant: t.example, client_id: app, client_secret: "${GRAPH_SECRET}", graph_endpoint: "http://127.0.0.1:9"}
llm: {model: "openai:stand-in", retries: 0, api_key: "${LLM_KEY}", base_url: "URL"}
evaluation: {webhook_url: "http://127.0.0.1:9/${HOOK}", mail: {to: [a@x.example], host: 127.0.0.1, port: 9, password: "${MAIL}"}}
sources:
  - {name: handbook, kind: files, path: docs, public: true}
  - {name: sites, kind: sharepoint, tenant: t.example, client_id: app, client_secret: "${SP_SECRET}", graph_endpoint: "http://127.0.0.1:9", attempts: 1}
  - {name: customers, kind: totango, app_token: "${TOTANGO_TOKEN}", endpoint_url: "http://127.0.0.1:9", attempts: 1}
"""
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("sync", "--log-level", "debug", "--log-format", "json"),
    ("sources",),
    ("sources", "--json"),
    ("doctor",),
    ("doctor", "--json"),
    ("doctor", "--model"),
    ("ask", "How many days of paid leave are there?"),
    ("ask", "How many days of paid leave are there?", "--json"),
    ("docs", "list", "--json"),
    ("access", "report"),
    ("access", "refresh"),
    ("audit", "export"),
    ("audit", "verify"),
    ("person", "export", "ana@x.example"),
    ("model", "usage"),
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "docs").mkdir()
    (folder / "docs" / "leave.md").write_text("# Leave\n\nEvery employee has 28 days of paid leave a year.\n")
    with openai_stand_in() as server:
        # As a provider that echoes what it was sent.
        server.reply = lambda body: wrong_key(SECRETS["LLM_KEY"])
        (folder / "debrief.yaml").write_text(SETTINGS.replace("URL", server.url))
        yield folder, {**os.environ, **SECRETS, "DEBRIEF_SETTINGS": str(folder / "debrief.yaml")}


def test_no_marked_secret_comes_out(workspace: tuple[Path, dict[str, str]]) -> None:
    folder, environment = workspace
    said: dict[str, str] = {}
    for command in COMMANDS:
        run = [sys.executable, "-c", "import cli; cli.main()", *command]
        done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=120)
        said[" ".join(command)] = done.stdout + done.stderr
    for name, value in (
        ("url", "database_url: postgresql+psycopg://u:${DB_PASSWORD}@127.0.0.1:9/none\n"),
        ("typo", "nonsense: ${LLM_KEY}\n"),
    ):
        broken = folder / f"{name}.yaml"
        broken.write_text(value + (folder / "debrief.yaml").read_text())
        run = [sys.executable, "-c", "import cli; cli.main()", "--settings", str(broken), "doctor"]
        done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=120)
        said[name] = done.stdout + done.stderr
    assert "28 days" in said["ask How many days of paid leave are there?"]
    assert all(said.values()), [command for command, text in said.items() if not text]
    mark = re.compile(r"MARKED-\w+?-5f2c9a")
    assert {command: mark.findall(text) for command, text in said.items() if mark.search(text)} == {}
    files = [f for f in (folder / "data").rglob("*") if f.is_file()]
    assert files and [f.name for f in files if mark.search(f.read_bytes().decode("latin-1"))] == []
