from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from chat_ui.weights_file import kept, read_text, save
from core.database import metadata
from core.errors import FilterError
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
def file(tmp_path: Path) -> Path:
    file = tmp_path / "weights.yaml"
    file.write_text(OLD, encoding="utf-8")
    return file


def test_saving_keeps_comments_and_what_was_there(engine: sa.Engine, file: Path) -> None:
    save(engine, file, NEW, OLD, ANA)
    assert read_text(file) == NEW
    assert [(v.user, v.text) for v in kept(engine)] == [(ANA.email, NEW), ("", OLD)]
    assert [f.name for f in file.parent.iterdir()] == ["weights.yaml"]


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(engine: sa.Engine, file: Path) -> None:
    file.write_text("region: {emea: low}\n", encoding="utf-8")
    with pytest.raises(FilterError, match="changed since you opened it"):
        save(engine, file, NEW, OLD, ANA)
    assert read_text(file) == "region: {emea: low}\n"


@pytest.mark.parametrize("text", ["document_type: {policy: enormous}", "document_type: [", "- 1"])
def test_a_wrong_text_is_never_written(engine: sa.Engine, file: Path, text: str) -> None:
    with pytest.raises(FilterError):
        save(engine, file, text, OLD, ANA)
    assert read_text(file) == OLD
    assert kept(engine) == []
