"""What a person asks, as one value that travels from the page to the answer.

assistant.answer(Question("What does the premium plan cost?", user))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.settings import AnswerStyle
from core.types import Section, User
from retrieval.query.filters import Filter

# The routes that leave apps out; the others are "app:<name>". A person can't choose the second.
SEARCH = "search"
RECORDS = "records"
# The search as a model plans and repeats it, with a report at its end; a person can choose it, too.
RESEARCH = "research"


# What a person attached is no document of a source: its passages say so, and its ids begin with it.
ATTACHED = "attachment"
# What was calculated or looked up and stands in no document has passages of this source.
COMPUTED = "computed"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that the person added to the conversation, already parsed. It is never put into the shared index.

    Attributes:
        title: What the file calls itself; empty if it doesn't.
    """

    name: str
    sections: tuple[Section, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What was asked and answered before; `cited` are (document id, chunk id) of what the answer rested on."""

    question: str
    answer: str
    cited: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One question, with who asks it and everything that was said beside it.

    Attributes:
        conversation_id: Continues that conversation, and stores the turn in it; None asks on its own.
        route: "search", "research" or "app:<name>" overrides the router; None lets it decide.
        inputs: Values for the app's form, beside what the text says.
        style: What an app wants of its answers; counts more than the person's and the deployment's.
        language: ISO 639-1; `Assistant.ask` detects it once, where it is empty.
        turns: The last turns of the conversation, as `Assistant.ask` finds them, for a model that writes.
        continues: Whether it asks for the rest of the last answer, which was cut off.
    """

    text: str
    user: User
    conversation_id: str | None = None
    filters: Filter | None = None
    route: str | None = None
    attachments: tuple[Attachment, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    style: AnswerStyle = field(default_factory=AnswerStyle)
    language: str = ""
    turns: tuple[Turn, ...] = ()
    continues: bool = False

    def said(self) -> str:
        """The text and the words that were put into the form: what guardrails judge."""
        return "\n".join([self.text, *(value for value in self.inputs.values() if isinstance(value, str))])
