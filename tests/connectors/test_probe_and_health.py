"""`debrief sources test` and the health of a source."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from connectors.commands import register
from connectors.health import LastRuns, health_row, lag_text
from connectors.registry import KINDS
from core.errors import SettingsError
from samples.stand_ins import s3

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "docs").mkdir()
    file = tmp_path / "debrief.yaml"
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(file))
    return file


def sources(file: Path, *entries: dict[str, Any]) -> None:
    file.write_text(json.dumps({"sources": list(entries)}))


def try_out(name: str, *arguments: str) -> Any:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, ["sources", "test", name, *arguments])


def test_a_source_that_works_shows_a_document_and_who_reads_it(settings_file: Path) -> None:
    (settings_file.parent / "docs" / "a.txt").write_text("text")
    sources(settings_file, {"name": "docs", "kind": "files", "path": "docs", "allow": ["group:emea"]})
    result = try_out("docs", "--json")
    said = json.loads(result.stdout)
    assert result.exit_code == 0 and said["document_id"] == "docs:a.txt" and said["allow"] == ["group:emea"]
    assert said["problem"] == "" and said["size_bytes"] == 4


def test_a_closed_document_is_pointed_out(settings_file: Path) -> None:
    (settings_file.parent / "docs" / "a.txt").write_text("text")
    sources(settings_file, {"name": "docs", "kind": "files", "path": "docs"})
    result = try_out("docs")
    assert result.exit_code == 0 and "Nobody may read this document" in result.stdout


@pytest.mark.integration
def test_a_source_that_fails_says_what_is_wrong_and_what_it_needs(settings_file: Path) -> None:
    keys = {"kind": "s3", "bucket": "nowhere-at-all", "access_key_id": "x", "secret_access_key": "y"}
    with s3.start() as server:
        sources(settings_file, {"name": "bucket", **keys, "endpoint_url": server.url})
        result = try_out("bucket")
    assert result.exit_code == 1
    assert "there is no such bucket" in result.stdout and "s3:ListBucket" in result.stdout


@pytest.mark.integration
def test_a_credential_problem_is_named_by_its_kind(settings_file: Path) -> None:
    keys = {"kind": "s3", "bucket": "some-bucket", "access_key_id": "x", "secret_access_key": "y"}
    with s3.start() as server:
        server.faults.add("expire", times=9)
        sources(settings_file, {"name": "bucket", **keys, "endpoint_url": server.url})
        said = json.loads(try_out("bucket", "--json").stdout)
    assert said["credential"] == "expired" and "sign in again" in said["problem"]


def test_an_empty_source_is_a_problem_and_an_unknown_one_an_error(settings_file: Path) -> None:
    sources(settings_file, {"name": "docs", "kind": "files", "path": "docs"})
    result = try_out("docs")
    assert result.exit_code == 1 and "shows no document" in result.stdout
    unknown = try_out("dcos")
    assert isinstance(unknown.exception, SettingsError) and "did you mean 'docs'?" in str(unknown.exception)


def test_every_kind_says_what_it_needs() -> None:
    assert all(kind.needs for kind in KINDS.values())


@pytest.mark.parametrize(
    ("runs", "health", "message"),
    [
        (LastRuns(), "never synced", "debrief sync docs"),
        (LastRuns("SUCCEEDED", NOW - timedelta(hours=3), NOW + timedelta(hours=21)), "ok", ""),
        (LastRuns("SUCCEEDED", NOW - timedelta(days=9)), "by hand", ""),
        (LastRuns("SUCCEEDED", NOW - timedelta(hours=26), NOW - timedelta(hours=2)), "late", "debrief serve"),
        (LastRuns("SUCCEEDED", NOW - timedelta(hours=25), NOW - timedelta(minutes=30)), "ok", ""),
        (LastRuns("FAILED", NOW - timedelta(hours=3), NOW, "No connection."), "failing", "No connection."),
        (LastRuns("ABORTED", NOW, NOW), "failing", "debrief sources test docs"),
        (LastRuns("INCOMPLETE", NOW, NOW, "", 5, 2), "degraded", "2 documents failed"),
    ],
)
def test_health(runs: LastRuns, health: str, message: str) -> None:
    row = health_row("docs", "files", runs, NOW)
    assert row.health == health and message in row.message


@pytest.mark.parametrize(
    ("lag", "text"),
    [(None, "–"), (timedelta(minutes=5), "5 min"), (timedelta(hours=30), "30 h"), (timedelta(days=3), "3 d")],
)
def test_lag_as_people_say_it(lag: timedelta | None, text: str) -> None:
    assert lag_text(lag) == text
