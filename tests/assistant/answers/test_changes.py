"""What changed between two versions of a document."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from assistant.answers.quoting.changes import changes_between
from core.types import Answer, Chunk, Passage
from retrieval.models.tokens import TokenVectors

NEW = (
    "Hire of a crane costs EUR 450 a day. A deposit of EUR 900 is due at the start. "
    "Cranes are returned clean. Ask the harbour office."
)
OLD = "Hire of a crane costs EUR 400 a day. A deposit of EUR 700 is due. Cranes are returned clean."


class _Blind:
    """An encoder to which all texts are the same: what changed doesn't hang on it."""

    def encode_tokens(self, texts: list[str], *, query: bool = False) -> list[TokenVectors]:
        one, zero = np.ones((1, 4), np.float32), np.zeros(1, np.int64)
        return [TokenVectors(one, zero, zero + len(text)) for text in texts]


def _answer(question: str, *chunks: Chunk, readable: Sequence[str] = ("new", "old")) -> Any:
    of = {chunk.document_id: [chunk] for chunk in chunks if chunk.document_id in readable}
    events = changes_between(question, [Passage(c, 1.0) for c in chunks], lambda d: of.get(d, []), _Blind(), "en")
    return next((event for event in events if isinstance(event, Answer)), None)


def _version(name: str, title: str, text: str, year: int) -> Chunk:
    return Chunk(name, name, 0, text, title=title, metadata={"updated_at": f"{year}-02-01"})


CURRENT, BEFORE = _version("new", "Crane hire terms", NEW, 2026), _version("old", "Crane hire terms 2024", OLD, 2024)


@pytest.mark.parametrize(
    "question",
    [
        "What changed in the crane hire terms since 2024?",
        "crane hire terms: whats different now compared to 2024",
        "What are the differences between the crane hire terms of 2024 and 2026?",
    ],
)
def test_each_change_is_told_with_what_was_before_and_both_are_cited(question: str) -> None:
    answer = _answer(question, BEFORE, CURRENT)
    assert "EUR 450 a day. (before: Hire of a crane costs EUR 400 a day.)" in answer.text
    assert "EUR 900" in answer.text and "EUR 700" in answer.text and "clean" not in answer.text
    assert [c.document_id for c in answer.citations] == ["new", "old", "new", "old"]


@pytest.mark.parametrize(
    ("question", "chunks"),
    [
        ("What does hire of a crane cost?", (CURRENT, BEFORE)),
        ("What changed in the crane hire terms?", (CURRENT, _version("old", "Ferry timetable 2024", OLD, 2024))),
        ("What changed in the ferry timetable?", (CURRENT, BEFORE)),
        ("What changed in the crane hire terms?", (CURRENT, _version("old", "Crane hire terms 2024", NEW, 2024))),
    ],
)
def test_anything_else_is_left_to_the_quotes(question: str, chunks: Sequence[Chunk]) -> None:
    assert _answer(question, *chunks) is None


def test_a_version_that_may_not_be_read_is_not_compared() -> None:
    assert _answer("What changed in the crane hire terms?", CURRENT, BEFORE, readable=("new",)) is None
