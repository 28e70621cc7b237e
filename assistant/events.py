"""What a caller sees while an answer is made: stages, checked sentences, and at the end the answer itself."""

from __future__ import annotations

from dataclasses import dataclass

from core.types import Answer, Citation, Section


@dataclass(frozen=True, slots=True)
class Stage:
    """Progress, for example Stage("search", "8 passages from 5 documents")."""

    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the answer that has passed its check; its citations' offsets count into the whole answer."""

    text: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that the person added to the conversation, already parsed. It is never put into the shared index.

    Attributes:
        title: What the file calls itself; empty if it doesn't.
    """

    name: str
    sections: tuple[Section, ...]
    title: str = ""


Event = Stage | Sentence | Answer
