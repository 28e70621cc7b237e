"""Verified questions: approved, used first, shown as such, over, revoked, suggested, and kept across days."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from core import audit
from core.database import Engine, open_sqlite
from core.errors import QuestionError
from tests.warehouse.shop import LAYER, NORTH, OWNER, shop
from warehouse.ask import Warehouse
from warehouse.audit import ASKED_DATA
from warehouse.layer.load import layer_of
from warehouse.query import Level, Measure, Query

QUESTION = "Who rides the most?"
QUERY = Query((Measure("rental", "count"),), (Level("rider.name"),), limit=1)


@pytest.fixture
def state(tmp_path: Path) -> Engine:
    return open_sqlite(tmp_path / "state.sqlite")


def _warehouse(state: Engine, today: date = date(2026, 5, 20)) -> Warehouse:
    return Warehouse(shop().layer, shop().database, 100, lambda: today, state)


def test_an_approved_question_is_used_first_in_nearly_these_words_and_says_so(state: Engine) -> None:
    warehouse = _warehouse(state)
    assert warehouse.ask(QUESTION, OWNER).problem
    kept = warehouse.verified.approve(QUESTION, QUERY, OWNER)
    assert warehouse.ask("who never rides the most", OWNER).verified is None
    found = warehouse.ask("Please show me: who rides most", OWNER)
    assert len(found.rows) == 1 and found.verified is not None and OWNER.email in found.verified.said()
    with pytest.raises(QuestionError, match="There is no verified question"):
        warehouse.verified.revoke("nonsense", OWNER)
    assert warehouse.verified.revoke(kept.id, OWNER) == QUESTION
    assert warehouse.ask(QUESTION, OWNER).problem


def test_it_gives_nobody_more_than_they_see(state: Engine) -> None:
    warehouse = _warehouse(state)
    warehouse.verified.approve("paid most", Query((Measure("rider.salary", "max"),)), OWNER)
    assert "can't see rider salary" in warehouse.ask("paid most", NORTH).problem


def test_last_month_is_the_month_before_the_day_of_asking(state: Engine) -> None:
    query = _warehouse(state).read("number of rentals last month", OWNER).query
    assert query is not None
    _warehouse(state).verified.approve("rentals of late", query, OWNER)
    for today, start in ((date(2026, 5, 20), date(2026, 4, 1)), (date(2027, 1, 2), date(2026, 12, 1))):
        found = _warehouse(state, today).verified.find("rentals of late", today)
        assert found is not None and found.query.period is not None and found.query.period.start == start


def test_what_is_over_or_no_longer_fits_is_not_used(state: Engine) -> None:
    warehouse = _warehouse(state)
    with pytest.raises(QuestionError, match="is over"):
        warehouse.verified.approve(QUESTION, QUERY, OWNER, warehouse.today() - timedelta(days=1))
    with pytest.raises(QuestionError, match=r"no 'rider\.shoes'"):
        warehouse.verified.approve(QUESTION, Query((), (Level("rider.shoes"),)), OWNER)
    kept = warehouse.verified.approve(QUESTION, QUERY, OWNER, warehouse.today())
    assert warehouse.verified.find(QUESTION, warehouse.today() + timedelta(days=1)) is None
    smaller = {**LAYER, "entities": {k: v for k, v in LAYER["entities"].items() if k not in ("rental", "repair")}}
    smaller |= {"metrics": {}, "relations": LAYER["relations"][:1]}
    changed = Warehouse(layer_of(smaller, "shop.yaml"), shop().database, 100, state=state)
    assert changed.verified.find(QUESTION, warehouse.today()) is None
    assert [(v.id, v.problem) for v in changed.verified.listed()] == [
        (kept.id, "The data has no 'rental' any more; ask it anew.")
    ]


def test_proposals_and_what_several_ask_are_suggested(state: Engine) -> None:
    warehouse = _warehouse(state)
    assert warehouse.verified.propose(QUESTION, QUERY, NORTH) is not None
    assert warehouse.verified.propose(QUESTION, QUERY, OWNER) is None
    assert warehouse.ask(QUESTION, OWNER).problem, "a proposal isn't used"
    for person in (OWNER, NORTH):
        warehouse.ask("How many riders per branch?", person)
    suggested = warehouse.verified.suggestions(warehouse.today())
    assert [(s.question, s.people) for s in suggested] == [(QUESTION, 1), ("number of riders by branch name", 2)]
    again = warehouse.ask(suggested[1].question, OWNER)
    assert again.query == warehouse.ask("How many riders per branch?", OWNER).query
    warehouse.verified.approve(QUESTION, QUERY, OWNER)
    assert [s.people for s in warehouse.verified.suggestions(warehouse.today())] == [2]


def test_each_query_is_audited_with_scope_and_without_rows(state: Engine) -> None:
    warehouse = _warehouse(state)
    warehouse.ask("How many riders per branch?", NORTH)
    with pytest.raises(QuestionError):
        warehouse.run(Query((Measure("rider.salary", "avg"),)), NORTH)
    refused, asked = audit.recorded(state, actions=[ASKED_DATA])
    said = json.loads(asked.detail)
    assert asked.user == NORTH.email and said["rows"] == 1 and asked.subject == "branches, riders"
    assert said["scope"]["rider"] == "branch_id is one of B1" and said["roles"] == ["clerk", "everyone"]
    assert "can't see rider salary" in json.loads(refused.detail)["refused"]
    assert "North" not in asked.detail
