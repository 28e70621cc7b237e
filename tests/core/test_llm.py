import logging

import pytest

from core.errors import ModelError
from core.llm import ChatModels, NamedModel, Spending, is_transient, open_chat_models
from core.settings import LlmSettings
from tests.fakes import ScriptedChatModel, scripted_models

MESSAGES = [("system", "Be brief."), ("user", "Hello?")]


class RateLimited(Exception):
    status_code = 429


class BadRequest(Exception):
    status_code = 400


def chain(*models: ScriptedChatModel, **settings: object) -> tuple[ChatModels, list[float]]:
    pauses: list[float] = []
    named = [NamedModel(f"scripted:{n}", model) for n, model in enumerate(models)]
    return ChatModels({"answer": named}, LlmSettings(model="scripted:0", **settings), sleep=pauses.append), pauses


def test_a_stream_comes_in_pieces_and_its_tokens_and_cost_are_counted() -> None:
    models, _ = scripted_models("Hello there, person.")
    spent = Spending()
    pieces = list(models.stream("answer", MESSAGES, spent))
    assert len(pieces) > 1 and "".join(pieces) == "Hello there, person."
    assert (spent.input_tokens, spent.output_tokens) == (100, 10)
    assert spent.cost == pytest.approx((100 * 1 + 10 * 2) / 1e6)


def test_a_transient_failure_is_tried_again_with_growing_pauses() -> None:
    model = ScriptedChatModel(replies=[RateLimited("slow down"), TimeoutError(), "Fine."])
    models, pauses = chain(model, retries=2)
    assert models.complete("answer", MESSAGES, Spending()) == "Fine."
    assert len(pauses) == 2 and pauses[0] < 0.8 and pauses[1] > 0.45


def test_a_retry_and_a_throttled_call_are_logged_without_what_was_said(caplog: pytest.LogCaptureFixture) -> None:
    model = ScriptedChatModel(replies=[RateLimited("for: Hello?"), TimeoutError("for: Hello?"), "Fine."])
    with caplog.at_level(logging.INFO):
        chain(model, retries=2)[0].complete("answer", MESSAGES, Spending())
    first, second = (record for record in caplog.records if record.name == "core.llm")
    assert (first.levelname, second.levelname) == ("WARNING", "INFO")
    assert first.getMessage().startswith("model scripted:0 asks to slow down (RateLimited 429): try 2 of 3 in 0.")
    assert second.getMessage().startswith("model scripted:0 didn't answer (TimeoutError): try 3 of 3")
    assert "Hello" not in caplog.text


def test_any_other_failure_goes_on_to_the_fallback_at_once() -> None:
    first, second = ScriptedChatModel(replies=[BadRequest("no")]), ScriptedChatModel(replies=["From the second."])
    models, pauses = chain(first, second)
    spent = Spending()
    assert models.complete("answer", MESSAGES, spent) == "From the second."
    assert (pauses, spent.calls[0].model) == ([], "scripted:1")


def test_when_all_fail_the_error_names_each() -> None:
    first, second = ScriptedChatModel(replies=[BadRequest("bad key")]), ScriptedChatModel(replies=[""])
    models, _ = chain(first, second)
    with pytest.raises(ModelError, match=r"scripted:0: BadRequest: bad key; scripted:1: an empty reply"):
        models.complete("answer", MESSAGES, Spending())


def test_a_stream_that_breaks_off_is_no_whole_answer() -> None:
    first = ScriptedChatModel(replies=[["Half an ", ConnectionError("gone")]])
    models, _ = chain(first, ScriptedChatModel(replies=["never asked"]))
    pieces = models.stream("answer", MESSAGES, Spending())
    assert next(pieces).startswith("Half")
    with pytest.raises(ModelError, match="broke off in the middle"):
        list(pieces)


def test_a_cached_reply_is_given_only_to_the_same_access() -> None:
    model = ScriptedChatModel(replies=["For Ana.", "For Ben."])
    models, _ = chain(model, cache=True)
    assert models.complete("answer", MESSAGES, Spending(), access="user:ana") == "For Ana."
    again = Spending()
    assert models.complete("answer", MESSAGES, again, access="user:ana") == "For Ana."
    assert again.calls[0].cached and again.cost == 0
    assert models.complete("answer", MESSAGES, Spending(), access="user:ben") == "For Ben."


def test_no_model_configured_is_none() -> None:
    assert open_chat_models(LlmSettings()) is None


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("gpt-5", "names no provider"),
        ("anthropic:claude-x", r"pip install 'debrief\[anthropic\]'"),
        ("nonsense:model", "can't be opened"),
    ],
)
def test_a_wrong_model_says_what_to_do(model: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        open_chat_models(LlmSettings(model=model))


def test_boto_errors_are_told_apart_by_their_status() -> None:
    class ClientError(Exception):
        def __init__(self, status: int) -> None:
            self.response = {"ResponseMetadata": {"HTTPStatusCode": status}}

    assert is_transient(ClientError(503)) and not is_transient(ClientError(403))
