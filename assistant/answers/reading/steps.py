"""The steps, or the order, that a question asks for: the whole list or table below a heading that promises them.

"In what order?" has no word in common with a table of waves. Its heading ("Order", "Step by step") says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answers.reading.evidence import ScoredStatement
from core.text.words import content_words
from core.types import Chunk, Passage

_ASKED = re.compile(
    r"\bhow (?:do|can|should|must|to)\b|\bstep|\b(?:what|which) order\b|\bcheck ?list\b|\bprocedure\b"
    r"|\bwhat (?:all )?(?:needs|has|have|do|must|should|is there) (?:i |we |you )?(?:to )?(?:be |do|happen)"
    r"|\bwie (?:mache?|gehe?|richte?|läuft|kann|wird)\b|\bschritt|\breihenfolge\b|\bcheckliste\b|\bablauf\b"
    r"|\bcómo (?:se|puedo|hago|debo)\b|\bpasos?\b|\borden\b|\bcomment (?:je|on|faire|puis)\b|\bétapes?\b|\bordre\b",
    re.IGNORECASE,
)
_PROMISED = re.compile(
    r"\bsteps?\b|\border\b|\bprocedure\b|\bcheck ?list\b|\bschritte?\b|\breihenfolge\b|\bcheckliste\b|\bablauf\b"
    r"|\bpasos\b|\borden\b|\bétapes\b|\bordre\b",
    re.IGNORECASE,
)
_LEAST, _MOST = 3, 12
# A passage without a word of the question in its title and headings must be this near to the nearest one.
_AS_NEAR = 0.9


def steps_asked_for(
    question: str, passages: Sequence[Passage], read: Sequence[ScoredStatement]
) -> list[ScoredStatement]:
    """The items or rows, in order, of the nearest passage that promises steps; none where the question asks for none.

    Args:
        read: The statements of the passages that were read.
    """
    if not _ASKED.search(question):
        return []
    nearest = max(map(_nearness, passages), default=0.0)
    promising = [p for p in passages if _PROMISED.search(" ".join(p.chunk.heading_path[-1:]))]
    for passage in sorted(promising, key=_nearness, reverse=True):
        parts = [e for e in read if e.passage.chunk.id == passage.chunk.id and e.span.kind in ("item", "row")]
        if _fits(question, passage, nearest) and _LEAST <= len(parts) <= _MOST:
            return sorted(parts, key=lambda e: e.span.begin)
    return []


def _nearness(passage: Passage) -> float:
    return passage.vector_similarity or 0.0


def _fits(question: str, passage: Passage, nearest: float) -> bool:
    shared = set(content_words(question)) & set(content_words(_named(passage.chunk)))
    return bool(shared) or _nearness(passage) >= _AS_NEAR * nearest


def _named(chunk: Chunk) -> str:
    return f"{chunk.title} {' '.join(chunk.heading_path)}"
