"""What may mean several things is asked back, with choices that go on."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.data import DataAnswers
from assistant.question import Question
from core.types import Answer, User
from warehouse.ask import Warehouse
from warehouse.databases.duck import DuckFiles
from warehouse.layer.load import layer_of

LAYER: dict[str, Any] = {
    "entities": {
        "offer": {
            "table": "offers",
            "key": ["offer_id"],
            "columns": {"offer_id": {"type": "id"}, "amount": {"type": "number"}, "sent": {"type": "date"}, "valid until": {"type": "date", "column": "valid"}},
            "scope": {"everyone": []},
        },
        "invoice": {
            "table": "invoices",
            "key": ["invoice_id"],
            "date": "due",
            "columns": {"invoice_id": {"type": "id"}, "offer_id": {"type": "id"}, "amount": {"type": "number"}, "due": {"type": "date"}},
            "scope": {"everyone": []},
        },
    },
    "metrics": {
        "open volume": {"of": "offer.amount", "by": "sum", "names": ["volume"]},
        "billed volume": {"of": "invoice.amount", "by": "sum", "names": ["volume"]},
    },
    "relations": [{"many": "invoice.offer_id", "one": "offer.offer_id"}],
}  # fmt: skip
ASKING = User("a@b.example")


@pytest.fixture(scope="module")
def warehouse() -> Warehouse:
    database = DuckFiles([])
    database.run_script(
        "CREATE TABLE offers AS SELECT 1 AS offer_id, 10 AS amount, DATE '2026-03-01' AS sent, DATE '2026-04-02' AS valid;"
        "CREATE TABLE invoices AS SELECT 7 AS invoice_id, 1 AS offer_id, 4 AS amount, DATE '2026-05-01' AS due;"
    )
    return Warehouse(layer_of(LAYER, "x.yaml"), database)


@pytest.mark.parametrize(
    ("question", "choices"),
    [
        ("What is the total amount?", [("What is the total offer amount?", 10), ("What is the total invoice amount?", 4)]),
        ("What is the volume?", [("What is the open volume?", 10), ("What is the billed volume?", 4)]),
        ("How many offers in April 2026?", [("How many offers with offer sent in April 2026?", 0),
                                            ("How many offers with offer valid until in April 2026?", 1)]),
    ],
)  # fmt: skip
def test_each_choice_goes_on(warehouse: Warehouse, question: str, choices: list[tuple[str, int]]) -> None:
    found = warehouse.ask(question, ASKING)
    assert found.query is None and found.problem.endswith("?")
    assert [(c, warehouse.ask(c, ASKING).rows) for c in found.choices] == [(c, [(n,)]) for c, n in choices]


def test_what_the_rest_of_the_question_decides_is_not_asked(warehouse: Warehouse) -> None:
    for question in (
        "total amount of invoices",
        "total amount per invoice id",
        "offers sent in March 2026",
        "billed volume",
    ):
        assert not warehouse.ask(question, ASKING).choices, question


def test_the_chat_asks_back(warehouse: Warehouse) -> None:
    events = DataAnswers(warehouse).events(Question("What is the total amount?", ASKING))
    assert events is not None
    answer = list(events)[-1]
    assert isinstance(answer, Answer) and answer.outcome == "needs_input" and len(answer.choices) == 2
