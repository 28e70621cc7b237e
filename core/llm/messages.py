"""The messages of a call as they go out, and as they are kept to be read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from core.llm.calls import Message


def sent_messages(model: str, messages: Sequence[Any]) -> list[Any]:
    """The messages for a model: none that is empty, and with Anthropic's mark for what its cache may keep.

    Args:
        messages: (role, text) or LangChain's own.
    """
    sent: list[Any] = [m for m in messages if not isinstance(m, tuple) or m[1].strip()]
    if model.startswith("anthropic:") and sent and sent[0][0] == "system":
        block = {"type": "text", "text": sent[0][1], "cache_control": {"type": "ephemeral"}}
        sent[0] = ("system", [block])
    return sent


def as_text(message: Any) -> Message:
    """(role, text) of a message; calls of tools stand below its text."""
    role, content = message if isinstance(message, tuple) else (message.type, message.content)
    text = content if isinstance(content, str) else "".join(_part(part) for part in content)
    calls = getattr(message, "tool_calls", None) or ()
    called = "".join(f"\n→ {call['name']}({json.dumps(call['args'], ensure_ascii=False)})" for call in calls)
    return role, text + called


def _part(part: Any) -> str:
    return part if isinstance(part, str) else str(part.get("text") or "")
