import logging
from types import SimpleNamespace

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
    with pytest.raises(ModelError, match=r"scripted:0 refuses the request \(400\), scripted:1 gave an empty reply"):
        models.complete("answer", MESSAGES, Spending())


def test_a_stream_that_breaks_off_keeps_what_came_and_says_so() -> None:
    first = ScriptedChatModel(replies=[["Half an ", ConnectionError("gone")]])
    models, _ = chain(first, ScriptedChatModel(replies=["never asked"]))
    streamed, spent = models.stream("answer", MESSAGES, Spending()), Spending()
    assert "".join(streamed) == "Half an " and streamed.stop == "dropped"
    assert first.seen and spent.failures == []


def test_a_whole_reply_that_breaks_off_is_asked_for_again_from_the_next() -> None:
    first, second = (
        ScriptedChatModel(replies=[["Half an ", ConnectionError("gone")]]),
        ScriptedChatModel(replies=["Whole."]),
    )
    reply = chain(first, second)[0].reply("answer", MESSAGES, Spending())
    assert (reply.text, reply.stop, reply.model) == ("Whole.", "end", "scripted:1")
    alone = chain(ScriptedChatModel(replies=[["Half an ", ConnectionError("gone")]]))[0]
    with pytest.raises(ModelError, match="broke off in the middle"):
        alone.complete("answer", MESSAGES, Spending())


def test_a_model_that_fails_again_and_again_rests() -> None:
    model = ScriptedChatModel(replies=[TimeoutError()] * 3)
    models, _ = chain(model, retries=0, rest_after=2, rest_s=60.0)
    for _ in range(2):
        with pytest.raises(ModelError, match="sent no word in time"):
            models.complete("answer", MESSAGES, Spending())
    with pytest.raises(ModelError, match="has failed several times in a row and rests"):
        models.complete("answer", MESSAGES, Spending())
    assert len(model.seen) == 2


def test_a_budget_of_calls_is_kept_for_each_person() -> None:
    model = ScriptedChatModel(replies=["One.", "Two."])
    models, _ = chain(model, budget={"calls_per_person_minute": 1})
    assert models.complete("answer", MESSAGES, Spending(person="ana@example.com")) == "One."
    with pytest.raises(ModelError, match="1 calls of one person in a minute"):
        models.complete("answer", MESSAGES, Spending(person="ana@example.com"))
    assert models.complete("answer", MESSAGES, Spending(person="ben@example.com")) == "Two."


def test_the_price_is_the_models_own() -> None:
    models, _ = chain(
        ScriptedChatModel(replies=["Fine."]),
        models={"scripted:0": {"price_per_million_input": 3}},
        price_per_million_output=1,
    )
    spent = Spending()
    models.complete("answer", MESSAGES, spent)
    assert spent.cost == pytest.approx((100 * 3 + 10 * 1) / 1e6)


def test_a_provider_that_asks_to_wait_longer_than_our_patience_is_left_for_the_next() -> None:
    slow = RateLimited("slow down")
    slow.response = SimpleNamespace(headers={"retry-after": "90"})  # type: ignore[attr-defined]
    models, pauses = chain(ScriptedChatModel(replies=[slow]), ScriptedChatModel(replies=["Second."]), retries=2)
    assert models.complete("answer", MESSAGES, Spending()) == "Second." and pauses == []


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
        ("nonsense:model", "can't be opened"),
    ],
)
def test_a_wrong_model_says_what_to_do(model: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        open_chat_models(LlmSettings(model=model))


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.llm.providers.find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"pip install 'debrief\[anthropic\]'"):
        open_chat_models(LlmSettings(model="anthropic:claude-x"))


def test_boto_errors_are_told_apart_by_their_status() -> None:
    class ClientError(Exception):
        def __init__(self, status: int) -> None:
            self.response = {"ResponseMetadata": {"HTTPStatusCode": status}}

    assert is_transient(ClientError(503)) and not is_transient(ClientError(403))
