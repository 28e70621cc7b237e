"""Sources that say the same with another number, versions of one document, and what mails quote."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.answers.quoting.confidence import abstention_model
from assistant.answers.quoting.extractive import answer_from
from assistant.answers.reading.validity import asked_window, holding
from assistant.records import Trace
from core.settings import AnswerSettings, AnswerStyle
from core.types import Answer, Chunk, Passage, Why
from retrieval.models.embed import Embedder

TODAY = date(2026, 11, 28)


def passage(name: str, title: str, text: str, rank: int = 0, **metadata: str) -> Passage:
    kind = metadata.pop("kind", "text")
    path = (metadata.pop("heading"),) if "heading" in metadata else ()
    chunk = Chunk(f"{name} {kind}", name, 0, text, path, kind=kind, title=title, end=len(text), metadata=metadata)
    return Passage(chunk, 1 - rank / 10, Why(fused=1 - rank / 100), 0.6)


def answered(embedder: Embedder, question: str, *passages: Passage) -> Answer:
    held = holding(question, passages, TODAY)
    events = answer_from(
        [(question, held.passages)],
        embedder,
        AnswerSettings(),
        AnswerStyle(),
        Trace(question),
        model=abstention_model(),
        aside=held.aside,
    )
    *_, last = events
    assert isinstance(last, Answer)
    return last


OLD = passage(
    "old", "Mooring fees", "Version 2, valid from 1 May 2021. A night at the pier costs 30 EUR.", 0,
    valid_from="2021-05-01T00:00:00Z", version="2",
)  # fmt: skip
NEW = passage(
    "new", "Mooring fees", "Version 4, valid from 1 April 2026. A night at the pier costs 44 EUR.", 1,
    valid_from="2026-04-01T00:00:00Z", version="4",
)  # fmt: skip
NEXT = passage(
    "next", "Mooring fees", "Version 5, valid from 1 January 2027. A night at the pier costs 49 EUR.", 0,
    valid_from="2027-01-01T00:00:00Z", version="5",
)  # fmt: skip


@pytest.mark.parametrize(
    ("question", "leads"),
    [
        ("How much is a night at the pier?", "44 EUR"),
        ("How much was a night at the pier in 2023?", "30 EUR"),
        ("How much is a night at the pier on 3 February 2027?", "49 EUR"),
    ],
)
def test_the_version_that_holds_when_asked_leads_and_another_is_named(
    embedder: Embedder, question: str, leads: str
) -> None:
    answer = answered(embedder, question, NEXT, OLD, NEW)
    assert f"A night at the pier costs {leads}." in answer.text
    lead, others = answer.text.split("\n\n", 1)
    assert not any(other in lead for other in {"30 EUR", "44 EUR", "49 EUR"} - {leads})
    assert f"says {leads}" in others and "valid from" in others


def test_a_document_that_did_not_hold_then_is_no_plain_answer(embedder: Embedder) -> None:
    answer = answered(embedder, "How much was a night at the pier in 2019?", NEW)
    assert answer.outcome == "partly" and "valid from 1 April 2026" in " ".join(answer.notes)


WELCOME = passage("welcome", "Welcome page 2023", "Meals with guests are refunded up to 60 EUR.", 0)
POLICY = passage("policy", "Travel policy 2026", "Meals with guests are refunded up to 65 EUR.", 1)


def test_of_two_sources_the_newer_leads_and_both_are_named(embedder: Embedder) -> None:
    answer = answered(embedder, "Up to which amount are meals with guests refunded?", WELCOME, POLICY)
    assert answer.text.startswith("Meals with guests are refunded up to 65 EUR.")
    assert "“Travel policy 2026” says 65 EUR; the earlier “Welcome page 2023” said 60 EUR." in answer.text
    assert {c.document_id for c in answer.citations} == {"policy", "welcome"}


def test_what_cannot_be_dated_is_said_to_differ(embedder: Embedder) -> None:
    one = passage("a", "Meals", WELCOME.chunk.text, 0)
    other = passage("b", "Guests", POLICY.chunk.text, 1)
    answer = answered(embedder, "Up to which amount are meals with guests refunded?", one, other)
    assert "Sources differ" in answer.text and "60 EUR" in answer.text and "65 EUR" in answer.text


@pytest.mark.parametrize(
    "other",
    [
        passage("b", "Guests", "Meals with guests in Lyon are refunded up to 65 EUR.", 1),  # about another place
        passage("b", "Guests", "Meals with guests are refunded up to 60 EUR.", 1),  # the same number
        passage("b", "Guests", "Taxis after ten are refunded up to 65 EUR.", 1),  # about something else
        passage("b", "Guests", POLICY.chunk.text, 1, customer="Tern Lines"),  # of another customer
    ],
)
def test_what_is_about_something_else_contradicts_nothing(embedder: Embedder, other: Passage) -> None:
    one = passage("a", "Meals", WELCOME.chunk.text, 0, customer="Gull Lines")
    answer = answered(embedder, "Up to which amount are meals with guests refunded?", one, other)
    assert "differ" not in answer.text and "earlier" not in answer.text


def test_what_a_mail_quotes_is_named_as_earlier(embedder: Embedder) -> None:
    quoted = passage(
        "mail", "Re: inspection", "The inspection of the pier is on 20 November.", 0, kind="history",
        heading="Earlier message: Joel, 3 November 2026",
    )  # fmt: skip
    own = passage("mail", "Re: inspection", "The inspection of the pier is on 4 December.", 1, updated_at="2026-11-12")
    answer = answered(embedder, "When is the inspection of the pier?", quoted, own)
    assert answer.text.startswith("The inspection of the pier is on 4 December.")
    assert "(Earlier message: Joel, 3 November 2026)" in answer.text and "said 20 November" in answer.text


@pytest.mark.parametrize(
    ("question", "window"),
    [
        ("What did it cost in 2021?", (date(2021, 1, 1), date(2021, 12, 31))),
        ("fees in March 2026", (date(2026, 3, 1), date(2026, 3, 31))),
        ("on 3 May 2026?", (date(2026, 5, 3), date(2026, 5, 3))),
        ("What does it cost?", None),
    ],
)
def test_the_time_that_a_question_names(question: str, window: object) -> None:
    assert asked_window(question) == window


@pytest.mark.parametrize(
    ("question", "text", "outcome"),
    [
        ("What is the price of the mooring ticket?", "The mooring ticket is sold at the mooring office.", "partly"),
        ("What is the price of the mooring ticket?", "The price of the mooring ticket is 12 EUR.", "answered"),
        ("Who keeps the mooring book of Ravnholm?", "The mooring book is kept by Mira Olsen.", "partly"),
        ("Who keeps the mooring book of Tern Bay?", "The mooring book of Tern Bay is kept by Mira Olsen.", "answered"),
    ],
)
def test_no_plain_answer_without_the_number_or_the_name_that_is_asked_for(
    embedder: Embedder, question: str, text: str, outcome: str
) -> None:
    assert answered(embedder, question, passage("a", "Mooring", text)).outcome == outcome


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Clean soil is taken for 18 EUR a tonne.", "Mixed rubble is taken for 36 EUR a tonne."),
        (
            "Asplund hires the loader. The notice period is 14 days.",
            "Bergvik hires the loader. The notice period is 30 days.",
        ),
    ],
)
def test_other_things_and_other_parties_contradict_nothing(embedder: Embedder, one: str, other: str) -> None:
    first = passage("a", f"Sheet {one.split(maxsplit=1)[0]}", one, 0)
    second = passage("b", f"Sheet {other.split(maxsplit=1)[0]}", other, 1)
    question = "What is clean soil taken for?" if "soil" in one else "What is the notice period?"
    text = answered(embedder, question, first, second).text
    assert "differ" not in text and "earlier" not in text
