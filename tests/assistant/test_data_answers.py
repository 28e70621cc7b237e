"""Questions over tables in a conversation: taken where all of the question stands on the data, left otherwise."""

from __future__ import annotations

from assistant.data import DATA, DataAnswers, shown_again
from assistant.question import Question
from core.types import Answer
from tests.warehouse.shop import NOBODY, NORTH, OWNER, shop


def _answer(text: str, user: object = OWNER, before: str = "", route: str | None = None) -> Answer | None:
    events = DataAnswers(shop()).events(Question(text, user, route=route), before)  # type: ignore[arg-type]
    if events is None:
        return None
    last = list(events)[-1]
    assert isinstance(last, Answer)
    return last


def test_the_answer_has_words_rows_source_and_query() -> None:
    answer = _answer("How many riders per branch?")
    assert answer is not None and answer.route == DATA and answer.found
    assert answer.text.startswith("Number of riders by branch name:")
    assert "| North | 2 |" in answer.text
    assert answer.notes[0].startswith("From branches, riders, read ") or "riders" in answer.notes[0]


def test_a_question_about_documents_is_left_to_the_search() -> None:
    for question in (
        "What is our parental leave policy?",
        "How do I onboard a new rider?",
        "riders",
        "What does the contract say about repairs?",
    ):
        assert _answer(question) is None, question


def test_asked_for_it_says_what_is_missing() -> None:
    answer = _answer("average weight of the riders", route=DATA)
    assert answer is not None and not answer.found and "weight" in answer.text


def test_a_follow_up_changes_the_last_query() -> None:
    first = _answer("How many riders per branch?")
    assert first is not None
    then = _answer("only Portugal", before=first.query)
    assert then is not None and "| South | 2 |" in then.text and "North" not in then.text


def test_what_is_shown_again_is_what_the_person_may_see_now() -> None:
    answer = _answer("How many riders per branch?")
    assert answer is not None
    for user, rows in ((OWNER, [("North", 2), ("South", 2)]), (NORTH, [("North", 2)])):
        found = shown_again(answer, shop(), user)
        assert found is not None and sorted(found.rows) == rows
    assert shown_again(answer, shop(), NOBODY) is None
