"""`retrieve`: passages of the documents that the person may read."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field

from apps.run.context import Context, SourceQuote
from apps.steps.kind import Addressed, StepKind
from core.text.detect import detect_language
from core.text.words import terms
from core.types import Chunk, Passage
from retrieval.query.filters import AnyOf, all_of, parse_filter
from retrieval.query.search import Search
from retrieval.query.weights import parse_weights

# What is withheld of a passage leaves spaces.
_SPACES = re.compile(r" {2,}")


class Retrieve(Addressed):
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
        given.opened(context),
    )
    weights = parse_weights(given.weights) if given.weights else None
    discretion = given.discretion(context)
    wanted, searcher = Search(given.query, context.user, given.k, filters, weights), context.searcher()
    found = discretion.search(searcher, wanted) if discretion is not None else searcher.search(wanted)
    context.tell_withheld()
    parts = [f"with {given.filter}" if given.filter else "", " and ".join(given.sources)]
    within = " ".join(filter(None, parts))
    context.looked.append(f"passages on “{given.query[:80]}”{f' ({within})' if within else ''}")
    return {"passages": [passage_value(p, context, given.query) for p in found], "count": len(found)}


def passage_value(passage: Passage, context: Context, query: str) -> dict[str, Any]:
    """A passage as expressions see it; it becomes evidence of the run. `fits`: see `_fits`."""
    chunk = passage.chunk
    number = context.cite(SourceQuote(chunk.title, chunk.url, chunk.document_id, chunk.locator, chunk.text[:400]))
    return {
        "text": _SPACES.sub(" ", chunk.text),
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
        "language": str(chunk.metadata.get("language", "")),
        "fits": _fits(query, chunk),
        "kind": chunk.kind,
    }


def _fits(query: str, chunk: Chunk) -> bool:
    """Whether the passage has at least half of the query's content words: three of four or more, two of fewer.

    A quarter is enough in a language other than English, whose compounds and endings hide the same word.
    """
    wanted = _words(query)
    shared = len(wanted & _words(" ".join([chunk.title, *chunk.heading_path, chunk.text])))
    language = detect_language(query)
    if language != "en" and chunk.metadata.get("language") == language:
        return shared > 0 and shared >= len(wanted) / 4
    return shared > 0 and shared >= max(len(wanted) / 2, min(len(wanted), 3 if len(wanted) > 3 else 2))


def _words(text: str) -> set[str]:
    # "tune" and "tuning" are one word here.
    return {term.removesuffix("e") for term in terms(text)}


KIND = StepKind("retrieve", "Finds passages of the documents.", Retrieve, ("passages", "count"), retrieve)
