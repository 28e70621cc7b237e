from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import Encrypted, ParseError
from ingestion.parse import ParseLimits, parse
from ingestion.parse.mail.msg import decompress_rtf
from tests.ingestion.parse.builders import docx, paragraph
from tests.ingestion.parse.compound_writer import compound_file
from tests.ingestion.parse.conftest import flat
from tests.ingestion.parse.damage import cut_everywhere, damaged, outcomes

Value = str | bytes | int | datetime
CLASS, SUBJECT, BODY, HTML, RTF = 0x001A, 0x0037, 0x1000, 0x1013, 0x1009
SENDER, SENDER_ADDRESS, SENT, CODEPAGE = 0x0C1A, 0x5D01, 0x0039, 0x3FFD
NAME, ADDRESS, ROLE, FILE_NAME, DATA = 0x3001, 0x39FE, 0x0C15, 0x3707, 0x3701


def item(values: Mapping[int, Value], head: int = 32, encoding: str = "utf-16-le") -> dict[str, bytes]:
    """The streams of one message, recipient or attachment: texts wide, or narrow in `encoding`."""
    streams, fixed = dict[str, bytes](), bytes(head)
    for tag, value in values.items():
        if isinstance(value, str):
            wide = encoding == "utf-16-le"
            streams[f"__substg1.0_{tag:04X}{'001F' if wide else '001E'}"] = value.encode(encoding)
        elif isinstance(value, bytes):
            streams[f"__substg1.0_{tag:04X}0102"] = value
        elif isinstance(value, datetime):
            ticks = int((value - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
            fixed += struct.pack("<HHIQ", 0x0040, tag, 6, ticks)
        else:
            fixed += struct.pack("<HHIQ", 0x0003, tag, 6, value)
    return {**streams, "__properties_version1.0": fixed}


def below(storage: str, streams: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{storage}/{name}": data for name, data in streams.items()}


def recipient(number: int, name: str, address: str, role: int) -> dict[str, bytes]:
    return below(f"__recip_version1.0_#{number:08X}", item({NAME: name, ADDRESS: address, ROLE: role}, 8))


def attachment(number: int, name: str, data: bytes) -> dict[str, bytes]:
    return below(f"__attach_version1.0_#{number:08X}", item({FILE_NAME: name, DATA: data}, 8))


def attached(number: int, name: str, message: Mapping[str, bytes]) -> dict[str, bytes]:
    storage = f"__attach_version1.0_#{number:08X}"
    return below(storage, {**item({FILE_NAME: name}, 8), **below("__substg1.0_3701000D", message)})


@pytest.fixture
def message() -> dict[str, bytes]:
    """A message to two people, from Ana."""
    values: dict[int, Value] = {
        CLASS: "IPM.Note",
        SUBJECT: "Änderung am Tor – 東京",
        BODY: "The gate opens at six.",
        SENDER: "Ana Ruiz",
        SENDER_ADDRESS: "Ana@x.example",
        SENT: datetime(2026, 3, 2, 9, tzinfo=UTC),
    }
    return {**item(values), **recipient(0, "Bo Lind", "bo@x.example", 1), **recipient(1, "Cy", "cy@x.example", 2)}


def test_a_message_gives_headers_and_body(message: dict[str, bytes]) -> None:
    parsed = parse(compound_file(message), "a.msg")
    assert [section.text for section in parsed.sections] == [
        "From: Ana Ruiz <Ana@x.example>\nTo: Bo Lind <bo@x.example>\nCc: Cy <cy@x.example>\n"
        "Date: Mon, 02 Mar 2026 09:00:00 +0000\nSubject: Änderung am Tor – 東京\n\nThe gate opens at six."
    ]
    assert parsed.title == "Änderung am Tor – 東京"
    assert parsed.metadata["sender"] == ("ana@x.example",)
    assert parsed.metadata["created_at"] == "2026-03-02T09:00:00+00:00"


@pytest.mark.parametrize(
    ("page", "words"), [(1251, "Жизнь и цена билета"), (932, "東京の会議"), (1252, "Größe für fünf")]
)
def test_narrow_texts_are_read_in_the_code_page_that_the_message_names(page: int, words: str) -> None:
    body = compound_file(item({SUBJECT: words, BODY: words + " " + words, CODEPAGE: page}, encoding=f"cp{page}"))
    parsed = parse(body, "a.msg")
    assert parsed.title == words
    assert f"{words} {words}" in flat(parsed)


def test_the_body_may_be_html_or_packed_rich_text() -> None:
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    html = compound_file(item({CLASS: "IPM.Note", SUBJECT: "a", HTML: "<h1>Räume</h1><p>Zwei</p>".encode("cp1252")}))
    rich = compound_file(item({CLASS: "IPM.Note", SUBJECT: "b", RTF: packed}))
    assert "Räume" in flat(parse(html, "a.msg")) and "<p>" not in flat(parse(html, "a.msg"))
    assert "hello world" in flat(parse(rich, "a.msg"))


def test_attachments_stand_under_their_names(message: dict[str, bytes]) -> None:
    inner = item({CLASS: "IPM.Note", SUBJECT: "Earlier", BODY: "At seven."}, 24)
    parsed = parse(
        compound_file(
            {
                **message,
                **attachment(0, "gate.docx", docx(paragraph("Drawing of the gate"))),
                **attached(1, "Earlier", inner),
                **attachment(2, "offer.pdf", b"%PDF-1.4 broken"),
            }
        ),
        "a.msg",
    )
    assert [(section.heading_path, section.text) for section in parsed.sections[1:]] == [
        (("gate.docx",), "Drawing of the gate"),
        (("Earlier",), "Subject: Earlier\n\nAt seven."),
    ]
    assert len(parsed.warnings) == 1
    assert parsed.warnings[0].startswith("offer.pdf was not read: it is damaged")


def test_messages_in_messages_are_read_to_the_allowed_depth() -> None:
    message = item({CLASS: "IPM.Note", SUBJECT: "level 5", BODY: "deepest"}, 24)
    for level in (4, 3, 2, 1, 0):
        values: dict[int, Value] = {CLASS: "IPM.Note", SUBJECT: f"level {level}", BODY: f"text {level}"}
        message = {**item(values, 24 if level else 32), **attached(0, f"Fwd {level}", message)}
    parsed = parse(compound_file(message), "a.msg", limits=ParseLimits(max_depth=3))
    assert "text 3" in flat(parsed)
    assert "text 4" not in flat(parsed)
    assert "nested deeper than 3 levels" in parsed.warnings[0]


def test_an_appointment_gives_place_and_times() -> None:
    numbers = (0x8208, 0x820D, 0x820E)
    entries = b"".join(struct.pack("<IHH", number, 0, index) for index, number in enumerate(numbers))
    begins, ends = datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 2, 10, tzinfo=UTC)
    values: dict[int, Value] = {
        CLASS: "IPM.Appointment", SUBJECT: "Gate", 0x8000: "Bonn", 0x8001: begins, 0x8002: ends,
    }  # fmt: skip
    body = compound_file({**item(values), "__nameid_version1.0/__substg1.0_00030102": entries})
    assert flat(parse(body, "a.msg")).split("\n") == [
        "Subject: Gate",
        "Location: Bonn",
        "Begins: Mon, 02 Mar 2026 09:00:00 +0000",
        "Ends: Mon, 02 Mar 2026 10:00:00 +0000",
    ]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (item({CLASS: "IPM.Note.SMIME", SUBJECT: "a"}), "an encrypted message (S/MIME)"),
        ({**item({CLASS: "IPM.Note", SUBJECT: "a"}), **attachment(0, "message.rpmsg", b"x")}, "rights-protected message (RPMSG)"),
        ({**item({CLASS: "IPM.Note", SUBJECT: "a"}), **attachment(0, "pgp-encrypted.asc", b"x")}, "an encrypted message (PGP)"),
    ],
)  # fmt: skip
def test_an_encrypted_message_is_reported_as_encrypted(more: dict[str, bytes], reason: str) -> None:
    with pytest.raises(Encrypted) as raised:
        parse(compound_file(more), "a.msg")
    assert reason in str(raised.value) and str(raised.value).startswith("a.msg: it is ")


def test_a_message_without_properties_is_damaged() -> None:
    with pytest.raises(ParseError, match=r"^a\.msg: it is damaged: it has no message properties; .*\.$"):
        parse(compound_file({"__properties_version1.0": b"", "__substg1.0_1000001F": b"x"}), "a.msg")


def test_a_cut_or_damaged_message_costs_a_sentence_at_most(message: dict[str, bytes]) -> None:
    long = item({SUBJECT: "Ä" * 3_000, BODY: "word " * 2_000, CLASS: "IPM.Note"})
    body = compound_file({**message, **long, **attachment(0, "gate.docx", docx(paragraph("Drawing")))})
    for outcome in outcomes(cut_everywhere(body), "a.msg") + (rest := outcomes(damaged(body), "a.msg")):
        assert outcome == "read" or (outcome.startswith("a.msg: it is ") and outcome.endswith("."))
    assert rest.count("read") > len(rest) / 2


def test_compressed_rtf_of_outlook_unpacks() -> None:
    # The example of [MS-OXRTFCP] section 4.1.
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert decompress_rtf(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_a_message_of_outlook_gives_its_attachment(shared_data: Path) -> None:
    parsed = parse((shared_data / "parsing/files/tika/testMSG_att_msg.msg").read_bytes(), "a.msg")
    assert len({section.heading_path for section in parsed.sections}) > 1


def test_an_encrypted_message_of_outlook_is_reported_as_encrypted(shared_data: Path) -> None:
    with pytest.raises(Encrypted, match="encrypted"):
        parse((shared_data / "parsing/files/unstructured/fake-encrypted.msg").read_bytes(), "a.msg")
