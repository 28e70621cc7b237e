from __future__ import annotations

import struct
from pathlib import Path

import pytest

from core.errors import ParseError
from ingestion.parse.draft import File
from ingestion.parse.legacy.compound import Compound, codec, summary
from tests.ingestion.parse.compound_writer import compound_file


def test_streams_are_found_whatever_their_case_and_missing_ones_are_empty() -> None:
    body = compound_file({"Workbook": b"cells", "st/inner": b"x" * 5_000, "st/other": b"y"})
    compound = Compound(File(body, "a.xls"))
    assert (compound.read("WORKBOOK"), compound.read("Book")) == (b"cells", b"")
    assert compound.read("st", "inner") == b"x" * 5_000
    assert sorted(compound.children("st")) == ["inner", "other"]


@pytest.mark.parametrize("body", [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 100])
def test_a_few_bytes_are_damaged(body: bytes) -> None:
    with pytest.raises(ParseError, match=r"^it is damaged: its directory can't be read"):
        Compound(File(body, "a.doc"))


def test_a_file_that_holds_a_path_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "other.doc").write_bytes(compound_file({"WordDocument": b"somebody else's"}))
    with pytest.raises(ParseError, match=r"^it is damaged"):
        Compound(File(str(tmp_path / "other.doc").encode(), "a.doc"))


def test_a_summary_is_read_in_its_code_page() -> None:
    title = "Größe und Жизнь".encode("cp1251", "replace")
    values = [struct.pack("<IH2x", 2, 1251), struct.pack("<II", 30, len(title) + 1) + title + b"\0"]
    at = 8 + 8 * len(values)
    table, data = b"", b""
    for number, value in zip((1, 2), values, strict=True):
        table += struct.pack("<II", number, at + len(data))
        data += value
    section = struct.pack("<II", at + len(data), len(values)) + table + data
    assert summary(bytes(44) + struct.pack("<I", 48) + section) == {2: "Gr??e und Жизнь"}
    assert summary(b"\0" * 30) == {}


@pytest.mark.parametrize(
    ("page", "name"), [(1251, "cp1251"), (936, "gb18030"), (10000, "mac_roman"), (-535, "utf-8"), (4711, "cp1252")]
)
def test_code_pages_have_python_names(page: int, name: str) -> None:
    assert codec(page) == name
