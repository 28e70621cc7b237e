"""A quoted sentence comes with the one after it, where that goes on with it."""

import pytest

from assistant.answers.reading.continued import continued, stands_in
from assistant.answers.reading.evidence import ScoredStatement
from core.text.sentences import split_sentences
from core.types import Chunk, Passage


def _statement(text: str, place: int) -> ScoredStatement:
    chunk = Chunk("c", "d", 0, text)
    return ScoredStatement(split_sentences(text)[place], Passage(chunk, 1.0), 0, 1.0)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Pumps may stop. Update to version 3. Then test.", "Pumps may stop. Update to version 3."),
        ("Pumps may stop.\n\nAnother matter.", "Pumps may stop."),
        ("Pumps may stop. Do as follows:\n- switch off", "Pumps may stop."),
        ("Pumps may stop. Why is that?", "Pumps may stop."),
        (f"Pumps may stop. {'Very ' * 60}long.", "Pumps may stop."),
    ],
)
def test_the_next_sentence_of_the_paragraph_goes_with_it(text: str, shown: str) -> None:
    whole = continued(_statement(text, 0))
    assert whole.span.text == shown
    assert text[whole.span.begin : whole.span.end] == shown


def test_what_was_quoted_is_not_quoted_again() -> None:
    text = "Pumps may stop. Update to version 3. Then test."
    assert stands_in(_statement(text, 1), [continued(_statement(text, 0))])
    assert not stands_in(_statement(text, 2), [continued(_statement(text, 0))])
