"""Questions that somebody may want to ask next, each of which the documents that they may read can answer.

They are made from the sections of the cited documents that the answer didn't quote, and one is offered only when a
search for it, by this person, finds that section among the first three passages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from core.text.detect import detect_language
from core.types import Answer, Chunk, User
from retrieval.query.search import Search, Searcher

MOST = 3
# Each candidate costs a search, so few are tried.
_TRIED = 6
_DOCUMENTS = 2
_AMONG = 3
# How a question names a document and what stands in it.
IN_DOCUMENT: Mapping[str, str] = {
    "en": "What does “{title}” say about {topic}?",
    "de": "Was steht in „{title}“ zu {topic}?",
    "es": "¿Qué dice «{title}» sobre {topic}?",
    "fr": "Que dit « {title} » sur {topic} ?",
}
_NUMBERING = re.compile(r"^[\d.)\s§–-]+")
# Sections that every document has say nothing of its content.
USUAL = frozenset(
    "introduction overview contents table of contents summary purpose scope references appendix agenda sheet1 example "
    "examples exercise".split()
)


def suggestions(question: str, answer: Answer, searcher: Searcher, user: User, asked: Sequence[str] = ()) -> list[str]:
    """At most three questions; none for an answer that quotes nothing.

    Args:
        asked: The conversation's earlier questions, which aren't offered again.
    """
    found: list[str] = []
    if not answer.found or not answer.citations:
        return found
    form = IN_DOCUMENT.get(detect_language(question), IN_DOCUMENT["en"])
    for number, chunk in enumerate(_candidates(answer, searcher, user)):
        if number == _TRIED or len(found) == MOST:
            break
        text = form.format(title=chunk.title, topic=_topic(chunk))
        if text in asked or text in found:
            continue
        best = searcher.search(Search(text, user, limit=_AMONG))
        if any(p.chunk.document_id == chunk.document_id and p.chunk.heading_path == chunk.heading_path for p in best):
            found.append(text)
    return found


def _candidates(answer: Answer, searcher: Searcher, user: User) -> Iterator[Chunk]:
    """The first chunk of each section that wasn't quoted, in the documents' order, a document after the other."""
    documents = list(dict.fromkeys(c.document_id for c in answer.citations))[:_DOCUMENTS]
    quoted = {c.chunk_id for c in answer.citations}
    for document_id in documents:
        chunks = searcher.document(document_id, user)
        known = {c.heading_path for c in chunks if c.id in quoted}
        for chunk in chunks:
            if chunk.heading_path and chunk.heading_path not in known and _worth(chunk):
                known.add(chunk.heading_path)
                yield chunk


def _worth(chunk: Chunk) -> bool:
    topic = _topic(chunk)
    words = topic.split()
    return (
        1 <= len(words) <= 10
        and len(topic) >= 4
        and topic.casefold() not in USUAL
        and topic.casefold() != chunk.title.casefold()
    )


def _topic(chunk: Chunk) -> str:
    return _NUMBERING.sub("", " ".join(chunk.heading_path[-1].split())).rstrip(".:?! ")
