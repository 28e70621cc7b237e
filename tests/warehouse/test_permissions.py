"""Rights beside rows and columns: through another entity, what may be done, and the matrix that shows it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from core.errors import QuestionError, SettingsError
from tests.warehouse.shop import LAYER, NORTH, OWNER, TODAY, shop
from warehouse.ask import Warehouse
from warehouse.layer.load import layer_of
from warehouse.matrix import matrix, permissions
from warehouse.query import Filter, Level, Measure, Query


def _changed(change: dict[str, dict[str, Any]]) -> Warehouse:
    values = copy.deepcopy(LAYER)
    for entity, keys in change.items():
        values["entities"][entity].update(keys)
    return Warehouse(layer_of(values, "x.yaml"), shop().database, 100, lambda: TODAY)


THROUGH = {
    "rider": {"scope": {"owner": [], "clerk": [{"field": "branch_id", "through": "branch"}]}},
    "rental": {"scope": {"owner": [], "clerk": [{"field": "rider_id", "through": "rider"}]}},
}


def test_rows_are_seen_with_what_they_belong_to_and_no_others() -> None:
    warehouse = _changed(THROUGH)
    assert warehouse.ask("total price by branch", NORTH).rows == [("North", 30)]
    assert warehouse.ask("How many rentals are there?", NORTH).rows == [(2,)]
    assert warehouse.ask("How many rentals are there?", OWNER).rows == [(6,)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rental": {"scope": {"owner": [{"field": "rental_id", "through": "branch"}]}}}, "no relation leads from"),
        ({"rental": {"actions": {"boss": ["list"]}}}, "names the role 'boss'"),
        ({"rental": {"key": [], "actions": {"owner": ["list"]}}}, "give it a key"),
        ({"rental": {"actions": {"owner": ["read"]}}}, "actions"),
    ],
)
def test_a_layer_that_cannot_mean_it_is_refused(change: dict[str, dict[str, Any]], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        _changed(change)


COUNTED = {"rider": {"actions": {"owner": ["figures"]}, "least": 2}}


def test_who_may_only_count_sees_no_single_row() -> None:
    warehouse = _changed(COUNTED)
    assert warehouse.ask("How many riders per branch?", OWNER).rows == [("North", 2), ("South", 2)]
    # One rider alone has this tier and branch: the group is too small.
    assert warehouse.ask("How many riders per branch and tier?", OWNER).rows == []
    assert warehouse.ask("total price by tier", OWNER).rows == [("gold", 90)]
    for query in (
        Query((), (Level("rider.tier"),)),
        Query((Measure("rental", "count"),), (Level("rider.name"),)),
        Query((Measure("rental", "count"),), filters=(Filter("rider.name", "=", "Rui Costa"),)),
        Query((Measure("rental", "count"),), also=(Filter("rider.name", "=", "Rui Costa"),)),
        Query((Measure("rider.salary", "max"),)),
    ):
        with pytest.raises(QuestionError, match="not see single ones"):
            warehouse.run(query, OWNER)
    assert not warehouse.ask("How many riders per branch?", OWNER).may_take


def test_who_may_only_list_gets_no_figures() -> None:
    with pytest.raises(QuestionError, match="not count or add them up"):
        _changed({"rider": {"actions": {"owner": ["list"]}}}).run(Query((Measure("rider", "count"),)), OWNER)


def test_the_matrix_says_rows_actions_and_columns_of_each_role() -> None:
    found = {(p.role, p.entity): p for p in matrix(_changed({**THROUGH, "repair": COUNTED["rider"]}).layer)}
    assert len(found) == 2 * 4
    assert found["clerk", "branch"].rows == "branch_id is one of $branches"
    assert found["clerk", "rental"].rows == "with their rider" and found["clerk", "rider"].hidden == ("salary",)
    assert found["owner", "repair"].actions == ("figures",)
    assert found["clerk", "repair"].rows == "none" and "owner" in found["clerk", "repair"].why
    own = {p.entity: p for p in permissions(NORTH, shop().layer)}
    assert own["branch"].rows == "branch_id is one of B1"
    assert json.dumps([dict(p.values()) for p in own.values()])


def test_a_condition_on_a_hidden_column_is_refused_wherever_it_stands() -> None:
    hidden = Filter("rider.salary", ">", 15)
    for query in (
        Query((), (Level("rider.name"),), also=(hidden,)),
        Query((), (Level("rider.name"),), either=((hidden, Filter("rider.tier", "=", "gold")),)),
        Query((Measure("rider", "count", (hidden,)),)),
    ):
        with pytest.raises(QuestionError, match="can't see rider salary"):
            shop().run(query, NORTH)


def test_stored_queries_keep_all_that_they_say() -> None:
    from warehouse.query.values import query_of, values_of

    for question in (
        "riders with more than 2 rentals",
        "open share by tier",
        "How many rentals are open or have a price under 12?",
        "What is the ratio of open rentals to done rentals?",
    ):
        query = shop().ask(question, OWNER).query
        assert query is not None and query_of(json.loads(json.dumps(values_of(query)))) == query, question
