"""Nobody sees a row or a column that isn't theirs, whatever is asked."""

from __future__ import annotations

import random

import pytest

from core.errors import QuestionError
from core.types import User
from tests.warehouse.shop import NOBODY, NORTH, OWNER, shop
from warehouse.query import Filter, Level, Measure, Query
from warehouse.query.check import roles_of, visible_layer


def test_a_clerk_counts_only_the_own_branch() -> None:
    assert shop().ask("How many riders per branch?", NORTH).rows == [("North", 2)]
    assert shop().ask("How many riders are there?", NORTH).rows == [(2,)]


def test_values_of_others_are_not_even_known() -> None:
    found = shop().ask("How many riders in branch South?", NORTH)
    assert found.problem and "South" in found.problem


def test_a_hidden_column_is_refused_with_the_reason() -> None:
    with pytest.raises(QuestionError, match=r"role .*clerk.* can't see rider salary"):
        shop().run(Query((Measure("rider.salary", "avg"),)), NORTH)
    assert shop().run(Query((Measure("rider.salary", "avg"),)), OWNER).rows == [(25.0,)]


def test_an_entity_without_a_role_is_refused() -> None:
    with pytest.raises(QuestionError, match="can't see rental records; these roles do: owner"):
        shop().run(Query((Measure("rental", "count"),)), NORTH)
    assert "branch" not in visible_layer(NOBODY, shop().layer).entities
    assert shop().ask("How many riders are there?", NOBODY).problem


def test_a_person_without_the_attribute_sees_no_rows() -> None:
    assert shop().run(Query((Measure("rider", "count"),)), User("new@shop.example", ("staff",))).rows == [(0,)]


def test_hostile_values_stay_values() -> None:
    for value in ("' OR 1=1 --", '"; DROP TABLE riders; --', "B2') UNION SELECT salary FROM riders --"):
        found = shop().run(Query((), (Level("rider.name"),), (Filter("rider.tier", "=", value),)), NORTH)
        assert found.rows == []
    assert shop().run(Query((Measure("rider", "count"),)), OWNER).rows == [(4,)]


def test_random_queries_never_leave_the_scope() -> None:
    chance = random.Random(7)
    layer, own = shop().layer, {"Ola Nordmann", "Eva Berg", "North", "B1", "NO", 1, 4, "1", "4"}
    everything = {"Rui Costa", "Ana Lima", "South", "B2", "PT"}
    fields = [f"{e}.{c}" for e, entity in layer.entities.items() for c in entity.columns]
    asked = 0
    for _ in range(1_500):
        levels = tuple(Level(f) for f in chance.sample(fields, chance.randrange(1, 4)))
        filters = (
            (Filter(chance.choice(fields), chance.choice(["!=", "is not null"]), "x"),) if chance.random() < 0.4 else ()
        )
        try:
            rows = shop().run(Query((), levels, filters), NORTH).rows
        except QuestionError:
            continue
        asked += 1
        seen = {value for row in rows for value in row}
        assert not seen & everything, levels
        assert all(value in own or not isinstance(value, str) or value in ("gold", "silver") for value in seen)
    assert asked > 50


def test_roles_come_from_groups() -> None:
    assert roles_of(NORTH, shop().layer) == ["clerk", "everyone"]
    assert roles_of(NOBODY, shop().layer) == ["everyone"]
