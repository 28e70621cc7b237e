"""Sources are added and changed as a person would write them: checked, without secrets, audited, versions kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app
from connectors.probe import first_documents
from connectors.registry import KINDS
from connectors.source_edit import VERSIONS, added, asked_keys, changed, parsed_keys, source_named
from core.audit import recorded
from core.database import open_database
from core.errors import SettingsError
from core.kept_file import KeptFile
from core.settings import load_settings
from ingestion.sync.open import choose_sources

TEXT = """\
data_dir: data
sources:
  - name: docs      # ours
    kind: files
    path: docs
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "docs").mkdir()
    for number in range(30):
        (tmp_path / "docs" / f"{number:02}.md").write_text("# A plan\nIt costs 480 euros.\n")
    file = tmp_path / "debrief.yaml"
    file.write_text(TEXT)
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(file))
    return file


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["sources", *words])
    return result.exit_code, result.output + str(result.exception or "")


def test_a_source_is_added_tried_paused_and_resumed(file: Path) -> None:
    assert run("add", "files", "more", "path=docs", "allow=[group:sales]")[0] == 0
    code, said = run("add", "files", "gone", "path=nowhere")
    assert code == 1 and "doesn't exist" in said and "gone" not in file.read_text()
    assert run("pause", "more")[0] == 0
    settings = load_settings()
    assert [source.name for source in choose_sources(settings, [])] == ["docs"]
    with pytest.raises(SettingsError, match="debrief sources resume more"):
        choose_sources(settings, ["more"])
    assert "paused" in run("list")[1]
    assert run("resume", "more")[0] == 0
    assert file.read_text().startswith(TEXT)
    engine = open_database(settings)
    actions = [(entry.action, entry.subject) for entry in recorded(engine)]
    assert actions == [("resumed source", "more"), ("paused source", "more"), ("added source", "more")]
    assert len(KeptFile(file, VERSIONS, str).kept(engine)) == 4


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "a", "kind": "totango", "app_token": "abc123"}, "is a secret"),
        ({"name": "a", "kind": "totango", "app_token": "${TOKEN:-abc123}"}, "is a secret"),
        ({"name": "a", "kind": "totango", "app_token": "${NOT_SET_ANYWHERE}"}, "NOT_SET_ANYWHERE"),
        ({"name": "a", "kind": "file", "path": "x"}, "did you mean 'files'"),
        ({"name": "docs", "kind": "files", "path": "x"}, "two sources"),
        ({"name": "A b", "kind": "files", "path": "x"}, "name"),
        ({"name": "a", "kind": "files"}, "'path' is missing"),
        ({"name": "a", "kind": "files", "path": "x", "pth": "y"}, "unknown key 'pth'"),
        ({"name": "a", "kind": "files", "path": "x", "allow": ["sales"]}, "no principal"),
    ],
)
def test_a_wrong_source_is_refused_with_a_sentence(file: Path, values: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        added(TEXT, file, values)


def test_a_source_keeps_its_name_and_kind(file: Path) -> None:
    with pytest.raises(SettingsError, match="keeps its name"):
        changed(TEXT, file, "docs", {"name": "others"})
    with pytest.raises(SettingsError, match="did you mean 'docs'"):
        changed(TEXT, file, "dcs", {"paused": True})
    assert changed(TEXT, file, "docs", {"path": "docs"}) == TEXT


def test_the_first_documents_come_with_who_may_read_them(file: Path) -> None:
    settings = load_settings()
    found = first_documents(source_named(settings, "docs"), settings)
    assert [d.id for d in found] == [f"docs:{number:02}.md" for number in range(20)]
    assert {d.allow for d in found} == {frozenset()}


def test_a_form_gives_lists_and_leaves_out_what_is_empty() -> None:
    text = {"bucket": " records ", "prefixes": "a/, b/\nc/", "region": "", "secret_access_key": ""}
    assert parsed_keys("s3", text, "workers: 2") == {"bucket": "records", "prefixes": ["a/", "b/", "c/"], "workers": 2}
    emptied = parsed_keys("s3", {"prefixes": "", "region": "", "secret_access_key": ""}, "", {"prefixes", "region"})
    assert emptied == {"prefixes": [], "region": ""}
    with pytest.raises(SettingsError):
        parsed_keys("s3", {}, "workers")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_asks_for_keys_that_it_has(kind: str) -> None:
    asked = {key.name for key in asked_keys(kind)}
    fields = KINDS[kind].settings.model_fields
    assert asked <= set(fields)
    must = {name for name, field in fields.items() if field.is_required()} - {"name", "kind", "documents"}
    assert must <= asked
