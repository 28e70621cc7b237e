import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app
from core.errors import ModelError
from core.llm.local import find_model, read_gguf, stored_models
from core.llm.local.store import checksum_file, is_intact, sha256_of
from tests.core.local.gguf_file import write_gguf


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEBRIEF_MODELS", str(tmp_path))
    return tmp_path


def test_a_header_says_name_context_and_memory(folder: Path) -> None:
    model = read_gguf(write_gguf(folder / "tiny.gguf"))
    assert (model.name, model.architecture, model.context_tokens) == ("Tiny Model", "tiny", 4096)
    assert model.token_bytes == 2 * 2 * 2 * 2 * 8  # keys and values, 2 bytes, 2 layers, 2 heads, 8 numbers
    assert model.memory_bytes(1000) == pytest.approx(2 * model.size_bytes + 128_000 + 4e8)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "There is no model file"),
        (b"<html>not found</html>", "is no GGUF file"),
        (b"GGUF\x03\x00", "is damaged or not whole"),
        (b"", "is no GGUF file"),
    ],
)
def test_what_is_no_model_is_said_in_a_sentence(folder: Path, content: bytes | None, message: str) -> None:
    file = folder / "bad.gguf"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ModelError, match=message):
        read_gguf(file)


def test_a_file_that_breaks_off_in_its_header(folder: Path) -> None:
    whole = write_gguf(folder / "tiny.gguf").read_bytes()
    for length in range(5, len(whole), 7):
        (folder / "cut.gguf").write_bytes(whole[:length])
        with pytest.raises(ModelError, match="is damaged or not whole"):
            read_gguf(folder / "cut.gguf")


def test_another_version_is_told(folder: Path) -> None:
    with pytest.raises(ModelError, match="GGUF version 9"):
        read_gguf(write_gguf(folder / "new.gguf", version=9))


def test_local_is_the_newest_and_a_name_finds_its_own(folder: Path) -> None:
    with pytest.raises(ModelError, match="fetch one with `debrief model get"):
        find_model("local")
    for age, name in enumerate(("first", "second")):
        os.utime(write_gguf(folder / f"{name}.gguf"), (1000 + age, 1000 + age))
    assert [file.stem for file in stored_models()] == ["second", "first"]
    assert find_model("local").path.stem == "second"
    assert find_model("local:first").path.stem == "first"
    assert find_model(str(folder / "first.gguf")).path.stem == "first"
    with pytest.raises(ModelError, match="did you mean 'first'"):
        find_model("local:frist")


def test_a_changed_file_is_noticed(folder: Path) -> None:
    file = write_gguf(folder / "tiny.gguf")
    assert is_intact(file) is None
    checksum_file(file).write_text(f"{sha256_of(file)}  tiny.gguf\n", encoding="ascii")
    assert is_intact(file) is True
    file.write_bytes(file.read_bytes() + b"x")
    assert is_intact(file) is False


def test_the_list_names_broken_files_too(folder: Path) -> None:
    write_gguf(folder / "tiny.gguf")
    (folder / "bad.gguf").write_bytes(b"no")
    shown = CliRunner().invoke(app, ["model", "list"]).stdout
    assert "4,096" in shown and "is no GGUF file" in shown


def test_an_empty_folder_says_how_to_fill_it(folder: Path) -> None:
    assert "debrief model get" in CliRunner().invoke(app, ["model", "list"]).stdout
