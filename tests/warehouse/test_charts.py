"""The chart is chosen by what the rows are, and drawn so that it doesn't mislead."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tests.warehouse.shop import LAYER, OWNER, TODAY, shop
from warehouse.charts import chart_spec, chosen_kind
from warehouse.charts.choose import asked_kind
from warehouse.charts.picture import picture
from warehouse.layer.load import layer_of
from warehouse.query import Level, Measure, Query

SHOP = layer_of(LAYER, "shop")
COUNT, PRICE = Measure("rental", "count"), Measure("rental.price", "sum")


def _values(spec: Any) -> list[dict[str, Any]]:
    (values,) = spec["datasets"].values()
    return list(values)


@pytest.mark.parametrize(
    ("query", "rows", "asked", "kind"),
    [
        (Query((COUNT,)), [(3,)], None, "number"),
        (Query((COUNT,), (Level("rider.tier"),)), [("gold", 3), ("silver", 1)], None, "bar"),
        (Query((COUNT,), (Level("rider.tier"),)), [("gold", 3), ("silver", 1)], "pie", "pie"),
        (Query((Measure("rental.price", "avg"),), (Level("rider.tier"),)), [("gold", 3), ("silver", 1)], "pie", "bar"),
        (
            Query((COUNT,), (Level("rental.started", "month"),)),
            [(date(2026, 1, 1), 3), (date(2026, 2, 1), 1)],
            None,
            "line",
        ),
        (
            Query((COUNT,), (Level("rental.started", "weekday"), Level("rental.started", "hour of day"))),
            [(1, 8, 2), (2, 9, 1)],
            None,
            "heat",
        ),
        (Query((), (Level("rider.name"),)), [("Ana",), ("Rui",)], None, "table"),
        (Query((COUNT,), (Level("rider.tier"),)), [("gold", 3)], None, "table"),
        (Query((COUNT,), (Level("rider.tier"),)), [("gold", None), ("silver", None)], None, "table"),
        (Query((COUNT,), (Level("rider.name"),)), [(f"n{n}", n) for n in range(200)], None, "table"),
        (Query((COUNT,), (Level("rider.tier"),)), [], None, "table"),
        (Query((PRICE,), (Level("rental.started", "day"),)), [(datetime(2026, 1, 1), 3)], "histogram", "histogram"),
        (Query((PRICE,), (Level("rental.started", "day"),)), [(1, 3), (2, 4)], "scatter", "scatter"),
        (Query((COUNT, PRICE), (Level("rider.name"),)), [("Ana", 3, 5), ("Rui", 4, 9)], "scatter", "scatter"),
        (Query((COUNT,), (Level("rider.tier"),)), [("gold", 3), ("silver", 4)], "scatter", "bar"),
    ],
)
def test_the_kind(query: Query, rows: list[tuple[Any, ...]], asked: Any, kind: str) -> None:
    assert chosen_kind(query, rows, SHOP, asked) == kind


@pytest.mark.parametrize(
    ("question", "kind"),
    [("rentals by tier as a pie chart", "pie"), ("make a bar chart of rentals", "bar"), ("plot the distribution of prices", "histogram"),
     ("Umsatz als Liniendiagramm", "line"), ("a scatter plot of price", "scatter"), ("rentals by tier", None)],
)  # fmt: skip
def test_a_kind_that_is_asked_for(question: str, kind: str | None) -> None:
    assert asked_kind(question) == kind


def test_bars_begin_at_zero_have_units_and_gather_the_rest() -> None:
    query = Query((PRICE,), (Level("rider.name"),))
    rows = [(f"rider {n:02}", 100 - n) for n in range(20)]
    spec = chart_spec("bar", query, rows, SHOP, TODAY)
    assert spec is not None
    assert spec["encoding"]["x"]["scale"]["zero"] is True
    assert "EUR" in spec["encoding"]["x"]["axis"]["title"]
    values = _values(spec)
    assert len(values) == 13 and values[-1]["rider name"] == "other"
    assert values[-1]["total price"] == sum(100 - n for n in range(12, 20))
    assert spec["title"]["text"] == "Total price by rider name"


def test_gaps_of_time_stay_gaps_and_years_have_no_separator() -> None:
    query = Query((COUNT,), (Level("rental.started", "month"),))
    spec = chart_spec(
        "line", query, [(datetime(2026, 1, 1), 3), (datetime(2026, 2, 1), None), (datetime(2026, 3, 1), 1)], SHOP, TODAY
    )
    assert spec is not None
    assert spec["encoding"]["x"]["timeUnit"] == "yearmonth"
    assert _values(spec)[1]["number of rentals"] is None
    assert spec["description"].startswith("Number of rentals by month")


def test_points_stand_for_one_figure_over_time_or_for_two_figures() -> None:
    over_time = chart_spec(
        "scatter",
        Query((PRICE,), (Level("rental.started", "day"),)),
        [(datetime(2026, 1, 1), 3), (datetime(2026, 1, 2), 5)],
        SHOP,
        TODAY,
    )
    two = chart_spec(
        "scatter", Query((COUNT, PRICE), (Level("rider.name"),)), [("Ana", 3, 5), ("Rui", 4, 9)], SHOP, TODAY
    )
    assert over_time is not None and two is not None
    assert over_time["encoding"]["x"]["timeUnit"] == "yearmonthdate"
    assert (two["encoding"]["x"]["type"], two["encoding"]["y"]["field"]) == ("quantitative", "total price")


@pytest.mark.parametrize(
    "question",
    ["plot the total price", "make a scatter plot of the total price", "a histogram of the number of rentals"],
)
def test_a_figure_that_is_to_be_drawn_runs_over_its_days(question: str) -> None:
    found = shop().ask(question, OWNER)
    assert found.query is not None and [level.grain for level in found.query.levels] == ["day"]
    assert found.kind in ("line", "scatter", "histogram")


def test_a_chart_is_a_picture() -> None:
    found = shop().ask("number of rentals by tier", OWNER)
    assert found.spec is not None
    assert picture(found.spec, ".png").startswith(b"\x89PNG")
    assert b"<svg" in picture(found.spec, ".svg")


def test_a_month_without_rows_breaks_the_line_and_counts_as_none() -> None:
    for question, value in (("total price per month in 2026", None), ("number of rentals per month in 2026", 0)):
        found = shop().ask(question, OWNER)
        assert found.spec is not None
        months = {row["month"][:7]: list(row.values())[1] for row in next(iter(found.spec["datasets"].values()))}
        assert list(months) == ["2026-01", "2026-02", "2026-03", "2026-04"] and months["2026-03"] == value
