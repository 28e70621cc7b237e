from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from chat_ui.admin import guardrails as guardrails_view
from chat_ui.admin import weights as weights_editor
from core.database import metadata
from core.errors import DebriefError, SettingsError
from core.kept_file import KeptFile
from core.types import User

ANA = User("ana@northgate.example")
OLD = "# ours\ndocument_type: {policy: low}\n"
NEW = "# ours\ndocument_type: {policy: high}\n"


@pytest.fixture
def engine() -> sa.Engine:
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    metadata.create_all(engine)
    return engine


@pytest.fixture
def file(tmp_path: Path) -> KeptFile:
    (tmp_path / "weights.yaml").write_text(OLD, encoding="utf-8")
    return KeptFile(tmp_path / "weights.yaml", weights_editor.VERSIONS, weights_editor.checked)


def test_saving_keeps_comments_and_what_was_there(engine: sa.Engine, file: KeptFile) -> None:
    file.save(engine, NEW, OLD, ANA)
    assert file.read() == NEW
    assert [(v.user, v.text) for v in file.kept(engine)] == [(ANA.email, NEW), ("", OLD)]
    assert [f.name for f in file.path.parent.iterdir()] == ["weights.yaml"]


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(engine: sa.Engine, file: KeptFile) -> None:
    file.path.write_text("region: {emea: low}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="changed since you opened it"):
        file.save(engine, NEW, OLD, ANA)
    assert file.read() == "region: {emea: low}\n"


@pytest.mark.parametrize("text", ["document_type: {policy: enormous}", "document_type: [", "- 1"])
def test_a_wrong_text_is_never_written(engine: sa.Engine, file: KeptFile, text: str) -> None:
    with pytest.raises(DebriefError):
        file.save(engine, text, OLD, ANA)
    assert file.read() == OLD
    assert file.kept(engine) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("phrases: [{match: []}]", "match"),
        ("phrase: []", "did you mean 'phrases'"),
        ("a: [", "not valid YAML"),
        ("- 1", "dictionary"),
        ("redact: [names]", "redact"),
        ("restrict: [{match: [x], filter: '='}]", "filter"),
    ],
)
def test_wrong_guardrails_are_refused_with_their_place(text: str, message: str) -> None:
    with pytest.raises(DebriefError, match=message):
        guardrails_view.checked(text)


def test_each_kind_of_file_has_its_own_versions(engine: sa.Engine, file: KeptFile) -> None:
    file.save(engine, NEW, OLD, ANA)
    rules = KeptFile(file.path.with_name("guardrails.yaml"), guardrails_view.VERSIONS, guardrails_view.checked)
    assert rules.read() == ""
    rules.save(engine, "redact: [iban]\n", "", ANA)
    assert [v.text for v in rules.kept(engine)] == ["redact: [iban]\n"]
    assert len(file.kept(engine)) == 2
