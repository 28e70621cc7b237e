"""Formats before 2007, from records built here and, where present, from real files."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from core.errors import Encrypted
from ingestion.parse import parse
from ingestion.parse.draft import Budget, Draft, File
from ingestion.parse.legacy.slides97 import write_deck
from ingestion.parse.legacy.workbook97 import parse_xls
from tests.ingestion.parse.conftest import flat


def record(kind: int, data: bytes, container: bool = False, instance: int = 0) -> bytes:
    return struct.pack("<HHI", (instance << 4) | (15 if container else 0), kind, len(data)) + data


def text_atoms(kind: int, text: str) -> bytes:
    return record(3999, struct.pack("<I", kind)) + record(4000, text.encode("utf-16-le"))


@pytest.fixture
def deck() -> tuple[bytes, bytes]:
    """A presentation of one slide: its title stands in the outline, a text box on the slide, and it was saved twice."""
    outline = record(1011, struct.pack("<5I", 2, 0, 0, 256, 0)) + text_atoms(0, "Renewal plan")
    document = record(1000, record(4080, outline, True), True)
    box = record(0xF00D, text_atoms(4, "Free text\rSecond line"), True)
    title = record(0xF00D, record(3998, struct.pack("<I", 0)), True)
    comment = record(
        12000, record(4026, "Bo".encode("utf-16-le")) + record(4026, "Too long".encode("utf-16-le"), instance=1), True
    )
    old = record(1006, record(0xF00D, text_atoms(4, "words of an older save"), True), True)
    new = record(1006, record(1036, title + box, True) + comment, True)
    stream = old
    first, second = len(stream), len(stream) + len(document)
    stream += document + new
    directory = len(stream)
    stream += record(6002, struct.pack("<III", (2 << 20) | 1, first, second))
    edit = len(stream)
    stream += record(4085, struct.pack("<IIIIIII", 0, 0, 0, directory, 1, 0, 0))
    user = record(4086, struct.pack("<III", 20, 0xE391C05F, edit))
    return stream, user


def test_slides_of_the_last_save_are_read(deck: tuple[bytes, bytes]) -> None:
    draft = Draft(Budget())
    write_deck(*deck, draft)
    assert [(s.heading_path, s.page, s.text) for s in draft.parsed().sections] == [
        (("Renewal plan",), 1, "Free text\nSecond line"),
        (("Renewal plan",), 1, "Comment by Bo: Too long"),
    ]


def test_a_workbook_of_excel_2_is_read() -> None:
    def cell(kind: int, row: int, column: int, value: bytes) -> bytes:
        return struct.pack("<HH", kind, 7 + len(value)) + struct.pack("<HH", row, column) + b"\0\0\0" + value

    body = b"\x09\x00\x04\x00\x02\x00\x10\x00"
    body += cell(0x04, 0, 0, b"\x05Doors") + cell(0x04, 0, 1, b"\x04Site")
    body += (
        cell(0x02, 1, 0, struct.pack("<H", 12)) + cell(0x03, 1, 1, struct.pack("<d", 2.5)) + struct.pack("<HH", 0x0A, 0)
    )
    assert parse_xls(File(body, "old.xls")).sections[0].text == "| Doors | Site |\n| --- | --- |\n| 12 | 2.5 |"


@pytest.fixture(scope="module")
def real(shared_data: Path) -> Path:
    return shared_data / "parsing" / "files"


def test_a_word_97_document_gives_lists_tables_notes_and_boxes(real: Path) -> None:
    parsed = parse((real / "tika/testWORD_various.doc").read_bytes(), "a.doc")
    text = flat(parsed)
    assert "1) Number bullet 1\n2) Number bullet 2" in text
    assert "| Row 2 Col 1 | Row 2 Col 2 | Row 2 Col 3 |" in text
    assert [s.text for s in parsed.sections if s.locator == "footnote"] == ["This is a footnote."]
    assert "Here is a text box" in text


def test_an_excel_97_workbook_gives_cells_and_margins(real: Path) -> None:
    parsed = parse((real / "tika/testEXCEL_headers_footers.xls").read_bytes(), "a.xls")
    assert "John Smith50" in flat(parsed)
    assert any(section.kind == "note" and "Corporate" in section.text for section in parsed.sections)


@pytest.mark.parametrize(
    "name",
    ["poi/Password_Protected-hello.ppt", "poi/password.xls", "tika/protect.xlsx", "unstructured/fake-encrypted.msg"],
)
def test_encrypted_files_are_reported_as_encrypted(real: Path, name: str) -> None:
    with pytest.raises(Encrypted, match="encrypted"):
        parse((real / name).read_bytes(), name)


def test_an_outlook_message_gives_its_attachment(real: Path) -> None:
    parsed = parse((real / "tika/testMSG_att_msg.msg").read_bytes(), "a.msg")
    assert len({section.heading_path for section in parsed.sections}) > 1
