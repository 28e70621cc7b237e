"""One question and what became of it, as the page keeps it between two runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.events import Sentence, Stage
from core.types import Answer


@dataclass
class Turn:
    """A question with its answer, or as much of it as had come when it was stopped.

    Attributes:
        error: What went wrong instead of an answer.
    """

    question: str
    stages: list[Stage] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    answer: Answer | None = None
    error: Exception | None = None
