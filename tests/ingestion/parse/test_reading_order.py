"""Text boxes are read as eyes read them."""

from __future__ import annotations

import io

import pptx
import pytest
from pptx.util import Inches

from ingestion.parse.formats import parse
from ingestion.parse.reading_order import Box, reading_order

LEFT, RIGHT, WIDE = (0, 4), (6, 10), (0, 10)


def boxes(*places: tuple[tuple[int, int], int, int]) -> list[Box]:
    return [Box(across[0], top, across[1], bottom) for across, top, bottom in places]


@pytest.mark.parametrize(
    ("page", "order"),
    [
        # two columns, drawn row by row
        (boxes((LEFT, 0, 1), (RIGHT, 0, 1), (LEFT, 2, 5), (RIGHT, 2, 5)), [0, 2, 1, 3]),
        # a heading over two columns and a line below them
        (boxes((WIDE, 9, 10), (RIGHT, 2, 8), (LEFT, 5, 8), (LEFT, 2, 4), (WIDE, 0, 1)), [4, 3, 2, 1, 0]),
        # drawn from the bottom
        (boxes((WIDE, 6, 8), (WIDE, 3, 5), (WIDE, 0, 2)), [2, 1, 0]),
        # one row of three
        (boxes(((8, 10), 0, 2), ((0, 3), 0, 2), ((4, 7), 0, 2)), [1, 2, 0]),
        # over each other
        (boxes((WIDE, 0, 8), (LEFT, 1, 3)), [0, 1]),
    ],
)
def test_columns_are_read_one_after_the_other(page: list[Box], order: list[int]) -> None:
    assert reading_order(page) == order


def test_a_slides_boxes_are_read_by_their_places() -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    for left, top, text in ((5, 3, "right 2"), (0, 3, "left 2"), (5, 1, "right 1"), (0, 1, "left 1")):
        slide.shapes.add_textbox(Inches(left), Inches(top), Inches(4), Inches(1)).text_frame.text = text
    file = io.BytesIO()
    deck.save(file)
    text = " ".join(section.text for section in parse(file.getvalue(), "a.pptx").sections)
    assert text.split("\n\n") == ["left 1", "left 2", "right 1", "right 2"]
