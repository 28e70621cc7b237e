"""Stand-ins that tests script: a chat model that says what it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from core.llm import ChatModels, NamedModel
from core.settings import LlmSettings


class ScriptedChatModel(BaseChatModel):
    """Gives the scripted replies one after the other, in small pieces when streamed. An exception is raised.

    `seen` keeps the messages of every call. A reply `[text, exception]` breaks off after the text.
    """

    replies: list[Any]
    piece_chars: int = 7
    _seen: list[list[BaseMessage]] = PrivateAttr(default_factory=list)

    @property
    def seen(self) -> list[list[BaseMessage]]:
        return self._seen

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        text = "".join(str(chunk.message.content) for chunk in self._stream(messages))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self._seen.append(messages)
        if not self.replies:
            raise AssertionError("the model was called more often than the test scripted")
        reply = self.replies.pop(0)
        parts = reply if isinstance(reply, list) else [reply]
        for part in parts:
            if isinstance(part, BaseException):
                raise part
            for start in range(0, len(part), self.piece_chars):
                yield ChatGenerationChunk(message=AIMessageChunk(part[start : start + self.piece_chars]))
        usage = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}
        yield ChatGenerationChunk(message=AIMessageChunk("", usage_metadata=usage))


def scripted_models(*replies: Any, settings: LlmSettings | None = None) -> tuple[ChatModels, ScriptedChatModel]:
    """Chat models of one scripted model, and that model."""
    model = ScriptedChatModel(replies=list(replies))
    chosen = settings or LlmSettings(model="scripted:one", price_per_million_input=1, price_per_million_output=2)
    return ChatModels({"answer": [NamedModel("scripted:one", model)]}, chosen, sleep=lambda _: None), model
