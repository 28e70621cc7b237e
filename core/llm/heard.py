"""What one call has said so far, and why it brought nothing."""

from __future__ import annotations

from core.llm.calls import Stop, Usage
from core.llm.chunks import Chunk
from core.llm.failures import Failure


class Heard:
    """What the chunks of one call said so far."""

    def __init__(self) -> None:
        self.usage, self.first_s = Usage(), 0.0
        self.begun = self.thought = self.named = False
        self.stop: Stop | None = None

    def add(self, chunk: Chunk, seconds: float) -> None:
        """Notes a chunk that came after so many seconds."""
        self.usage += chunk.usage
        self.stop = chunk.stop or self.stop
        self.named = self.named or chunk.names_stops
        if chunk.alive:
            self.thought = True
            self.first_s = self.first_s or seconds

    @property
    def ending(self) -> Stop:
        """How the reply ended; without a reason, where the provider gives one, the connection was closed early."""
        return self.stop or ("dropped" if self.named else "end")


def nothing_heard(name: str, heard: Heard) -> Failure:
    """Why a call that went through brought no text."""
    if heard.ending == "length":
        return Failure(name, "thinking" if heard.thought or heard.usage.thinking_tokens else "cut")
    if heard.ending == "filter":
        return Failure(name, "filtered")
    if heard.ending == "dropped":
        return Failure(name, "dropped")
    return Failure(name, "empty", "a tool's call" if heard.ending == "tool" else "")
