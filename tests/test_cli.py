"""The commands as a person runs them: a small workspace, the real model, the real index."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli import COMMANDS, load_command

ROOT = Path(__file__).resolve().parents[1]
DEBRIEF = [sys.executable, "-c", "from cli import main; main()"]

SETTINGS = """
auth: {development_user: ana@x.example, users_file: users.yaml}
parsing: {max_bytes: 100000}
sources:
  - {name: docs, kind: files, path: docs, allow: ["group:staff"]}
"""
USERS = """
groups: {staff: {members: ["user:ana@x.example"]}}
users: [{email: ana@x.example, name: Ana}, {email: bo@x.example}]
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "debrief.yaml").write_text(SETTINGS)
    (folder / "users.yaml").write_text(USERS)
    docs = folder / "docs"
    docs.mkdir()
    (docs / "retention.md").write_text("# Retention policy\n\nRaw telemetry of customers is kept for 90 days.\n")
    (docs / "travel.md").write_text("# Travel policy\n\nA hotel in Vienna may cost 180 euros a night.\n")
    (docs / "broken.docx").write_bytes(b"PK\x03\x04 this is no Word file")
    (docs / "empty.txt").write_bytes(b"")
    (docs / "huge.txt").write_bytes(b"word " * 40_000)
    (docs / "unknown.bin").write_bytes(bytes(range(256)) * 8)
    return folder


@pytest.fixture(scope="module")
def synced(workspace):
    assert debrief(workspace, "sync").returncode == 0


def debrief(workspace: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([*DEBRIEF, *arguments], cwd=workspace, capture_output=True, text=True, timeout=120)


def asked(workspace, question, *arguments):
    result = debrief(workspace, "ask", question, "--json", *arguments)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def assert_one_sentence(result, *said):
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ") and "Traceback" not in result.stderr
    assert all(part in result.stderr for part in said), result.stderr


@pytest.mark.integration
class TestFromNothing:
    """In order: what a person does with a new workspace."""

    def test_asking_before_the_first_sync_says_what_to_run(self, workspace):
        assert_one_sentence(debrief(workspace, "ask", "How long is telemetry kept?"), "debrief sync")

    def test_a_sync_reports_every_file_that_it_could_not_read(self, workspace):
        result = debrief(workspace, "sync", "--json")
        assert result.returncode == 0, result.stderr
        report = json.loads(result.stdout)
        assert report["runs"][0]["counts"]["added"] == 2
        reasons = {failure["id"].partition(":")[2]: failure["reason"] for failure in report["failures"]}
        assert set(reasons) == {"broken.docx", "empty.txt", "huge.txt", "unknown.bin"}
        assert "100" in reasons["huge.txt"]
        assert all(len(reason) > 20 for reason in reasons.values())

    def test_a_second_sync_embeds_nothing(self, workspace):
        counts = json.loads(debrief(workspace, "sync", "--json").stdout)["runs"][0]["counts"]
        assert (counts["added"], counts["modified"], counts["embedded"], counts["chunks"]) == (0, 0, 0, 0)

    def test_an_answer_cites_the_document(self, workspace):
        answer = asked(workspace, "How long is raw telemetry kept?")
        assert answer["outcome"] == "answered"
        citation = answer["citations"][0]
        assert citation["document_id"] == "docs:retention.md"
        assert "90 days" in citation["quote"]
        assert "90 days" in answer["text"][citation["begin"] : citation["end"]]

    def test_what_the_documents_do_not_say_is_not_answered(self, workspace):
        assert asked(workspace, "Who won the chess tournament of 1972?")["outcome"] == "no_evidence"

    def test_a_person_without_access_finds_nothing(self, workspace):
        answer = asked(workspace, "How long is raw telemetry kept?", "--user", "bo@x.example")
        assert answer["outcome"] == "no_evidence"
        assert "retention" not in json.dumps(answer["nearest"]).lower()

    def test_explain_says_why_a_file_is_not_found(self, workspace):
        result = debrief(workspace, "docs", "explain", "broken.docx")
        assert result.returncode == 0
        assert "failed" in result.stdout and "broken.docx" in result.stdout
        assert_one_sentence(debrief(workspace, "docs", "explain", "nothing-like-it"), "nothing-like-it", "sync")

    def test_the_index_has_a_history_and_can_go_back(self, workspace):
        (workspace / "docs" / "retention.md").write_text("# Retention policy\n\nRaw telemetry is kept for 30 days.\n")
        assert debrief(workspace, "sync").returncode == 0
        assert "30 days" in asked(workspace, "How long is raw telemetry kept?")["text"]
        assert debrief(workspace, "index", "rollback").returncode == 0
        assert "90 days" in asked(workspace, "How long is raw telemetry kept?")["text"]
        assert debrief(workspace, "sync", "--full").returncode == 0
        assert "30 days" in asked(workspace, "How long is raw telemetry kept?")["text"]

    def test_doctor_finds_all_in_order(self, workspace):
        result = debrief(workspace, "doctor", "--json")
        assert result.returncode == 0, result.stdout
        status = {finding["subject"]: finding["status"] for finding in json.loads(result.stdout)["findings"]}
        assert status["index"] == status["embedding model"] == status["source docs"] == "ok"


@pytest.mark.integration
@pytest.mark.usefixtures("synced")
class TestBadInput:
    def test_questions_and_people(self, workspace):
        assert_one_sentence(debrief(workspace, "ask", "  "), "empty")
        assert_one_sentence(debrief(workspace, "ask", "x" * 100_000), "100,000", "8,000")
        assert_one_sentence(
            debrief(workspace, "ask", "hello?", "--user", "anna@x.example"), "did you mean 'ana@x.example'"
        )

    def test_settings(self, workspace):
        wrong = workspace / "wrong.yaml"
        wrong.write_text("sauces: []")
        assert_one_sentence(debrief(workspace, "--settings", "wrong.yaml", "sync"), "sauces", "did you mean 'sources'")
        assert_one_sentence(debrief(workspace, "--settings", "none.yaml", "sync"), "none.yaml")
        wrong.write_text("sources: [{name: a, kind: files, path: docs, pth: x}]")
        assert_one_sentence(debrief(workspace, "--settings", "wrong.yaml", "sync"), "pth", "wrong.yaml")

    def test_a_source_that_is_not_there_fails_alone_and_doctor_says_so(self, workspace):
        other = workspace / "other.yaml"
        other.write_text(SETTINGS.replace("path: docs", "path: nowhere") + "data_dir: .other\n")
        result = debrief(workspace, "--settings", "other.yaml", "sync")
        assert result.returncode == 1 and "nowhere" in result.stdout and "Traceback" not in result.stderr
        assert debrief(workspace, "--settings", "other.yaml", "doctor").returncode == 1

    def test_an_unknown_source_is_refused_with_the_nearest(self, workspace):
        assert_one_sentence(debrief(workspace, "sync", "doc"), "did you mean 'docs'")

    def test_two_syncs_at_once(self, workspace):
        lock = workspace / ".debrief" / "index" / "LOCK"
        holder = subprocess.Popen(
            [sys.executable, "-c", f"import portalocker,time; f=open({str(lock)!r},'a+'); portalocker.lock(f, 2|4); "
             "print('held', flush=True); time.sleep(60)"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert holder.stdout.readline() == "held\n"
            (workspace / "docs" / "new.md").write_text("# News\n\nThere is something new.\n")
            assert_one_sentence(debrief(workspace, "sync"), "being written")
            assert asked(workspace, "How long is raw telemetry kept?")["outcome"] == "answered", "reading goes on"
        finally:
            holder.kill()
            holder.communicate()
        assert debrief(workspace, "sync").returncode == 0

    def test_a_busy_port(self, workspace):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            assert_one_sentence(debrief(workspace, "serve", "--port", str(taken.getsockname()[1])), "--port")

    def test_development_users_are_not_served_beyond_this_machine(self, workspace):
        assert_one_sentence(debrief(workspace, "serve", "--host", "0.0.0.0"), "auth.mode: oidc")


@pytest.mark.integration
def test_ctrl_c_ends_a_sync_cleanly(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (tmp_path / "debrief.yaml").write_text("sources: [{name: docs, kind: files, path: docs, public: true}]")
    for n in range(400):
        (docs / f"{n:03}.md").write_text(f"# Note {n}\n\n" + f"Sentence {n} says something of its own. " * 5)
    process = subprocess.Popen(
        [*DEBRIEF, "sync", "--json"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    state = tmp_path / ".debrief" / "index" / "work"
    deadline = time.monotonic() + 60
    while not state.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=120)
    assert "Traceback" not in stderr
    run = json.loads(stdout)["runs"][0]
    assert run["state"] == "STOPPED"
    again = subprocess.run([*DEBRIEF, "sync", "--json"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    counts = json.loads(again.stdout)["runs"][0]["counts"]
    assert counts["added"] + run["counts"]["added"] == 400


@pytest.mark.integration
def test_a_killed_service_leaves_no_page_behind_on_its_port(workspace, synced):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    service = subprocess.Popen([*DEBRIEF, "serve", "--port", str(port)], cwd=workspace, stdout=subprocess.DEVNULL)
    assert answers(port, True), "the page came up"
    service.terminate()
    assert service.wait(timeout=30) == 0
    assert answers(port, False), "nobody listens any more"


def answers(port, wanted, seconds=60):
    """Whether the port comes to be listened on, or not, in the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if (probe.connect_ex(("127.0.0.1", port)) == 0) is wanted:
                return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_table_of_commands_says_what_the_modules_say(name):
    assert load_command(name).get_short_help_str(200) == COMMANDS[name][0]


def test_no_module_with_commands_is_missing_in_the_table():
    there = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for folder in (
            "core",
            "connectors",
            "ingestion",
            "operations",
            "retrieval",
            "actions",
            "vision",
            "warehouse",
            "assistant",
            "evals",
            "review",
            "workflows",
            "service",
        )
        for file in (ROOT / folder).rglob("*.py")
        if "\ndef register(" in file.read_text(encoding="utf-8")
    }
    assert there == {module for _, modules in COMMANDS.values() for module in modules}


def test_help_and_a_question_do_not_wait_for_the_libraries_of_other_commands():
    heavy = {"office365", "msal", "sklearn", "scipy", "datasketch", "apscheduler", "pandas", "pptx", "langchain"}
    code = (
        "import sys, cli\n"
        "from typer.testing import CliRunner\n"
        "assert 'trace' in CliRunner().invoke(cli.app, ['--help']).output\n"
        "assert '--app' in CliRunner().invoke(cli.app, ['ask', '--help']).output\n"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.stdout.strip() == "[]", result.stderr


@pytest.mark.parametrize("command", [("sync",), ("ask", "How long?"), ("doctor",), ("docs", "list")])
def test_a_damaged_database_is_a_sentence(tmp_path, command):
    (tmp_path / "docs").mkdir()
    (tmp_path / "debrief.yaml").write_text(
        "data_dir: data\nauth: {development_user: ana@x.example}\nsources:\n  - {name: a, kind: files, path: docs}\n"
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "state.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 8_000)
    result = debrief(tmp_path, *command)
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert "state.sqlite" in result.stdout + result.stderr


def test_a_data_folder_that_cant_be_one_is_a_sentence(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "debrief.yaml").write_text(
        "data_dir: data\nauth: {development_user: ana@x.example}\nsources:\n  - {name: a, kind: files, path: docs}\n"
    )
    (tmp_path / "data").write_text("no folder")
    assert_one_sentence(debrief(tmp_path, "sync"), "can't be used", "data")


def test_a_question_with_half_a_letter_is_answered(workspace, synced):
    # Another test of this module changes for how many days.
    text = asked(workspace, "How \udcfflong is raw telemetry kept?")["text"]
    assert "Raw telemetry" in text and "days" in text


def test_a_driver_that_isnt_there_is_a_sentence(tmp_path):
    (tmp_path / "debrief.yaml").write_text("data_dir: data\ndatabase_url: postgresql+nodriver://x@localhost/y\n")
    assert_one_sentence(debrief(tmp_path, "docs", "list"), "debrief[postgresql]")
