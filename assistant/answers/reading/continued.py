"""A quoted sentence with the one after it: half of an answer often stands in the next sentence of the paragraph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from assistant.answers.reading.evidence import ScoredStatement
from core.text.sentences import Span, split_sentences

_MOST_WORDS = 60


def continued(evidence: ScoredStatement) -> ScoredStatement:
    """The statement with the next sentence of its paragraph, if that is one and both together aren't long."""
    span, text = evidence.span, evidence.passage.chunk.text
    if evidence.cells or span.kind != "sentence":
        return evidence
    after = next((s for s in split_sentences(text) if s.begin >= span.end), None)
    if after is None or not _goes_on(span, after, text):
        return evidence
    whole = text[span.begin : after.end]
    return replace(evidence, span=replace(span, text=whole, end=after.end))


def _goes_on(span: Span, after: Span, text: str) -> bool:
    same_paragraph = "\n" not in text[span.end : after.begin]
    says = after.kind == "sentence" and not after.text.rstrip().endswith(("?", ":", "？", "："))
    return same_paragraph and says and len(text[span.begin : after.end].split()) <= _MOST_WORDS


def stands_in(evidence: ScoredStatement, quoted: Iterable[ScoredStatement]) -> bool:
    """Whether the statement is part of one that was quoted."""
    chunk, begin = evidence.passage.chunk.id, evidence.span.begin
    return any(one.passage.chunk.id == chunk and one.span.begin <= begin < one.span.end for one in quoted)
