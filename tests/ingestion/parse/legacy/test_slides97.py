from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import olefile
import pytest

from core.errors import Encrypted, ParseError
from ingestion.parse import parse
from ingestion.parse.draft import Budget, Draft
from ingestion.parse.legacy.slides97 import write_deck
from tests.ingestion.parse.compound_writer import compound_file
from tests.ingestion.parse.damage import cut_everywhere, damaged, outcomes


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


def test_each_slide_gives_its_texts_boxes_comments_and_notes(made: Callable[[str], bytes]) -> None:
    parsed = parse(made("deck.ppt"), "deck.ppt")
    assert [(s.locator, s.kind, s.heading_path, s.text) for s in parsed.sections] == [
        (
            "slide 1",
            "text",
            ("Größere Pläne",),
            "Prüfen\nЖизнь 東京\n\nA word in a box\n\nA word in a group",
        ),
        ("slide 1 comment", "note", ("Größere Pläne",), "Comment by Bo Lind: Too long?"),
        ("slide 1 notes", "note", ("Größere Pläne",), "Say it slowly."),
        ("slide 2", "text", ("Next steps",), "Call in March"),
    ]
    assert [section.page for section in parsed.sections] == [1, 1, 1, 2]


def test_an_encrypted_presentation_is_reported_as_encrypted(made: Callable[[str], bytes]) -> None:
    with olefile.OleFileIO(io.BytesIO(made("deck.ppt"))) as ole:
        streams = {"/".join(entry): ole.openstream(entry).read() for entry in ole.listdir()}
    user = bytearray(streams["Current User"])
    struct.pack_into("<I", user, 12, 0xF3D1C4DF)
    with pytest.raises(Encrypted, match=r"^a\.ppt: it is encrypted with a password"):
        parse(compound_file({**streams, "Current User": bytes(user)}), "a.ppt")


def test_a_presentation_without_its_stream_is_damaged() -> None:
    with pytest.raises(ParseError, match=r"^a\.ppt: it is damaged: it has no PowerPoint stream; .*\.$"):
        parse(compound_file({"Current User": b"x" * 64, "PowerPoint Document": b""}), "a.ppt")


def test_a_presentation_without_its_directory_gives_every_text(made: Callable[[str], bytes]) -> None:
    with olefile.OleFileIO(io.BytesIO(made("deck.ppt"))) as ole:
        stream = ole.openstream("PowerPoint Document").read()
    parsed = parse(compound_file({"PowerPoint Document": stream}), "a.ppt")
    assert "Größere Pläne" in "\n".join(section.text for section in parsed.sections)


def test_a_cut_or_damaged_presentation_costs_a_sentence_at_most(made: Callable[[str], bytes]) -> None:
    body = made("deck.ppt")
    for outcome in outcomes(cut_everywhere(body), "a.ppt") + (rest := outcomes(damaged(body), "a.ppt")):
        assert outcome == "read" or (outcome.startswith("a.ppt: it is ") and outcome.endswith("."))
    assert rest.count("read") > len(rest) / 2


def test_an_encrypted_presentation_of_powerpoint_is_reported_as_encrypted(real: Path) -> None:
    with pytest.raises(Encrypted, match="encrypted"):
        parse((real / "poi/Password_Protected-hello.ppt").read_bytes(), "a.ppt")
