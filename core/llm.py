"""An optional chat model, over LangChain's `init_chat_model`: one per task, fallbacks, retries, tokens and cost.

    models = open_chat_models(settings.llm)          # None when no model is configured
    spent = Spending()
    for piece in models.stream("answer", messages, spent): …

A transient failure (time-out, 429, 5xx) is tried again with growing pauses, any other goes on to the next model of
the fallback chain. Once a stream has begun its model isn't changed: two halves of different models make no answer.
"""

from __future__ import annotations

import hashlib
import logging
import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from core.errors import ModelError
from core.logs import log_retry, status_of
from core.settings import LlmSettings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

log = logging.getLogger(__name__)
Task = Literal["answer", "rewrite", "route", "judge"]
Message = tuple[str, str]  # ("system" | "user" | "assistant", text)

# Provider → the extra of this package that brings it.
EXTRAS: Mapping[str, str] = {
    "anthropic": "anthropic",
    "azure_openai": "azure",
    "bedrock": "bedrock",
    "bedrock_converse": "bedrock",
    "google_genai": "google",
    "mistralai": "mistral",
    "ollama": "ollama",
    "openai": "openai",
}
_TRANSIENT_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_TRANSIENT_NAMES = (
    "timeout",
    "connection",
    "ratelimit",
    "overloaded",
    "throttl",
    "serviceunavailable",
    "internalserver",
)
_FIRST_PAUSE_S = 0.5
_CACHED_REPLIES = 500


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a model. Cost is in the currency of the configured prices."""

    task: str
    model: str
    input_tokens: int
    output_tokens: int
    cost: float
    seconds: float
    cached: bool = False


@dataclass
class Spending:
    """What one answer used."""

    calls: list[Call] = field(default_factory=list)

    @property
    def input_tokens(self) -> int:
        return sum(call.input_tokens for call in self.calls)

    @property
    def output_tokens(self) -> int:
        return sum(call.output_tokens for call in self.calls)

    @property
    def cost(self) -> float:
        return sum(call.cost for call in self.calls)


@dataclass(frozen=True)
class NamedModel:
    """A LangChain chat model and the name it has in the settings."""

    name: str
    chat: BaseChatModel


class ChatModels:
    """The configured models by task; each with its chain of fallbacks."""

    def __init__(
        self,
        chains: Mapping[str, Sequence[NamedModel]],
        settings: LlmSettings,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Args: chains: models by task, the first choice first; "answer" stands in for a task without its own."""
        self._chains = chains
        self._settings = settings
        self._sleep = sleep
        self._cache = _Replies(_CACHED_REPLIES if settings.cache else 0)

    def complete(self, task: Task, messages: Sequence[Message], spent: Spending, *, access: str = "") -> str:
        """The model's whole reply.

        Args:
            access: What the asking person may read, in one string; a cached reply is only given to the same.

        Raises:
            ModelError: no model of the chain answered.
        """
        return "".join(self.stream(task, messages, spent, access=access))

    def stream(self, task: Task, messages: Sequence[Message], spent: Spending, *, access: str = "") -> Iterator[str]:
        """The model's reply in pieces, as they come. Arguments and errors as `complete`."""
        chain = self._chains.get(task) or self._chains["answer"]
        key = _key(task, chain[0].name, messages, access)
        known = self._cache.get(key)
        if known is not None:
            spent.calls.append(Call(task, chain[0].name, 0, 0, 0.0, 0.0, cached=True))
            yield known
            return
        problems: list[str] = []
        for model in chain:
            pieces = self._attempts(model, task, messages, spent, problems)
            first = next(pieces, None)
            if first is None:
                continue
            whole = [first]
            yield first
            for piece in pieces:
                whole.append(piece)
                yield piece
            self._cache.put(key, "".join(whole))
            return
        raise ModelError(
            f"No language model answered ({'; '.join(problems)}); check llm.model, its key and its address."
        )

    def _attempts(
        self, model: NamedModel, task: Task, messages: Sequence[Message], spent: Spending, problems: list[str]
    ) -> Iterator[str]:
        """The pieces of one model's reply, after as many tries as the settings allow; none if all failed."""
        for attempt in range(self._settings.retries + 1):
            begin, begun, usage = time.perf_counter(), False, (0, 0)
            try:
                for chunk in model.chat.stream(list(messages)):
                    usage = _added(usage, getattr(chunk, "usage_metadata", None))
                    text = _text(chunk.content)
                    if text:
                        begun = True
                        yield text
            except Exception as error:  # each vendor has an error tree of its own
                if begun:
                    raise ModelError(
                        f"The language model {model.name} broke off in the middle ({_line(error)}); ask again."
                    ) from error
                if attempt < self._settings.retries and is_transient(error):
                    wait_s = _FIRST_PAUSE_S * 2**attempt * (0.5 + random.random())
                    attempts = f"{attempt + 2} of {self._settings.retries + 1} in {wait_s:.1f} s"
                    log_retry(log, f"model {model.name}", error, attempts)
                    self._sleep(wait_s)
                    continue
                problems.append(f"{model.name}: {_line(error)}")
                return
            spent.calls.append(self._call(task, model.name, usage, time.perf_counter() - begin))
            if not begun:
                problems.append(f"{model.name}: an empty reply")
            return

    def _call(self, task: Task, name: str, usage: tuple[int, int], seconds: float) -> Call:
        prices = (self._settings.price_per_million_input, self._settings.price_per_million_output)
        cost = (usage[0] * prices[0] + usage[1] * prices[1]) / 1_000_000
        return Call(task, name, *usage, cost=cost, seconds=round(seconds, 3))


def open_chat_models(settings: LlmSettings) -> ChatModels | None:
    """The models that the settings name; None when they name none.

    Raises:
        ModelError: a provider is unknown, or its package isn't installed.
    """
    if not settings.model:
        return None
    fallbacks = [_open(name, settings) for name in settings.fallbacks]
    chains: dict[str, list[NamedModel]] = {"answer": [_open(settings.model, settings), *fallbacks]}
    for task, name in settings.tasks.items():
        chains[task] = [_open(name, settings), *fallbacks]
    return ChatModels(chains, settings)


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed a moment later: a time-out, a lost connection, 429 or 5xx."""
    status = status_of(error)
    if status is not None:
        return status in _TRANSIENT_STATUS
    name = type(error).__name__.lower()
    return isinstance(error, TimeoutError | ConnectionError) or any(part in name for part in _TRANSIENT_NAMES)


def _open(name: str, settings: LlmSettings) -> NamedModel:
    from langchain.chat_models import init_chat_model

    provider, separator, _ = name.partition(":")
    if not separator:
        raise ModelError(f"llm.model {name!r} names no provider; write provider:model, for example openai:gpt-5-mini.")
    try:
        return NamedModel(name, init_chat_model(name, **_parameters(provider, settings)))
    except ImportError as error:
        extra = EXTRAS.get(provider)
        remedy = f"run `pip install 'debrief[{extra}]'`" if extra else f"install the LangChain package for {provider}"
        raise ModelError(f"The language model {name} needs a package that isn't installed; {remedy}.") from error
    except Exception as error:  # ValueError for an unknown provider, pydantic and vendor errors for a missing key
        raise ModelError(
            f"The language model {name} can't be opened ({_line(error)}); check llm.model and the key in llm.api_key."
        ) from error


def _parameters(provider: str, settings: LlmSettings) -> dict[str, Any]:
    """The settings under the names that the provider's class has for them."""
    values: dict[str, Any] = {"temperature": settings.temperature}
    # The address and the key are those of llm.model's provider; another provider's model (a fallback, a task's own)
    # finds its key where LangChain looks for it, in the environment, and must not be sent this one.
    if provider == settings.model.partition(":")[0]:
        if settings.base_url:
            values["base_url"] = settings.base_url
        if settings.api_key is not None:
            values["api_key"] = settings.api_key.get_secret_value()
    if provider == "ollama":
        values |= {"num_predict": settings.max_tokens, "client_kwargs": {"timeout": settings.timeout_s}}
    elif provider.startswith("bedrock"):
        values["max_tokens"] = settings.max_tokens
    else:
        # Retrying is done here, where it is counted and shared by all providers.
        values |= {"max_tokens": settings.max_tokens, "timeout": settings.timeout_s, "max_retries": 0}
    if provider in {"openai", "azure_openai"}:
        values["stream_usage"] = True
    return values


class _Replies:
    """The last replies, in memory only."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._known: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> str | None:
        with self._lock:
            return self._known.get(key)

    def put(self, key: str, reply: str) -> None:
        with self._lock:
            self._known[key] = reply
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)


def _key(task: str, model: str, messages: Sequence[Message], access: str) -> str:
    parts = [task, model, access, *(part for message in messages for part in message)]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()


def _text(content: object) -> str:
    """A chunk's text; some providers give a list of typed blocks."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(block if isinstance(block, str) else str(block.get("text", "")) for block in content)
    return ""


def _added(usage: tuple[int, int], more: Mapping[str, Any] | None) -> tuple[int, int]:
    if not more:
        return usage
    return usage[0] + int(more.get("input_tokens") or 0), usage[1] + int(more.get("output_tokens") or 0)


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
