"""One model asked once, or as often as the settings allow: waiting, counting, and why nothing came."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from core.llm.calls import Call, SentPrompt, Spending, Stop, Usage
from core.llm.chunks import Chunk, read_chunk
from core.llm.failures import Failure, failure_of
from core.llm.heard import Heard, nothing_heard
from core.llm.limits import Breaker, MinuteBudget
from core.llm.messages import as_text, sent_messages
from core.llm.names import is_local
from core.llm.streamed import Streamed
from core.llm.structured import Schema, ask_for
from core.llm.thoughts import Thoughts
from core.llm.tools import ToolSpec, ToolTurn, ask_with_tools, portable
from core.llm.usage import ModelUsage
from core.llm.waiting import within
from core.logs import log_retry
from core.settings import LlmSettings
from core.settings import LlmTaskName as Task

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

log = logging.getLogger("core.llm")
Value = TypeVar("Value")
NEARLY = 0.8  # of a budget: from here on people are told
_FIRST_PAUSE_S = 0.5
# Reading some thousand tokens on a processor takes minutes, and until then nothing comes.
_LOCAL_FIRST_TOKEN_S = 900.0


@dataclass(frozen=True)
class NamedModel:
    """A LangChain chat model and the name it has in the settings."""

    name: str
    chat: BaseChatModel


@dataclass(frozen=True)
class Asked:
    """What is asked for: the task, its messages, where it is counted, and what the person may read.

    Attributes:
        by: The model whose turns are among the messages; another one gets them as it can read them.
    """

    task: Task
    messages: Sequence[Any]  # of `Message`; in a turn with tools LangChain's, too
    spent: Spending
    access: str = ""
    by: str = ""


class Caller:
    """Calls one model at a time; what it learns of their health and of budgets holds for all."""

    def __init__(self, settings: LlmSettings, sleep: Callable[[float], None], usage: ModelUsage | None) -> None:
        self._settings, self._sleep, self._usage = settings, sleep, usage
        self._breaker = Breaker(settings.rest_after, settings.rest_s)
        self._budget = MinuteBudget(settings.budget)

    def attempts(
        self, model: NamedModel, asked: Asked, streamed: Streamed, failures: list[Failure]
    ) -> Generator[str, None, bool]:
        """The pieces of the model's reply, after as many tries as the settings allow; whether there were any."""
        for attempt in range(self._settings.retries + 1):
            if self._kept_back(model, asked.spent, failures):
                return False
            failure = yield from self.once(model, asked, streamed)
            if failure is None:
                self._breaker.worked(model.name)
                return True
            if not self._again(failure, attempt, failures, asked.spent):
                return False
        return False

    def once(self, model: NamedModel, asked: Asked, streamed: Streamed) -> Generator[str, None, Failure | None]:
        """The pieces of one call; why there were none."""
        begin, heard, thoughts, broken = time.perf_counter(), Heard(), Thoughts(), None
        try:
            for chunk in self._chunks(model, asked):
                heard.add(chunk, time.perf_counter() - begin)
                if text := thoughts.feed(chunk.text):
                    heard.begun = True
                    yield text
            if rest := thoughts.end():
                heard.begun = True
                yield rest
        except Exception as error:  # each vendor has an error tree of its own
            broken = failure_of(model.name, error)
        finally:
            if broken is None or heard.begun:
                streamed.stop = "dropped" if broken is not None else heard.ending
                self._count(model, asked, heard, begin, streamed.stop)
        if broken is not None and heard.begun:
            asked.spent.failures.append(broken)
        return None if heard.begun else broken or nothing_heard(model.name, heard)

    def value(self, model: NamedModel, asked: Asked, schema: type[Schema], failures: list[Failure]) -> Schema | None:
        """A value of the class; None, with the reason noted, when the model gave none."""

        def ask() -> tuple[Schema | None, Usage]:
            return ask_for(
                model.chat, sent_messages(model.name, asked.messages), schema, lambda sent: _note(asked, model, sent)
            )

        begun, value = self._whole(model, asked, failures, ask)
        if begun and value is None:
            failures.append(Failure(model.name, "malformed", schema.__name__))
        return value

    def turn(
        self, model: NamedModel, asked: Asked, tools: Sequence[ToolSpec], failures: list[Failure]
    ) -> ToolTurn | None:
        """The model's next turn, in which it may call tools; None, with the reason noted, when there was none."""
        sent = [message if isinstance(message, tuple) else portable(message) for message in asked.messages]
        if asked.by in {"", model.name}:
            sent = list(asked.messages)

        def ask() -> tuple[ToolTurn | None, Usage]:
            own = sent_messages(model.name, sent)
            _note(asked, model, [*own, ("tools", json.dumps([t.as_function() for t in tools], ensure_ascii=False))])
            return ask_with_tools(model.chat, model.name, own, tools)

        return self._whole(model, asked, failures, ask)[1]

    def _whole(
        self,
        model: NamedModel,
        asked: Asked,
        failures: list[Failure],
        ask: Callable[[], tuple[Value | None, Usage]],
    ) -> tuple[bool, Value | None]:
        """Whether the model answered, after as many tries as the settings allow, and what it gave."""
        for attempt in range(self._settings.retries + 1):
            if self._kept_back(model, asked.spent, failures):
                return False, None
            begin, heard = time.perf_counter(), Heard()
            try:
                value, heard.usage = ask()
            except Exception as error:  # each vendor has an error tree of its own
                if not self._again(failure_of(model.name, error), attempt, failures, asked.spent):
                    return False, None
                continue
            self._count(model, asked, heard, begin, "tool" if isinstance(value, ToolTurn) and value.calls else "end")
            self._breaker.worked(model.name)
            return True, value
        return False, None

    def _chunks(self, model: NamedModel, asked: Asked) -> Iterator[Chunk]:
        sent, first_s, next_s = (
            sent_messages(model.name, asked.messages),
            self._first_token_s(model.name),
            self._settings.timeout_s,
        )
        _note(asked, model, sent)

        def chunks() -> Iterator[Chunk]:
            return map(read_chunk, model.chat.stream(sent))

        return within(chunks, lambda chunk: chunk.alive, first_s, next_s)

    def _first_token_s(self, name: str) -> float:
        usual = _LOCAL_FIRST_TOKEN_S if is_local(name) else self._settings.first_token_s
        return self._settings.of(name).first_token_s or usual

    def _kept_back(self, model: NamedModel, spent: Spending, failures: list[Failure]) -> bool:
        """Whether the model isn't to be called now; the reason is noted."""
        limit = self._budget.exceeded(spent.person) or self._used_up(spent.person)
        if limit:
            failures.append(Failure(model.name, "budget", limit))
        elif self._breaker.rests(model.name):
            failures.append(Failure(model.name, "paused"))
        else:
            self._budget.begins(spent.person)
            return False
        return True

    def _used_up(self, person: str) -> str:
        """The limit of a day or a month that is reached; empty when none is."""
        shares = self._usage.shares(self._settings.budget, person) if self._usage is not None else ()
        return next((limit for limit, share in shares if share >= 1), "")

    def nearly_used(self, person: str) -> str:
        """As `ChatModels.nearly_used`."""
        shares = self._usage.shares(self._settings.budget, person) if self._usage is not None else ()
        return next((f"{share:.0%} of {limit}" for limit, share in shares if share >= NEARLY), "")

    def _again(self, failure: Failure, attempt: int, failures: list[Failure], spent: Spending) -> bool:
        """Whether the same model is asked once more; by then as long as it asks for has passed."""
        self._breaker.failed(failure)
        spent.failures.append(failure)
        wait_s = failure.retry_after_s
        if wait_s is None:
            wait_s = _FIRST_PAUSE_S * 2**attempt * (0.5 + random.random())
        if not failure.again or attempt >= self._settings.retries or wait_s > self._settings.patience_s:
            failures.append(failure)
            return False
        attempts = f"{attempt + 2} of {self._settings.retries + 1} in {wait_s:.1f} s"
        log_retry(log, f"model {failure.model}", failure.error, attempts)
        self._sleep(wait_s)
        return True

    def _count(self, model: NamedModel, asked: Asked, heard: Heard, begin: float, stop: Stop) -> None:
        own, settings, usage = self._settings.of(model.name), self._settings, heard.usage
        price_in, price_out = own.price_per_million_input, own.price_per_million_output
        price_in = settings.price_per_million_input if price_in is None else price_in
        price_out = settings.price_per_million_output if price_out is None else price_out
        self._budget.used(asked.spent.person, usage.input_tokens + usage.output_tokens)
        call = Call(
            asked.task,
            model.name,
            usage.input_tokens,
            usage.output_tokens,
            cost=(usage.input_tokens * price_in + usage.output_tokens * price_out) / 1_000_000,
            seconds=round(time.perf_counter() - begin, 3),
            stop=stop,
            first_token_s=round(heard.first_s, 3),
            thinking_tokens=usage.thinking_tokens,
        )
        asked.spent.calls.append(call)
        if self._usage is not None:
            self._usage.record(call, asked.spent.person, asked.spent.app)


def _note(asked: Asked, model: NamedModel, sent: Sequence[Any]) -> None:
    """Keeps the messages as they go out, for whoever wants to read the prompt."""
    asked.spent.prompts.append(SentPrompt(asked.task, model.name, tuple(map(as_text, sent))))
