"""A model gives a structured query; what it makes up is refused like anybody's."""

from __future__ import annotations

from typing import Any

from core.llm import Spending
from tests.warehouse.shop import NORTH, OWNER, TODAY, shop
from warehouse.query.check import visible_layer
from warehouse.query.values import query_of, values_of
from warehouse.reading.by_model import described, read_by_model


class _Says:
    """A model with one reply."""

    def __init__(self, **reply: Any) -> None:
        self.reply, self.told = reply, ""

    def structured(self, _task: str, messages: Any, schema: Any, _spent: Spending) -> Any:
        self.told = messages[-1][1]
        return schema.model_validate(self.reply)


def _asked(question: str, user: Any, **reply: Any) -> Any:
    return shop().ask(question, user, models=_Says(**reply))  # type: ignore[arg-type]


def test_a_question_in_free_words_is_read() -> None:
    found = _asked(
        "Who hangs around with us the longest?",
        OWNER,
        measures=[{"of": "rental"}],
        levels=[{"field": "rider.name"}],
        limit=1,
        order=[{"position": 1, "descending": True}],
    )
    assert found.rows == [("Ana Lima", 3)] and found.by_model


def test_what_it_makes_up_is_refused() -> None:
    assert (
        "no 'rider.shoe size'"
        in _asked("Average shoe size?", OWNER, measures=[{"of": "rider.shoe size", "by": "avg"}]).problem
    )
    assert "can't see rental records" in _asked("Rentals of all?", NORTH, measures=[{"of": "rental"}]).problem
    assert (
        _asked("Weight?", OWNER, missing="the weight of riders").problem
        == "The data doesn't have what this asks for: the weight of riders."
    )


def test_it_is_told_only_what_the_person_sees() -> None:
    told = described(visible_layer(NORTH, shop().layer))
    assert "rider.tier" in told and "salary" not in told and "rental" not in told


def test_its_prompt_has_the_day() -> None:
    model = _Says(measures=[{"of": "rider"}])
    read_by_model("?", shop().layer, TODAY, model, Spending())  # type: ignore[arg-type]
    assert "2026-05-20" in model.told


def test_a_query_is_the_same_after_a_way_as_json() -> None:
    for question in (
        "total price per month in 2026",
        "open share by tier",
        "riders without rentals",
        "top 2 riders by total price",
    ):
        query = shop().ask(question, OWNER).query
        assert query is not None
        again = query_of(values_of(query))
        assert shop().run(again, OWNER).rows == shop().run(query, OWNER).rows
