from datetime import timedelta
from pathlib import Path

import pytest

from core.database import open_database, utc_now
from core.errors import ModelError
from core.llm import ChatModels, ModelUsage, NamedModel, Spending
from core.llm.calls import Call
from core.settings import LlmBudget, LlmSettings, Settings
from tests.fakes import ScriptedChatModel

MESSAGES = [("user", "Hello?")]


@pytest.fixture
def usage(tmp_path: Path) -> ModelUsage:
    return ModelUsage(open_database(Settings(data_dir=tmp_path)))


def models(usage: ModelUsage, *replies: str, **budget: float) -> ChatModels:
    settings = LlmSettings(model="scripted:0", price_per_million_input=10_000, budget=LlmBudget(**budget))
    named = [NamedModel("scripted:0", ScriptedChatModel(replies=list(replies)))]
    return ChatModels({"answer": named}, settings, usage=usage)


def test_every_call_is_kept_by_person_app_task_model_and_month(usage: ModelUsage) -> None:
    asked = models(usage, "One.", "Two.", "Three.")
    asked.complete("answer", MESSAGES, Spending(person="Ana@Example.com"))
    asked.complete("write", MESSAGES, Spending(person="ana@example.com", app="follow_up_email"))
    asked.complete("route", MESSAGES, Spending())
    assert [(s.of, s.calls, s.cost) for s in usage.sums("person")] == [("ana@example.com", 2, 2.0), ("", 1, 1.0)]
    assert [(s.of, s.input_tokens) for s in usage.sums("app")] == [("", 200), ("follow_up_email", 100)]
    assert {s.of for s in usage.sums("task")} == {"answer", "write", "route"}
    assert [(s.of, s.output_tokens) for s in usage.sums("month")] == [(f"{utc_now():%Y-%m}", 30)]
    assert usage.sums("model", utc_now() + timedelta(hours=1)) == []
    assert usage.forget_people_before(utc_now() + timedelta(hours=1)) == 2
    assert [(s.of, s.calls) for s in usage.sums("person")] == [("", 3)]


def test_a_persons_day_and_the_months_cost_are_limits(usage: ModelUsage) -> None:
    asked = models(usage, "One.", "Two.", tokens_per_person_day=100, cost_per_month=1.5)
    asked.complete("answer", MESSAGES, Spending(person="ana@example.com"))
    with pytest.raises(ModelError, match="100 tokens of one person in a day"):
        asked.complete("answer", MESSAGES, Spending(person="ana@example.com"))
    asked.complete("answer", MESSAGES, Spending(person="ben@example.com"))
    with pytest.raises(ModelError, match=r"a cost of 1\.5 in a month"):
        asked.complete("answer", MESSAGES, Spending(person="cem@example.com"))


def test_people_are_told_before_a_limit_is_reached(usage: ModelUsage) -> None:
    asked = models(usage, "One.", tokens_per_person_day=130)
    assert asked.nearly_used("ana@example.com") == ""
    asked.complete("answer", MESSAGES, Spending(person="ana@example.com"))
    assert asked.nearly_used("ana@example.com") == "85% of 130 tokens of one person in a day"
    assert asked.nearly_used("ben@example.com") == ""


def test_an_evaluation_is_nobodys(tmp_path: Path) -> None:
    usage = ModelUsage(open_database(Settings(data_dir=tmp_path)), "evaluation")
    usage.record(Call("answer", "m", 5, 5, 0.0, 1.0), "ana@example.com", "")
    assert [s.of for s in usage.sums("person")] == [""] and [s.of for s in usage.sums("app")] == ["evaluation"]
