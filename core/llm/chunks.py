"""A LangChain chunk → its text, whether the model has begun, why it stopped, and its tokens, whatever the provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.llm.calls import Stop, Usage

# Every provider's word for how a reply ended, in lower case.
_STOPS: Mapping[str, Stop] = {
    "stop": "end", "end_turn": "end", "stop_sequence": "end", "eos": "end", "eos_token": "end", "load": "end",
    "unload": "end",
    "length": "length", "max_tokens": "length", "model_length": "length", "model_context_window_exceeded": "length",
    "pause_turn": "length",
    "content_filter": "filter", "content_filtered": "filter", "guardrail_intervened": "filter", "refusal": "filter",
    "safety": "filter", "recitation": "filter", "blocklist": "filter", "prohibited_content": "filter", "spii": "filter",
    "image_safety": "filter", "language": "filter",
    "tool_calls": "tool", "tool_use": "tool", "function_call": "tool",
    "error": "dropped", "other": "dropped", "malformed_function_call": "dropped",
}  # fmt: skip
_STOP_KEYS = ("finish_reason", "stop_reason", "stopReason", "done_reason")
_THINKING_BLOCKS = frozenset({"thinking", "reasoning", "reasoning_content", "redacted_thinking", "reference"})


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one chunk brings.

    Attributes:
        alive: Whether the model has begun: text, a thought or a tool's call, not just the reply's headers.
        stop_word: The provider's own word; empty while the reply goes on.
        names_stops: Whether its class says how replies end, so that none said is a reply that was cut off.
    """

    text: str
    alive: bool
    stop: Stop | None
    stop_word: str
    usage: Usage
    names_stops: bool


def read_chunk(chunk: Any) -> Chunk:
    """What a chunk (or a whole message) says."""
    metadata: Mapping[str, Any] = getattr(chunk, "response_metadata", None) or {}
    extra: Mapping[str, Any] = getattr(chunk, "additional_kwargs", None) or {}
    text = text_of(chunk.content)
    word = _stop_word(metadata)
    refused = bool(extra.get("refusal"))
    thinks = bool(extra.get("reasoning_content") or extra.get("reasoning")) or bool(chunk.content)
    tools = bool(getattr(chunk, "tool_call_chunks", None) or getattr(chunk, "tool_calls", None))
    return Chunk(
        text,
        bool(text) or thinks or tools or refused,
        "filter" if refused else _STOPS.get(word.lower()) if word else None,
        word,
        _usage(getattr(chunk, "usage_metadata", None)),
        "model_provider" in metadata,
    )


def text_of(content: object) -> str:
    """A message's text; some providers give a list of typed blocks, thoughts among them."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(
        block if isinstance(block, str) else str(block.get("text") or "")
        for block in content
        if isinstance(block, str) or block.get("type") not in _THINKING_BLOCKS
    )


def _stop_word(metadata: Mapping[str, Any]) -> str:
    for key in _STOP_KEYS:
        value = metadata.get(key)
        if value:
            return str(getattr(value, "name", value)).rpartition(".")[2]
    nested = metadata.get("messageStop")  # Bedrock's stream
    if isinstance(nested, Mapping):
        return str(nested.get("stopReason") or "")
    blocked = (metadata.get("prompt_feedback") or {}).get("block_reason") or 0
    return "prohibited_content" if blocked else ""


def _usage(found: Mapping[str, Any] | None) -> Usage:
    if not found:
        return Usage()
    given, made = (found.get(f"{side}_token_details") or {} for side in ("input", "output"))
    return Usage(
        int(found.get("input_tokens") or 0),
        int(found.get("output_tokens") or 0),
        int(made.get("reasoning") or 0),
        int(given.get("cache_read") or 0),
    )
