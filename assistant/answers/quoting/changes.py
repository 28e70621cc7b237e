"""What changed between two versions of a document: what the newer says with another number or day, beside the older."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from assistant.answers.form.citations import Composer
from assistant.answers.form.wording import say
from assistant.answers.quoting.dated import bracketed
from assistant.answers.quoting.shown import statement_of
from assistant.answers.reading.evidence import ScoredStatement, prepare, weigh_sentences
from assistant.answers.reading.otherwise import differs, said_on
from assistant.answers.reading.validity import series_of
from assistant.events import Event
from core.text.words import content_words
from core.types import Answer, Chunk, Passage
from retrieval.models import TokenEncoder

_ASKED = re.compile(
    r"\b(?:what|whats|which|how|was|qué|cómo|que|quoi|qu|quelles?|welche)\b.*"
    r"\b(?:chang\w*|differ\w*|geändert|änder\w*|anders|unterschied\w*|cambi\w+|diferen\w+|différen\w+)\b"
    r"|\b(?:differences?|changes?|unterschiede?|änderungen|diferencias|cambios|différences|changements)\b.*"
    r"\b(?:between|from|to|since|in|zwischen|seit|entre|desde|depuis)\b",
    re.IGNORECASE,
)
# Versions are looked for among so many passages, and so many chunks of each are compared.
_LOOKED_AT, _CHUNKS = 12, 20
_MOST = 10
_LEAST = 2
_CONFIDENT = 0.95


def changes_between(
    question: str,
    passages: Sequence[Passage],
    chunks: Callable[[str], Sequence[Chunk]],
    encoder: TokenEncoder,
    language: str,
) -> Iterator[Event]:
    """The changes, each cited in both versions, then the Answer; nothing where no change of versions is asked for.

    Args:
        chunks: A document's chunks that the person may read, by its id.
    """
    versions = _versions(question, passages) if _ASKED.search(question) else None
    if versions is None:
        return
    newer, older = (_read(question, chunks(chunk.document_id), encoder) for chunk in versions)
    pairs = list(_changed(newer, older))[:_MOST]
    if len(pairs) < _LEAST:
        return
    composer = Composer()
    titles = {"title": versions[0].title, "other": versions[1].title}
    when = {"when": bracketed(versions[0], language), "other_when": bracketed(versions[1], language)}
    yield composer.add(say("changes", language, **titles, **when), [])
    for now, before in pairs:
        line = f"- {statement_of(now)} ({say('before', language, value=statement_of(before))})"
        quotes = [(e.passage, e.span.begin, e.span.end) for e in (now, before)]
        yield composer.add(line, quotes, "\n\n" if now is pairs[0][0] else "\n")
    read = {e.passage.chunk.id: e.passage for pair in pairs for e in pair}
    yield Answer(
        composer.text, tuple(composer.citations), "answered", confidence=_CONFIDENT, passages=tuple(read.values())
    )


def _versions(question: str, passages: Sequence[Passage]) -> tuple[Chunk, Chunk] | None:
    """The newer and the older of two versions of a document that the question names; None without them."""
    first: dict[str, Chunk] = {}
    for passage in passages[:_LOOKED_AT]:
        first.setdefault(passage.chunk.document_id, passage.chunk)
    asked = set(content_words(question))
    documents = list(first.values())
    for place, one in enumerate(documents):
        for other in documents[place + 1 :]:
            if _of_one_series(one, other, asked) and (order := _in_order(one, other)):
                return order
    return None


def _of_one_series(one: Chunk, other: Chunk, asked: set[str]) -> bool:
    """Whether one title's words, without year and version, stand in the other's, and most of them in the question."""
    (mine, *about), (theirs, *others) = series_of(one), series_of(other)
    words = [set(content_words(title)) for title in (mine, theirs)]
    fewer = min(words, key=len)
    named = len(fewer & asked) > len(fewer) / 2
    return bool(fewer) and about == others and (words[0] <= words[1] or words[1] <= words[0]) and named


def _in_order(one: Chunk, other: Chunk) -> tuple[Chunk, Chunk] | None:
    replaced = [chunk.metadata.get("vetting") == "superseded" for chunk in (one, other)]
    if replaced[0] != replaced[1]:
        return (other, one) if replaced[0] else (one, other)
    mine, theirs = said_on(one), said_on(other)
    if mine is None or theirs is None or mine == theirs:
        return None
    return (one, other) if mine > theirs else (other, one)


def _read(question: str, chunks: Sequence[Chunk], encoder: TokenEncoder) -> list[ScoredStatement]:
    passages = [Passage(chunk, 0.0) for chunk in chunks[:_CHUNKS]]
    return weigh_sentences(prepare(question, passages, encoder), passages, encoder)


def _changed(
    newer: Sequence[ScoredStatement], older: Sequence[ScoredStatement]
) -> Iterator[tuple[ScoredStatement, ScoredStatement]]:
    """Each statement of the newer with the one of the older that says the same otherwise, in the newer's order."""
    said, was_said = ({" ".join(e.span.text.split()) for e in version} for version in (newer, older))
    left = [e for e in older if " ".join(e.span.text.split()) not in said]
    for now in newer:
        if " ".join(now.span.text.split()) in was_said:
            continue
        alike = [before for before in left if differs(now, before)]
        if alike:
            before = max(alike, key=lambda e: _likeness(now, e))
            left.remove(before)
            yield now, before


def _likeness(one: ScoredStatement, other: ScoredStatement) -> float:
    mine, theirs = set(content_words(one.span.text)), set(content_words(other.span.text))
    return len(mine & theirs) / max(len(mine | theirs), 1)
