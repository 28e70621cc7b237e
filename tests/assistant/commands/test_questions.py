import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.ask import Assistant
from assistant.commands import questions as commands
from assistant.records.still_readable import WITHHELD, Readable
from cli import app
from core.database import open_database
from core.settings import Settings, load_settings
from retrieval.retriever import Retriever

# What nobody may read any more.
CLOSED: set[str] = set()


@pytest.fixture
def cli(retriever: Retriever, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    (tmp_path / "debrief.yaml").write_text("data_dir: data\nauth: {development_user: ana@example.com}\n")
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(tmp_path / "debrief.yaml"))

    def opened(settings: Settings, readable: Readable) -> Assistant:
        return Assistant.over(retriever, settings, engine=open_database(settings), readable=readable)

    monkeypatch.setattr(commands, "open_assistant", opened)
    monkeypatch.setattr(commands, "_readable_in", lambda settings: lambda ids, user: set(ids) - CLOSED)
    CLOSED.clear()
    return CliRunner()


def test_ask_prints_the_answer_its_sources_and_a_trace_that_can_be_opened(cli: CliRunner) -> None:
    asked = cli.invoke(app, ["ask", "How long is raw Watchtower telemetry kept?"])
    assert asked.exit_code == 0
    assert "kept for 90 days. Meeting recordings are deleted after 30 days. [1]" in asked.stdout
    assert "[1] Data retention policy, page 2" in asked.stdout
    assert "https://docs.example/retention.pdf#page=2" in asked.stdout
    trace = asked.stdout.rsplit("trace ", 1)[1].strip()
    shown = cli.invoke(app, ["trace", trace])
    assert shown.exit_code == 0 and "Data retention policy" in shown.stdout and "outcome" in shown.stdout


def test_a_trace_and_the_history_are_as_readable_as_they_are_today(cli: CliRunner) -> None:
    asked = json.loads(cli.invoke(app, ["ask", "--json", "How long is raw Watchtower telemetry kept?"]).stdout)
    trace = asked["trace_id"]
    assert "90 days" in cli.invoke(app, ["trace", trace]).stdout
    CLOSED.update(c["document_id"] for c in asked["citations"])
    CLOSED.update(p["chunk"]["document_id"] for p in asked["passages"])
    for arguments in (["trace", trace], ["trace", trace, "--json"]):
        shown = cli.invoke(app, arguments).stdout
        assert "90 days" not in shown and "Data retention policy" not in shown
        assert WITHHELD[:30] in shown


def test_json_is_one_object_and_nothing_else(cli: CliRunner) -> None:
    asked = cli.invoke(app, ["ask", "--json", "How many moons does Jupiter have?"])
    answer = json.loads(asked.stdout)
    assert asked.exit_code == 0 and answer["outcome"] == "no_evidence"
    answered = json.loads(cli.invoke(app, ["ask", "--json", "When are meeting recordings deleted?"]).stdout)
    begin, end = answered["citations"][0]["begin"], answered["citations"][0]["end"]
    assert answered["text"][begin:end] == answered["citations"][0]["quote"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", " "], "empty"),
        (["ask", "x" * 9_000], "limit is 8,000"),
        (["ask", "What?", "--conversation", "nope"], "no conversation"),
        (["ask", "What?", "--filter", "customer>>x"], ""),
        (["trace", "nope"], "no answer with the trace"),
    ],
)
def test_mistakes_are_one_sentence(cli: CliRunner, arguments: list[str], message: str) -> None:
    result = cli.invoke(app, arguments)
    assert result.exit_code != 0
    assert message in str(result.exception) and "\n" not in str(result.exception)


def test_nobody_asking_is_said(cli: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "debrief.yaml").write_text("data_dir: data\n")
    assert "add --user" in str(cli.invoke(app, ["ask", "What?"]).exception)
    assert load_settings().auth.development_user == ""


def test_what_was_understood_is_printed(cli: CliRunner) -> None:
    asked = cli.invoke(app, ["ask", "How long is raw Watchtower telemtry kept?"])
    assert "Understood as: How long is raw Watchtower telemetry kept?" in asked.stdout
