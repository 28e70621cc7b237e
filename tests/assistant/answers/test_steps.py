"""A question for steps gets the list below a heading that promises them, whole and in order."""

from assistant.answers.reading.evidence import ScoredStatement
from assistant.answers.reading.steps import steps_asked_for
from core.text.sentences import split_sentences
from core.types import Chunk, Passage

TEXT = "1. Drain the tank.\n2. Close both valves.\n3. Call the yard."


def passage(heading: str, title: str = "Tank manual", near: float = 0.4) -> Passage:
    chunk = Chunk(f"c{heading}", "d", 0, TEXT, title=title, heading_path=(title, heading))
    return Passage(chunk, 1.0, vector_similarity=near)


def read(*passages: Passage) -> list[ScoredStatement]:
    return [ScoredStatement(s, p, 0, 1.0) for p in passages for s in reversed(split_sentences(p.chunk.text))]


def steps(question: str, *passages: Passage) -> list[str]:
    return [e.span.text for e in steps_asked_for(question, passages, read(*passages))]


def test_steps_are_told_in_order() -> None:
    told = steps("in what order do we empty a tank", passage("Safety"), passage("Step by step"))
    assert [line.split(".")[0].strip() for line in told] == ["1", "2", "3"]


def test_no_steps_where_none_are_asked_for_or_promised() -> None:
    assert steps("who empties a tank", passage("Step by step")) == []
    assert steps("in what order do we empty a tank", passage("Safety")) == []


def test_steps_of_something_else_are_not_told() -> None:
    near, strange = passage("Safety", near=0.6), passage("Step by step", title="Crane handbook", near=0.2)
    assert steps("in what order do we empty a tank", near, strange) == []
