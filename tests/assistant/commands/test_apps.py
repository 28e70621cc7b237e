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
    users = "users: [{email: ana@x.example}]\ngroups: {apps-authors: {members: ['user:ana@x.example']}}\n"
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
