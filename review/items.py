"""What is labelled: from a file, from people's answers, or from an evaluation run; drawn by the job's sample."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.records.trace import CONVERSATION, Traces
from core.database import Engine
from core.errors import ReviewError
from evals.suite.history import History
from review.behind import documents_behind
from review.spec import Sample, Value

# The text and origin of an item whose words were taken out of the database.
ERASED = "(erased)"


@dataclass(frozen=True, slots=True)
class Source:
    """A passage beside what is judged, with the quoted words in it."""

    title: str
    text: str
    quote: str = ""
    locator: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be labelled.

    Attributes:
        text: What is judged: an answer, a document, a transcript's sentence.
        other: A second text, for a ranking.
        question: What it answers.
        documents: Ids of all documents whose words are in it: who may not read one of them never sees the item.
        gold: The right label where it is known; nobody is told which items these are.
        origin: Where it is from: "trace:ID", "run:ID", a file.
        group, confidence: What a stratified and an uncertain sample go by.
    """

    text: str
    question: str = ""
    other: str = ""
    sources: tuple[Source, ...] = ()
    documents: tuple[str, ...] = ()
    gold: Value | None = None
    origin: str = ""
    group: str = ""
    confidence: float = 0.5
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def erased(self) -> bool:
        """Whether its words are gone for good; its labels still count."""
        return self.origin == ERASED

    @property
    def trace(self) -> str:
        """The answer of a person that it goes with; empty where it has none, as what an evaluation asked."""
        return (
            self.origin.removeprefix("trace:") if self.origin.startswith("trace:") and "case" not in self.facts else ""
        )

    def kept(self) -> dict[str, Any]:
        """The item as it is stored."""
        return asdict(self)


class _Line(BaseModel):
    """A line of a file of items."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=1, max_length=100_000)
    question: str = ""
    other: str = ""
    sources: list[dict[str, str]] = Field(default_factory=list)
    documents: list[str] = Field(default_factory=list)
    gold: Any = None
    origin: str = ""
    group: str = ""
    confidence: float = 0.5
    facts: dict[str, Any] = Field(default_factory=dict)


def item_of(values: Mapping[str, Any]) -> Item:
    """An item as it was stored, or written in a file.

    Raises:
        ValidationError, TypeError: something is missing or of another kind.
    """
    line = _Line.model_validate(dict(values))
    sources = tuple(Source(**source) for source in line.sources)
    # A source that names its document has its words in the item, whether or not the list says so.
    documents = dict.fromkeys([*line.documents, *(source.document for source in sources if source.document)])
    return Item(**{**line.model_dump(), "sources": sources, "documents": tuple(documents)})


def read_items(file: Path) -> list[Item]:
    """The items of a JSON Lines file.

    Raises:
        ReviewError: it can't be read, or a line isn't an item.
    """
    found = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ReviewError(f"{file} can't be read ({error}); it has to be JSON Lines in UTF-8.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            item = item_of(json.loads(line))
        except (ValueError, TypeError, ValidationError) as error:
            reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            raise ReviewError(f"{file}, line {number} is no item ({reason}); an item has at least `text`.") from error
        found.append(item if item.origin else replace(item, origin=f"{file.name}:{number}"))
    if not found:
        raise ReviewError(f"{file} has no items; write one JSON object a line.")
    return found


def answered_items(engine: Engine, limit: int, *, rated_down: bool = False) -> tuple[list[Item], int]:
    """The newest answers that people got, only those with a thumb down if asked; and how many nobody else may see."""
    traces, found = Traces(engine), []
    for row in traces.latest(limit):
        trace = traces.find(str(row["id"]))
        if trace is None or trace["conversation_id"] == CONVERSATION or not trace["answer"]:
            continue
        if not rated_down or any(given["rating"] == "down" for given in trace["feedback"]):
            found.append(of_trace(engine, str(row["id"]), trace))
    return _shown(found)


def run_items(engine: Engine, run_id: str) -> tuple[list[Item], int]:
    """The answers of an evaluation run; and how many of them only who asked may see."""
    traces, found = Traces(engine), []
    for result in History(engine).results(run_id).values():
        trace = traces.find(result.trace_id) if result.trace_id else None
        if trace is not None and trace["answer"]:
            item = of_trace(engine, result.trace_id, trace)
            facts = {"case": result.case_id, "user": result.user}
            found.append(item and replace(item, facts={**item.facts, **facts}))
    return _shown(found)


def _shown(found: Sequence[Item | None]) -> tuple[list[Item], int]:
    items = [item for item in found if item is not None]
    return items, len(found) - len(items)


def of_trace(engine: Engine, trace_id: str, trace: Mapping[str, Any]) -> Item | None:
    """A stored answer as an item, with what it quotes and without who asked; None where only they may see it."""
    documents = documents_behind(engine, trace_id, trace)
    if documents is None:
        return None
    sources = tuple(
        Source(c.get("title", ""), c["quote"], c["quote"], c.get("locator", ""), c.get("document_id", ""))
        for c in trace["citations"]
    )
    return Item(
        trace["answer"], trace["question"], sources=sources, documents=tuple(sorted(documents)),
        origin=f"trace:{trace_id}", group=str(trace["route"]), confidence=float(trace.get("confidence") or 0.0),
        facts={"outcome": trace["outcome"]},
    )  # fmt: skip


def drawn(items: Sequence[Item], sample: Sample) -> list[Item]:
    """The sample, in the order in which it is labelled; gold items are always in it, and stand among the others."""
    chance = random.Random(sample.seed)
    gold = [item for item in items if item.gold is not None]
    others = [item for item in items if item.gold is None]
    room = max(0, sample.most - len(gold))
    chosen = [*gold, *_chosen(others, sample, room, chance)]
    if sample.way != "uncertain":
        chance.shuffle(chosen)
        return chosen
    chosen = sorted(chosen, key=lambda item: abs(item.confidence - 0.5))
    for item in gold:  # anywhere: not among the sure ones at the end
        chosen.remove(item)
        chosen.insert(chance.randint(0, len(chosen)), item)
    return chosen


def _chosen(items: Sequence[Item], sample: Sample, room: int, chance: random.Random) -> list[Item]:
    if sample.way == "uncertain":
        return sorted(items, key=lambda item: abs(item.confidence - 0.5))[:room]
    if sample.way == "random":
        return chance.sample(list(items), min(room, len(items)))
    groups: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        groups[_group(item, sample.by)].append(item)
    for group in groups.values():
        chance.shuffle(group)
    found: list[Item] = []
    while len(found) < room and any(groups.values()):
        for name in sorted(groups):
            if groups[name] and len(found) < room:
                found.append(groups[name].pop())
    return found


def _group(item: Item, by: str) -> str:
    return item.group if by == "group" else str(item.facts.get(by, ""))
