"""What a mail quotes of earlier messages is kept apart from what it says."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from ingestion.parse.formats import parse

OWN = "The ferry leaves at 9."
QUOTED = "The ferry leaves at 7."


def sections(plain: str = "", html: str = "") -> list[tuple[str, str, str]]:
    """(kind, last heading, text) of what follows the mail's headers."""
    message = EmailMessage()
    message["From"], message["Subject"] = "Mira Olsen <mira@quay.example>", "Ferry"
    message.set_content(html or plain, subtype="html" if html else "plain")
    found = parse(bytes(message), "mail.eml").sections
    return [(s.kind, s.heading_path[-1] if s.heading_path else "", s.text) for s in found]


@pytest.mark.parametrize(
    ("above", "mark", "named"),
    [
        ("On Tue, 3 Nov 2026 at 10:12, Joel Brandt <joel@quay.example>\nwrote:", "> ", "3 Nov 2026"),
        ("Am 03.11.2026 um 10:12 schrieb Joel Brandt:", "> ", "03.11.2026"),
        ("Le mar. 3 nov. 2026 à 10:12, Joel Brandt a écrit :", "> ", "Joel Brandt"),
        ("El mar, 3 nov 2026, Joel Brandt escribió:", "", "Joel Brandt"),
        (
            "From: Joel Brandt\nSent: Tuesday, 3 November 2026 10:12\nTo: Mira\nSubject: Ferry",
            "",
            "Joel Brandt, Tuesday",
        ),
        ("________________\nVon: Joel Brandt\nGesendet: Dienstag, 3. November 2026\nAn: Mira", "", "3. November 2026"),
        ("-----Original Message-----\nFrom: Joel Brandt\nDate: 3 Nov 2026\nTo: Mira", "", "3 Nov 2026"),
        ("", "> ", "Earlier message"),
    ],
)
def test_what_stands_below_an_attribution_is_an_earlier_message(above: str, mark: str, named: str) -> None:
    own, earlier = sections(f"{OWN}\n\n{above}\n\n{mark}{QUOTED}\n")
    assert own[0] == "text" and OWN in own[2] and QUOTED not in own[2]
    assert earlier[0] == "history" and named in earlier[1] and earlier[2] == QUOTED


def test_html_quotations_and_outlooks_block_are_history() -> None:
    gmail = (
        f'{OWN}<div>On 3 Nov 2026, Joel wrote:</div><blockquote class="gmail_quote">{QUOTED}</blockquote><p>PS: bye</p>'
    )
    block = f"<p>{OWN}</p><div><b>From:</b> Joel<br><b>Sent:</b> 3 Nov 2026<br><b>To:</b> Mira</div><p>{QUOTED}</p>"
    assert [kind for kind, *_ in sections(html=gmail)] == ["text", "history", "text"]
    assert sections(html=block)[1] == ("history", "Earlier message: Joel, 3 Nov 2026", QUOTED)


def test_an_answer_below_a_quoted_line_knows_what_it_answers() -> None:
    found = sections("> Is the fee still 500 EUR?\n\nNo, it is 700 EUR.\n\n> And the tax?\n\nAs before.\n")
    assert ("text", "In answer to: Is the fee still 500 EUR?", "No, it is 700 EUR.") in found
    assert ("text", "In answer to: And the tax?", "As before.") in found


def test_running_text_is_no_attribution() -> None:
    text = "From: here you walk to the pier.\n\nOn Monday Joel wrote a report: it says that 7 is too early."
    assert len(sections(text)) == 1
