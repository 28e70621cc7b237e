"""Files that a person added to a conversation, as passages of that conversation only."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.question import ATTACHED, Attachment
from core.tables import TableText
from core.text.sentences import split_sentences
from core.text.words import content_words, inverse_frequencies
from core.types import Chunk, Passage, Section, User, Why
from retrieval.models import TokenEncoder

SOURCE = ATTACHED
_PASSAGE_CHARS = 1_200
# So many passages are compared with the question word by word, 40 ms each on one core; of a longer file those that
# share its rarest words, and the first ones.
_COMPARED = 48
_FIRST = 4


@dataclass(frozen=True)
class AttachedText:
    """An attachment cut into chunks that the asking person alone may read, and the words of each."""

    chunks: tuple[Chunk, ...]
    words: tuple[frozenset[str], ...]


def attached_passages(
    question: str, attachments: Sequence[Attachment], user: User, encoder: TokenEncoder, limit: int
) -> list[Passage]:
    """The passages of the attachments that are nearest to the question, best first. Nothing of them is stored."""
    chunks = _worth_comparing(question, [attached_text(attachment, user.email) for attachment in attachments])
    if not chunks:
        return []
    asked = encoder.encode_tokens([question], query=True)[0].vectors
    meaning = asked.mean(axis=0)
    scored = []
    for chunk, tokens in zip(chunks, encoder.encode_tokens([c.text for c in chunks]), strict=True):
        if not len(tokens.vectors):
            continue
        mean = tokens.vectors.mean(axis=0)
        cosine = float(meaning @ mean / ((meaning @ meaning) ** 0.5 * (mean @ mean) ** 0.5))
        match = float((asked @ tokens.vectors.T).max(axis=1).mean())
        scored.append(Passage(chunk, match, Why(vector=cosine, fused=2 * match, final=match), cosine))
    return sorted(scored, key=lambda p: -p.score)[:limit]


@lru_cache(maxsize=8)
def attached_text(attachment: Attachment, email: str) -> AttachedText:
    """The attachment's chunks; the next question about the same file finds them ready."""
    chunks = tuple(_chunks(attachment, email))
    return AttachedText(chunks, tuple(frozenset(content_words(chunk.text)) for chunk in chunks))


def _worth_comparing(question: str, texts: Sequence[AttachedText]) -> list[Chunk]:
    """At most `_COMPARED` chunks, in reading order."""
    found = [(chunk, words) for text in texts for chunk, words in zip(text.chunks, text.words, strict=True)]
    if len(found) <= _COMPARED:
        return [chunk for chunk, _ in found]
    asked = set(content_words(question))
    rare = inverse_frequencies(words & asked for _, words in found)
    worth = [sum(rare[word] for word in words & asked) + (n < _FIRST) * 0.01 for n, (_, words) in enumerate(found)]
    best = sorted(sorted(range(len(found)), key=lambda n: -worth[n])[:_COMPARED])
    return [found[n][0] for n in best]


def _chunks(attachment: Attachment, email: str) -> Iterator[Chunk]:
    identifier = f"{SOURCE}:{uuid.uuid5(uuid.NAMESPACE_OID, attachment.name)}"
    offset = ordinal = 0
    for section in attachment.sections:
        table = TableText(section.rows, section.text)
        for begin, end in _pieces(section):
            yield Chunk(
                id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{identifier}\n{ordinal}")),
                document_id=identifier,
                ordinal=ordinal,
                text=section.text[begin:end],
                heading_path=section.heading_path,
                page=section.page,
                locator=section.locator,
                kind=section.kind,
                rows=table.within(begin, end),
                begin=offset + begin,
                end=offset + end,
                source=SOURCE,
                title=attachment.name,
                allow=frozenset({f"user:{email.lower()}"}),
            )
            ordinal += 1
        offset += len(section.text) + 2


def _pieces(section: Section) -> Iterator[tuple[int, int]]:
    """Runs of whole sentences of at most `_PASSAGE_CHARS`."""
    begin = end = -1
    for span in split_sentences(section.text):
        if begin >= 0 and span.end - begin > _PASSAGE_CHARS:
            yield begin, end
            begin = -1
        begin = span.begin if begin < 0 else begin
        end = span.end
    if begin >= 0:
        yield begin, end
