"""Chat models over the real wire protocol: LangChain's OpenAI client against a server on loopback."""

from collections.abc import Iterator

import pytest

from core.errors import ModelError
from core.llm import Spending, open_chat_models
from core.settings import LlmSettings
from tests.integration.openai_stand_in import OpenAiStandIn, Script, openai_stand_in

pytestmark = pytest.mark.integration
pytest.importorskip("langchain_openai", reason="the extra debrief[openai] isn't installed")
MESSAGES = [("system", "Be brief."), ("user", "What does it cost?")]


@pytest.fixture
def server() -> Iterator[OpenAiStandIn]:
    with openai_stand_in() as running:
        yield running


def settings(server: OpenAiStandIn, **more: object) -> LlmSettings:
    values = {"model": "openai:any", "base_url": server.url, "api_key": "sk-test", "timeout_s": 2.0, "max_tokens": 77}
    return LlmSettings(**{**values, **more})


def test_it_streams_and_counts_tokens(server: OpenAiStandIn) -> None:
    server.scripts = [Script("It costs 49 dollars [1].")]
    models = open_chat_models(settings(server, price_per_million_input=1.0))
    assert models is not None
    spent = Spending()
    pieces = list(models.stream("answer", MESSAGES, spent))
    assert len(pieces) > 2 and "".join(pieces) == "It costs 49 dollars [1]."
    assert (spent.input_tokens, spent.output_tokens, spent.cost) == (42, 7, pytest.approx(42e-6))
    (request,) = server.requests
    assert request["path"] == "/v1/chat/completions" and request["stream"] is True
    assert [m["role"] for m in request["messages"]] == ["system", "user"]
    assert request.get("max_tokens", request.get("max_completion_tokens")) == 77
    assert server.keys == ["Bearer sk-test"]


def test_it_tries_again_when_the_server_is_overloaded(server: OpenAiStandIn) -> None:
    server.scripts = [Script("slow down", status=429), Script("oops", status=503), Script("Fine.")]
    models = open_chat_models(settings(server, retries=2))
    assert models is not None
    assert models.complete("answer", MESSAGES, Spending()) == "Fine."
    assert len(server.requests) == 3


def test_a_wrong_key_is_said_at_once(server: OpenAiStandIn) -> None:
    server.scripts = [Script("Incorrect API key provided", status=401)]
    models = open_chat_models(settings(server))
    assert models is not None
    with pytest.raises(ModelError, match="Incorrect API key"):
        models.complete("answer", MESSAGES, Spending())
    assert len(server.requests) == 1


def test_a_silent_server_times_out(server: OpenAiStandIn) -> None:
    server.scripts = [Script("too late", pause_s=3.0)]
    models = open_chat_models(settings(server, timeout_s=0.3, retries=0))
    assert models is not None
    with pytest.raises(ModelError, match=r"(?i)timed? ?out"):
        models.complete("answer", MESSAGES, Spending())


def test_a_connection_that_breaks_off_in_the_middle(server: OpenAiStandIn) -> None:
    server.scripts = [Script("It costs 49 dollars and a lot more besides.", break_after=3)]
    models = open_chat_models(settings(server, retries=0))
    assert models is not None
    text = "".join(models.stream("answer", MESSAGES, Spending()))
    # The protocol ends such a stream without an error; what came is all there is, and the sentence check judges it.
    assert text == "It costs 49 doll"[: len(text)]


def test_no_server_at_all(server: OpenAiStandIn) -> None:
    models = open_chat_models(settings(server, base_url="http://127.0.0.1:9/v1", retries=0))
    assert models is not None
    with pytest.raises(ModelError, match=r"check llm\.model, its key and its address"):
        models.complete("answer", MESSAGES, Spending())


def test_a_task_may_have_its_own_model(server: OpenAiStandIn) -> None:
    server.scripts = [Script("A question?"), Script("An answer.")]
    models = open_chat_models(settings(server, tasks={"rewrite": "openai:small"}))
    assert models is not None
    models.complete("rewrite", MESSAGES, Spending())
    models.complete("answer", MESSAGES, Spending())
    assert [request["model"] for request in server.requests] == ["small", "any"]
