"""Chat models over the real wire protocol: LangChain's OpenAI client against a server on loopback."""

import time
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from core.errors import ModelError
from core.llm import ChatModels, Spending, open_chat_models
from core.settings import LlmSettings
from tests.integration.openai_stand_in import (
    OpenAiStandIn,
    Script,
    cut,
    dropped,
    endless_thinking,
    fenced,
    filtered,
    openai_stand_in,
    orphan_thinking,
    out_of_quota,
    prompt_filtered,
    rate_limited,
    reasoning,
    silent,
    thinking,
    too_long_prompt,
    tool_call,
    tool_call_text,
    wrong_key,
)

pytestmark = pytest.mark.integration
pytest.importorskip("langchain_openai", reason="the extra debrief[openai] isn't installed")
MESSAGES: list[tuple[str, str]] = [("system", "Be brief."), ("user", "What does it cost?")]


@pytest.fixture
def server() -> Iterator[OpenAiStandIn]:
    with openai_stand_in() as running:
        yield running


def settings(server: OpenAiStandIn, **more: object) -> LlmSettings:
    values = {"model": "openai:any", "base_url": server.url, "api_key": "sk-test", "timeout_s": 2.0, "max_tokens": 77}
    return LlmSettings(**{**values, **more})


def opened(server: OpenAiStandIn, **more: object) -> ChatModels:
    models = open_chat_models(settings(server, **more))
    assert models is not None
    return models


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


def test_a_wrong_key_is_said_at_once_and_the_providers_words_are_kept_for_administrators(server: OpenAiStandIn) -> None:
    server.scripts = [wrong_key("sk-secret-123")]
    models, spent = opened(server), Spending()
    with pytest.raises(ModelError) as error:
        models.complete("answer", MESSAGES, spent)
    assert str(error.value) == "No language model answered: openai:any refuses the key (401); check llm.api_key."
    assert "Incorrect API key" in spent.failures[0].detail
    assert "secret" not in spent.failures[0].detail and "org-abc" not in spent.failures[0].detail
    assert len(server.requests) == 1


def test_a_server_that_sends_headers_and_then_nothing_is_given_up(server: OpenAiStandIn) -> None:
    server.scripts = [silent(3.0), Script("From the second.")]
    models = opened(server, first_token_s=0.3, retries=0, timeout_s=5.0, fallbacks=["openai:second"])
    begin = time.monotonic()
    assert models.complete("answer", MESSAGES, Spending()) == "From the second."
    assert time.monotonic() - begin < 2.0


@pytest.mark.parametrize("reset", [True, False])
def test_a_connection_that_breaks_off_in_the_middle(server: OpenAiStandIn, reset: bool) -> None:
    server.scripts = [dropped("It costs 49 dollars and a lot more besides.", reset=reset)] * 2
    models = opened(server, retries=0)
    streamed = models.stream("answer", MESSAGES, Spending())
    assert "".join(streamed) == "It costs 49 dol" and streamed.stop == "dropped"
    with pytest.raises(ModelError, match="broke off in the middle"):
        models.complete("answer", MESSAGES, Spending())


def test_no_server_at_all(server: OpenAiStandIn) -> None:
    with pytest.raises(ModelError, match=r"can't be reached .*check llm\.base_url and the network"):
        opened(server, base_url="http://127.0.0.1:9/v1", retries=0).complete("answer", MESSAGES, Spending())


def test_it_waits_as_long_as_the_provider_asks(server: OpenAiStandIn) -> None:
    server.scripts = [rate_limited(0.4), Script("Fine.")]
    begin = time.monotonic()
    assert opened(server).complete("answer", MESSAGES, Spending()) == "Fine."
    assert 0.4 <= time.monotonic() - begin < 2.0


def test_a_used_up_account_is_not_asked_again(server: OpenAiStandIn) -> None:
    server.scripts = [out_of_quota()]
    with pytest.raises(ModelError, match="says that its account is used up"):
        opened(server).complete("answer", MESSAGES, Spending())
    assert len(server.requests) == 1


def test_a_refused_prompt_goes_to_the_next_provider_and_says_what_was_found(server: OpenAiStandIn) -> None:
    server.scripts = [prompt_filtered(), Script("Fine.")]
    assert opened(server, fallbacks=["openai:second"]).complete("answer", MESSAGES, Spending()) == "Fine."
    server.scripts = [prompt_filtered()]
    with pytest.raises(ModelError, match=r"was stopped by its content filter \(violence, medium\)"):
        opened(server).complete("answer", MESSAGES, Spending())
    assert len(server.requests) == 3


def test_a_reply_that_is_filtered_midway(server: OpenAiStandIn) -> None:
    server.scripts = [filtered("The kill chain "), filtered("The kill chain "), Script("The kill chain has steps.")]
    streamed = opened(server).stream("answer", MESSAGES, Spending())
    assert ("".join(streamed), streamed.stop) == ("The kill chain ", "filter")
    reply = opened(server, fallbacks=["openai:second"]).reply("answer", MESSAGES, Spending())
    assert (reply.text, reply.stop) == ("The kill chain has steps.", "end")


def test_a_cut_reply_is_gone_on_with_once(server: OpenAiStandIn) -> None:
    server.scripts = [cut("It costs 49 dol"), Script("lars a month.")]
    spent = Spending()
    assert opened(server).complete("write", MESSAGES, spent) == "It costs 49 dollars a month."
    assert [m["role"] for m in server.requests[1]["messages"]] == ["system", "user", "assistant", "user"]
    assert [call.stop for call in spent.calls] == ["length", "end"]


def test_a_reply_that_stays_cut_is_no_whole_reply(server: OpenAiStandIn) -> None:
    server.scripts = [cut("It costs 49 dol"), cut("lars a month, and")] * 2
    assert opened(server).reply("write", MESSAGES, Spending()).stop == "length"
    with pytest.raises(ModelError, match=r"ran into llm\.max_tokens; raise llm\.max_tokens for this task"):
        opened(server).complete("write", MESSAGES, Spending())


@pytest.mark.parametrize("script", [endless_thinking(), reasoning("", finish="length")])
def test_a_model_that_only_thinks(server: OpenAiStandIn, script: Script) -> None:
    server.scripts = [script]
    with pytest.raises(ModelError, match=r"used all of its tokens for thinking; raise llm\.thinking_tokens"):
        opened(server).complete("answer", MESSAGES, Spending())


@pytest.mark.parametrize(
    "script", [thinking("Fine [1]."), orphan_thinking("Fine [1]."), reasoning("Fine [1]."), fenced("Fine [1].")]
)
def test_what_stands_around_a_reply_is_no_part_of_it(server: OpenAiStandIn, script: Script) -> None:
    server.scripts = [script]
    assert opened(server).complete("write", MESSAGES, Spending()) == "Fine [1]."


def test_a_thought_is_never_streamed(server: OpenAiStandIn) -> None:
    server.scripts = [thinking("It costs 49 dollars [1].")]
    pieces = list(opened(server).stream("answer", MESSAGES, Spending()))
    assert len(pieces) > 2 and "".join(pieces) == "It costs 49 dollars [1]."


@pytest.mark.parametrize("script", [tool_call(), tool_call_text(), Script("")])
def test_no_text_is_an_empty_reply(server: OpenAiStandIn, script: Script) -> None:
    server.scripts = [script]
    with pytest.raises(ModelError, match="gave an empty reply"):
        opened(server).complete("answer", MESSAGES, Spending())


def test_an_overlong_prompt_says_what_helps(server: OpenAiStandIn) -> None:
    server.scripts = [too_long_prompt()]
    with pytest.raises(ModelError, match=r"more text than its context holds .*lower answer\.passages"):
        opened(server).complete("answer", MESSAGES, Spending())


def test_an_empty_turn_is_not_sent(server: OpenAiStandIn) -> None:
    server.scripts = [Script("Fine.")]
    opened(server).complete("answer", [*MESSAGES, ("assistant", ""), ("user", "And?")], Spending())
    assert [m["role"] for m in server.requests[0]["messages"]] == ["system", "user", "user"]


class Plan(BaseModel):
    steps: list[str]


def test_a_value_is_validated_and_repaired_once(server: OpenAiStandIn) -> None:
    server.scripts = [Script('{"steps": "search"}'), Script('{"steps": ["search"]}')]
    spent = Spending()
    assert opened(server).structured("plan", MESSAGES, Plan, spent).steps == ["search"]
    assert "schema" in str(server.requests[1]["messages"][-1]["content"]) and spent.calls[0].input_tokens == 84
    server.scripts = [Script("no idea"), Script("none")]
    with pytest.raises(ModelError, match=r"gave no value of the form that was asked for \(Plan\)"):
        opened(server).structured("plan", MESSAGES, Plan, Spending())


def test_a_task_has_its_own_length_and_thinking_gets_room_besides(server: OpenAiStandIn) -> None:
    server.scripts = [Script("Fine.")] * 3
    models = opened(server, thinking_tokens=500, tasks={"route": {"model": "openai:small", "max_tokens": 20}})
    for task in ("answer", "write", "route"):
        models.complete(task, MESSAGES, Spending())
    sent = [(request["model"], request["max_completion_tokens"]) for request in server.requests]
    assert sent == [("any", 577), ("any", 808), ("small", 520)]


def test_a_task_may_have_its_own_model(server: OpenAiStandIn) -> None:
    server.scripts = [Script("A question?"), Script("An answer.")]
    models = open_chat_models(settings(server, tasks={"rewrite": "openai:small"}))
    assert models is not None
    models.complete("rewrite", MESSAGES, Spending())
    models.complete("answer", MESSAGES, Spending())
    assert [request["model"] for request in server.requests] == ["small", "any"]
