"""What was superseded is left out beside what holds, unless the past is asked for."""

from datetime import date

import pytest

from assistant.answers.quoting.people import who_could_know
from assistant.answers.reading.validity import holding
from core.types import Chunk, Passage


def passage(name, vetting="", **metadata):
    return Passage(Chunk(name, name, 0, "Text.", metadata={"vetting": vetting, **metadata}), 1.0)


def held(question, passages):
    return holding(question, passages, date(2026, 11, 28)).passages


NEW, OLD = passage("new", "vetted"), passage("old", "superseded")


@pytest.mark.parametrize("question", ["How much is a hotel?", "Was kostet ein Hotel?", "¿Cuánto cuesta un hotel?"])
def test_only_what_holds_today_answers(question):
    assert held(question, [OLD, NEW]) == [NEW]


@pytest.mark.parametrize(
    "question",
    ["How much was a hotel in 2024?", "What changed in the travel policy?", "¿Qué decía la versión anterior?"],
)
def test_the_past_is_there_for_who_asks_for_it(question):
    assert held(question, [OLD, NEW]) == [OLD, NEW]


def test_what_nobody_replaced_is_better_than_nothing():
    assert held("How much is a hotel?", [OLD]) == [OLD]


def test_programs_in_file_properties_are_nobody_who_could_know():
    found = who_could_know([passage("a", authors=("python-docx",)), passage("b", authors=("openpyxl", "Ana Ruiz"))])
    assert [person.name for person in found] == ["Ana Ruiz"]
