from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import olefile
import pytest

from core.errors import Encrypted, ParseError
from ingestion.parse import parse
from tests.ingestion.parse.compound_writer import compound_file
from tests.ingestion.parse.conftest import flat
from tests.ingestion.parse.damage import cut_everywhere, damaged, outcomes
from tests.ingestion.parse.legacy.conftest import notes, sections

FLAGS_AT, IS_ENCRYPTED = 0x0A, 0x0100


@pytest.fixture
def streams(made: Callable[[str], bytes]) -> dict[str, bytes]:
    """The streams of the handbook."""
    with olefile.OleFileIO(io.BytesIO(made("handbook.doc"))) as ole:
        return {"/".join(entry): ole.openstream(entry).read() for entry in ole.listdir()}


def test_headings_lists_and_tables_come_in_their_order(made: Callable[[str], bytes]) -> None:
    parsed = parse(made("handbook.doc"), "handbook.doc")
    below = ("Renewal", "Kündigung")
    assert [section for section in sections(parsed) if section[0] != "note"] == [
        ("text", ("Renewal",), "Ask ninety days before the end. Then call. Done."),
        (
            "text",
            below,
            "Für Ärger: „Größe“ – 5 €, Жизнь, 東京 😀.\n1. Prüfen\na. Frist\n2. Antworten\n- a point",
        ),
        (
            "table",
            below,
            "| Plan | Preis | Frist |\n| --- | --- | --- |\n| Basis | 1.200 € | 30 Tage |\n| Größer | 2.400 € | 60 Tage |",
        ),
        ("text", below, "The end.\n\nA word in a box"),
    ]


def test_notes_comments_and_margins_say_what_they_are(made: Callable[[str], bytes]) -> None:
    assert notes(parse(made("handbook.doc"), "handbook.doc")) == {
        "footnote": "Sixty days for small plans.",
        "endnote": "Source: the contract.",
        "comment": "Comment: Who calls?",
        "page header or footer": "Customer office",
    }


def test_hidden_and_deleted_words_are_not_read(made: Callable[[str], bytes]) -> None:
    text = flat(parse(made("handbook.doc"), "handbook.doc"))
    assert "secret" not in text and "withdrawn" not in text
    body = made("handbook.doc")
    assert "secret words".encode("utf-16-le") in body and "withdrawn words".encode("utf-16-le") in body


def test_the_summary_gives_title_author_and_date(made: Callable[[str], bytes]) -> None:
    parsed = parse(made("handbook.doc"), "handbook.doc")
    assert parsed.title == "Renewal handbook"
    assert parsed.metadata == {"authors": ("Ana Ruiz",), "created_at": "2026-03-01T10:00:00+00:00"}


@pytest.mark.parametrize(
    ("language", "words"), [(0x0419, "Жизнь и цена"), (0x0408, "Τιμή και όροι"), (0x0407, "Größe")]
)
def test_word_95_is_read_in_the_code_page_of_its_language(language: int, words: str) -> None:
    page = {0x0419: "cp1251", 0x0408: "cp1253", 0x0407: "cp1252"}[language]
    text = (words + "\r").encode(page)
    head = bytearray(0x300)
    struct.pack_into("<HHHH", head, 0, 0xA5DC, 0x68, 0, language)
    struct.pack_into("<II", head, 0x18, len(head), len(head) + len(text))
    struct.pack_into("<i", head, 0x34, len(text))
    parsed = parse(compound_file({"WordDocument": bytes(head) + text}), "old.doc")
    assert [section.text for section in parsed.sections] == [words]


def test_an_encrypted_document_is_reported_as_encrypted(streams: dict[str, bytes]) -> None:
    main = bytearray(streams["WordDocument"])
    struct.pack_into("<H", main, FLAGS_AT, struct.unpack_from("<H", main, FLAGS_AT)[0] | IS_ENCRYPTED)
    with pytest.raises(Encrypted, match=r"^a\.doc: it is encrypted with a password; remove the password"):
        parse(compound_file({**streams, "WordDocument": bytes(main)}), "a.doc")


@pytest.mark.parametrize("stream", ["WordDocument", "1Table"])
def test_a_document_without_a_stream_is_damaged(streams: dict[str, bytes], stream: str) -> None:
    with pytest.raises(ParseError, match=r"^a\.doc: it is damaged: .*; .*\.$"):
        parse(compound_file({name: data for name, data in streams.items() if name != stream}), "a.doc")


def test_a_cut_or_damaged_document_costs_a_sentence_at_most(made: Callable[[str], bytes]) -> None:
    body = made("handbook.doc")
    for outcome in outcomes(cut_everywhere(body), "a.doc") + (rest := outcomes(damaged(body), "a.doc")):
        assert outcome == "read" or (outcome.startswith("a.doc: it is ") and outcome.endswith("."))
    assert rest.count("read") > len(rest) / 2


def test_a_cut_stream_is_read_as_far_as_it_goes(streams: dict[str, bytes]) -> None:
    for part in range(1, 10):
        cut = streams["WordDocument"][: len(streams["WordDocument"]) * part // 10]
        assert outcomes([compound_file({**streams, "WordDocument": cut})], "a.doc")[0].startswith(
            ("read", "a.doc: it is ")
        )


def test_a_document_of_word_gives_lists_tables_notes_and_boxes(real: Path) -> None:
    parsed = parse((real / "tika/testWORD_various.doc").read_bytes(), "a.doc")
    text = flat(parsed)
    assert "1) Number bullet 1\n2) Number bullet 2" in text
    assert "| Row 2 Col 1 | Row 2 Col 2 | Row 2 Col 3 |" in text
    assert [s.text for s in parsed.sections if s.locator == "footnote"] == ["This is a footnote."]
    assert "Here is a text box" in text
