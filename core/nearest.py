"""Did you mean …? The nearest known word, said the same way everywhere."""

from __future__ import annotations

import difflib


def nearest(word: str, known: list[str], what: str) -> str:
    """A remedy: the nearest known word, or all of them."""
    found = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean '{found[0]}'?" if found else f"{what}: {', '.join(known) or 'none'}."
