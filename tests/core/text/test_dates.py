from datetime import date

import pytest

from core.text.dates import find_day, month_number


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("by 27 November", date(2026, 11, 27)),
        ("bis zum 3. Dezember", date(2026, 12, 3)),
        ("antes del 30 de noviembre", date(2026, 11, 30)),
        ("pour le 15 janvier", date(2027, 1, 15)),
        ("March 5, 2027", date(2027, 3, 5)),
        ("due 2026-12-01", date(2026, 12, 1)),
        ("tomorrow", date(2026, 10, 15)),
        ("Catch-up, 9 Sept 2026", date(2026, 9, 9)),
        ("am 3. Dez", date(2026, 12, 3)),
        ("le 4 févr. 2027", date(2027, 2, 4)),
        ("two years ago 5 people", None),
        ("sometime in spring", None),
        ("31 February", None),
    ],
)
def test_days_in_four_languages(text, day):
    assert find_day(text, date(2026, 10, 14)) == day


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("January", 1), ("janv", 1), ("gennaio", 1), ("févr", 2), ("fevrier", 2), ("März", 3), ("mrt", 3), ("mei", 5),
        ("juin", 6), ("juillet", 7), ("lug", 7), ("août", 8), ("aout", 8), ("Sept", 9), ("outubro", 10), ("DEZ", 12),
        ("ma", None), ("marketing", None), ("report", None), ("", None),
    ],
)  # fmt: skip
def test_a_month_is_known_by_its_name_or_the_beginning_of_it(word, number):
    assert month_number(word) == number
