"""Answers over the real wire protocol, as the settings have it: fallback, tasks, prices and cache, up to the trace."""

from pathlib import Path

import pytest

from assistant.ask import Assistant
from assistant.question import Question
from core.database import open_database
from core.llm import open_chat_models
from core.settings import LlmSettings, Settings
from retrieval.retriever import Retriever
from tests.assistant.conftest import ANA, BEN
from tests.integration.openai_stand_in import Script, openai_stand_in

pytestmark = pytest.mark.integration
pytest.importorskip("langchain_openai", reason="the extra debrief[openai] isn't installed")
ANSWER = "Raw telemetry of Watchtower is kept for 90 days [1]."


def test_fallback_tasks_prices_and_cache_reach_the_answer_and_its_trace(retriever: Retriever, tmp_path: Path) -> None:
    with openai_stand_in() as server:
        llm = LlmSettings.model_validate(
            {
                "model": "openai:first",
                "base_url": server.url,
                "api_key": "sk-test",
                "retries": 0,
                "fallbacks": ["openai:second"],
                "tasks": {"rewrite": "openai:small"},
                "cache": True,
                "price_per_million_input": 1.0,
                "price_per_million_output": 10.0,
            }
        )
        settings = Settings(data_dir=tmp_path, llm=llm)
        models = open_chat_models(settings.llm)
        assistant = Assistant.over(retriever, settings, engine=open_database(settings), models=models)
        assert assistant.traces is not None and assistant.conversations is not None
        conversation = assistant.conversations.start(ANA)
        question = "How long is raw Watchtower telemetry kept?"

        server.scripts = [Script("no such model", status=404), Script(ANSWER)]
        first = assistant.answer(Question(question, ANA, conversation_id=conversation))
        assert first.text == "Raw telemetry of Watchtower is kept for 90 days. [1]"
        assert [r["model"] for r in server.requests] == ["first", "second"]
        (call,) = assistant.traces.load(first.trace_id, ANA)["models"]
        assert (call["model"], call["input_tokens"], call["output_tokens"]) == ("openai:second", 42, 7)
        assert call["cost"] == pytest.approx((42 * 1.0 + 7 * 10.0) / 1e6)

        server.requests.clear()
        cached = assistant.answer(Question(question, ANA))
        assert cached.text == first.text and not server.requests
        assert assistant.traces.load(cached.trace_id, ANA)["models"][0]["cached"] is True

        server.scripts = [Script(ANSWER)]
        assistant.answer(Question(question, BEN))  # reads other documents: the reply made for Ana isn't Ben's
        assert [r["model"] for r in server.requests] == ["first"]

        server.requests.clear()
        server.scripts = [Script("When are meeting recordings deleted?"), Script("After 30 days [1].")]
        assistant.answer(Question("And meeting recordings?", ANA, conversation_id=conversation))
        assert [r["model"] for r in server.requests][:2] == ["small", "first"]


def test_a_key_is_sent_to_its_own_provider_only(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: dict[str, dict[str, object]] = {}
    monkeypatch.setattr(
        "langchain.chat_models.init_chat_model", lambda name, **values: opened.setdefault(name, values) and object()
    )
    open_chat_models(
        LlmSettings.model_validate(
            {
                "model": "openai:large",
                "base_url": "https://llm.x.example/v1",
                "api_key": "sk-ours",
                "fallbacks": ["anthropic:other"],
                "tasks": {"route": "openai:small"},
            }
        )
    )
    assert opened["openai:large"]["api_key"] == opened["openai:small"]["api_key"] == "sk-ours"
    assert "api_key" not in opened["anthropic:other"] and "base_url" not in opened["anthropic:other"]
