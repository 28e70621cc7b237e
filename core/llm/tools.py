"""Tools that a model may call, over LangChain's tool calling: what it is offered, what it calls, what it is told back.

messages = [("system", …), ("user", …)]
turn = models.with_tools("plan", messages, tools, spent)
messages += [turn.message, *(told(call, "…") for call in turn.calls)]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from core.llm.calls import Stop, Usage
from core.llm.chunks import read_chunk
from core.llm.thoughts import without_thoughts

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What a model is told of a tool."""

    name: str
    description: str
    arguments: type[BaseModel]

    def as_function(self) -> dict[str, Any]:
        """The tool as LangChain takes it for every provider."""
        schema = self.arguments.model_json_schema()
        function = {"name": self.name, "description": self.description, "parameters": schema}
        return {"type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call that a model makes; nothing says that the arguments fit."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolTurn:
    """A model's turn: what it says, and the tools that it calls.

    Attributes:
        message: The turn as the model gets it back, thoughts and signatures included, which some providers demand.
    """

    text: str
    calls: tuple[ToolCall, ...]
    stop: Stop
    model: str
    message: Any


def told(call: ToolCall, text: str) -> Any:
    """What a call brought, as the next message."""
    from langchain_core.messages import ToolMessage

    return ToolMessage(text, tool_call_id=call.id, name=call.name)


def can_call(chat: BaseChatModel) -> bool:
    """Whether the model's class has tool calling. Whether the model itself can is known when it is called."""
    from langchain_core.language_models import BaseChatModel as Base

    return hasattr(chat, "bind_tools") and getattr(type(chat), "bind_tools", None) is not Base.bind_tools


def ask_with_tools(
    chat: BaseChatModel, name: str, messages: list[Any], tools: Sequence[ToolSpec]
) -> tuple[ToolTurn, Usage]:
    """One turn of the model, and its tokens."""
    raw = chat.bind_tools([tool.as_function() for tool in tools]).invoke(messages)
    read = read_chunk(raw)
    calls = tuple(
        ToolCall(str(call.get("id") or f"call{n}"), str(call["name"]), dict(call.get("args") or {}))
        for n, call in enumerate(getattr(raw, "tool_calls", None) or ())
    )
    return ToolTurn(without_thoughts(read.text), calls, read.stop or "end", name, raw), read.usage


def portable(message: Any) -> Any:
    """A model's turn as another provider's model can read it: its text and its calls alone."""
    from langchain_core.messages import AIMessage

    if not isinstance(message, AIMessage):
        return message
    return AIMessage(read_chunk(message).text, tool_calls=message.tool_calls)
