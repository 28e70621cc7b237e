"""Quarters, months and windows of time in questions and titles."""

from datetime import date

import pytest

from assistant.accounts.periods import period_in, quarters_in, window_in

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("who renews in the next six months?", date(2026, 11, 28), date(2027, 5, 28)),
        ("in den nächsten sechs Monaten", date(2026, 11, 28), date(2027, 5, 28)),
        ("en los próximos cuatro meses", date(2026, 11, 28), date(2027, 3, 28)),
        ("dans les trois prochains mois", date(2026, 11, 28), date(2027, 2, 28)),
        ("within 90 days", date(2026, 11, 28), date(2027, 2, 26)),
        ("last 3 months", date(2026, 8, 28), date(2026, 11, 28)),
        ("before July 2027", None, date(2027, 6, 30)),
        ("due before 1 December", None, date(2026, 11, 30)),
        ("by 15 December 2026", None, date(2026, 12, 15)),
        ("since July", date(2026, 7, 1), None),
        ("this quarter", date(2026, 10, 1), date(2026, 12, 31)),
        ("in 2027", date(2027, 1, 1), date(2027, 12, 31)),
    ],
)
def test_windows_are_counted_from_today(text, begin, end):
    window = window_in(text, TODAY)
    assert window is not None
    assert (window.begin, window.end) == (begin, end)


@pytest.mark.parametrize(
    "text", ["when does it run out?", "may I travel?", "who set this up two weeks ago", "as before"]
)
def test_words_that_look_like_months_are_none(text):
    assert window_in(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("compare Q2 and Q3", ["0-Q2", "0-Q3"]),
        ("2026-Q1", ["2026-Q1"]),
        ("im dritten Quartal 2026", ["2026-Q3"]),
        ("im 3. Quartal 2026", ["2026-Q3"]),
        ("3e trimestre 2025", ["2025-Q3"]),
        ("T4 2026", ["2026-Q4"]),
        ("the second quarter", ["0-Q2"]),
    ],
)
def test_quarters_in_four_languages(text, keys):
    assert [q.key for q in quarters_in(text)] == keys


def test_a_title_says_its_period_and_a_day_is_none():
    assert period_in("Rapport de service, 3e trimestre 2026") == "2026-Q3"
    assert period_in("Report September 2026") == "2026-09"
    assert period_in("Review, 14 October 2026") == ""
