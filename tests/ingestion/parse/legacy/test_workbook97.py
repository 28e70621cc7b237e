from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import olefile
import pytest
import python_calamine

from core.errors import Encrypted, ParseError, TooLarge
from ingestion.parse import ParseLimits, parse
from ingestion.parse.draft import File
from ingestion.parse.legacy.workbook97 import parse_xls
from tests.ingestion.parse.compound_writer import compound_file
from tests.ingestion.parse.conftest import flat
from tests.ingestion.parse.damage import cut_everywhere, damaged, outcomes
from tests.ingestion.parse.legacy.conftest import notes, sections


def record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def words(text: str) -> bytes:
    """A string of Excel 97: its length, its width, its characters."""
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def cell(kind: int, row: int, column: int, value: bytes, style: int = 0) -> bytes:
    return record(kind, struct.pack("<HHH", row, column, style) + value)


def formula(row: int, column: int, result: bytes) -> bytes:
    return cell(0x06, row, column, result + bytes(8))


def workbook(cells: bytes, globals_: bytes = b"", version: int = 0x0600, name: bytes = b"\x04\0Data") -> bytes:
    """A workbook of one sheet, in a compound file."""

    def head(offset: int) -> bytes:
        sheet = record(0x85, struct.pack("<IBB", offset, 0, 0) + name)
        return record(0x0809, struct.pack("<HHII", version, 5, 0, 0)) + globals_ + sheet + record(0x0A)

    begin = record(0x0809, struct.pack("<HHII", version, 0x10, 0, 0))
    stream = head(len(head(0))) + begin + cells + record(0x0A)
    return compound_file({"Workbook" if version == 0x0600 else "Book": stream})


def table(body: bytes) -> list[list[str]]:
    """The cells of the first table."""
    section = next(section for section in parse(body, "a.xls").sections if section.kind == "table")
    lines = [line for line in section.text.split("\n") if not line.startswith("| ---")]
    return [[part.strip() for part in line.strip("|").split("|")] for line in lines]


def test_cells_stand_as_they_are_shown(made: Callable[[str], bytes]) -> None:
    assert table(made("usage.xls")) == [
        ["Größe", "Share", "Preis", "Day"],
        ["12", "12.5%", "1,234.50 €", "01.03.2026"],
        ["Lyon", "0.3333333333", "-5.00 €", "26:30"],
        ["Lyon", "TRUE", "東京 Жизнь", "#DIV/0!"],
        ["noted", "", "", ""],
    ]


def test_another_reader_finds_the_same_values(made: Callable[[str], bytes]) -> None:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(made("usage.xls")))
    ours = table(made("usage.xls"))
    theirs = book.get_sheet_by_index(0).to_python()
    assert [[value if isinstance(value, str) else "" for value in row] for row in theirs[:1]] == ours[:1]
    assert [row[0] for row in theirs[1:]] == [12, "Lyon", "", "noted"]
    assert (theirs[1][1], theirs[1][2], str(theirs[1][3])) == (0.125, 1234.5, "2026-03-01")


def test_boxes_comments_and_margins_say_what_they_are(made: Callable[[str], bytes]) -> None:
    parsed = parse(made("usage.xls"), "usage.xls")
    assert ("text", ("Nutzung",), "A word in a box") in sections(parsed)
    assert notes(parsed) == {
        "sheet Nutzung comment": "Comment on A5 by Bo Lind: checked",
        "sheet Nutzung header or footer": "For the board",
    }


def test_hidden_sheets_are_named_and_not_read(made: Callable[[str], bytes]) -> None:
    parsed = parse(made("usage.xls"), "usage.xls")
    assert b"secret words" in made("usage.xls")
    assert "secret" not in flat(parsed)
    assert parsed.warnings == ("Hidden sheets were not read: Secret.",)


def test_numbers_come_packed_in_three_ways_and_with_their_formats() -> None:
    formats = record(0x041E, struct.pack("<H", 164) + words('0.0 "kW"'))
    styles = b"".join(record(0xE0, struct.pack("<HH", 0, number)) for number in (0, 164, 14, 4))
    hundredths, whole = struct.pack("<I", 12345 << 2 | 3), struct.pack("<i", -7 << 2 | 2)
    cells = (
        cell(0x0203, 0, 0, struct.pack("<d", 2.25), 1)
        + cell(0x027E, 0, 1, hundredths, 3)
        + record(0xBD, struct.pack("<HHH", 1, 0, 0) + whole + struct.pack("<H", 2) + struct.pack("<I", 45352 << 2 | 2) + b"\1\0")
    )  # fmt: skip
    assert table(workbook(cells, formats + styles)) == [["2.3 kW", "123.45"], ["-7", "2024-03-01"]]
    since_1904 = record(0x22, b"\1\0")
    assert table(workbook(cells, since_1904 + formats + styles))[1][1] == "2028-03-02"


def test_formulas_show_their_results() -> None:
    end = b"\xff\xff"
    cells = (
        formula(0, 0, b"\0" + bytes(5) + end) + record(0x0207, words("joined"))
        + formula(0, 1, b"\1\0\1" + bytes(3) + end) + formula(1, 0, b"\2\0\x2a" + bytes(3) + end)
        + formula(1, 1, struct.pack("<d", 4.5)) + cell(0x0205, 2, 0, b"\1\0") + cell(0x0205, 2, 1, b"\x17\1")
    )  # fmt: skip
    assert table(workbook(cells)) == [["joined", "TRUE"], ["#N/A", "4.5"], ["TRUE", "#REF!"]]


def test_a_string_goes_on_in_the_next_record_in_another_width() -> None:
    first = struct.pack("<II", 2, 2) + struct.pack("<HB", 9, 0) + b"plain"
    rest = b"\1" + "Жизн".encode("utf-16-le") + struct.pack("<HBH", 2, 8, 1) + b"ok" + bytes(4)
    strings = record(0xFC, first) + record(0x3C, rest)
    cells = (
        cell(0xFD, 0, 0, struct.pack("<I", 0))
        + cell(0xFD, 0, 1, struct.pack("<I", 1))
        + cell(0xFD, 1, 0, b"\x63\0\0\0")
    )
    assert "plainЖизн ok" in flat(parse(workbook(cells + cell(0x0204, 1, 1, words("x")), strings), "a.xls")).replace(
        " | ", " "
    )


def test_merged_cells_count_for_each_of_their_rows() -> None:
    cells = b"".join(cell(0x0204, row, 1, words(str(row))) for row in range(3)) + cell(0x0204, 0, 0, words("Lyon"))
    merged = record(0xE5, struct.pack("<HHHHH", 1, 0, 2, 0, 0))
    assert table(workbook(cells + merged)) == [["Lyon", "0"], ["Lyon", "1"], ["Lyon", "2"]]


def test_a_text_box_longer_than_a_record_keeps_its_end() -> None:
    box = record(0x5D, struct.pack("<HHHH", 0x15, 18, 6, 1) + bytes(14))
    text = (
        record(0x01B6, struct.pack("<HH6xHH4x", 0, 0, 9, 8))
        + record(0x3C, b"\0begin")
        + record(0x3C, b"\1" + " end".encode("utf-16-le"))
    )
    drawn = box + text + record(0x3C, bytes(8))
    assert flat(parse(workbook(cell(0x0204, 0, 0, words("x")) + drawn), "a.xls")).endswith("begin end")


@pytest.mark.parametrize(("page", "text"), [(1251, "Жизнь"), (932, "東京"), (1252, "Größe"), (10000, "Größe")])
def test_excel_95_is_read_in_its_code_page(page: int, text: str) -> None:
    raw = text.encode({10000: "mac_roman"}.get(page, f"cp{page}"))
    codepage = record(0x42, struct.pack("<H", page))
    note = record(0x1C, struct.pack("<HHH", 0, 0, 2 * len(raw)) + raw) + record(
        0x1C, struct.pack("<HHH", 0xFFFF, 0, len(raw)) + raw
    )
    body = workbook(cell(0x0204, 0, 0, struct.pack("<H", len(raw)) + raw) + note, codepage, 0x0500, b"\x04Data")
    assert sections(parse(body, "a.xls")) == [
        ("text", ("Data",), text),
        ("note", ("Data",), f"Comment on A1: {text}{text}"),
    ]


def test_a_workbook_of_excel_2_is_read() -> None:
    def old(kind: int, row: int, column: int, value: bytes) -> bytes:
        return record(kind, struct.pack("<HH", row, column) + b"\0\0\0" + value)

    body = b"\x09\x00\x04\x00\x02\x00\x10\x00" + old(0x04, 0, 0, b"\x05Doors") + old(0x04, 0, 1, b"\x04Site")
    body += old(0x02, 1, 0, struct.pack("<H", 12)) + old(0x03, 1, 1, struct.pack("<d", 2.5)) + record(0x0A)
    assert parse_xls(File(body, "old.xls")).sections[0].text == "| Doors | Site |\n| --- | --- |\n| 12 | 2.5 |"


def test_an_encrypted_workbook_is_reported_as_encrypted() -> None:
    with pytest.raises(Encrypted, match=r"^a\.xls: it is encrypted with a password; remove the password"):
        parse(workbook(cell(0x0204, 0, 0, words("x")), record(0x2F, bytes(54))), "a.xls")


def test_a_workbook_without_its_stream_is_damaged() -> None:
    with pytest.raises(ParseError, match=r"^a\.xls: it is damaged: it has no workbook stream; .*\.$"):
        parse(compound_file({"Workbook": b"\x09\x08"}), "a.xls")


def test_a_workbook_over_the_limit_of_characters_is_too_large() -> None:
    cells = b"".join(cell(0x0204, row, 0, words("word " * 100)) for row in range(60))
    with pytest.raises(TooLarge, match="more than 20,000 characters"):
        parse(workbook(cells), "a.xls", limits=ParseLimits(max_chars=20_000))


def test_odd_records_cost_nothing_else() -> None:
    """Each of them makes xlrd refuse the whole file (docs/decisions/parsers-own.md)."""
    odd = (
        record(0x5D)
        + record(0x1C, bytes(8))
        + record(0x01B0, bytes(5))
        + cell(0x0203, 1, 0, struct.pack("<d", 2.5), 99)
    )
    short = (
        record(0x92, b"\x38\0" + bytes(40))
        + record(0x8C, b"\1\0\1\0") * 2
        + record(0xFC, struct.pack("<II", 9, 9) + words("one"))
    )
    assert flat(parse(workbook(cell(0xFD, 0, 0, bytes(4)) + odd, short), "a.xls")).endswith("one\n2.5")


def test_a_cut_or_damaged_workbook_costs_a_sentence_at_most(made: Callable[[str], bytes]) -> None:
    body = made("usage.xls")
    for outcome in outcomes(cut_everywhere(body), "a.xls") + (rest := outcomes(damaged(body), "a.xls")):
        assert outcome == "read" or (outcome.startswith("a.xls: it is ") and outcome.endswith("."))
    assert rest.count("read") > len(rest) / 2


def test_a_cut_stream_is_read_as_far_as_it_goes(made: Callable[[str], bytes]) -> None:
    with olefile.OleFileIO(io.BytesIO(made("usage.xls"))) as ole:
        stream = ole.openstream("Workbook").read()
    cut = stream[: stream.index(record(0x01B6)[:2], len(stream) // 2)]
    assert "Größe" in flat(parse(compound_file({"Workbook": cut}), "a.xls"))


def test_a_workbook_of_excel_gives_cells_and_margins(real: Path) -> None:
    parsed = parse((real / "tika/testEXCEL_headers_footers.xls").read_bytes(), "a.xls")
    assert "John Smith50" in flat(parsed)
    assert any(section.kind == "note" and "Corporate" in section.text for section in parsed.sections)


@pytest.mark.parametrize("name", ["poi/password.xls", "tika/protect.xlsx"])
def test_encrypted_workbooks_of_excel_are_reported_as_encrypted(real: Path, name: str) -> None:
    with pytest.raises(Encrypted, match="encrypted"):
        parse((real / name).read_bytes(), name)
