"""A text as statements and their parts, with what a claim is compared by: content words in order, facts, negations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from core.tables import split_row
from core.text.cues import filling, joins, negated_words, refers_back
from core.text.facts import Fact, counting_words, numbers, periods
from core.text.sentences import split_sentences
from core.text.words import SAYING_NOTHING, words
from core.types import Passage

_BORDER = re.compile(r"[;:]\s|\s[–—-]\s|,\s|\s(?=[^\W\d_]+\s)")
_TOKEN = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
# A shorter word has no ending that could be left off.
_LEAST_STEM = 4


@dataclass(frozen=True, slots=True)
class Part:
    """A clause, a cell with its row's label and its header, or a short statement as a whole.

    Attributes:
        terms: The content words as they are compared, in order; numbers and periods aren't among them.
        facts: Numbers and periods.
        negated: For each negation the words that it is about.
    """

    text: str
    terms: tuple[str, ...]
    facts: tuple[Fact, ...]
    negated: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, a list item, or a table's row with its header.

    Attributes:
        around: The words of the titles and headings that it stands under.
        label: The words of a row's first cell; empty for what is no row.
    """

    text: str
    parts: tuple[Part, ...]
    around: frozenset[str] = frozenset()
    label: tuple[str, ...] = ()

    @property
    def terms(self) -> frozenset[str]:
        """The words of all its parts."""
        return frozenset(term for part in self.parts for term in part.terms)


def statements_of(passage: Passage) -> list[Statement]:
    """The passage's statements in order; title and headings stand around each."""
    chunk = passage.chunk
    return list(_statements(chunk.text, " ".join([chunk.title, *chunk.heading_path])))


@lru_cache(maxsize=256)
def _statements(text: str, above: str) -> tuple[Statement, ...]:
    found: list[Statement] = []
    header: list[str] = []
    heading, lead, named = "", "", ""
    for span in split_sentences(text):
        if span.kind == "heading":
            heading, lead, named = span.text, "", ""
        elif span.kind == "header":
            header = split_row(span.text)
        elif span.kind == "row":
            found.append(_row(split_row(span.text), header, frozenset(terms_of(f"{above} {heading}"))))
        else:
            if span.kind == "item":
                before = lead
            elif refers_back(span.text):
                before = named
            else:
                before, named = "", span.text
            around = frozenset(terms_of(f"{above} {heading} {before}"))
            found.append(Statement(span.text, parts_of(span.text), around))
            lead = span.text if span.text.endswith(":") else lead if span.kind == "item" else ""
    return tuple(found)


def parts_of(text: str) -> tuple[Part, ...]:
    """The clauses of a sentence: cut where both sides say something of their own."""
    pieces = [""]
    for piece, joined in _pieces(text):
        if joined and _says_something(pieces[-1]) and _says_something(piece):
            pieces.append(piece)
        else:
            pieces[-1] += piece
    return tuple(_part(piece) for piece in pieces if piece.strip())


def terms_of(text: str) -> tuple[str, ...]:
    """The content words of `text` in order, without numbers."""
    tokens = [t for t in _TOKEN.findall(text) if t.casefold() not in _without_meaning()]
    stems = [stem for token in tokens for stem in words(token)]
    return tuple(s for s in stems if not s[0].isdigit() and len(s) > 1)


@cache
def _without_meaning() -> frozenset[str]:
    """What isn't compared as a word: function words, and what facts, bounds and negations are made of."""
    return SAYING_NOTHING | joins() | filling() | counting_words()


@lru_cache(maxsize=100_000)
def alike(one: str, other: str) -> bool:
    """Whether two words are forms of the same one, in whatever language: they begin alike and are about as long."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) < _LEAST_STEM:
        return False
    shared = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return shared >= max(_LEAST_STEM, len(short) - 3) and shared >= 0.6 * len(long)


def among(term: str, terms: Sequence[str] | frozenset[str]) -> bool:
    """Whether a form of `term` is among `terms`."""
    return term in terms or any(alike(term, other) for other in terms)


def _row(cells: list[str], header: list[str], around: frozenset[str]) -> Statement:
    if len(header) != len(cells):
        header = [""] * len(cells)
    label = f"{header[0]} {cells[0]}".strip()
    parts = tuple(_part(f"{label}: {above} {cell}") for above, cell in zip(header[1:], cells[1:], strict=True))
    whole = "; ".join(f"{above}: {cell}" for above, cell in zip(header, cells, strict=True))
    return Statement(whole, parts or (_part(label),), around, terms_of(cells[0]) or (cells[0],))


def _part(text: str) -> Part:
    found = (*numbers(text), *periods(text))
    return Part(text.strip(), terms_of(text), found, negated_words(text))


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """(piece, whether it begins where statements are joined)."""
    begin, joined = 0, False
    for match in _BORDER.finditer(text):
        following = re.match(r"[^\W\d_]+", text[match.end() :])
        word = following.group().casefold() if following else ""
        if match.group().strip() or word in joins():
            yield text[begin : match.end()], joined
            begin, joined = match.end(), True
    yield text[begin:], joined


def _says_something(piece: str) -> bool:
    return len(terms_of(piece)) >= 2 or bool(numbers(piece))
