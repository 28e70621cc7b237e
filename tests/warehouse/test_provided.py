"""Requests with a condition: measured, said with its values, done or not; and a line of what is first."""

from __future__ import annotations

from datetime import date

import pytest

from core.types import User
from warehouse.ask import Warehouse
from warehouse.databases.base import Rows
from warehouse.databases.duck import DuckFiles
from warehouse.layer.load import layer_of

_SQL = """
CREATE TABLE sales (sold DATE, kind VARCHAR, region VARCHAR, amount INTEGER);
INSERT INTO sales VALUES ('2026-05-11', 'tea', 'north', 10), ('2026-05-12', 'tea', 'north', 4), ('2026-05-12', 'mate', 'north', 2),
  ('2026-05-13', 'tea', 'south', 20), ('2026-05-18', 'tea', 'north', 15), ('2026-05-19', 'mate', 'south', 12);
"""
_LAYER = {
    "roles": {"all": ["all"], "north": ["north"]},
    "entities": {
        "sale": {
            "table": "sales",
            "date": "sold",
            "columns": {"sold": {"type": "date"}, "kind": {}, "region": {}, "amount": {"type": "number"}},
            "scope": {"all": [], "north": [{"field": "region", "value": "north"}]},
        }
    },
    "metrics": {"turnover": {"of": "sale.amount", "by": "sum"}},
}
ALL, NORTH = User("a@b.c", ("all",)), User("n@b.c", ("north",))


@pytest.fixture(scope="module")
def sales() -> Warehouse:
    database = DuckFiles([])
    database.run_script(_SQL)
    return Warehouse(layer_of(_LAYER, "sales"), database, 100, lambda: date(2026, 5, 20))  # a Wednesday


@pytest.mark.parametrize(
    ("question", "holds", "says", "kind"),
    [
        ("If turnover was less than 7 at any time since 11 May, plot it as a line chart", True, "under 7 on 1 of 5 days; the lowest is 6 on 12 May 2026", "line"),
        ("Was turnover more than 50 on any day since 11 May? If so, please draw it", False, "on none of 5 days; the highest is 20 on 13 May 2026", "table"),
        ("Make a bar chart of turnover since 11 May if it was over 15 at any time since 11 May", True, "on 1 of 5 days", "bar"),
        ("If turnover is more than 10% higher than on 11 May, make a line plot of it since then", True, "from 10 on 11 May 2026 to 12 on 19 May 2026 (+20.0%)", "line"),
        ("If turnover fell by more than 10% since 11 May, make a line plot of it", False, "(+20.0%): the condition does not hold", "table"),
        ("If turnover on monday was more than 20% higher than it was the previous monday, plot it over that period", True, "from 10 on 11 May 2026 to 15 on 18 May 2026 (+50.0%)", "line"),
        ("If turnover since 11 May was over 60, plot it", True, "turnover is 63, which is over 60", "line"),
        ("If turnover since 11 May was over 100, plot it, otherwise show turnover by kind", False, "not over 100: the condition does not hold. turnover by sale kind", "bar"),
        ("If we had more turnover from tea than mate since 11 May, make bar charts of both", True, "49 for tea and 14 for mate", "bar"),
        ("If turnover grew by more than number of sales since 11 May, make a line plot of both", True, "(+20.0%) and number of sales went from 1 on 11 May 2026 to 1 on 19 May 2026 (+0.0%)", "line"),
        ("Wenn turnover since 11 May mehr als 60 war, zeige it as a line chart", True, "turnover is 63", "line"),
    ],
)  # fmt: skip
def test_the_condition_is_said_with_its_values(
    sales: Warehouse, question: str, *, holds: bool, says: str, kind: str
) -> None:
    found = sales.ask(question, ALL)
    assert found.holds is holds, found.problem or found.words
    assert says.lower() in found.words.lower()
    assert found.kind == kind
    assert (found.spec is not None) is (kind != "table")
    assert found.rows


def test_conditions_are_measured_over_the_persons_own_rows(sales: Warehouse) -> None:
    asked = "If turnover was more than 18 on any day since 11 May, plot it"
    assert sales.ask(asked, ALL).holds is True
    assert sales.ask(asked, NORTH).holds is False


def test_what_was_measured_is_drawn_without_asking_again(sales: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    rows = sales.database.rows

    def counted(sql: str, limit: int = 10_000) -> tuple[list[str], Rows]:
        asked.append(sql)
        return rows(sql, limit)

    sales.lexicon(ALL)
    monkeypatch.setattr(sales.database, "rows", counted)
    found = sales.ask("If turnover was more than 18 on any day since 11 May, plot it", ALL)
    assert (found.kind, len(asked)) == ("line", 1)


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("If the profit since 11 May was over 60, plot it", "The condition is about “profit”, which can't be measured."),
        ("If turnover is more than 10% higher than on 9 May, plot it", "There is no turnover on 9 May 2026; name another"),
        ("If we had more turnover from tea than coffee since 11 May, plot both", "The data has nothing for “coffee”."),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_said_and_nothing_is_drawn(sales: Warehouse, question: str, says: str) -> None:
    found = sales.ask(question, ALL)
    assert says in found.problem
    assert (found.holds, found.spec) == (None, None)


def test_the_one_that_is_first_is_drawn_over_time(sales: Warehouse) -> None:
    found = sales.ask("Plot the most common kind since 11 May", ALL)
    assert found.words.startswith("tea is first (number of sales: 4). number of sales by day, where sale kind is tea")
    assert (found.kind, len(found.rows)) == ("line", 4)
    bare = sales.ask("Which is the least common kind?", ALL)
    assert (bare.rows, bare.kind) == ([("mate", 2)], "table")
