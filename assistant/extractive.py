"""Answers without a language model: the best sentences of the passages, quoted and cited."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.events import Event, Sentence
from assistant.sentences import Span, split_sentences
from core.settings import AnswerSettings
from core.types import Answer, Citation, Passage

_WORD = re.compile(r"\w+")


def answer_from(question: str, passages: Sequence[Passage], settings: AnswerSettings) -> Iterator[Event]:
    """Quoted sentences, then the Answer that holds them."""
    asked = set(_WORD.findall(question.lower()))
    scored = [
        (len(asked & set(_WORD.findall(span.text.lower()))) / max(len(asked), 1), -rank, span, passage)
        for rank, passage in enumerate(passages)
        for span in split_sentences(passage.chunk.text)
    ]
    scored.sort(key=lambda item: item[:2], reverse=True)
    best = scored[0][0] if scored else 0.0
    if best < 0.3:
        yield Answer(
            "The documents hold no answer to this.",
            outcome="no_evidence",
            confidence=best,
            nearest=tuple(passages[:3]),
            passages=tuple(passages),
        )
        return
    text, citations = "", []
    for marker, (_, _, span, passage) in enumerate(scored[: settings.max_sentences], start=1):
        begin = len(text) + (1 if text else 0)
        statement = f"{span.text} [{marker}]"
        text = f"{text} {statement}" if text else statement
        citation = _citation(marker, span, passage, begin, begin + len(span.text))
        citations.append(citation)
        yield Sentence(statement, (citation,))
    yield Answer(text, tuple(citations), "answered", confidence=best, passages=tuple(passages))


def _citation(marker: int, span: Span, passage: Passage, begin: int, end: int) -> Citation:
    chunk = passage.chunk
    return Citation(
        marker=marker,
        document_id=chunk.document_id,
        title=chunk.title,
        url=chunk.url,
        quote=span.text,
        begin=begin,
        end=end,
        chunk_id=chunk.id,
        page=chunk.page,
        locator=chunk.locator,
        quote_begin=chunk.begin + span.begin,
        quote_end=chunk.begin + span.end,
    )
