"""Questions in other languages, carried over into English words."""

import pytest

from assistant.understanding.carried import LANGUAGES, carried_over


@pytest.mark.parametrize(
    ("language", "question", "words"),
    [
        ("de", "Wie viele Urlaubstage habe ich pro Jahr?", "how many vacation day per year"),
        ("de", "Wer genehmigt Dienstreisen ins Ausland?", "who approve trip abroad"),
        ("de", "Wie hoch ist die Reisekostenobergrenze in Madrid?", "how much travel cost limit Madrid"),
        ("es", "¿Cuánto puedo gastar en una comida con un cliente?", "how much spend meal customer"),
        ("es", "¿Cuál es el plazo de preaviso del contrato?", "notice period contract"),
        ("fr", "Combien de jours de congé ai-je par an ?", "how many day leave year"),
        ("fr", "Qui approuve une dépense de 5.000 euros ?", "who approve expense 5.000"),
    ],
)
def test_a_question_is_carried_over_word_for_word(language: str, question: str, words: str) -> None:
    assert set(words.split()) <= set(carried_over(question, language).rstrip("?").split())


def test_what_is_not_known_is_another_question_and_is_left_alone() -> None:
    assert carried_over("Weshalb zerbröselt Glimmerschiefer so leicht?", "de") == ""
    assert carried_over("What does the plan cost?", "en") == ""
    assert carried_over("Сколько стоит тариф?", "ru") == ""
    assert carried_over("", "de") == ""


def test_each_line_has_its_four_languages() -> None:
    from importlib.resources import files

    lines = files("assistant.understanding").joinpath("carried.txt").read_text(encoding="utf-8").splitlines()
    assert all(len([c for c in line.split("|") if c.strip()]) == 1 + len(LANGUAGES) for line in lines)
