"""What a query would leave out of its question is said; what it holds in other words isn't."""

from __future__ import annotations

import pytest

from tests.warehouse.shop import OWNER, shop


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("What is the difference between the price of rentals in Norway and Portugal?", "difference"),
        ("Which riders are in the same branch as Ana Lima?", "same"),
        ("What is the ratio of rentals to rentals?", "ratio"),
        ("How many rentals were not in the sun?", "not"),
        ("Which riders spent more than 40 EUR in a week?", "40"),
        ("Which rentals were delayed?", "delayed"),
        ("What is the average ratio of price to salary per tier?", "average ratio"),
        ("cumulative price per month", "cumulative"),
    ],
)
def test_it_is_refused_with_the_word(question: str, says: str) -> None:
    found = shop().ask(question, OWNER)
    assert says in found.problem, found.words
    assert not found.rows


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How many rentals are there in the shop?", "number of rentals"),
        ("total price of rentals taken by riders", "total price"),
        ("number of rentals last month, not including the current month", "number of rentals, 1 April 2026 to 30 April 2026"),
        ("lowest, highest and average price", "lowest price and highest price and average price"),
        ("average number of rentals made by riders", "number of rentals / number of riders"),
        ("riders by total price, top 2", "total price by rider name, total price, highest first, 2 at most"),
        ("How high was the price on average per tier?", "average price by rider tier"),
        ("riders, how many?", "number of riders"),
        ("How many riders are members and how many are not?", "number of riders by rider is member"),
        ("rentals over 2000 in price", "rental_id, rental price, where rental price over 2000.0"),
    ],
)  # fmt: skip
def test_what_is_held_in_other_words_is_answered(question: str, words: str) -> None:
    found = shop().ask(question, OWNER)
    assert found.words == words, found.problem
