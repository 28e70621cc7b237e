"""A question for the most or the least picks the extreme row of the column that it names."""

from assistant.answers.reading.extremes import extreme_rows
from core.types import Chunk, Passage

HEADER = ("Route", "Visitors", "Share lost")
ROWS = (("Coast", "1,200", "4.5 %"), ("Forest", "980", "2 %"), ("Ridge", "2,310", "7 %"), ("Lake", "–", "–"))


def rows(question: str, header: tuple[str, ...] = HEADER) -> set[str]:
    # A long table stands in several passages.
    parts = [Chunk(str(n), "d", n, "", rows=(header, *part)) for n, part in enumerate((ROWS[:2], ROWS[2:]))]
    return {row[0] for row in extreme_rows(question, [Passage(chunk, 1.0) for chunk in parts])}


def test_the_extreme_of_the_column_named_is_picked() -> None:
    assert rows("which route had the most visitors") == {"Ridge"}
    assert rows("fewest visitors where?") == {"Forest"}
    assert rows("where is the lowest share lost") == {"Forest"}


def test_no_row_without_an_extreme_a_column_or_enough_numbers() -> None:
    assert rows("visitors of the coast route") == set()
    assert rows("which route has the most benches") == set()
    assert rows("smallest number of visitors", ("Route", "Smallest visitors", "Share")) == set()
