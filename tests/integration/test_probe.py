"""`debrief doctor --model`: what one small call says, over the wire."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from core.llm.probe import named_models, probe
from core.settings import LlmSettings, Settings
from ingestion.commands.doctor import examine, examine_models
from tests.integration.openai_stand_in import OpenAiStandIn, Script, openai_stand_in, wrong_key

pytestmark = pytest.mark.integration


@pytest.fixture
def server() -> Iterator[OpenAiStandIn]:
    with openai_stand_in() as running:
        yield running


def settings(server: OpenAiStandIn, **more: Any) -> LlmSettings:
    return LlmSettings.model_validate(
        {"model": "openai:any", "base_url": server.url, "api_key": "sk-test", "timeout_s": 5, **more}
    )


def test_a_good_model(server: OpenAiStandIn) -> None:
    server.scripts = [Script("one, two, three", first_token_s=0.2), Script('{"colours": ["red"]}')]
    found = probe("openai:any", settings(server, models={"openai:any": {"context_tokens": 32_000}}))
    first = re.match(r"first token after (\d+\.\d) s", found.said)
    assert first and float(first[1]) >= 0.2 and "42 + 7 tokens" in found.said
    assert "32,000 tokens of context, structured output works" in found.said
    assert list(found.concerns()) == []


def test_a_poor_model_says_what_will_not_be_as_it_should(server: OpenAiStandIn) -> None:
    server.scripts = [Script(["one, two"], usage={"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0})]
    server.reply = lambda _: Script("red")
    found = probe("openai:any", settings(server, models={"openai:any": {"context_tokens": 2_000}}))
    told = " ".join(found.concerns())
    assert "reports no tokens" in told and "in one piece" in told
    assert "Without structured output" in told and "smaller than 8,000 tokens" in told


def test_all_models_of_the_settings_are_asked_and_a_failing_one_is_an_error(server: OpenAiStandIn) -> None:
    llm = settings(server, fallbacks=["openai:second"], tasks={"route": "openai:small", "edit": "openai:any"})
    assert named_models(llm) == ["openai:any", "openai:second", "openai:small"]
    server.reply = lambda body: wrong_key() if body["model"] == "second" else Script('{"colours": ["red"]}')
    findings = list(examine_models(Settings(llm=llm)))
    assert [f.status for f in findings] == ["ok", "error", "ok"]
    # An administrator's command: here the provider's own words help, but for the key.
    assert "refuses the key (401)" in findings[1].message and "Incorrect API key" in findings[1].message
    assert "sk-secret" not in findings[1].message


def test_a_misspelled_model_in_the_settings_is_noticed(server: OpenAiStandIn) -> None:
    llm = settings(server, models={"openai:anny": {"price_per_million_input": 1}})
    (finding,) = (f for f in examine(Settings(llm=llm)) if f.subject == "language model" and f.status == "warning")
    assert finding.message == "llm.models has 'openai:anny', which nothing uses; did you mean 'openai:any'?"


def test_without_a_model_there_is_nothing_to_ask() -> None:
    (finding,) = examine_models(Settings())
    assert "answers quote the documents" in finding.message
