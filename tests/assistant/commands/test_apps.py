"""An app that asks the data warehouse is an administrator's to try and to publish, on the command line, too."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app

NOTE = """\
name: note
title: Note
description: Writes a note.
version: "1.0"
audience: [staff]
owner: a@x.example
inputs:
  - {name: topic, type: text, label: Topic}
steps:
  - {id: rows, use: query, with: {sql: select * from customers}}
  - {id: draft, use: write, with: {draft: "About {{ topic }}."}}
outputs:
  - {name: text, kind: markdown, value: "{{ draft.text }}"}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "debrief.yaml").write_text("auth: {development_user: ana@x.example, users_file: users.yaml}\n")
    users = (
        "users: [{email: ana@x.example}, {email: ben@x.example}]\n"
        "groups:\n"
        "  apps-authors: {members: ['user:ana@x.example', 'user:ben@x.example']}\n"
        "  staff: {members: ['user:ana@x.example']}\n"
    )
    (tmp_path / "users.yaml").write_text(users)
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(tmp_path / "debrief.yaml"))
    file = tmp_path / "note.yaml"
    file.write_text(NOTE)
    return file


@pytest.mark.parametrize("command", [["publish", "--unverified"], ["run", "--input", "topic=x"]])
def test_an_author_may_neither_publish_nor_try_a_query(file: Path, command: list[str]) -> None:
    first, *options = command
    result = CliRunner().invoke(app, ["apps", first, str(file), *options])
    assert "an administrator reads the query" in str(result.exception)


def test_an_administrator_may(file: Path) -> None:
    users = file.with_name("users.yaml")
    users.write_text(users.read_text().replace("apps-authors", "admins"))
    result = CliRunner().invoke(app, ["apps", "publish", str(file), "--unverified"])
    assert result.exit_code == 0, result.exception
    assert "Published note 1.0" in result.stdout


def test_an_app_for_everybody_is_published_by_a_second_person(file: Path) -> None:
    def run(*command: str) -> str:
        result = CliRunner().invoke(app, ["apps", *command])
        return result.stdout + str(result.exception or "")

    everybody = file.read_text().replace("  - {id: rows, use: query, with: {sql: select * from customers}}\n", "")
    file.write_text(everybody.replace("audience: [staff]\n", ""))
    assert "it is for everybody, so a second person must agree" in run("publish", str(file), "--unverified")
    assert "it has no tests" in run("review", str(file))
    assert "note 1.0 waits for a second person" in run("review", str(file), "--unverified", "--say", "Please look.")
    shown = run("reviews")
    assert "note 1.0, by ana@x.example" in shown
    assert "“Please look.”" in shown
    assert "does: Nothing: it sends nothing" in shown
    assert "a second person must agree" in run("approve", "note")
    assert "write what should change" in run("request-changes", "note", "--note", " ", "--user", "ben@x.example")
    assert "asked for changes" in run("request-changes", "note", "--note", "Shorter.", "--user", "ben@x.example")
    assert "There is no review 'note'" in run("approve", "note", "--user", "ben@x.example")
    run("review", str(file), "--unverified")
    assert "it has no tests" in run("approve", "note", "--user", "ben@x.example")
    assert "Published note 1.0, not verified" in run("approve", "note", "--unverified", "--user", "ben@x.example")
    assert run("reviews") == "Nothing waits for a review.\n"
