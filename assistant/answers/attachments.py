"""Files that a person added to a conversation, as passages of that conversation only."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from assistant.question import ATTACHED, Attachment
from core.tables import TableText
from core.text.sentences import split_sentences
from core.types import Chunk, Passage, Section, User, Why
from retrieval.models import TokenEncoder

SOURCE = ATTACHED
_PASSAGE_CHARS = 1_200


def attached_passages(
    question: str, attachments: Sequence[Attachment], user: User, encoder: TokenEncoder, limit: int
) -> list[Passage]:
    """The passages of the attachments that are nearest to the question, best first. Nothing of them is stored."""
    chunks = [chunk for attachment in attachments for chunk in _chunks(attachment, user)]
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


def _chunks(attachment: Attachment, user: User) -> Iterator[Chunk]:
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
                allow=frozenset({f"user:{user.email.lower()}"}),
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
