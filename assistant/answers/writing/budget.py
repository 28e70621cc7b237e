"""How many tokens a text takes, for what a model gets to see."""

from __future__ import annotations

# A token of English is about four characters; other scripts take more tokens, so a character counts double there.
_CHARS_PER_TOKEN = 4


def estimated_tokens(text: str) -> int:
    """How many tokens a chat model will about count for `text`, rather too many than too few."""
    plain = sum(1 for c in text if c.isascii())
    return plain // _CHARS_PER_TOKEN + (len(text) - plain) * 2 // _CHARS_PER_TOKEN + 8
