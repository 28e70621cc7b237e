"""Two sources that say the same with another number: the newer one leads, and both are named with their dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assistant.answers.reading.evidence import ScoredStatement
from assistant.answers.reading.expectation import names_in
from assistant.answers.reading.validity import holds_from, in_force, series_of
from core.text.dates import MONTH_NUMBERS, dated_spans
from core.text.facts import Fact, amount, numbers
from core.text.words import FUNCTION_WORDS, content_words, folded
from core.types import Chunk

# A statement of so much less than the leading one, by score, is about something else.
_MARGIN = 6.0
# So much below the leading one is as good, and so many are looked at.
_NEARLY, _LOOKED_AT = 3.0, 20
# The same sentence: so large a part of the shorter one's words is shared, and at least so many of them.
_SHARED = 0.6
_LEAST_SHARED = 2
# Of so many words one side may have that the other lacks.
_FEW = 1
_QUARTER = re.compile(r"\b[qth][1-4]\b")
_WORD = re.compile(r"[^\W\d_]{3,}")
_NO_NAMES = frozenset("eur usd gbp chf jpy euro euros dollar dollars".split())
# Days without a year are compared as if they were of this one.
_SOME_DAY = date(2024, 1, 1)
_YEAR = re.compile(r"\b(20\d\d)\b")


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A statement that says the same as the leading one with another number.

    Attributes:
        said, other: The number with its unit as each of the two writes it.
    """

    statement: ScoredStatement
    said: str
    other: str


def said_otherwise(
    lead: ScoredStatement, others: Sequence[ScoredStatement], asked: Sequence[str] = ()
) -> list[Otherwise]:
    """The statements of other sources that say the same as `lead` with another number, best first, one a document.

    Args:
        asked: The question's words; what differs in one of them is about something else.
    """
    found: dict[str, Otherwise] = {}
    for one in sorted(others, key=lambda e: -e.score):
        if one.score < lead.score - _MARGIN:
            break
        chunk = one.passage.chunk
        if _one_source(lead.passage.chunk, chunk) or _key(chunk) in found or not _same_subject(lead, one, asked):
            continue
        differing = _differing(lead, one)
        if differing is not None:
            found[_key(chunk)] = Otherwise(one, *differing)
    return list(found.values())


def differs(one: ScoredStatement, other: ScoredStatement) -> bool:
    """Whether two statements of versions of one document say the same with another number or day."""
    if bool(one.cells) != bool(other.cells):
        return False
    if one.cells:
        alike = folded(one.cells[0][1]) == folded(other.cells[0][1])
    else:
        mine, theirs = _plain_words(one), _plain_words(other)
        shared = len(mine & theirs)
        alike = shared >= _LEAST_SHARED and shared >= _SHARED * min(len(mine), len(theirs))
    return alike and _differing(one, other) is not None


def newest_first(evidence: Sequence[ScoredStatement], asked: Sequence[str] = ()) -> list[ScoredStatement]:
    """The evidence with the newest in the lead, where several say the same as the leading one with another number."""
    if not evidence:
        return []
    lead = evidence[0]
    newest = lead
    for one in said_otherwise(lead, evidence[1:], asked):
        mine, theirs = said_on(newest.passage.chunk), said_on(one.statement.passage.chunk)
        if mine is not None and theirs is not None and theirs > mine:
            newest = one.statement
    return [newest, *(e for e in evidence if e is not newest)]


def stating_first(evidence: Sequence[ScoredStatement], window: tuple[date, date]) -> list[ScoredStatement]:
    """The evidence with a document in the lead that states to be valid at the time asked about, if one says as much."""
    stating = [
        one
        for one in evidence[:_LOOKED_AT]
        if one.score >= evidence[0].score - _NEARLY
        and holds_from(one.passage.chunk) is not None
        and in_force(one.passage.chunk, window)
    ]
    return [*stating[:1], *(one for one in evidence if one not in stating[:1])]


def said_on(chunk: Chunk) -> tuple[date, date] | None:
    """(the day from which the chunk counts, as its document says; its last change); None if neither is known."""
    if chunk.kind == "history" and chunk.heading_path:
        sent = next((day for day, *_ in dated_spans(" ".join(chunk.heading_path), None)), date.min)
        return sent, sent
    changed = sent_on(chunk) or _iso(chunk.metadata.get("updated_at")) or _iso(chunk.metadata.get("created_at"))
    titled = _YEAR.search(chunk.title)
    stated = (
        holds_from(chunk) or _iso(chunk.metadata.get("as_of")) or (date(int(titled[1]), 1, 1) if titled else changed)
    )
    return (stated, changed or stated) if stated else None


def sent_on(chunk: Chunk) -> date | None:
    """When a mail was sent; None for what is no mail. The day of its file may be that of a copy."""
    return _iso(chunk.metadata.get("created_at")) if chunk.metadata.get("sender") else None


def _iso(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value or "")[:10])
    except ValueError:
        return None


def _key(chunk: Chunk) -> str:
    return f"{chunk.document_id} {chunk.kind == 'history'}"


def _one_source(one: Chunk, other: Chunk) -> bool:
    """Whether both are the same document's own words; what a mail quotes is another's."""
    return one.document_id == other.document_id and (one.kind == "history") == (other.kind == "history")


def _same_subject(lead: ScoredStatement, one: ScoredStatement, asked: Sequence[str]) -> bool:
    for name in ("customer", "region", "product"):
        mine, theirs = (folded(str(e.passage.chunk.metadata.get(name, ""))) for e in (lead, one))
        if mine and theirs and mine != theirs:
            return False
    quarters = [set(_QUARTER.findall(folded(e.passage.chunk.title))) for e in (lead, one)]
    if quarters[0] != quarters[1]:  # reports of two quarters are a course of figures
        return False
    if lead.cells or one.cells:
        # Rows of the same label stand in many tables; only versions of one document are about the same.
        versions = series_of(lead.passage.chunk) == series_of(one.passage.chunk)
        return versions and bool(lead.cells and one.cells) and folded(lead.cells[0][1]) == folded(one.cells[0][1])
    if _named(lead) != _named(one) or _of_siblings(lead.passage.chunk, one.passage.chunk):
        return False
    mine_words, their_words = _plain_words(lead), _plain_words(one)
    shared, fewest = len(mine_words & their_words), min(len(mine_words), len(their_words))
    own, other = mine_words - their_words, their_words - mine_words
    if shared < _LEAST_SHARED or shared < _SHARED * fewest or (own | other) & set(asked):
        return False
    return min(len(own), len(other)) <= _FEW


def _of_siblings(one: Chunk, other: Chunk) -> bool:
    """Whether the titles differ in a name that each document is about: "Hire agreement Asplund", "… Bergvik"."""
    titles = [set(series_of(chunk)[0].split()) for chunk in (one, other)]
    return all(_names_among(titles[n] - titles[1 - n], chunk) for n, chunk in enumerate((one, other)))


def _names_among(title_words: set[str], chunk: Chunk) -> bool:
    written = [word for word in _WORD.findall(f"{chunk.title} {chunk.text}") if folded(word) in title_words]
    standing = [word for word in _WORD.findall(chunk.text) if folded(word) in title_words]
    return bool(standing) and all(word[0].isupper() for word in written)


def _named(one: ScoredStatement) -> set[str]:
    """What the statement and its title name: a site, a customer; "in Lyon" is no contradiction of the general rule."""
    text = " ".join(one.span.text.split())
    return {folded(name) for name in names_in(text) if not name[0].isdigit()} - _NO_NAMES - MONTH_NUMBERS.keys()


def _plain_words(one: ScoredStatement) -> set[str]:
    counted = {word for fact in numbers(one.span.text) for word in content_words(fact.shown)}
    return {word for word in content_words(one.span.text) if word not in counted and not word[0].isdigit()}


def _differing(lead: ScoredStatement, one: ScoredStatement) -> tuple[str, str] | None:
    """The numbers of the same kind in which the two differ, as they are written; None if there are none."""
    pairs = _cell_pairs(lead, one) if lead.cells else [(lead.span.text, one.span.text)]
    for mine, theirs in pairs:
        own, other = _amounts(mine), _amounts(theirs)
        if len(own) != len(other):
            continue
        for fact, against in zip(own, other, strict=True):
            (value, kind), (their_value, their_kind) = amount(fact), amount(against)
            if kind == their_kind and value != their_value:
                return _written(mine, fact), _written(theirs, against)
        days = [dated_spans(text, _SOME_DAY) for text in (mine, theirs)]
        if len(days[0]) == len(days[1]) == 1 and days[0][0][0] != days[1][0][0]:
            (_, begin, end), (_, their_begin, their_end) = days[0][0], days[1][0]
            return mine[begin:end], theirs[their_begin:their_end]
    return None


def _cell_pairs(lead: ScoredStatement, one: ScoredStatement) -> list[tuple[str, str]]:
    theirs = {folded(header): value for header, value in one.cells[1:]}
    return [(value, theirs[folded(header)]) for header, value in lead.cells[1:] if folded(header) in theirs]


def _amounts(text: str) -> list[Fact]:
    return [fact for fact in numbers(text) if not fact.soft and fact.unit not in ("date", "clock")]


def _written(text: str, fact: Fact) -> str:
    """The number as the text has it, with the sign before and the unit behind it."""
    number = re.escape(fact.shown)
    match = re.compile(rf"(?:(?:[€$£]|\b[A-Z]{{3}})\s?)?{number}(?:\s?(?:%|[^\W\d_]+))?").search(text)
    if match is None:
        return fact.shown
    number, _, behind = match.group().rpartition(" ")
    # "EUR 42 for" isn't followed by a unit.
    return number if number and folded(behind) in FUNCTION_WORDS else match.group()
