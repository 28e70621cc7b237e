"""PDF: reading order, tables, headings, and pages that are pictures."""

from __future__ import annotations

import pytest

from core.errors import Encrypted, ParseError
from ingestion.parse import parse
from tests.ingestion.parse.builders import pdf, words


def column(x: int, name: str) -> list[tuple[int, int, str]]:
    return [(x, 700 - 14 * n, f"{name} column speaks in line {n} here") for n in range(6)]


def drawn(lines: list[tuple[int, int, str]]) -> str:
    return "".join(words(x, y, text) for x, y, text in lines)


def test_columns_are_read_one_after_the_other_even_if_the_file_mixes_them() -> None:
    left, right = column(50, "left"), column(330, "right")
    mixed = [line for pair in zip(reversed(left), reversed(right), strict=True) for line in pair]
    text = " ".join(section.text for section in parse(pdf(drawn(mixed)), "a.pdf").sections)
    places = [text.index(f"{name} column speaks in line {n}") for name in ("left", "right") for n in range(6)]
    assert places == sorted(places)


def test_lines_of_a_paragraph_are_joined_and_cut_words_mended() -> None:
    page = words(50, 700, "The infra-") + words(50, 686, "structure is ready") + words(50, 640, "Next paragraph")
    section = parse(pdf(page), "a.pdf").sections[0]
    assert section.text == "The infrastructure is ready\n\nNext paragraph"
    assert (section.page, section.locator) == (1, "page 1")


def test_a_ruled_table_becomes_markdown_with_its_merged_cell_whole() -> None:
    lines = "".join(f"50 {y} m 350 {y} l S\n" for y in (700, 680, 660, 640))
    lines += "50 640 m 50 700 l S\n350 640 m 350 700 l S\n200 640 m 200 680 l S\n"
    cells = words(150, 686, "Licences in use") + words(60, 666, "Site") + words(210, 666, "Seats")
    cells += words(60, 646, "Bonn") + words(210, 646, "40")
    section = parse(pdf(lines + cells), "a.pdf").sections[0]
    assert section.kind == "table"
    assert section.text.split("\n") == ["| Licences in use | |", "| --- | --- |", "| Site | Seats |", "| Bonn | 40 |"]


def test_aligned_columns_without_rules_are_a_table() -> None:
    rows = [("Item", "Price", "Stock"), ("Gate", "120", "4"), ("Lock", "15", "80"), ("Camera", "300", "7")]
    page = "".join(words(60 + 150 * c, 700 - 16 * r, cell) for r, row in enumerate(rows) for c, cell in enumerate(row))
    section = parse(pdf(page), "a.pdf").sections[0]
    assert section.text.split("\n")[0] == "| Item | Price | Stock |"
    assert section.text.split("\n")[-1] == "| Camera | 300 | 7 |"


def test_large_lines_are_headings() -> None:
    body = "".join(words(50, 650 - 14 * n, f"ordinary sentence number {n} of this page") for n in range(8))
    parsed = parse(pdf(words(50, 700, "Escalation policy", 22) + body), "a.pdf")
    assert parsed.sections[0].heading_path == ("Escalation policy",)


def test_headers_and_footers_that_repeat_are_told_once() -> None:
    pages = [
        words(50, 770, "Acme internal") + words(50, 500, f"Contents of part {name}") + words(50, 20, f"Page {n} of 4")
        for n, name in enumerate(("alpha", "beta", "gamma", "delta"), 1)
    ]
    texts = [section.text for section in parse(pdf(*pages), "a.pdf").sections]
    assert texts[:4] == [f"Contents of part {name}" for name in ("alpha", "beta", "gamma", "delta")]
    assert sorted(texts[4:]) == ["Acme internal", "Page 1 of 4"]


def test_a_scanned_file_is_reported_with_the_remedy() -> None:
    with pytest.raises(ParseError, match=r"scanned .*extra 'ocr'"):
        parse(pdf("500 0 0 700 50 50 cm /I Do", image=True), "scan.pdf")


def test_scanned_pages_among_others_are_named() -> None:
    parsed = parse(pdf(words(50, 700, "A page with a text layer"), "500 0 0 700 50 50 cm /I Do", image=True), "a.pdf")
    assert "scanned and not read: 2" in parsed.warnings[0]


def test_a_password_is_reported_as_encrypted(shared_data) -> None:
    body = (shared_data / "parsing/files/py-pdf/libreoffice-writer-password.pdf").read_bytes()
    with pytest.raises(Encrypted, match="remove the password"):
        parse(body, "a.pdf")


def test_damage_is_reported_as_damage() -> None:
    with pytest.raises(ParseError, match="damaged"):
        parse(b"%PDF-1.7\n" + b"\0" * 500, "a.pdf")
