"""Which passages a model gets to see: the best ones that fit into a number of tokens."""

from __future__ import annotations

from collections.abc import Sequence

from core.types import Passage

# A token of English is about four characters; other scripts take more tokens, so a character counts double there.
_CHARS_PER_TOKEN = 4


def estimated_tokens(text: str) -> int:
    """How many tokens a chat model will about count for `text`, rather too many than too few."""
    plain = sum(1 for c in text if c.isascii())
    return plain // _CHARS_PER_TOKEN + (len(text) - plain) * 2 // _CHARS_PER_TOKEN + 8


def fit(passages: Sequence[Passage], max_tokens: int) -> list[Passage]:
    """The passages that fit, in the search's order. A passage that is too long is skipped for shorter, later ones.

    The best passage is always among them: an answer without it would be worse than one over budget.
    """
    chosen: list[Passage] = []
    left = max_tokens
    for number, passage in enumerate(passages):
        cost = estimated_tokens(passage.chunk.text) + estimated_tokens(passage.chunk.title)
        if number == 0 or cost <= left:
            chosen.append(passage)
            left -= cost
    return chosen
