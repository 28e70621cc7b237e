"""Whose "today" and "last week" it is: the same moment and the same rows, asked in Auckland and in Los Angeles."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import load_settings
from core.types import User
from warehouse.ask import Warehouse, today_in
from warehouse.databases.duck import DuckFiles
from warehouse.layer.draft import drafted
from warehouse.shown import cell_text

ANA = User(email="ana@orders.example")
# Moments as a database keeps them, with a zone; the second is the 29th in Los Angeles and the 30th in Auckland.
ORDERS = """
CREATE TABLE orders (order_id INTEGER, placed_at TIMESTAMPTZ, amount DOUBLE);
INSERT INTO orders VALUES
  (1, '2026-11-22 23:30:00+00', 10), (2, '2026-11-29 19:00:00+00', 20), (3, '2026-11-29 04:00:00+00', 40),
  (4, '2026-12-31 15:00:00+00', 80), (5, '2026-12-31 02:00:00+00', 160), (6, '2025-12-31 12:00:00+00', 320);
"""
SUNDAY = datetime(2026, 11, 29, 20, 0, tzinfo=UTC)  # Sunday noon in Los Angeles, Monday morning in Auckland
EVE = datetime(2026, 12, 31, 20, 0, tzinfo=UTC)  # New Year's Eve there, New Year here


def total(zone: str, moment: datetime, question: str) -> tuple[str, str]:
    """(total, words) of a question asked at a moment by people in a time zone."""
    database = DuckFiles((), time_zone=zone)
    database.run_script(ORDERS)
    layer, _ = drafted(database.catalogue(), database)
    found = Warehouse(layer, database, today=partial(today_in, zone, moment)).ask(question, ANA)
    assert not found.problem, found.problem
    return cell_text(found.rows[0][-1]), found.words.partition(", ")[2]


AUCKLAND, ANGELES = "Pacific/Auckland", "America/Los_Angeles"


@pytest.mark.parametrize(
    ("zone", "moment", "said", "amount", "days"),
    [
        (AUCKLAND, SUNDAY, "today", "20", "30 November 2026"),
        (ANGELES, SUNDAY, "today", "20", "29 November 2026"),
        (AUCKLAND, SUNDAY, "yesterday", "40", "29 November 2026"),
        (ANGELES, SUNDAY, "yesterday", "40", "28 November 2026"),
        (AUCKLAND, SUNDAY, "last week", "50", "23 November 2026 to 29 November 2026"),
        (ANGELES, SUNDAY, "last week", "10", "16 November 2026 to 22 November 2026"),
        (AUCKLAND, EVE, "today", "80", "1 January 2027"),
        (ANGELES, EVE, "today", "80", "31 December 2026"),
        (AUCKLAND, EVE, "this year", "80", "1 January 2027"),
        (ANGELES, EVE, "this year", "310", "2026"),
        (AUCKLAND, EVE, "last year", "550", "2026"),
        (ANGELES, EVE, "last year", "320", "2025"),
        (AUCKLAND, EVE, "last month", "160", "1 December 2026 to 31 December 2026"),
        (ANGELES, EVE, "last month", "70", "1 November 2026 to 30 November 2026"),
    ],
)
def test_days_are_those_of_the_deployment(zone: str, moment: datetime, said: str, amount: str, days: str) -> None:
    assert total(zone, moment, f"total amount of orders {said}") == (amount, days)


def test_a_zone_that_there_is_not_is_refused(tmp_path: Path) -> None:
    (tmp_path / "debrief.yaml").write_text("warehouse: {time_zone: Atlantis/Sunken}\n")
    with pytest.raises(SettingsError, match="'Atlantis/Sunken' is no time zone; write one such as Europe/Berlin"):
        load_settings(tmp_path / "debrief.yaml")
