"""The words of the index, and which of them a person may read: what typos are corrected to and names completed with.

One pass over the chunks of a generation, kept in memory as long as it serves. A word that stands in closed documents
alone is no word for those who may not read them: what a question is corrected to must not tell what it is about.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from weakref import WeakKeyDictionary

from assistant.understanding.abbreviations import abbreviations_in
from core.text.words import folded
from core.types import Chunk, Principal, User
from retrieval.query.access import may_read
from retrieval.query.index import ChunkIndex

_WORD = re.compile(r"[^\W\d_]+")
# 0.13 ms a chunk on one core, reading included. Of a larger index only a part would be known, and a word of the rest
# would pass for a typo: there nothing is corrected.
_MOST_CHUNKS = 100_000
_PATIENCE_S = 2.0
# Attributes whose values are names, of customers above all.
_NAMING = ("customer", "product", "project", "owner", "authors")
_Readers = tuple[frozenset[Principal], frozenset[Principal]]


@dataclass(frozen=True)
class Vocabulary:
    """What one person may read.

    Attributes:
        forms: Folded word → how it is mostly written.
        counts: Folded word → in how many chunks it stands.
        names: Folded words of names.
        abbreviations: Abbreviation → what it stands for.
    """

    forms: Mapping[str, str]
    counts: Mapping[str, int]
    names: frozenset[str]
    abbreviations: Mapping[str, str]

    def knows(self, word: str) -> bool:
        """Whether the word stands in a document."""
        return folded(word) in self.counts


@dataclass
class _Words:
    """The words of all chunks with one access list."""

    written: Counter[str]
    names: set[str]
    abbreviations: dict[str, str]


class Vocabularies:
    """The vocabulary of each person over the index that serves at the time of the call."""

    def __init__(self, index: Callable[[], ChunkIndex]) -> None:
        self._index = index
        self._readings: WeakKeyDictionary[ChunkIndex, _Reading] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, user: User) -> Vocabulary | None:
        """The words of what `user` may read; None while they are being read, and of an index that is too large."""
        index = self._index()
        with self._lock:
            if index not in self._readings:
                self._readings[index] = _Reading(index)
            reading = self._readings[index]
        reading.join(_PATIENCE_S)
        return reading.of(user)


class _Reading(threading.Thread):
    """Reads an index's words beside the questions: nobody waits long for them, and nobody needs them."""

    def __init__(self, index: ChunkIndex) -> None:
        super().__init__(name="vocabulary", daemon=True)
        self._chunks = islice(index.chunks(), _MOST_CHUNKS) if index.count() <= _MOST_CHUNKS else iter(())
        self._words: Mapping[_Readers, _Words] = {}
        self._merged: dict[frozenset[_Readers], Vocabulary] = {}
        self.start()

    def run(self) -> None:
        """Reads every chunk once."""
        self._words = _read(self._chunks)

    def of(self, user: User) -> Vocabulary | None:
        """The words with access lists that let `user` read; None before all are read."""
        mine = frozenset(readers for readers in self._words if may_read(user, *readers))
        if mine and mine not in self._merged:
            self._merged[mine] = _merge([self._words[readers] for readers in mine])
        return self._merged.get(mine)


def _read(chunks: Iterator[Chunk]) -> Mapping[_Readers, _Words]:
    found: dict[_Readers, _Words] = {}
    for chunk in chunks:
        words = found.setdefault((chunk.allow, chunk.deny), _Words(Counter(), set(), {}))
        words.written.update(set(_WORD.findall(f"{chunk.title} {' '.join(chunk.heading_path)} {chunk.text}")))
        for attribute in _NAMING:
            value = chunk.metadata.get(attribute)
            for name in value if isinstance(value, tuple) else (value,):
                if isinstance(name, str):
                    words.names.update(_folded(word) for word in _WORD.findall(name.partition("@")[0]))
        for short, long in abbreviations_in(chunk):
            words.abbreviations.setdefault(short, long)
    return found


def _merge(parts: list[_Words]) -> Vocabulary:
    counts: Counter[str] = Counter()
    best: dict[str, tuple[int, str]] = {}
    for part in parts:
        for word, count in part.written.items():
            key = _folded(word)
            counts[key] += count
            best[key] = max(best.get(key, (0, "")), (count, word))
    abbreviations: dict[str, str] = {}
    for part in parts:
        for short, long in part.abbreviations.items():
            abbreviations.setdefault(short, long)
    names = frozenset(name for part in parts for name in part.names if name in counts)
    return Vocabulary({key: word for key, (_, word) in best.items()}, counts, names, abbreviations)


@lru_cache(maxsize=200_000)
def _folded(word: str) -> str:
    return folded(word)
