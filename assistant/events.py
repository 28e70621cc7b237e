"""What a caller sees while an answer is made: stages, checked sentences, and at the end the answer itself."""

from __future__ import annotations

from dataclasses import dataclass

from core.types import Answer, Citation


@dataclass(frozen=True, slots=True)
class Stage:
    """Progress, for example Stage("search", "8 passages from 5 documents")."""

    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A part of the answer that has passed its check; its citations' offsets count into the whole answer.

    Attributes:
        before: What stands between it and the part before.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    before: str = ""


Event = Stage | Sentence | Answer
