import pytest

from assistant.answers.asked.rewrite import rewrite, rewrite_with_model, split_questions
from assistant.records.conversations import StoredTurn
from core.llm import Spending
from core.types import Answer
from tests.fakes import scripted_models


def after(question: str, **answer: object) -> list[StoredTurn]:
    return [StoredTurn(question, question, Answer("An answer.", **answer), "")]


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("When does Aurora Bank's contract end?", "What about Meridian Foods?", "Meridian Foods"),
        ("What is Watchtower?", "How much does it cost?", "How much does Watchtower cost?"),
        ("Who looks after Aurora Bank?", "When does their contract end?", "Aurora Bank's contract end?"),
        ("How did usage change in Q2?", "And in Q3?", "How did usage change in Q3?"),
        ("How long is telemetry kept?", "And alerts?", "telemetry"),
    ],
)
def test_a_follow_up_gets_what_it_refers_to(before: str, question: str, expected: str) -> None:
    assert expected in rewrite(question, after(before)).text


@pytest.mark.parametrize("question", ["Who approves travel expenses?", "How long are recordings kept?"])
def test_a_question_that_stands_alone_is_left_alone(question: str) -> None:
    assert rewrite(question, after("When does Aurora Bank's contract end?")).questions == (question,)
    assert rewrite("What about it?", []).questions == ("What about it?",)


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "What does Watchtower cost and how do I order it?",
            ("What does Watchtower cost?", "how do I order Watchtower?"),
        ),
        ("Who owns Sentinel? When was it released?", ("Who owns Sentinel?", "When was Sentinel released?")),
        ("What are the terms and conditions of the contract?", ("What are the terms and conditions of the contract?",)),
        ("What is new and why?", ("What is new and why?",)),
    ],
)
def test_several_questions_are_taken_apart(question: str, parts: tuple[str, ...]) -> None:
    assert split_questions(question) == parts


def test_a_choice_goes_into_the_question_that_was_asked_back() -> None:
    history = after(
        "When does the customer's contract end?", outcome="needs_input", choices=("Aurora Bank", "Meridian")
    )
    assert rewrite("aurora bank", history).text == "When does Aurora Bank's contract end?"


def test_the_model_rewrites_and_nonsense_of_it_is_not_taken() -> None:
    history = after("What is Watchtower?")
    models, model = scripted_models("What does Watchtower cost?", "")
    assert rewrite_with_model("And the cost?", history, models, Spending()).questions == ("What does Watchtower cost?",)
    assert "What is Watchtower?" in str(model.seen[0][1].content)
    too_long, _ = scripted_models("x" * 2_000)
    assert rewrite_with_model("How much is it?", history, too_long, Spending()).text == "How much is Watchtower?"
