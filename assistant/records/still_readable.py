"""Stored answers as their person may see them today: the documents decide, as they are now, not as they were then."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from assistant.question import ATTACHED, SEARCH
from core.types import Answer, Passage, User

# (ids of documents, who reads) → those of them that the person may read now.
Readable = Callable[[Collection[str], User], set[str]]

WITHHELD = (
    "This answer isn't shown any more: a document that it rests on is gone, or you may no longer read it. "
    "Ask again to have it from what there is now."
)


def without_attachments(answer: Answer) -> Answer:
    """The answer without what the person attached, which is stored nowhere but for the words that it quotes."""
    return _keeping(answer, lambda p: p.chunk.source != ATTACHED)


def documents_of(answer: Answer) -> set[str]:
    """The ids of the documents of the index that the answer names or holds passages of."""
    cited = {c.document_id for c in answer.citations}
    held = {p.chunk.document_id for p in (*answer.passages, *answer.nearest)}
    return set(_indexed(cited | held))


def as_readable(answer: Answer, readable: Collection[str]) -> Answer:
    """The answer without passages that aren't `readable`; without its words if they rest on one that isn't."""
    kept = _keeping(answer, lambda p: p.chunk.source == ATTACHED or p.chunk.document_id in readable)
    if all(document in readable for document in _rests_on(answer)):
        return kept
    return replace(kept, text=WITHHELD, citations=(), choices=(), notes=(), offers=(), run="")


def trace_documents(record: Mapping[str, Any]) -> set[str]:
    """The ids of the documents of the index that a stored trace names."""
    named = {str(found["document_id"]) for found in (*record["citations"], *record["passages"])}
    return set(_indexed(named))


def trace_as_readable(record: Mapping[str, Any], readable: Collection[str]) -> Mapping[str, Any]:
    """The trace without passages that aren't `readable`; without the answer's words if one of them may stand in it."""
    cited = {str(c["document_id"]) for c in record["citations"]}
    if record["models"] or not cited or record["route"] != SEARCH:
        # A model, or an app, may have used any passage that it was given; "nothing was found" quotes the nearest.
        cited |= {str(p["document_id"]) for p in record["passages"]}
    passages = [p for p in record["passages"] if not set(_indexed([p["document_id"]])) - set(readable)]
    if not set(_indexed(cited)) - set(readable):
        return {**record, "passages": passages}
    return {**record, "passages": passages, "answer": WITHHELD, "citations": [], "checks": [], "notes": []}


def _rests_on(answer: Answer) -> Iterator[str]:
    # "Nothing was found" cites nothing and quotes the nearest.
    nearest = () if answer.citations else (p.chunk.document_id for p in answer.nearest if p.chunk.source != ATTACHED)
    yield from _indexed((*(c.document_id for c in answer.citations), *nearest))


def _indexed(ids: Collection[str]) -> Iterator[str]:
    return (found for found in ids if found and not found.startswith(f"{ATTACHED}:"))


def _keeping(answer: Answer, wanted: Callable[[Passage], bool]) -> Answer:
    return replace(
        answer, passages=tuple(filter(wanted, answer.passages)), nearest=tuple(filter(wanted, answer.nearest))
    )
