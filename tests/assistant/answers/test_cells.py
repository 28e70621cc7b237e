"""Which row of a table a question picks: by its label, a cell, a range, or a month."""

import pytest

from assistant.answers.reading.cells import cell_asked_for, label_asked_for
from core.text.words import content_words

LABELS = [
    ("what does grade 78 mean", "75–84", 1.0),
    ("what does grade 85 mean", "75–84", 0.0),
    ("a saw for 30k, how many offers", "$10,000 to $50,000", 1.0),
    ("who was on duty in 2026", "2020-2030", 0.0),
    ("the October run", "2026-10", 1.0),
    ("the run of October 2025", "2026-10", 0.0),
    ("may I join a run", "2026-05", 0.0),
    ("price of the red kite", "Red kite", 1.0),
    ("price of the kite", "Red kite", 0.5),
]


@pytest.mark.parametrize(("question", "label", "share"), LABELS)
def test_a_label_is_asked_for(question: str, label: str, share: float) -> None:
    cells = (("Row", label), ("Value", "x"))
    assert label_asked_for(cells, question, content_words(question)) == share


def test_a_cell_picks_its_row() -> None:
    cells = (("Name", "Mill"), ("State", "pilot"), ("Since", "2026-03"))
    assert cell_asked_for(cells, "which are pilot", content_words("which are pilot")) == 1.0
    assert cell_asked_for(cells, "what began in March", content_words("what began in March")) == 1.0
    assert cell_asked_for(cells, "which are sold", content_words("which are sold")) == 0.0
