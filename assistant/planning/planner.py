"""A bounded loop of a model and its tools, before anything is written: what has to be looked up, and what it brought.

A model that calls tools decides turn by turn; one that can't gives a plan as one structured reply. No graph library:
one loop with four limits needs none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from assistant.checks import neutralised
from assistant.events import Stage
from assistant.planning.toolbox import SEARCHING, Lookup, Toolbox, computed
from assistant.question import RESEARCH, Question
from assistant.records.trace import Trace
from core.errors import ModelError
from core.llm import ChatModels, Message, Spending, told
from core.settings import PlanBounds
from core.types import Passage
from prompts import load_prompt

_LISTED, _EXCERPT_CHARS = 8, 240
_NONE_LEFT = "There are no lookups left; the answer is written from what there is."
_AGAIN = "That was looked up already; its result stands above."
_CALLING = "Call the tools that you have. When nothing is missing any more, or nothing more can be found, say DONE."
_LISTING = "Give all lookups at once, in a list; an empty list if nothing is missing. You can use:\n\n{tools}"
_DEPTH = {
    False: "Look up what is missing and nothing more.",
    True: (
        "This is research for a report: look at the question from every side that it has, read the documents that say "
        "most, look for what contradicts them, and for what is newer."
    ),
}


@dataclass
class Gathered:
    """What the lookups brought.

    Attributes:
        found: The passages of each lookup, best first.
        computed: Results that stand in no document, each as the passages of one source.
    """

    found: list[list[Passage]] = field(default_factory=list)
    computed: list[tuple[Passage, ...]] = field(default_factory=list)


@dataclass(frozen=True)
class Planner:
    """Looks up what an answer needs.

    Attributes:
        fence: The mark that quoted material stands between.
    """

    models: ChatModels
    box: Toolbox
    bounds: PlanBounds
    company: str
    fence: str
    clock: Callable[[], float] = time.monotonic

    def gather(self, question: Question, passages: Sequence[Passage], trace: Trace) -> Generator[Stage, None, Gathered]:
        """Stages while things are looked up, then what was found.

        Args:
            passages: What the first search found.
        """
        work = _Work(self, question, trace, until=self.clock() + self.bounds.seconds)
        yield Stage("plan", question.text)
        try:
            if self.models.calls_tools("plan"):
                yield from self._by_tools(work, passages)
            else:
                yield from self._by_list(work, passages)
        except ModelError as error:
            # A model whose server knows no tools says so only when it is asked.
            trace.notes.append(str(error))
            if not work.done and self.models.calls_tools("plan"):
                yield from self._second_way(work, passages)
        finally:
            trace.add_calls(work.spent, load_prompt("plan").id)
        return work.gathered

    def looked_up(self, question: Question, queries: Sequence[str], trace: Trace) -> Generator[Stage, None, Gathered]:
        """The same for searches that the writing model asks for itself; no call of a model."""
        work = _Work(self, question, trace, until=self.clock() + self.bounds.seconds)
        for query in queries:
            yield from work.do(SEARCHING, {"query": query})
        return work.gathered

    def _second_way(self, work: _Work, passages: Sequence[Passage]) -> Generator[Stage, None, None]:
        try:
            yield from self._by_list(work, passages)
        except ModelError as error:
            work.trace.notes.append(str(error))

    def _by_tools(self, work: _Work, passages: Sequence[Passage]) -> Generator[Stage, None, None]:
        messages: list[Any] = list(self._asked(work, passages, _CALLING))
        specs, model = [tool.spec for tool in self.box.tools], ""
        while work.may_go_on:
            turn = self.models.with_tools("plan", messages, specs, work.spent, by=model)
            model = turn.model
            if not turn.calls:
                return
            messages.append(turn.message)
            for call in turn.calls:
                text = yield from work.do(call.name, call.arguments)
                messages.append(told(call, self._quoted(text)))

    def _by_list(self, work: _Work, passages: Sequence[Passage]) -> Generator[Stage, None, None]:
        tools = "\n".join(f"- {tool.name}: {tool.description}" for tool in self.box.tools)
        messages = self._asked(work, passages, _LISTING.format(tools=tools))
        plan = self.models.structured("plan", messages, self._schema(), work.spent)
        for step in getattr(plan, "lookups", ()):
            values = step.model_dump()
            yield from work.do(values.pop("tool"), values)

    def _schema(self) -> type[BaseModel]:
        """The form of a plan: a list of lookups, each with the arguments of its tool."""
        make: Any = create_model  # whose types know no model that is made at run time
        kinds = [make(tool.name, __base__=tool.arguments, tool=(Literal[tool.name], ...)) for tool in self.box.tools]
        lookups: Any = list[reduce(or_, kinds)]  # type: ignore[misc]
        made: type[BaseModel] = make(
            "Plan", lookups=(lookups, Field(default_factory=list, max_length=self.bounds.steps))
        )
        return made

    def _asked(self, work: _Work, passages: Sequence[Passage], how: str) -> list[Message]:
        return load_prompt("plan").render(
            company=self.company,
            how=how,
            depth=_DEPTH[work.question.route == RESEARCH],
            lookups=str(self.bounds.steps),
            fence=self.fence,
            today=date.today().isoformat(),
            found="\n\n".join(map(_listed, passages[:_LISTED])) or "(Nothing.)",
            question=work.question.text,
        )

    def _quoted(self, text: str) -> str:
        return f"{self.fence} result\n{neutralised(text).replace(self.fence, '')}\n{self.fence} end of result"


@dataclass
class _Work:
    """The lookups of one question so far, and whether there may be more."""

    planner: Planner
    question: Question
    trace: Trace
    until: float
    gathered: Gathered = field(default_factory=Gathered)
    spent: Spending = field(default_factory=Spending)
    done: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.spent.person = self.question.user.email

    @property
    def may_go_on(self) -> bool:
        """Whether steps, tokens and seconds are left."""
        bounds, used = self.planner.bounds, self.spent.input_tokens + self.spent.output_tokens
        return len(self.done) < bounds.steps and used < bounds.tokens and self.planner.clock() < self.until

    def do(self, name: str, arguments: Mapping[str, Any]) -> Generator[Stage, None, str]:
        """Runs a call within the bounds, and keeps what it brings; what the model is told of it."""
        lookup = self.planner.box.lookup(name, arguments)
        if isinstance(lookup, str):
            self._note(name, dict(arguments), lookup, 0, 0.0)
            return lookup
        if lookup.key in self.done:
            return _AGAIN
        if not self.may_go_on:
            return _NONE_LEFT
        self.done.add(lookup.key)
        yield Stage("look", lookup.doing)
        return self._ran(lookup)

    def _ran(self, lookup: Lookup) -> str:
        begin = time.perf_counter()
        with self.trace.stage("look"):
            found = self.planner.box.run(lookup, self.question)
        if found.computed:
            self.gathered.computed.append(computed(lookup.doing, found))
        elif found.passages:
            self.gathered.found.append(list(found.passages))
        seconds = round(time.perf_counter() - begin, 3)
        self._note(lookup.tool.name, lookup.arguments.model_dump(), lookup.doing, len(found.passages), seconds)
        return found.text

    def _note(self, tool: str, arguments: Mapping[str, Any], doing: str, found: int, seconds: float) -> None:
        step = {"tool": tool, "arguments": arguments, "doing": doing, "passages": found, "seconds": seconds}
        self.trace.steps.append(step)


def _listed(passage: Passage) -> str:
    """A passage that is known already, in short."""
    chunk = passage.chunk
    about = ", ".join(filter(None, (chunk.title, chunk.locator, str(chunk.metadata.get("customer") or ""))))
    words = " ".join(neutralised(chunk.text).split())[:_EXCERPT_CHARS]
    return f"document {chunk.document_id} – {neutralised(about)}: {words} …"
