"""A local model as a LangChain chat model that starts its server with the first call."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from core.llm.local.lease import Lease
from core.llm.local.store import find_model
from core.settings import LlmModel, LlmSettings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_TIMEOUT_S = 3_600.0  # `core.llm.calling` gives up earlier


class LocalChat:
    """What is asked of a LangChain model, over a server that is started when it is needed and doesn't run."""

    def __init__(self, lease: Lease, max_tokens: int, temperature: float) -> None:
        self._lease, self._max_tokens, self._temperature = lease, max_tokens, temperature

    def stream(self, messages: list[Any]) -> Iterator[Any]:
        """The reply's chunks."""
        return self.model().stream(messages)

    def invoke(self, messages: list[Any]) -> Any:
        """The whole reply."""
        return self.model().invoke(messages)

    def with_structured_output(self, schema: Any, *, include_raw: bool = False) -> Any:
        """LangChain's; llama.cpp makes a grammar of the schema."""
        return self.model().with_structured_output(schema, include_raw=include_raw, method="json_schema")

    def model(self) -> BaseChatModel:
        """The client of the running server."""
        state = self._lease.state()
        return _client(state["url"], state["key"], state["name"], self._max_tokens, self._temperature)


def open_local(
    name: str, settings: LlmSettings, max_tokens: int, temperature: float, data_dir: Path | None
) -> BaseChatModel:
    """The model of a name in the settings; its server isn't started yet.

    Raises:
        ModelError: there is no such file, or it isn't a model's.
    """
    return cast("BaseChatModel", LocalChat(find_lease(name, settings, data_dir), max_tokens, temperature))


def find_lease(name: str, settings: LlmSettings, data_dir: Path | None) -> Lease:
    """The process's one claim on the model's server.

    Raises:
        ModelError: there is no such file, or it isn't a model's.
    """
    return _lease(name, settings.of(name), data_dir)


@lru_cache(maxsize=8)
def _lease(name: str, own: LlmModel, data_dir: Path | None) -> Lease:
    lease = Lease(find_model(name), own, data_dir)
    atexit.register(lease.close)
    return lease


@lru_cache(maxsize=32)
def _client(url: str, key: str, name: str, max_tokens: int, temperature: float) -> BaseChatModel:
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    return ChatOpenAI(
        model=name,
        base_url=f"{url}/v1",
        api_key=SecretStr(key),
        max_completion_tokens=max_tokens,
        temperature=temperature,
        max_retries=0,
        timeout=_TIMEOUT_S,
        stream_usage=True,
    )
