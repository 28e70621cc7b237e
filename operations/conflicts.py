"""Documents that contradict each other: two sentences that say the same of the same thing, with another figure.

No model is asked. Two sentences are held against each other when they share nearly all their words, all their names,
and their figures count the same kind of thing; they conflict when the figures differ.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from core.text.facts import amount, counting_words, names, numbers
from core.text.sentences import sentence_texts
from core.text.words import content_words
from core.types import Attributes, Chunk

# Of all their words, two sentences share at least so many; fewer words than this say too little.
_ALIKE = 0.75
_FEWEST_WORDS = 2
# A sentence that many documents have is a form's, and its figures are those of each form.
_MOST_DOCUMENTS = 4
_MOST_CHARS = 300
# Cells, headings, and fields of a form ("Annual fee: EUR 90"), which are about their own document alone.
_FORM = re.compile(r"[|#<]|[^:.]{1,60}:\s*(?:[^\W\d_]{0,4}\W*\d|\S+$)")
_ENUMERATED = re.compile(r"^\d+[.)]\s+")
_PERIOD = re.compile(r"\b(?:19|20)\d\d\b|\bq[1-4]\b|\d{4}-\d{2}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence with figures, as far as it can be compared.

    Attributes:
        about: What both must be about: the customer, the period of the document's title.
        words: Its content words, without those of numbers.
        amounts: Kind of unit → the values, in order.
    """

    document: str
    sentence: str
    about: tuple[str, ...]
    words: frozenset[str]
    named: frozenset[str]
    amounts: tuple[tuple[str, float], ...]

    @property
    def units(self) -> tuple[str, ...]:
        """What is counted, in order."""
        return tuple(unit for unit, _ in self.amounts)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two documents, and the sentence of each."""

    document: str
    sentence: str
    other: str
    other_sentence: str


def conflicts(chunks: Iterable[Chunk], is_current: Callable[[str], bool]) -> list[Conflict]:
    """Pairs of current documents that say different figures, one a pair, in the order of their ids."""
    groups: dict[tuple[object, ...], list[Statement]] = defaultdict(list)
    for chunk in chunks:
        if is_current(chunk.document_id):
            for one in statements(chunk.document_id, chunk.text, chunk.title, chunk.metadata):
                groups[one.about, one.units, one.named].append(one)
    found: dict[tuple[str, str], Conflict] = {}
    for group in groups.values():
        for one, other in _pairs(group):
            first, second = sorted((one, other), key=lambda s: s.document)
            key = (first.document, second.document)
            found.setdefault(key, Conflict(first.document, first.sentence, second.document, second.sentence))
    return [found[key] for key in sorted(found)]


def statements(document: str, text: str, title: str, attributes: Attributes) -> Iterator[Statement]:
    """The sentences of the text that have figures with a unit, or one plain number."""
    customer = str(attributes.get("customer") or attributes.get("account") or "")
    about = (customer, *sorted({period.casefold() for period in _PERIOD.findall(title)}))
    for sentence in (_ENUMERATED.sub("", told) for told in sentence_texts(text)):
        if len(sentence) > _MOST_CHARS or _FORM.match(sentence):
            continue
        counted = sorted((fact for fact in numbers(sentence) if not fact.soft), key=lambda fact: fact.begin)
        amounts = tuple((unit, value) for value, unit in map(amount, counted))
        words = frozenset(w for w in content_words(sentence) if not w.isdigit()) - counting_words()
        if amounts and len(words) >= _FEWEST_WORDS:
            named = frozenset(fact.value.casefold() for fact in names(sentence))
            yield Statement(document, sentence, about, words, named, amounts)


def _pairs(group: list[Statement]) -> Iterator[tuple[Statement, Statement]]:
    """Those of the group that conflict; only sentences that share a rare word are held against each other."""
    spread = Counter(word for one in group for word in one.words)
    by_word: dict[str, list[Statement]] = defaultdict(list)
    found: dict[int, list[Statement]] = defaultdict(list)
    for one in group:
        # With three quarters in common, two sentences share one of the rarest quarter of their words, and one more.
        rarest = sorted(one.words, key=lambda w: (spread[w], w))[: len(one.words) // 4 + 1]
        near = {id(other): other for word in rarest for other in by_word[word]}
        for other in near.values():
            if one.document != other.document and _alike(one, other):
                found[id(one)].append(other)
                found[id(other)].append(one)
        for word in rarest:
            by_word[word].append(one)
    said = {(one.document, one.words, one.amounts) for one in group}
    for one in group:
        others = found[id(one)]
        if len({other.document for other in others}) >= _MOST_DOCUMENTS:
            continue
        for other in others:
            both = (one.document, one.words, other.amounts) in said or (
                other.document,
                other.words,
                one.amounts,
            ) in said
            if one.amounts != other.amounts and not both:
                yield one, other


def _alike(one: Statement, other: Statement) -> bool:
    return len(one.words & other.words) >= _ALIKE * len(one.words | other.words)
