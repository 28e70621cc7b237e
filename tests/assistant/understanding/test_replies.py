"""A reply takes up what the last answer had: its offer, its list, its choices, its form."""

from datetime import UTC, datetime

import pytest

from assistant.records import StoredTurn
from assistant.understanding.replies import listed, named_choice, reply_of
from core.types import Answer, Chunk, Citation, Passage, Why

LIST = "Before work:\n- Close the valve. [1]\n- Wear a helmet: the yellow one. [1]\n- Sign the sheet. [2]"


def citation(marker: int, document: str, text: str = LIST) -> Citation:
    begin = text.find(f"[{marker}]")
    return Citation(marker, document, document, "", "…", begin, begin + 3)


def after(question: str, answer: Answer) -> list[StoredTurn]:
    return [StoredTurn(question, question, answer, datetime.now(UTC))]


def near(*documents: str) -> tuple[Passage, ...]:
    return tuple(Passage(Chunk(d, d, 0, "text"), 1.0, Why()) for d in documents)


SAFETY = after("What do I do before work?", Answer(LIST, (citation(1, "safety"), citation(2, "sheets"))))
NOTHING = after("Which song?", Answer("No.", outcome="no_evidence", nearest=near("a", "b")))
ASKED = after(
    "When does the customer's lease end?", Answer("Which?", outcome="needs_input", choices=("Norden AS", "Basalt & Co"))
)


@pytest.mark.parametrize("message", ["the second one", "and the second?", "tell me more about number 2", "2"])
def test_an_item_of_the_list_is_found_by_its_place(message: str) -> None:
    reply = reply_of(message, SAFETY)
    assert reply.kind == "item" and "Wear a helmet" in reply.question and reply.documents == ("safety",)


def test_the_last_item_has_its_own_document() -> None:
    assert reply_of("the last one", SAFETY).documents == ("sheets",)


@pytest.mark.parametrize("message", ["How long is the first shift?", "second class tickets", "and the ninth?"])
def test_an_ordinal_of_something_is_no_reply(message: str) -> None:
    assert reply_of(message, SAFETY).kind == ""


@pytest.mark.parametrize("message", ["yes", "Yes, please!", "ja gerne", "sí", "oui", "show me"])
def test_yes_accepts_what_comes_nearest(message: str) -> None:
    assert (reply := reply_of(message, NOTHING)).kind == "nearest"
    assert (reply.question, reply.documents) == ("Which song?", ("a", "b"))
    assert reply_of("the second one", NOTHING).documents == ("b",)


def test_yes_runs_the_one_app_that_was_offered_and_is_nothing_without_an_offer() -> None:
    offered = after("compare Norden's quarters", Answer("Text. [1]", offers=("app:comparison",)))
    assert (reply_of("yes", offered).app, reply_of("yes", offered).question) == (
        "app:comparison",
        "compare Norden's quarters",
    )
    assert reply_of("yes", after("hi", Answer("Text."))).kind == ""
    assert reply_of("yes", []).kind == ""


@pytest.mark.parametrize("message", ["Basalt", "the second one", "basalt & co", "no, Basalt"])
def test_a_choice_is_made_by_a_part_of_its_name_or_by_its_place(message: str) -> None:
    assert reply_of(message, ASKED) == reply_of("Basalt & Co", ASKED)
    assert reply_of(message, ASKED).question == "Basalt & Co"


def test_a_name_that_two_choices_have_chooses_none() -> None:
    assert named_choice("Norden", ("Norden AS", "Norden Bank")) == ""


@pytest.mark.parametrize(
    ("message", "length", "form"),
    [("shorter", "short", ""), ("als Liste bitte", "", "bullets"), ("can you make it shorter?", "short", "")],
)
def test_the_last_answer_is_given_in_another_form(message: str, length: str, form: str) -> None:
    reply = reply_of(message, SAFETY)
    assert (reply.kind, reply.style.length, reply.style.format) == ("restyled", length, form)
    assert reply.question == "What do I do before work?"


def test_a_correction_leaves_out_what_was_cited() -> None:
    reply = reply_of("no, the other policy", SAFETY)
    assert (reply.kind, reply.without, reply.titled) == ("other", ("safety",), "policy")
    named = reply_of("no, I meant the fire policy", SAFETY)
    assert (named.question, named.without) == ("What do I do before work? (fire policy)", ())


def test_rows_without_marks_are_a_list_too() -> None:
    rows = "Item: A – Price: 1 [1]\nItem: B – Price: 2 [2]"
    answer = Answer(rows, (citation(1, "x", rows), citation(2, "y", rows)))
    assert listed(answer) == [("Item: A – Price: 1", "x"), ("Item: B – Price: 2", "y")]
    assert "“B”" in reply_of("what does the second one cost?", after("prices?", answer)).question
