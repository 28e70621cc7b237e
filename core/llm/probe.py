"""One small call of a model, and one for structured output: whether it works, how fast, and what it reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from core.errors import ModelError
from core.llm.calling import NamedModel
from core.llm.calls import Call, Message, Spending
from core.llm.chains import ChatModels
from core.llm.local.chat import find_lease
from core.llm.local.lease import DEFAULT_CONTEXT
from core.llm.names import is_local
from core.llm.providers import open_model
from core.settings import LlmSettings

_TOKENS = 200
_ASKED: tuple[Message, ...] = (("user", "Write the numbers from one to five in words, with commas between them."),)
_NEEDED_TOKENS = 8_000  # sources, rules, and room for the answer


class _Colours(BaseModel):
    colours: list[str]


@dataclass(frozen=True)
class Probe:
    """What a model did.

    Attributes:
        pieces: In how many pieces the reply came.
        context_tokens: How much it reads, as the settings or its package say; 0 when neither does.
        failure: Why it didn't answer, with the provider's own words.
    """

    model: str
    call: Call | None = None
    pieces: int = 0
    structured: bool = False
    context_tokens: int = 0
    failure: str = ""

    @property
    def tokens_per_second(self) -> float:
        """Written after the first one; 0 where that can't be told."""
        if self.call is None or self.call.seconds <= self.call.first_token_s:
            return 0.0
        return (self.call.output_tokens - 1) / (self.call.seconds - self.call.first_token_s)

    @property
    def said(self) -> str:
        """One line."""
        if self.call is None:
            return self.failure
        context = f"{self.context_tokens:,} tokens of context" if self.context_tokens else "context not known"
        return (
            f"first token after {self.call.first_token_s:.1f} s, {self.call.seconds:.1f} s in all, "
            f"{self.call.input_tokens} + {self.call.output_tokens} tokens ({self.tokens_per_second:.1f} a second), "
            f"in {self.pieces} pieces, {context}, structured output {'works' if self.structured else 'does not work'}"
        )

    def concerns(self) -> Iterator[str]:
        """What will not be as it should, and what to do."""
        if self.call is None:
            return
        if not self.call.output_tokens:
            yield "It reports no tokens, so cost and budgets can't be counted."
        if self.pieces < 2:
            yield "Its reply comes in one piece: people see nothing until it is finished."
        if not self.structured:
            yield "Without structured output plans and checks fall back to plain text; choose another for llm.tasks."
        if self.call.stop == "length":
            yield "It needed more than 200 tokens for one line; raise llm.thinking_tokens for a model that reasons."
        if 0 < self.context_tokens < _NEEDED_TOKENS:
            yield f"Its context is smaller than {_NEEDED_TOKENS:,} tokens; lower answer.passages."


def named_models(settings: LlmSettings) -> list[str]:
    """Every model that the settings name, the first choice first."""
    own = [task.model for task in settings.tasks.values() if task.model]
    return list(dict.fromkeys(filter(None, [settings.model, *settings.fallbacks, *own])))


def probe(name: str, settings: LlmSettings, data_dir: Path | None = None) -> Probe:
    """What the model did with a small call; how it failed stands in the result."""
    spent = Spending()
    try:
        model = open_model(name, settings, _TOKENS, data_dir)
        models = ChatModels({"answer": [model]}, settings.model_copy(update={"retries": 0, "cache": False}))
        if is_local(name):
            find_lease(name, settings, data_dir).state()  # loading is no part of answering
        pieces = len(list(models.stream("answer", _ASKED, spent)))
    except ModelError as error:
        detail = spent.failures[-1].detail if spent.failures else ""
        return Probe(name, failure=f"{error} [{detail}]" if detail else str(error))
    return Probe(
        name,
        spent.calls[0],
        pieces,
        _structured(models),
        settings.of(name).context_tokens or (DEFAULT_CONTEXT if is_local(name) else _context_tokens(model)),
    )


def _structured(models: ChatModels) -> bool:
    try:
        asked: tuple[Message, ...] = (("user", "Name three colours."),)
        return len(models.structured("answer", asked, _Colours, Spending()).colours) > 0
    except ModelError:
        return False


def _context_tokens(model: NamedModel) -> int:
    profile = getattr(model.chat, "profile", None) or {}
    return int(profile.get("max_input_tokens") or 0)
