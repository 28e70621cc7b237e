"""A follow-up asks what it asks about the question before; a new topic takes nothing with it."""

import pytest

from assistant.understanding.follow_up import in_context, subject_of


def alike(phrase: str, words: list[str]) -> list[float]:
    pairs = {("moulds", "castings"): 0.5, ("foreman", "manager"): 0.4}
    return [pairs.get((phrase, word), 0.0) for word in words]


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("What is the rent for a flat in Oslo?", "and in Bergen?", "What is the rent for a flat in Bergen?"),
        ("Wie hoch ist die Miete in Graz?", "und in Linz?", "Wie hoch ist die Miete in Linz?"),
        ("¿Cuál es el alquiler en Vigo?", "¿y en Gijón?", "¿Cuál es el alquiler en Gijón?"),
        ("Quel est le loyer à Nantes ?", "et à Lille ?", "Quel est le loyer à Lille ?"),
        ("who signs a contract of 5%", "and 30%?", "who signs a contract of 30%"),
        ("what does level 2 mean?", "level 3?", "what does level 3 mean?"),
        ("how fast is a grade 1 leak reported", "and mended?", "how fast is a grade 1 leak mended"),
        ("how did sales of Norden go in Q2 2025?", "and in Q3 2025?", "how did sales of Norden go in Q3 2025?"),
        ("smallest order of Ferrite", "same for Basalt", "smallest order of Basalt"),
        (
            "How much is paid for a week on the kiln?",
            "and for work at night?",
            "How much is paid for work at night on the kiln?",
        ),
        ("which valve was tested first?", "and last?", "which valve was tested last?"),
        ("How long are castings kept?", "and moulds?", "How long are moulds kept?"),
        ("Who is the plant manager of Kiel?", "and the foreman?", "Who is the foreman of Kiel?"),
        ("What's the coverage of Norden in Q2?", "and Basalt?", "What's the coverage of Basalt in Q2?"),
        ("How long are castings kept?", "moulds?", "How long are moulds kept?"),
        ("When does the client's order end?", "Gull Lines", "When does Gull Lines's order end?"),
    ],
)
def test_a_fragment_takes_the_place_of_what_it_stands_in_contrast_to(before: str, question: str, expected: str) -> None:
    assert in_context(question, before, alike) == expected


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("How is a pump ordered?", "and when is it paid?", "when is it paid? (pump ordered)"),
        ("How did usage of Norden change in Q3?", "why did training go down?", "why did training go down?"),
        ("How did usage of Norden change in Q3?", "and why did training go down?", "training go down? (Norden Q3)"),
        ("Who leads the plant of Norden?", "what's its address?", "what's Norden's address? (leads plant)"),
        ("How long is a valve kept?", "why?", "why? (long valve kept)"),
        ("How fast are leaks mended?", "what if I can't come?", "what if I can't come? (fast leaks mended)"),
    ],
)
def test_a_sentence_that_points_back_gets_what_it_is_about(before: str, question: str, expected: str) -> None:
    assert in_context(question, before).endswith(expected)


@pytest.mark.parametrize(
    "question",
    [
        "How many holidays do I get a year?",
        "How many trips are there per year?",
        "¿Cuánto se paga por noche en Vigo?",
        "Who signs a contract before they order it?",
        "gas bottles",
        "wellness",
        "Können Sie mir die Frist nennen?",
    ],
)
def test_another_topic_carries_nothing_over(question: str) -> None:
    assert in_context(question, "What is the list price of Ferrite?", alike) == question


def test_a_word_with_a_question_mark_asks_the_same_of_something_else() -> None:
    assert "wellness" in in_context("wellness?", "How much is paid for internet?", alike)
    assert in_context("wellness?", "How much is paid for internet?", alike) != "wellness?"


def test_the_subject_is_names_and_periods_or_else_the_content() -> None:
    assert subject_of("How did usage of Norden change in Q3 2025?") == "Norden Q3 2025"
    assert subject_of("how long is a valve kept") == "long valve kept"
