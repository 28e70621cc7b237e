"""Did you mean …? The nearest known word, said the same way everywhere."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def closest(word: str, known: Iterable[str], most: int = 1, alike: float = 0.5) -> list[str]:
    """At most `most` of the known words, the nearest first; none that is less than `alike` (0..1) like `word`."""
    return difflib.get_close_matches(word, list(known), n=most, cutoff=alike)


def nearest(word: str, known: Iterable[str], what: str, otherwise: str = "") -> str:
    """A remedy: the nearest known word, or all of them.

    Args:
        what: What the known words are, such as "apps".
        otherwise: What to do where nothing is near and the known words can't be listed.
    """
    known = list(known)
    found = closest(word, known)
    if found:
        return f"did you mean '{found[0]}'?"
    return otherwise or f"{what}: {', '.join(known) or 'none'}."
