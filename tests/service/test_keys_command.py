"""`debrief keys`: create, list, revoke; who may do what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli import app
from core.database import open_database
from core.errors import IdentityError
from core.keys import listed_keys, open_key
from core.settings import load_settings
from tests.service.conftest import ANA, BEN, SETTINGS, write

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    write(tmp_path)
    file = tmp_path / "debrief.yaml"
    file.write_text(SETTINGS.replace("mode: oidc", f"mode: development, development_user: {ANA}"))
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(file))
    return lambda *arguments: CliRunner().invoke(app, ["keys", *arguments])


def test_a_key_is_made_listed_and_revoked(run: Run) -> None:
    made = run("create", "notebook", "--scope", "search", "--days", "7", "--user", BEN)
    text = next(line for line in made.output.splitlines() if line.startswith("dbr_"))
    engine = open_database(load_settings())
    assert open_key(engine, text).user == BEN
    listed = run("list").output
    assert "notebook" in listed and "valid" in listed and text.rpartition("_")[2] not in listed
    assert "Revoked" in run("revoke", "all", "--person", BEN).output
    with pytest.raises(IdentityError, match="is revoked"):
        open_key(engine, text)
    assert "No key of theirs is valid" in run("revoke", "all", "--person", BEN).output


def test_what_is_wrong_or_not_allowed_is_refused(run: Run) -> None:
    mine = run("create", "mine").output.split("Key ")[1].split()[0]
    wrong = {
        ("create", "x", "--scope", "everything"): "can't have the scopes",
        ("create", "x", "--days", "9999"): "valid for 9999 days",
        ("create", " "): "needs a name",
        ("create", "x", "--service", "--user", BEN): "isn't in admins",
        ("create", "x", "--service", "--scope", "operate"): "administrators act by themselves",
        ("revoke", "none"): "There is no key",
        ("revoke", "all"): "Say whose keys",
        ("revoke", mine, "--user", BEN): "There is no key",
        ("revoke", "all", "--person", ANA, "--user", BEN): "their own keys alone",
    }
    for arguments, said in wrong.items():
        refused = run(*arguments)
        assert refused.exit_code == 1 and said in str(refused.exception), arguments
    assert [key.state for key in listed_keys(open_database(load_settings()))] == ["valid"]
