"""`retrieve`: passages of the documents that the person may read."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from apps.context import Context, Evidence
from apps.steps.kind import Parameters, StepKind
from core.types import Passage
from retrieval.filters import AnyOf, all_of, parse_filter
from retrieval.weights import parse_weights


class Retrieve(Parameters):
    """Attributes: query; filter: as in search (`customer=Acme`); sources: names; weights; k: how many passages."""

    query: str = Field(min_length=1, max_length=8_000)
    filter: str | dict[str, Any] = ""
    sources: tuple[str, ...] = ()
    weights: dict[str, Any] = Field(default_factory=dict)
    k: int = Field(default=8, ge=1, le=50)


def retrieve(given: Retrieve, context: Context) -> dict[str, Any]:
    """The passages, best first, numbered among the run's evidence."""
    filters = all_of(
        parse_filter(given.filter) if given.filter else None,
        AnyOf("source", given.sources) if given.sources else None,
    )
    weights = parse_weights(given.weights) if given.weights else None
    found = context.searcher().search(given.query, context.user, given.k, filters=filters, weights=weights)
    return {"passages": [passage_value(p, context) for p in found], "count": len(found)}


def passage_value(passage: Passage, context: Context) -> dict[str, Any]:
    """A passage as expressions see it; it becomes evidence of the run."""
    chunk = passage.chunk
    number = context.cite(Evidence(chunk.title, chunk.url, chunk.document_id, chunk.locator, chunk.text[:400]))
    return {
        "text": chunk.text,
        "title": chunk.title,
        "url": chunk.url,
        "document_id": chunk.document_id,
        "locator": chunk.locator,
        "heading": " › ".join(chunk.heading_path),
        "number": number,
        "source": chunk.source,
        "document_type": str(chunk.metadata.get("document_type", "")),
        "date": str(chunk.metadata.get("updated_at") or chunk.metadata.get("created_at") or "")[:10],
        "score": round(passage.score, 4),
    }


KIND = StepKind("retrieve", "Finds passages of the documents.", Retrieve, ("passages", "count"), retrieve)
