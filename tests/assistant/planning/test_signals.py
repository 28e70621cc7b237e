"""Which questions are planned before anything is written."""

import pytest

from assistant.planning import wants_plan


@pytest.mark.parametrize(
    "question",
    [
        "Compare the notice periods of our three largest suppliers",
        "What is the difference between the gold and the silver warranty?",
        "Which customers have a contract that ends before March?",
        "list all machines that are due for inspection",
        "Who manages the account whose contract ends first this year?",
        "What do all policies say about remote access?",
        "Welche Kunden haben noch Firmware 3?",
        "Vergleiche die Kündigungsfristen von Nord und Süd",
        "¿Qué proveedores tienen certificado?",
        "Quels fournisseurs ont un contrat annuel ?",
    ],
)
def test_what_needs_several_places_is_planned(question: str) -> None:
    assert wants_plan(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many days of leave do I have?",
        "what is the notice period",
        "Which days are bank holidays?",
        "which address do I send it to?",
        "Can I fly business class?",
        "who do I call when my laptop is stolen",
        "What steps are there when somebody leaves?",
        "Wie viele Urlaubstage habe ich?",
        "Wer ist für die Firmware zuständig?",
        "¿Cuántos días de vacaciones tengo?",
        "Combien de jours de congé ai-je ?",
    ],
)
def test_a_simple_question_is_not(question: str) -> None:
    assert not wants_plan(question)


def test_more_parts_than_two_are_planned() -> None:
    assert wants_plan("a? b? c?", ["a?", "b?", "c?"]) and not wants_plan("a? b?", ["a?", "b?"])
