"""What a model may look things up with: the registry of tools, and a call of one, whatever the model sends."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from assistant.checks.guardrails import GuardrailVerdict
from assistant.question import COMPUTED, Question
from core.errors import DebriefError
from core.llm import ToolSpec
from core.nearest import nearest
from core.types import Chunk, Passage, User
from retrieval.query.filters import all_of

log = logging.getLogger(__name__)
# The tool that looks for the words that a writing model needs.
SEARCHING = "search_documents"
_TOLD_CHARS = 6_000
Judge = Callable[[str, User], GuardrailVerdict]


@dataclass(frozen=True)
class Found:
    """What a tool brings.

    Attributes:
        text: What the model is told, material and no instruction.
        passages: What an answer may rest on and cite; each one that the asking person may read.
        computed: Whether the text itself, which stands in no document, is an answer that rests on the passages.
    """

    text: str
    passages: tuple[Passage, ...] = ()
    computed: bool = False


@dataclass(frozen=True)
class Tool:
    """One way to look something up.

    Attributes:
        description: For the model: what it finds, and when to use it.
        run: Gets the question, whose `user` asks and whose `filters` limit everything, and the checked arguments.
        doing: What a person sees while it runs: "Looking for “notice period” in contracts".
    """

    name: str
    description: str
    arguments: type[BaseModel]
    run: Callable[[Question, Any], Found]
    doing: Callable[[Any], str]

    @property
    def spec(self) -> ToolSpec:
        """What the model is told of it."""
        return ToolSpec(self.name, self.description, self.arguments)


@dataclass(frozen=True)
class Lookup:
    """A call that is ready to run: the tool and its arguments."""

    tool: Tool
    arguments: BaseModel

    @property
    def doing(self) -> str:
        """What a person sees while it runs."""
        return self.tool.doing(self.arguments)

    @property
    def key(self) -> str:
        """The same for the same call."""
        return f"{self.tool.name} {self.arguments.model_dump_json()}"


@dataclass(frozen=True)
class Toolbox:
    """The tools of one question.

    Attributes:
        judge: What the guardrails say to words that are looked up for a person; None lets all through.
    """

    tools: Sequence[Tool]
    judge: Judge | None = None

    def has(self, name: str) -> bool:
        """Whether there is a tool of that name."""
        return any(tool.name == name for tool in self.tools)

    def lookup(self, name: str, arguments: Mapping[str, Any]) -> Lookup | str:
        """The call, or what is wrong with it, for the model to mend."""
        tool = next((tool for tool in self.tools if tool.name == name), None)
        if tool is None:
            return f"There is no tool {name!r}; {nearest(name, [t.name for t in self.tools], 'tools')}"
        try:
            return Lookup(tool, tool.arguments.model_validate(dict(arguments)))
        except ValidationError as error:
            first = error.errors()[0]
            return f"The argument {'.'.join(map(str, first['loc']))} doesn't fit: {first['msg']}."

    def run(self, lookup: Lookup, question: Question) -> Found:
        """What the call brings; an error is told the model in a sentence."""
        said = " ".join(str(value) for value in lookup.arguments.model_dump().values() if isinstance(value, str))
        if self.judge is not None:
            verdict = self.judge(said, question.user)
            if verdict.refusal:
                return Found(f"Not allowed for the person who asks: {verdict.refusal}")
            question = replace(question, filters=all_of(question.filters, verdict.filter))
        try:
            found = lookup.tool.run(question, lookup.arguments)
        except DebriefError as error:
            return Found(str(error))
        except Exception:  # of a tool that another room made: the answer can do without it
            log.exception("tool %s failed", lookup.tool.name)
            return Found("This lookup failed; go on without it.")
        text = found.text if len(found.text) <= _TOLD_CHARS else found.text[:_TOLD_CHARS] + " … (cut)"
        return replace(found, text=text)


def computed(title: str, found: Found) -> tuple[Passage, ...]:
    """A computed text and the passages behind it as the passages of one source, all of which a citation names."""
    behind = found.passages[0].chunk if found.passages else None
    chunk = Chunk(
        id=str(uuid.uuid5(uuid.NAMESPACE_OID, found.text)),
        document_id=behind.document_id if behind else "",
        ordinal=-1,
        text=found.text,
        source=COMPUTED,
        title=title,
    )
    return (Passage(chunk, 1.0), *found.passages)
