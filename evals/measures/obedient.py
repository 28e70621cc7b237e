"""A model that does whatever the text that it reads wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.llm import ChatModels, Message, NamedModel, Reply, Spending, Streamed, Task
from core.llm.structured import Schema
from core.settings import LlmSettings


class Obedient(ChatModels):
    """A model that does whatever the injected text wants. `says` is what it writes next, to any prompt."""

    def __init__(self) -> None:
        super().__init__({"answer": list[NamedModel]()}, LlmSettings())
        self.says = ""

    def stream(self, task: Task, messages: Sequence[Message], spent: Spending, *, access: str = "") -> Streamed:
        return Streamed(iter([self.says]))

    def reply(self, task: Task, messages: Sequence[Message], spent: Spending, *, access: str = "") -> Reply:
        return Reply(self.says, "end", "obedient")

    def structured(self, task: Task, messages: Sequence[Message], schema: type[Schema], spent: Spending) -> Schema:
        """What it says as the correction of everything, and as what every statement is supported by."""
        numbers = range(1, 10)
        said: dict[str, Any] = {
            "corrections": [{"number": n, "text": self.says} for n in numbers],
            "verdicts": [{"number": n, "supported": True} for n in numbers],
        }
        return schema.model_validate({name: said[name] for name in schema.model_fields if name in said})
