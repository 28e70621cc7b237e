from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import ParseError
from ingestion.parse import parse
from tests.ingestion.parse.conftest import flat
from tests.ingestion.parse.damage import cut_everywhere, damaged, outcomes
from tests.ingestion.parse.legacy.conftest import notes, sections


def test_rich_text_mixes_code_pages_tables_and_hidden_text() -> None:
    body = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset128 Mincho;}}{\stylesheet{\s1 heading 1;}}"
        rb"{\*\generator x;}\pard\s1 Caf\'e9 rules\par\pard\plain Read \u8364? 5 {\f1\'93\'8c\'8b\'9e}{\v hidden words}."
        rb"{\footnote See annex.}\par\trowd\intbl A\cell B\cell\row\trowd\intbl 1\cell 2\cell\row\pard\plain end\par}"
    )
    parsed = parse(body, "a.rtf")
    assert [(section.heading_path, section.kind, section.text) for section in parsed.sections] == [
        (("Café rules",), "text", "Read € 5 東京."),
        (("Café rules",), "table", "| A | B |\n| --- | --- |\n| 1 | 2 |"),
        (("Café rules",), "text", "end"),
        ((), "note", "See annex."),
    ]


def test_headings_lists_and_tables_come_in_their_order(made: Callable[[str], bytes]) -> None:
    below = ("Renewal", "Kündigung")
    lines = ["Für Ärger: „Größe“ – 5 €, Жизнь, 東京 😀.", "1. Prüfen", "a. Frist", "2. Antworten", "• a point"]
    assert [section for section in sections(parse(made("handbook.rtf"), "a.rtf")) if section[0] != "note"] == [
        ("text", ("Renewal",), "Ask ninety days before the end. Then call. Done."),
        ("text", below, "\n\n".join(lines)),
        (
            "table",
            below,
            "| Plan | Preis | Frist |\n| --- | --- | --- |\n| Basis | 1.200 € | 30 Tage |\n| Größer | 2.400 € | 60 Tage |",
        ),
        ("text", below, "A word in a box\n\nThe end."),
    ]


def test_notes_comments_and_margins_say_what_they_are(made: Callable[[str], bytes]) -> None:
    assert notes(parse(made("handbook.rtf"), "a.rtf")) == {
        "page header or footer": "Customer office",
        "footnote": "Sixty days for small plans.",
        "endnote": "Source: the contract.",
        "comment": "Comment by Bo Lind: Who calls?",
    }


def test_hidden_and_deleted_words_are_not_read(made: Callable[[str], bytes]) -> None:
    text = flat(parse(made("handbook.rtf"), "a.rtf"))
    assert "secret" not in text and "withdrawn" not in text
    assert b"secret words" in made("handbook.rtf") and b"withdrawn words" in made("handbook.rtf")


@pytest.mark.parametrize(
    ("charset", "page", "words"),
    [(204, "cp1251", "Жизнь"), (238, "cp1250", "Příliš"), (128, "cp932", "東京"), (161, "cp1253", "Τιμή"), (77, "mac_roman", "Größe")],
)  # fmt: skip
def test_each_font_brings_its_code_page(charset: int, page: str, words: str) -> None:
    octets = "".join(f"\\'{byte:02x}" for byte in words.encode(page))
    body = f"{{\\rtf1\\ansi\\ansicpg1252{{\\fonttbl{{\\f0\\fcharset0 A;}}{{\\f1\\fcharset{charset} B;}}}}\\'e9 \\f1 {octets}\\par}}"
    assert [section.text for section in parse(body.encode("ascii"), "a.rtf").sections] == [f"é {words}"]


def test_a_file_without_words_is_empty() -> None:
    with pytest.raises(ParseError, match=r"^a\.rtf: it is empty: .*; upload the finished file\.$"):
        parse(rb"{\rtf1\ansi{\v hidden}\par}", "a.rtf")


def test_a_cut_or_damaged_text_costs_a_sentence_at_most(made: Callable[[str], bytes]) -> None:
    body = made("handbook.rtf")
    cuts = outcomes(cut_everywhere(body), "a.rtf")
    for outcome in cuts + outcomes(damaged(body), "a.rtf"):
        assert outcome == "read" or (outcome.startswith("a.rtf: it is ") and outcome.endswith("."))


def test_a_text_cut_in_the_middle_is_read_to_there(made: Callable[[str], bytes]) -> None:
    body = made("handbook.rtf")
    cut = body[: body.index(b"withdrawn")]
    assert "Ask ninety days" in flat(parse(cut, "a.rtf"))
