"""Times in questions, at the ends of years and in four languages."""

from __future__ import annotations

from datetime import date

import pytest

from warehouse.reading.periods import periods_in

NEW_YEAR = date(2026, 1, 1)
MAY = date(2026, 5, 20)


@pytest.mark.parametrize(
    ("said", "today", "start", "end"),
    [
        ("sales last month", NEW_YEAR, date(2025, 12, 1), date(2026, 1, 1)),
        ("sales last quarter", NEW_YEAR, date(2025, 10, 1), date(2026, 1, 1)),
        ("sales in the last 3 months", MAY, date(2026, 2, 1), date(2026, 5, 1)),
        ("sales in the last 2 years", MAY, date(2024, 1, 1), date(2026, 1, 1)),
        ("sales in the past 30 days", MAY, date(2026, 4, 20), date(2026, 5, 21)),
        ("sales this year", MAY, date(2026, 1, 1), date(2026, 5, 21)),
        ("sales in 2024", MAY, date(2024, 1, 1), date(2025, 1, 1)),
        ("sales in December", NEW_YEAR, date(2025, 12, 1), date(2026, 1, 1)),
        ("sales since November 21", MAY, date(2025, 11, 21), None),
        ("sales before 2025", MAY, None, date(2025, 1, 1)),
        ("sales after March 2026", MAY, date(2026, 4, 1), None),
        ("sales until 31 March 2026", MAY, None, date(2026, 4, 1)),
        ("sales between 1 March 2026 and 5 April 2026", MAY, date(2026, 3, 1), date(2026, 4, 6)),
        ("sales from January to March 2026", MAY, date(2026, 1, 1), date(2026, 4, 1)),
        ("sales in Q2 2025", MAY, date(2025, 4, 1), date(2025, 7, 1)),
        ("sales in the first quarter of 2026", MAY, date(2026, 1, 1), date(2026, 4, 1)),
        ("who is away next week", MAY, date(2026, 5, 25), date(2026, 6, 1)),
        ("Umsatz im letzten Monat", MAY, date(2026, 4, 1), date(2026, 5, 1)),
        ("Umsatz seit März 2026", MAY, date(2026, 3, 1), None),
        ("ventas del mes pasado", MAY, date(2026, 4, 1), date(2026, 5, 1)),
        ("ventas en los últimos 3 meses", MAY, date(2026, 2, 1), date(2026, 5, 1)),
        ("ventes de cette année", MAY, date(2026, 1, 1), date(2026, 5, 21)),
        ("ventes le mois dernier", MAY, date(2026, 4, 1), date(2026, 5, 1)),
    ],
)
def test_a_time(said: str, today: date, start: date | None, end: date | None) -> None:
    found = periods_in(said, today)
    assert [(p.start, p.end) for p in found] == [(start, end)]


def test_a_number_is_no_year() -> None:
    assert periods_in("orders over 2000 EUR", MAY) == [] or periods_in("orders over 25 EUR", MAY) == []
    assert periods_in("orders over 1,950 EUR", MAY) == []
