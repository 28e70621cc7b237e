"""Messages with what is attached to them, archives, transcripts."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from core.errors import Encrypted, ParseError, TooLarge
from ingestion.parse import ParseLimits, parse
from tests.ingestion.parse.builders import docx, package, paragraph
from tests.ingestion.parse.conftest import flat


@pytest.fixture
def message() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ana Ruiz <Ana@x.example>", "bo@x.example", "Änderung am Tor"
    mail["Date"] = "Mon, 02 Mar 2026 10:00:00 +0100"
    mail.set_content("The gate opens at six.\n")
    return mail


def test_a_message_gives_headers_body_and_attachments_under_their_names(message: EmailMessage) -> None:
    message.add_alternative("<p>The gate opens at six.</p>", subtype="html")
    message.add_attachment(
        docx(paragraph("Drawing of the gate")), maintype="application", subtype="octet-stream", filename="gate.docx"
    )
    message.add_attachment(b"\x89PNG\r\n\x1a\n0000", maintype="image", subtype="png", filename="logo.png")
    parsed = parse(message.as_bytes(), "a.eml")
    assert parsed.title == "Änderung am Tor"
    assert parsed.metadata["created_at"] == "2026-03-02T09:00:00+00:00"
    assert parsed.metadata["sender"] == ("ana@x.example",)
    assert flat(parsed).count("The gate opens at six.") == 1
    assert [(section.heading_path, section.text) for section in parsed.sections][1] == (
        ("gate.docx",),
        "Drawing of the gate",
    )
    assert parsed.warnings == ()


def test_a_message_in_a_message_is_read_to_the_allowed_depth(message: EmailMessage) -> None:
    for number in range(10):
        outer = EmailMessage()
        outer["Subject"] = f"Fwd {number}"
        outer.set_content(f"level {number}")
        outer.add_attachment(message)
        message = outer
    parsed = parse(message.as_bytes(), "a.eml", limits=ParseLimits(max_depth=3))
    assert "level 6" in flat(parsed)
    assert "level 5" not in flat(parsed)
    assert "nested deeper than 3 levels" in parsed.warnings[0]


def test_an_attachment_that_can_not_be_read_costs_only_itself(message: EmailMessage) -> None:
    message.add_attachment(b"%PDF-1.4 broken", maintype="application", subtype="pdf", filename="offer.pdf")
    parsed = parse(message.as_bytes(), "a.eml")
    assert "The gate opens at six." in flat(parsed)
    assert parsed.warnings[0].startswith("offer.pdf was not read: it is damaged")


def test_an_encrypted_message_is_reported_as_encrypted() -> None:
    body = b"Subject: s\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nAAAA"
    with pytest.raises(Encrypted, match="S/MIME"):
        parse(body, "a.eml")


def test_a_mailbox_gives_every_message() -> None:
    body = b"From a Mon\nSubject: One\n\nfirst\n>From the desk\n\nFrom b Tue\nSubject: Two\n\nsecond\n"
    text = flat(parse(body, "a.mbox"))
    assert "From the desk" in text
    assert "Two" in text
    assert "second" in text


def test_an_archive_gives_its_documents_and_names_what_it_leaves_out() -> None:
    body = package({"a/notes.md": "# Notes\nhello", "b.bin": b"\x7fELF" + b"\1" * 50, "__MACOSX/x.md": "clutter"})
    parsed = parse(body, "a.zip")
    assert [(section.heading_path, section.text) for section in parsed.sections] == [(("a/notes.md", "Notes"), "hello")]
    assert parsed.warnings[0].startswith("b.bin was not read")


def test_a_zip_bomb_is_too_large() -> None:
    inner = package({"a.txt": b"a" * 3_000_000})
    with pytest.raises(TooLarge, match="unpacks to more than 5,000,000 bytes"):
        parse(
            package({f"{n}.zip": inner for n in range(9)}),
            "a.zip",
            limits=ParseLimits(max_unpacked_bytes=5_000_000, max_chars=10**9),
        )


def test_a_transcript_gives_turns_with_speaker_and_time() -> None:
    body = (
        b"WEBVTT\n\nNOTE recorded in Bonn\n\n1\n00:00:05.000 --> 00:00:09.000\n<v Ana Ruiz>Shall we start?</v>\n\n"
        b"00:00:09.000 --> 00:00:12.000\n<v Ana Ruiz>The gate first.\n\n01:02:03.500 --> 01:02:09.000\nBo Lind: Agreed &amp; done.\n"
    )
    parsed = parse(body, "a.vtt")
    turns = [(section.locator, section.text) for section in parsed.sections if section.kind == "turn"]
    assert turns == [("00:00:05", "Ana Ruiz: Shall we start? The gate first."), ("01:02:03", "Bo Lind: Agreed & done.")]
    assert parsed.metadata["speakers"] == ("Ana Ruiz", "Bo Lind")
    assert parsed.sections[0].kind == "note"


def test_srt_is_read_like_vtt() -> None:
    body = (
        b"1\r\n00:00:01,000 --> 00:00:02,000\r\nHello there\r\n\r\n2\r\n00:00:02,000 --> 00:00:03,000\r\n<i>Bye</i>\r\n"
    )
    assert [section.text for section in parse(body, "a.srt").sections] == ["Hello there Bye"]


def test_a_transcript_without_cues_says_so() -> None:
    with pytest.raises(ParseError, match="no cues"):
        parse(b"WEBVTT\n\nnothing\n", "a.vtt")
