"""`debrief data verify | verified | revoke | matrix` and `debrief eval data --verified`, as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cli import app
from tests.integration import workspace
from tests.warehouse.shop import LAYER, shop

QUESTION = "How many riders per branch?"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("branches", "riders", "rentals", "repairs"):
        columns, rows = shop().database.rows(f"SELECT * FROM {name}")
        lines = [",".join(columns), *(",".join(str(v) for v in row) for row in rows)]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    layer = yaml.safe_dump({**LAYER, "roles": {"owner": ["admins"], "clerk": ["staff"]}})
    (tmp_path / "warehouse.yaml").write_text(layer, encoding="utf-8")
    files = json.dumps([f"{name}.csv" for name in ("branches", "riders", "rentals", "repairs")])
    settings = workspace.SETTINGS + f"warehouse: {{layer: warehouse.yaml, files: {files}}}\n"
    (tmp_path / "debrief.yaml").write_text(settings, encoding="utf-8")
    users = workspace.USERS.replace("users:", "users:\n  - {email: bo@northgate.example, name: Bo}", 1)
    (tmp_path / "users.yaml").write_text(users, encoding="utf-8")
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments))
    return done.exit_code, done.output + (str(done.exception) if done.exception else "")


def test_verify_list_measure_and_revoke(folder: Path) -> None:
    assert _run("data", "verify", QUESTION)[0] == 0
    listed = json.loads(_run("data", "verified", "--json")[1])["verified"]
    assert [(v["question"], v["state"]) for v in listed] == [(QUESTION, "in force")]
    assert json.loads(_run("data", "ask", QUESTION, "--json")[1])["verified"] == "ana@northgate.example"
    report = json.loads(_run("eval", "data", "--verified", "--json")[1])
    assert report == {"verified": 1, "verified_runs": 1.0, "read_the_same": 1.0}
    assert _run("data", "revoke", listed[0]["id"])[0] == 0
    assert json.loads(_run("data", "verified", "--json")[1])["verified"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("data", "verify", QUESTION, "--until", "soon"), "is no day"),
        (("data", "verify", QUESTION, "--until", "2020-01-01"), "is over"),
        (("data", "verify", "average weight of the riders"), "weight"),
        (("data", "verify", QUESTION, "--user", "bo@northgate.example"), "may not verify"),
        (("data", "revoke", "x"), "There is no verified question"),
        (("eval", "data"), "or say --verified"),
    ],
)
def test_bad_input_is_said_in_a_sentence(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    code, output = _run(*arguments)
    assert code != 0 and said in " ".join(output.split())


def test_the_matrix_is_printed(folder: Path) -> None:
    found = json.loads(_run("data", "matrix", "--json")[1])["permissions"]
    assert {"role": "clerk", "entity": "branch", "rows": "branch_id is one of $branches",
            "actions": ["list", "figures", "download"], "hidden": []} in found  # fmt: skip
