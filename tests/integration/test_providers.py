"""Each provider opened from debrief.yaml with its real LangChain package, against a stand-in of its wire."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelError
from core.llm import ChatModels, Spending, open_chat_models
from core.settings import load_settings
from tests.integration import wire_stand_ins as wires
from tests.integration.openai_stand_in import OpenAiStandIn, Script, cut, openai_stand_in, rate_limited
from tests.integration.wire_stand_ins import Says, Wire, wire

pytestmark = pytest.mark.integration
MESSAGES = [("system", "Be brief."), ("user", "What does it cost?")]
Open = Callable[[str], ChatModels]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Models from the text under `llm:` in a file of settings."""

    def open_(llm: str) -> ChatModels:
        file = tmp_path / "debrief.yaml"
        file.write_text("llm:\n  max_tokens: 77\n  retries: 1\n  timeout_s: 5\n" + llm, encoding="utf-8")
        models = open_chat_models(load_settings(file).llm)
        assert models is not None
        return models

    return open_


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is needed stands in the file, except for AWS, whose keys come from where AWS's tools look for them."""
    for name in (
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "GOOGLE_API_KEY",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_PROFILE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.fixture
def openai_wire() -> Iterator[OpenAiStandIn]:
    with openai_stand_in() as running:
        yield running


def answers(models: ChatModels, server: Wire) -> tuple[str, str]:
    """A reply's text and stop; that its tokens are counted."""
    spent = Spending()
    reply = models.reply("route", MESSAGES, spent)
    assert (spent.input_tokens, spent.output_tokens) == (42, 7)
    return reply.text, reply.stop


def behaves(models: ChatModels, server: Wire, length: str, filtered: str, retry: Says) -> None:
    """What holds for every provider: the text, how it ended, and waiting as it asks."""
    server.says = [Says("It costs 49 dollars."), Says("It costs", stop=length), Says("It costs", stop=filtered)]
    assert answers(models, server) == ("It costs 49 dollars.", "end")
    assert answers(models, server) == ("It costs", "length")
    assert answers(models, server) == ("It costs", "filter")
    server.says = [retry, Says("Fine.")]
    assert answers(models, server) == ("Fine.", "end")
    assert server.says == []


def test_anthropic(opened: Open) -> None:
    with wire(wires.anthropic_body, wires.anthropic_error) as server:
        models = opened(f"  model: anthropic:claude-x\n  api_key: sk-ant\n  base_url: {server.url}\n")
        behaves(models, server, "max_tokens", "refusal", Says(status=529, headers={"retry-after": "0"}))
        first = server.requests[0]
        sent = {first["headers"].get(name) for name in ("x-api-key", "authorization")}
        assert first["path"] == "/v1/messages" and sent & {"sk-ant", "Bearer sk-ant"}
        assert (first["body"]["max_tokens"], first["body"]["temperature"]) == (77, 0.0)
        assert first["body"]["system"][0]["cache_control"] == {"type": "ephemeral"}


def test_anthropic_thinking_has_room_of_its_own_and_is_not_shown(opened: Open) -> None:
    with wire(wires.anthropic_body, wires.anthropic_error) as server:
        models = opened(
            f"  model: anthropic:claude-x\n  api_key: sk-ant\n  base_url: {server.url}\n  thinking_tokens: 2000\n"
        )
        server.says = [Says("It costs 49 dollars.", thought="Source 1 says 49 [1].")]
        assert answers(models, server) == ("It costs 49 dollars.", "end")
        body = server.requests[0]["body"]
        assert body["max_tokens"] == 2077 and body["thinking"] == {"type": "enabled", "budget_tokens": 2000}
        assert "temperature" not in body


def test_bedrock(opened: Open) -> None:
    with wire(wires.bedrock_body, wires.bedrock_error) as server:
        models = opened(
            f"""  model: bedrock_converse:eu.anthropic.claude-sonnet-4-5-20250929-v1:0
  base_url: {server.url}
  models:
    bedrock_converse:eu.anthropic.claude-sonnet-4-5-20250929-v1:0: {{region: eu-central-1, guardrail_id: gr123, guardrail_version: "2"}}
"""
        )
        slow = Says(status=429, headers={"x-amzn-errortype": "ThrottlingException", "retry-after": "0"})
        behaves(models, server, "max_tokens", "guardrail_intervened", slow)
        first = server.requests[0]
        assert first["path"] == "/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream"
        assert "/eu-central-1/bedrock/" in first["headers"]["authorization"]
        assert first["body"]["inferenceConfig"]["maxTokens"] == 77
        assert first["body"]["guardrailConfig"]["guardrailIdentifier"] == "gr123"
        assert first["body"]["guardrailConfig"]["guardrailVersion"] == "2"


def test_bedrock_takes_the_profile_of_the_file(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = tmp_path / "credentials"
    credentials.write_text("[house]\naws_access_key_id = HOUSEKEY\naws_secret_access_key = x\n", encoding="utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with wire(wires.bedrock_body, wires.bedrock_error) as server:
        models = opened(
            f"""  model: bedrock_converse:anthropic.claude-3-haiku-20240307-v1:0
  base_url: {server.url}
  models: {{"bedrock_converse:anthropic.claude-3-haiku-20240307-v1:0": {{region: eu-west-1, profile: house}}}}
"""
        )
        server.says = [Says("Fine.")]
        assert answers(models, server) == ("Fine.", "end")
        assert "HOUSEKEY" in server.requests[0]["headers"]["authorization"]


def test_bedrock_takes_an_inference_profile(opened: Open) -> None:
    arn = "bedrock_converse:arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc123"
    with wire(wires.bedrock_body, wires.bedrock_error) as server:
        models = opened(
            f"""  model: "{arn}"
  base_url: {server.url}
  models: {{"{arn}": {{region: eu-west-1, base_model: eu.anthropic.claude-sonnet-4-5-20250929-v1:0}}}}
"""
        )
        server.says = [Says("Fine.")]
        assert answers(models, server) == ("Fine.", "end")
        assert "application-inference-profile%2Fabc123/converse-stream" in server.requests[0]["path"]


def test_google(opened: Open) -> None:
    with wire(wires.google_body, wires.google_error) as server:
        models = opened(f"  model: google_genai:gemini-x\n  api_key: g-key\n  base_url: {server.url}\n")
        behaves(models, server, "MAX_TOKENS", "SAFETY", Says(status=429, headers={"retry-after": "0"}))
        first = server.requests[0]
        assert first["path"].startswith("/v1")
        assert first["path"].endswith("/models/gemini-x:streamGenerateContent?alt=sse")
        assert first["headers"]["x-goog-api-key"] == "g-key"
        assert first["body"]["generationConfig"]["maxOutputTokens"] == 77


def test_ollama_is_given_room_for_the_prompt(opened: Open) -> None:
    with wire(wires.ollama_body, wires.ollama_error) as server:
        models = opened(
            f"""  model: ollama:qwen3
  base_url: {server.url}
  models: {{"ollama:qwen3": {{context_tokens: 16384}}}}
"""
        )
        server.says = [Says("It costs 49 dollars."), Says("It costs", stop="length"), Says(status=503), Says("Fine.")]
        assert answers(models, server) == ("It costs 49 dollars.", "end")
        assert answers(models, server) == ("It costs", "length")
        assert answers(models, server) == ("Fine.", "end")
        first = server.requests[0]
        assert first["path"] == "/api/chat"
        assert (first["body"]["options"]["num_ctx"], first["body"]["options"]["num_predict"]) == (16384, 77)


def test_azure(opened: Open, openai_wire: OpenAiStandIn) -> None:
    models = opened(
        f"""  model: azure_openai:gpt-5-mini
  api_key: az-key
  models:
    azure_openai:gpt-5-mini: {{endpoint: "{openai_wire.url.removesuffix("/v1")}", deployment: ours, api_version: 2025-04-01-preview}}
"""
    )
    openai_wire.scripts = [rate_limited(0), Script("Fine."), cut("It costs")]
    assert [models.reply("route", MESSAGES, Spending()).stop for _ in range(2)] == ["end", "length"]
    first = openai_wire.requests[0]
    assert first["path"] == "/openai/deployments/ours/chat/completions?api-version=2025-04-01-preview"
    assert openai_wire.keys[0] == "az-key"


def test_mistral(opened: Open, openai_wire: OpenAiStandIn) -> None:
    models = opened(f"  model: mistralai:mistral-x\n  api_key: mi-key\n  base_url: {openai_wire.url}\n")
    openai_wire.scripts = [Script("Fine."), cut("It costs"), rate_limited(0), Script("Fine.")]
    spent = Spending()
    assert [models.reply("route", MESSAGES, spent).stop for _ in range(3)] == ["end", "length", "end"]
    first = openai_wire.requests[0]
    assert (first["path"], first["max_tokens"], openai_wire.keys[0]) == ("/v1/chat/completions", 77, "Bearer mi-key")


@pytest.mark.parametrize(
    ("llm", "body", "failed"),
    [
        ("  model: anthropic:claude-x\n  api_key: sk-ant-secret\n", wires.anthropic_body, wires.anthropic_error),
        ("  model: google_genai:gemini-x\n  api_key: sk-ant-secret\n", wires.google_body, wires.google_error),
        ("  model: ollama:qwen3\n", wires.ollama_body, wires.ollama_error),
    ],
)
def test_no_providers_words_reach_a_person(opened: Open, llm: str, body: Any, failed: Any) -> None:
    with wire(body, failed) as server:
        models = opened(llm + f"  base_url: {server.url}\n")
        server.says = [Says(status=401, error="invalid key sk-ant-secret of org-abc1")] * 3
        with pytest.raises(ModelError, match=r"refuses the key \(401\); check llm.api_key") as error:
            models.complete("answer", MESSAGES, spent := Spending())
    assert "secret" not in str(error.value) and "secret" not in spent.failures[0].detail
    assert "invalid key" in spent.failures[0].detail
