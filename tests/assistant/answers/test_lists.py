"""Lists are quoted whole, with their lead-in, where they are what was asked for."""

from dataclasses import replace

import pytest

from assistant.answers.quoting.shown import supporting
from assistant.answers.reading.evidence import ScoredStatement
from assistant.answers.reading.lists import below_heading, code_below, list_around, says_something
from core.text.sentences import Span, split_sentences
from core.text.words import content_words
from core.types import Chunk, Passage

TEXT = """Travel needs a plan.

Before you travel:

- Book the train by the portal.
- Tell your line manager. She signs the form.
- Pack the adapter.

Afterwards everything is easy."""


def statement(text: str, begins: str) -> ScoredStatement:
    span = next(s for s in split_sentences(text) if s.text.startswith(begins))
    return ScoredStatement(span, Passage(Chunk("c", "d", 0, text), 1.0), 0, 1.0)


@pytest.mark.parametrize("begins", ["- Book", "- Tell", "She signs", "- Pack", "Before you"])
def test_an_item_or_the_lead_in_brings_the_whole_list_in_order(begins):
    block = list_around(statement(TEXT, begins))
    assert block.lead == "Before you travel:"
    assert block.items == (
        "Book the train by the portal.",
        "Tell your line manager. She signs the form.",
        "Pack the adapter.",
    )
    assert TEXT[block.begin : block.end].startswith("Before you travel:") and TEXT[: block.end].endswith("adapter.")
    assert block.text("- ").splitlines()[:2] == ["- Before you travel:", "  - Book the train by the portal."]
    assert block.holds(statement(TEXT, "- Pack"), "c") and not block.holds(statement(TEXT, "Travel"), "c")


@pytest.mark.parametrize("begins", ["Travel needs", "Afterwards"])
def test_a_sentence_outside_is_no_list(begins):
    assert list_around(statement(TEXT, begins)) is None


def test_a_single_item_and_a_list_without_end_stay_items():
    assert list_around(statement("- Only one.", "- Only")) is None
    long = "\n".join(f"- Item number {n}." for n in range(40))
    assert list_around(statement(long, "- Item number 7")) is None


NOTES = """Release notes

CRANE 4.2 (3 May 2026)

Loads of two tons are weighed twice.

- The arm stops by itself.

HOIST 1.9 (4 May 2026)

Ropes last longer."""


def test_a_heading_in_running_text_is_shown_with_what_stands_below_it():
    block = below_heading(statement(NOTES, "CRANE"))
    assert (block.lead, block.items) == (
        "CRANE 4.2 (3 May 2026)",
        ("Loads of two tons are weighed twice.", "The arm stops by itself."),
    )
    assert below_heading(statement(NOTES, "Loads")) is None


@pytest.mark.parametrize(
    ("text", "begins", "whole", "stands"),
    [
        (NOTES, "HOIST", True, True),
        (NOTES, "HOIST", False, False),  # a number was asked for
        (NOTES, "Loads", False, True),
        ("Crane manual", "Crane", True, False),  # the title
        ("The limits are as follows:", "The limits", True, False),  # nothing follows
        (TEXT, "Before you", True, True),
        ("Harbour office\n\nPhone: 4711", "Harbour", True, True),  # lines of an address
    ],
)
def test_what_says_nothing_by_itself_does_not_stand_alone(text, begins, whole, stands):
    said = statement(text, begins)
    titled = replace(said, passage=Passage(replace(said.passage.chunk, title="Crane manual"), 1.0))
    assert says_something(titled, [titled.passage], whole=whole) == stands


def test_code_stands_below_what_introduces_it():
    said = statement("It reads its limit from the first entry:", "It reads")
    code = Passage(Chunk("k", "d", 1, "limits = [1, 2]\n", kind="code"), 1.0)
    block = code_below(said, [said.passage, code])
    assert block.text().endswith("first entry:\n\n```\nlimits = [1, 2]\n```\n") and block.code_in is code
    assert code_below(said, [said.passage]) is None


def test_a_row_of_another_than_the_question_names_supports_nothing():
    def row(*cells, score, place=0):
        span = Span(" | ".join(value for _, value in cells), place, place + 1, "row")
        return ScoredStatement(span, Passage(Chunk("c", "d", 0, ""), 1.0), 0, score, cells=cells)

    lead = row(("Port", "Tern Bay"), ("Crane", "K1"), ("Serial", "C-1"), score=9)
    other = row(("Port", "Gull Point"), ("Crane", "K1"), ("Serial", "C-2"), score=8, place=1)
    same = row(("Port", "Tern Bay"), ("Crane", "K2"), ("Serial", "C-3"), score=8, place=2)
    terms = tuple(content_words("serial of the crane at Tern Bay"))
    assert supporting(lead, [other, same], 3, terms) == [same]
    assert supporting(lead, [other], 3) == [other]
