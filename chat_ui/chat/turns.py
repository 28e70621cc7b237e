"""One question and what became of it, as the page keeps it between two runs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.runner import RunResult
from assistant.events import Sentence, Stage
from assistant.records.versions import Version
from core.types import Answer


@dataclass
class Turn:
    """A question with its answer, or as much of it as had come when it was stopped.

    Attributes:
        error: What went wrong instead of an answer.
        problem: Why there is no answer, as it is stored.
        route: Which way it was sent by hand: "search", "research" or "app:<name>"; None lets the router decide.
        inputs: What was put into the form of the app.
        language: The answer's, where one was chosen: ISO 639-1.
        run: An app's run, where one answered.
        suggestions: What could be asked next.
        pending: The id under which the question is stored while it has no answer.
        edits: Output, or "" for the answer → its edited versions.
        ordinal: Its place in the stored conversation; None while it has none.
        key: Unique among all turns that the page shows, also after another conversation is opened.
    """

    question: str
    stages: list[Stage] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    answer: Answer | None = None
    error: Exception | None = None
    problem: str = ""
    route: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    language: str = ""
    run: RunResult | None = None
    suggestions: list[str] = field(default_factory=list)
    pending: str = ""
    edits: Mapping[str, Sequence[Version]] = field(default_factory=dict)
    ordinal: int | None = None
    key: str = field(default_factory=lambda: f"turn-{uuid.uuid4().hex[:8]}")
