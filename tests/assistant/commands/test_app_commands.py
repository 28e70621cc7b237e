"""`debrief apps` as a person runs it: a run that asks waits, is listed, and goes on."""

import json
import subprocess
import sys

import pytest

APP = """\
name: asking
title: Asking
description: Asks in between.
version: "1.0"
owner: a@x.com
inputs:
  - {name: notes, type: long_text}
steps:
  - id: you
    use: ask
    with: {say: "You wrote {{ notes }}.", questions: [{name: day, type: date, label: Which day}]}
outputs:
  - {name: text, kind: markdown, value: "{{ notes }} on {{ you.answers.day }}"}
"""


@pytest.fixture
def debrief(tmp_path):
    (tmp_path / "debrief.yaml").write_text("auth: {development_user: ana@x.example}\n")
    (tmp_path / "asking.yaml").write_text(APP)

    def run(*arguments):
        command = [sys.executable, "-c", "from cli import main; main()", "apps", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)

    return run


@pytest.mark.integration
def test_a_run_waits_and_is_resumed(debrief):
    asked = json.loads(debrief("run", "asking.yaml", "--input", "notes=Hello", "--json").stdout)
    assert (asked["status"], asked["asks"][0]["name"], asked["saved_minutes"]) == ("waiting", "day", 0)
    assert [run["id"] for run in json.loads(debrief("waiting", "--json").stdout)["waiting"]] == [asked["run"]]
    questions = debrief("resume", asked["run"])
    assert "You wrote Hello." in questions.stdout and "--input day=YYYY-MM-DD" in questions.stdout
    wrong = debrief("resume", asked["run"], "--input", "day=soon")
    assert wrong.returncode == 1 and "which is no date" in wrong.stderr and "Traceback" not in wrong.stderr
    assert "Hello on 2026-12-01" in debrief("resume", asked["run"], "--input", "day=2026-12-01").stdout
    assert "None of your runs waits." in debrief("waiting").stdout
    again = debrief("resume", asked["run"], "--input", "day=2026-12-01")
    assert again.returncode == 1 and "waits for an answer" in again.stderr
