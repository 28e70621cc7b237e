"""`debrief eval questions` as a person runs it: a small workspace, the real model, the real index."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

DEBRIEF = [sys.executable, "-c", "from cli import main; main()"]
SETTINGS = """
auth: {development_user: ana@x.example, users_file: users.yaml}
sources: [{name: docs, kind: files, path: docs, allow: [everyone]}]
"""
LINES = [
    {
        "id": "kept", "question": "How long is raw telemetry kept?", "user": "bo@x.example", "kind": "number",
        "answerable": True, "must": [["90 days"]],
    },
    {"id": "never", "question": "How long is raw telemetry kept?", "answerable": True, "must": [["91 days"]]},
    {"id": "moon", "question": "Who was the first dog on Mars?", "kind": "near_miss", "answerable": False},
]  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "docs").mkdir()
    (folder / "docs" / "retention.md").write_text("# Retention\n\nRaw telemetry of customers is kept for 90 days.\n")
    (folder / "debrief.yaml").write_text(SETTINGS)
    (folder / "users.yaml").write_text("users: [{email: ana@x.example}, {email: bo@x.example}]")
    (folder / "everyday.jsonl").write_text("\n".join(map(json.dumps, LINES)))
    assert debrief(folder, "sync").returncode == 0
    return folder


def debrief(workspace: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([*DEBRIEF, *arguments], cwd=workspace, capture_output=True, text=True, timeout=120)


def test_figures_as_json_each_case_in_a_file_and_the_run_in_the_history(workspace):
    done = debrief(workspace, "eval", "questions", "everyday.jsonl", "--json", "--details", "made/cases.jsonl")
    figures = json.loads(done.stdout)
    assert (figures["n"], figures["n_answerable"], figures["answered_rightly"]) == (3, 2, 0.5), done.stderr
    assert (figures["wrong"], figures["abstained_rightly"], figures["precision"]) == (0.5, 1.0, 0.5)
    cases = [json.loads(line) for line in (workspace / "made" / "cases.jsonl").read_text().splitlines()]
    assert [(c["id"], c["verdict"]) for c in cases] == [
        ("kept", "right"), ("never", "wrong"), ("moon", "rightly_abstained"),
    ]  # fmt: skip
    assert cases[1]["missing"] == [["91 days"]] and "90 days" in cases[1]["quotes"][0]
    (run,) = json.loads(debrief(workspace, "eval", "history", "--json").stdout)["runs"]
    assert (run["kind"], run["suite"]) == ("questions", "everyday") and "1 documents" in run["environment"]["index"]


def test_for_people_it_says_how_many_were_not_right_and_which(workspace):
    said = debrief(workspace, "eval", "questions", "everyday.jsonl").stdout
    assert "1 of 2 answerable questions weren't answered rightly" in said
    assert "never wrong: How long is raw telemetry kept?" in said
    first = debrief(workspace, "eval", "questions", "everyday.jsonl", "--limit", "1").stdout
    assert "0 of 1 answerable questions" in first


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lost.jsonl"], "There is no file lost.jsonl; "),
        (["everyday.jsonl", "--user", "cy@x.example"], "everyday.jsonl:2: user: There is no user 'cy@x.example'; "),
        (["everyday.jsonl", "--details", "docs"], "--details: docs can't be written (Is a directory); "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence(workspace, arguments, message):
    done = debrief(workspace, "eval", "questions", *arguments)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"Error: {message}")
