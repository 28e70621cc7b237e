"""The configured models by task, each with its fallbacks: one call, whatever goes wrong on the way.

A transient failure is tried again, after as long as the provider asks for; any other goes on to the next model of the
chain. Once a stream has begun its model isn't changed: two halves of different models make no answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from core.errors import ModelError
from core.llm.calling import Asked, Caller, NamedModel
from core.llm.calls import Call, Message, Reply, Spending, Stop
from core.llm.failures import Failure
from core.llm.replies import KeptReplies, appended, key_of
from core.llm.streamed import Streamed
from core.llm.structured import Schema
from core.llm.thoughts import unfenced, without_thoughts
from core.llm.tools import ToolSpec, ToolTurn, can_call
from core.llm.usage import ModelUsage
from core.settings import LlmSettings
from core.settings import LlmTaskName as Task

_CACHED_REPLIES = 500
# Tasks whose reply is worth going on with where max_tokens cut it.
_CONTINUED: frozenset[Task] = frozenset({"answer", "write", "translate"})
_GO_ON = "Go on exactly where your last message stopped. Repeat nothing and explain nothing."
_CUT_SHORT: Mapping[Stop, Callable[[str], Failure]] = {
    "length": lambda name: Failure(name, "cut"),
    "filter": lambda name: Failure(name, "filtered"),
    "dropped": lambda name: Failure(name, "dropped"),
}


class ChatModels:
    """The configured models by task; each with its chain of fallbacks."""

    def __init__(
        self,
        chains: Mapping[str, Sequence[NamedModel]],
        settings: LlmSettings,
        sleep: Callable[[float], None] = time.sleep,
        usage: ModelUsage | None = None,
    ) -> None:
        """The models, none of them called yet.

        Args:
            chains: Models by task, the first choice first; "answer" stands in for a task without its own.
            usage: Keeps every call, and what may still be used of a day and a month.
        """
        self._chains, self._settings = chains, settings
        self._caller = Caller(settings, sleep, usage)
        self._cache = KeptReplies(_CACHED_REPLIES if settings.cache else 0)

    def complete(self, task: Task, messages: Sequence[Message], spent: Spending, *, access: str = "") -> str:
        """The model's whole reply; one that was cut, filtered or dropped is no reply.

        Args:
            access: What the asking person may read, in one string; a cached reply is only given to the same.

        Raises:
            ModelError: no model of the chain answered in full; the sentence can be shown to the person.
        """
        reply = self.reply(task, messages, spent, access=access)
        if reply.complete:
            return reply.text
        failure = _CUT_SHORT[reply.stop](reply.model)
        spent.failures.append(failure)
        raise ModelError(_sentence([failure]))

    def reply(self, task: Task, messages: Sequence[Message], spent: Spending, *, access: str = "") -> Reply:
        """The reply with how it ended. A filtered or dropped one is asked for again from the next of the chain.

        Raises:
            ModelError: no model of the chain said anything.
        """
        chain, asked = list(self._chain(task)), Asked(task, messages, spent, access)
        best: Reply | None = None
        while chain:
            streamed = self._streamed(chain, asked)
            try:
                text = without_thoughts("".join(streamed))
            except ModelError:
                if best is None:
                    raise
                break
            stop = streamed.stop or "end"
            best = Reply(text if task == "answer" else unfenced(text), stop, streamed.model)
            if stop not in {"filter", "dropped"}:
                break
            chain = chain[[model.name for model in chain].index(streamed.model) + 1 :]
        assert best is not None
        return best

    def stream(self, task: Task, messages: Sequence[Message], spent: Spending, *, access: str = "") -> Streamed:
        """The reply in pieces, without thoughts; `stop` says at the end whether it is whole.

        Raises:
            ModelError: at the first piece, when no model of the chain begins.
        """
        return self._streamed(self._chain(task), Asked(task, messages, spent, access))

    def structured(self, task: Task, messages: Sequence[Message], schema: type[Schema], spent: Spending) -> Schema:
        """The reply as a value of a pydantic class, asked for again once if it doesn't fit.

        Raises:
            ModelError: no model of the chain gave one that fits.
        """
        failures: list[Failure] = []
        for model in self._chain(task):
            value = self._caller.value(model, Asked(task, messages, spent), schema, failures)
            if value is not None:
                return value
        raise ModelError(_sentence(failures))

    def with_tools(
        self, task: Task, messages: Sequence[Any], tools: Sequence[ToolSpec], spent: Spending, *, by: str = ""
    ) -> ToolTurn:
        """The model's next turn, in which it may call tools. `messages` may hold earlier turns and what calls brought.

        Args:
            by: The model whose turns are among the messages.

        Raises:
            ModelError: no model of the chain can call tools, or none answered.
        """
        failures: list[Failure] = []
        chain = sorted(self._chain(task), key=lambda model: model.name != by) if by else self._chain(task)
        for model in chain:
            if not can_call(model.chat) or not self._settings.of(model.name).tools:
                failures.append(Failure(model.name, "toolless"))
                continue
            turn = self._caller.turn(model, Asked(task, messages, spent, by=by), tools, failures)
            if turn is not None:
                return turn
        raise ModelError(_sentence(failures))

    def calls_tools(self, task: Task) -> bool:
        """Whether the first model for the task can be asked with tools, as far as its package and the settings say."""
        first = self._chain(task)[0]
        return can_call(first.chat) and self._settings.of(first.name).tools

    def chain(self, task: Task) -> tuple[str, ...]:
        """The names of the models for a task, the first choice first."""
        return tuple(model.name for model in self._chain(task))

    def nearly_used(self, person: str) -> str:
        """The limit of a day or a month of which little is left, in words; empty when there is none."""
        return self._caller.nearly_used(person)

    def _chain(self, task: Task) -> Sequence[NamedModel]:
        return self._chains.get(task) or self._chains["answer"]

    def _streamed(self, chain: Sequence[NamedModel], asked: Asked) -> Streamed:
        streamed = Streamed()
        return streamed.begin(self._pieces(chain, asked, streamed))

    def _pieces(self, chain: Sequence[NamedModel], asked: Asked, streamed: Streamed) -> Iterator[str]:
        key = key_of(asked.task, chain[0].name, asked.messages, asked.access)
        known = self._cache.get(key)
        if known is not None:
            asked.spent.calls.append(Call(asked.task, chain[0].name, 0, 0, 0.0, 0.0, cached=True))
            streamed.stop, streamed.model = "end", chain[0].name
            yield known
            return
        failures: list[Failure] = []
        for model in chain:
            streamed.model = model.name
            begun = yield from self._caller.attempts(model, asked, streamed, failures)
            if begun:
                if streamed.stop == "length" and asked.task in _CONTINUED:
                    yield from self._continued(model, asked, streamed)
                if streamed.stop == "end":
                    self._cache.put(key, streamed.text)
                return
        raise ModelError(_sentence(failures))

    def _continued(self, model: NamedModel, asked: Asked, streamed: Streamed) -> Iterator[str]:
        """What the model writes when asked to go on; the stop stays "length" if that doesn't bring the end."""
        more = Streamed()
        further = [*asked.messages, ("assistant", streamed.text), ("user", _GO_ON)]
        rest = "".join(more.begin(self._caller.once(model, Asked(asked.task, further, asked.spent), more)))
        added = appended(streamed.text, rest)
        if added is not None and more.stop != "dropped":
            streamed.stop = more.stop
            yield added


def _sentence(failures: Sequence[Failure]) -> str:
    said = list(dict.fromkeys(failure.said for failure in failures))
    remedy = failures[0].remedy if failures else "check llm.model"
    return f"No language model answered: {', '.join(said)}; {remedy}."
