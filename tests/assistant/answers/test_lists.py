"""Lists are quoted whole, with their lead-in, where they are what was asked for."""

import pytest

from assistant.answers.evidence import ScoredStatement
from assistant.answers.lists import list_around
from core.text.sentences import split_sentences
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
