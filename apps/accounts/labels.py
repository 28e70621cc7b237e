"""Labels that people write – headings, columns, names of fields – against known words: is it one of them?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from core.text.words import folded

_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_WORD = re.compile(r"[^\W_]+")
# A word of so many letters also counts at the end of a compound: "Servicebericht" is a "Bericht".
_COMPOUND = 6


@lru_cache(maxsize=4096)
def label_words(label: str) -> tuple[str, ...]:
    """The words of a label as they are compared: folded, without what stands in brackets and a number in front."""
    found = _WORD.findall(folded(_ASIDE.sub(" ", label))) or _WORD.findall(folded(label))
    while len(found) > 1 and found[0].isdigit():
        found.pop(0)
    return tuple(found)


@dataclass(frozen=True)
class Labels:
    """What is called how: `own` says what a company's file says, `standard` what everybody's words are."""

    own: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    standard: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    ignored: frozenset[tuple[str, ...]] = frozenset()

    @staticmethod
    def of(
        own: Mapping[str, Sequence[str]], standard: Mapping[str, Sequence[str]], ignored: Iterable[str] = ()
    ) -> Labels:
        return Labels(_by_words(own), _by_words(standard), frozenset(map(label_words, ignored)))

    def exact(self, label: str) -> str:
        """What the whole label is called so; "" for nothing known."""
        words = label_words(label)
        if not words or words in self.ignored:
            return ""
        return self.own.get(words) or self.standard.get(words, "")

    def find(self, label: str, share: float = 0.5) -> str:
        """What the label is, whole, or by the longest known words that make up at least `share` of its letters."""
        if whole := self.exact(label):
            return whole
        words = label_words(label)
        if words in self.ignored:
            return ""
        letters = len("".join(words)) or 1
        best, most = "", 0
        for table in (self.own, self.standard):
            for known, notion in table.items():
                size = len("".join(known))
                if size > most and size / letters >= share and holds(words, known):
                    best, most = notion, size
        return best


def holds(words: Sequence[str], known: Sequence[str]) -> bool:
    """Whether the known words stand in `words` one after the other; a long one may end a compound."""
    size = len(known)
    if any(tuple(words[n : n + size]) == tuple(known) for n in range(len(words) - size + 1)):
        return True
    return size == 1 and len(known[0]) >= _COMPOUND and any(w.endswith(known[0]) for w in words)


def _by_words(labels: Mapping[str, Sequence[str]]) -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for notion, names in labels.items():
        for name in names:
            if words := label_words(str(name)):
                found.setdefault(words, notion)
    return found
