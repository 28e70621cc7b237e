"""What was asked of a model and what it used: the records that answers, traces and budgets are counted from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from core.llm.failures import Failure

# How a reply ended. "length": cut at max_tokens. "filter": by a content filter, a guardrail or a refusal of the
# provider. "tool": with the call of a tool. "dropped": the connection went, or was closed before the end.
Stop = Literal["end", "length", "filter", "tool", "dropped"]
Message = tuple[str, str]  # ("system" | "user" | "assistant", text)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. Those of thinking are part of the output."""

    input_tokens: int = 0
    output_tokens: int = 0
    thinking_tokens: int = 0
    cached_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.thinking_tokens + other.thinking_tokens,
            self.cached_tokens + other.cached_tokens,
        )


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
    stop: Stop = "end"
    first_token_s: float = 0.0
    thinking_tokens: int = 0


@dataclass(frozen=True, slots=True)
class SentPrompt:
    """A prompt as it went out: for which task, to which model, its messages; a schema or tools as the last one."""

    task: str
    model: str
    messages: tuple[Message, ...]


@dataclass
class Spending:
    """What one answer used.

    Attributes:
        prompts: What was sent, one a call, those included that came to nothing.
        failures: Attempts that came to nothing, with the provider's own words for administrators.
        person: Who asks, for the budget of each person; empty where nobody does.
        app: For which app, if for one.
    """

    calls: list[Call] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    prompts: list[SentPrompt] = field(default_factory=list)
    person: str = ""
    app: str = ""

    @property
    def input_tokens(self) -> int:
        return sum(call.input_tokens for call in self.calls)

    @property
    def output_tokens(self) -> int:
        return sum(call.output_tokens for call in self.calls)

    @property
    def cost(self) -> float:
        return sum(call.cost for call in self.calls)


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's whole reply, thoughts taken out.

    Attributes:
        usage: Its tokens; for more than `spent` counts anyway.
    """

    text: str
    stop: Stop
    model: str
    usage: Usage = Usage()

    @property
    def complete(self) -> bool:
        """Whether nothing is missing at its end."""
        return self.stop in {"end", "tool"}
