"""Documents as the company's word for its customers is looked for in them: title, folders, attributes, lines, text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from apps.accounts.labels import label_words
from apps.customers.names import NOBODY
from core.records import text_of
from core.text.dates import find_day
from core.types import Chunk

_MOST_CHUNKS = 30_000
# What a document is of shows in so many of its letters.
_LETTERS = 8_000
_LINE = re.compile(
    r"^[ \t]*(?:[-*•][ \t]+)?\**(?P<label>[^\W\d_][^:|\n*]{1,39}?)\**[ \t]*:\**[ \t]*(?P<value>\S[^\n|]{0,79})$",
    re.MULTILINE,
)
_WORD = re.compile(r"[^\W\d_]+")
_NO_NAME = re.compile(r"[@/\\;!?]|\d{3}|, |\. [a-z]")
_LONGEST_NAME, _MOST_WORDS = 60, 6
# Words of so few letters stand small within names: "Dom zu Ratzeburg".
_SMALL = 3


@dataclass(frozen=True)
class Sketch:
    """One document. `folders` are those that it lies in, the outer one first; `lines` "name: value" in its text."""

    id: str
    title: str
    folders: tuple[str, ...]
    attributes: Mapping[str, str]
    lines: Mapping[str, str]
    text: str


def sketches(chunks: Iterable[Chunk]) -> Iterator[Sketch]:
    """Each document of the chunks."""
    ordered = sorted(islice(chunks, _MOST_CHUNKS), key=lambda c: (c.document_id, c.ordinal))
    for _, parts in groupby(ordered, key=lambda c: c.document_id):
        yield sketched(list(parts))


def sketched(parts: Sequence[Chunk]) -> Sketch:
    """The document of these chunks."""
    first = parts[0]
    text = "\n".join(part.text for part in parts)[:_LETTERS]
    attributes = {name: text_of(first.metadata, name) for name in first.metadata}
    return Sketch(first.document_id, first.title, folders_of(first), attributes, dict(lines_of(text)), text)


def folders_of(chunk: Chunk) -> tuple[str, ...]:
    """The folders that the document lies in, the outer one first."""
    return tuple(text_of(chunk.metadata, "path").split("/")[:-1])


def lines_of(text: str) -> Iterator[tuple[str, str]]:
    """(label, value) of the lines "label: value", each label's first one."""
    seen: set[tuple[str, ...]] = set()
    for match in _LINE.finditer(text):
        label = match["label"].strip()
        if (words := label_words(label)) and words not in seen:
            seen.add(words)
            yield label, match["value"].strip(" *")


def is_name(value: str) -> bool:
    """Whether a value looks like a proper name: short, its longer words with capitals, no day, number or address."""
    found = _WORD.findall(value)
    if not found or len(value) > _LONGEST_NAME or len(found) > _MOST_WORDS or _NO_NAME.search(value):
        return False
    if " ".join(label_words(value)) in NOBODY or find_day(value, None) is not None:
        return False
    return found[0][0].isupper() and all(word[0].isupper() or len(word) <= _SMALL for word in found)
