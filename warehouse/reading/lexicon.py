"""The words by which a layer's entities, columns, metrics and values are named, and where a question names them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from core.text.words import FUNCTION_WORDS, folded, stem
from warehouse.layer.model import Layer
from warehouse.reading.cues import is_cue

Kind = Literal["entity", "column", "metric", "value"]
_WORD = re.compile(r"[^\W_]+(?:['’.&][^\W_]+)*")
# Names of columns that say something only beside what they are of.
GENERAL = frozenset(
    "id name title type date number count code key status year month day time text value total description".split()
)
# At the end of a column's name they are its unit.
_UNITS = frozenset(
    (
        "cm mm m km kg g lb mile day hour hr minute min second sec ms s eur usd "
        "chf gbp euro dollar pct percent mb gb gmt m2 m3 km2 sqm sqft kwh mwh kw kmh mph bar litre liter ton tons"
    ).split()
)
_DAYS = ("date", "datetime")
# In a column's name they say that it counts: "review count", "num reviews".
_COUNTING = {"num", "count", "number", "nr", "no", "total", "cnt"}
# What people say for what columns are called; one for numbers, one for all.
_LIKE_NUMBER_WORDS = (
    "revenue price amount income turnover spend",
    "salary wage pay",
    "cost price fare fee",
    "rating score star",
    "quantity amount",
    "people population inhabitant",
)
_LIKE_WORDS = (
    "cuisine food kitchen",
    "phone telephone",
    "mail email",
    "mountain peak",
    "town city",
    "nation country",
    "client customer user",
    "employee staff worker",
    "altitude height elevation",
    "paper publication article",
    "author writer",
    "organisation organization company institution",
    "area size",
    "surname lastname",
    "manager lead boss",
    "departure leave",
    "doctor physician",
    "medicine drug medication",
    "shop store",
    "user member",
    "department faculty",
    "abbreviation code symbol",
    "review comment",
    "due deadline",
    "delivery delivered",
    "fallig frist falligkeit",
)


@dataclass(frozen=True)
class Token:
    """A word of the question and where it stands; `plain` is without plural, `stem` without other endings too."""

    text: str
    plain: str
    stem: str
    begin: int
    end: int

    def is_word(self, plain: str, rooted: bool) -> bool:
        """Whether it is the word `plain`; `rooted` allows other endings, as in "joined" for "join"."""
        return self.plain == plain or (rooted and len(self.stem) > 2 and self.stem == stem(plain))


@dataclass(frozen=True)
class Mention:
    """tokens[first:last] name `what`: an entity, entity.column, a metric, or a value of a column.

    `strength`: how well and how specifically, the higher the better.
    """

    kind: Kind
    what: str
    first: int
    last: int
    strength: float
    value: Any = None


def tokens_of(text: str) -> list[Token]:
    """The words of `text`, their stems folded; "city_name" is two words."""
    return [Token(m[0], _singular(folded(m[0])), stem(folded(m[0])), *m.span()) for m in _WORD.finditer(text)]


_PLURALS = {"children": "child", "men": "man", "women": "woman", "feet": "foot", "wives": "wife", "lives": "life"}


def _singular(word: str) -> str:
    if word in _PLURALS:
        return _PLURALS[word]
    if word.endswith(("'s", "’s")):
        word = word[:-2]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes", "uses")):
        return word[:-2]
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


# Columns whose values are longer on average hold texts, and no word of theirs is a value.
_FREE_TEXT = 40


class Part(str):
    """A value of which only a part was said."""


@dataclass
class Lexicon:
    """All names of a layer for one person, with the values that the person may see.

    Attributes:
        values: entity.column → its different values.
    """

    layer: Layer
    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names: dict[str, list[tuple[tuple[str, ...], Kind, str, float]]] = defaultdict(list)
        self._run_together: dict[str, list[tuple[tuple[str, ...], Kind, str, float]]] = defaultdict(list)
        self._values: dict[str, list[tuple[tuple[str, ...], str, Any]]] = defaultdict(list)
        self._words: dict[str, set[str]] = defaultdict(set)
        for entity, meant in self.layer.entities.items():
            for name in (entity, *meant.names):
                self._add(name, "entity", entity, 1.0)
            for column, of in meant.columns.items():
                for name in (column, *of.names):
                    self._add_column(entity, column, name)
                for stored, said in of.values.items():
                    for word in said:
                        self._add_value(word, f"{entity}.{column}", stored)
        for metric, m in self.layer.metrics.items():
            for name in (metric, *m.names):
                self._add(name, "metric", metric, 1.5)
        for where, values in self.values.items():
            free = sum(len(str(v)) for v in values) > _FREE_TEXT * max(len(values), 1)
            for value in () if free else values:
                if isinstance(value, str) and 0 < len(value) <= 80:
                    self._add_value(value, where, value)
                    self._words[where].update(_plain(value))

    def _add_column(self, entity: str, column: str, name: str) -> None:
        words, what = _plain(name), f"{entity}.{column}"
        split = name.split()
        self._add(name, "column", what, 0.6 if set(words) <= GENERAL else 1.0)
        own = _plain(entity)
        if self.layer.column(what).type == "boolean" and len(words) == 1:
            for ending in ("e", "er", "en", "es", "em"):  # "bezahlte Rechnungen" of "bezahlt"
                self._add(f"{name}{ending}", "column", what, 0.9)
        self._add(" ".join([entity, name]), "column", what, 1.4)
        self._add(" ".join([entity.rsplit(maxsplit=1)[-1], name]), "column", what, 1.3)
        if words[: len(own)] == own and len(words) > len(own):
            self._add(" ".join(split[len(own) :]), "column", what, 0.8)
        if counted := self._counted(split, what):
            self._add(" ".join(["number of", *counted]), "column", what, 1.2)
            if split[-1].lower() != "number":  # a house number counts no houses
                self._add(" ".join(counted), "column", what, 0.8)
        if len(words) > 1 and words[0] in ("has", "have", "is", "are", "was", "can"):
            self._add(" ".join(split[1:]), "column", what, 0.95)
        called = {_plain(e) for e in self.layer.entities}
        if len(words) > 2 and words[-1] in ("2", "3") and words[-2] in ("m", "cm", "km", "ft"):
            self._add(" ".join(split[:-2]), "column", what, 0.95)
        done = len(words) > 1 and words[-1] in ("on", "at", "date", "time") and self.layer.column(what).type in _DAYS
        if done and words[:-1] not in {_plain(n) for e, m in self.layer.entities.items() for n in (e, *m.names)}:
            self._add(" ".join(split[:-1]), "column", what, 0.9)
        if len(words) > 1 and words[-1] in _UNITS and words[:-1] not in called:
            self._add(" ".join(split[:-1]), "column", what, 0.95)
        elif len(words) > 1 and words[-1] not in GENERAL:
            self._add(split[-1], "column", what, 0.7)
        if len(words) > 1 and words[-1] in GENERAL and words[0] not in GENERAL:
            rest = " ".join(split[:-1])
            if _plain(rest) not in called:
                self._add(rest, "column", what, 0.75)

    def _counted(self, name: Sequence[str], what: str) -> list[str]:
        """What a column counts, as its name says: "review count", "num reviews"; nothing where an entity is called
        so.
        """
        low = [w.lower() for w in name]
        if self.layer.column(what).type != "number" or len(low) < 2:
            return []
        rest = low[1:] if low[0] in _COUNTING else low[:-1] if low[-1] in ("count", "cnt", "total", "number") else []
        called = {_plain(n) for e, m in self.layer.entities.items() for n in (e, *m.names)}
        return rest if rest and _plain(" ".join(rest)) not in called else []

    def _add(self, name: str, kind: Kind, what: str, strength: float) -> None:
        words = _plain(name)
        if not words:
            return
        entry = (words, kind, what, strength)
        if len(words) <= 2 and entry not in self._run_together["".join(words)]:
            self._run_together["".join(words)].append(entry)
        if len(words) == 1 and (many := _german_plural(words[0])):
            self._names[many].append(((many,), kind, what, strength * 0.95))
        for first in {words[0], stem(words[0])}:
            if entry not in self._names[first]:
                self._names[first].append(entry)
        if len(words) == 1:
            numeric = kind == "column" and self.layer.column(what).type == "number"
            for like in _alike(words[0], numeric):
                self._names[like].append(((like,), kind, what, strength * 0.6))

    def _add_value(self, said: str, where: str, stored: Any) -> None:
        words = _plain(said)
        if len(words) == 1 and is_cue(said):
            return
        if words and len(words) <= 10:
            self._values[words[0]].append((words, where, stored))

    def mentions(self, tokens: Sequence[Token]) -> list[Mention]:
        """All that the tokens may name, overlapping or not."""
        found: list[Mention] = []
        for at, token in enumerate(tokens):
            found += self._joined(tokens, at)
            for key in {token.plain, token.stem}:
                for words, kind, what, strength in self._names.get(key, ()):
                    said = tokens[at : at + len(words)]
                    if (
                        len(said) == len(words)
                        and all(t.is_word(w, rooted=True) for t, w in zip(said, words, strict=True))
                        and all(after.begin - t.end <= 1 for t, after in pairwise(said))
                    ):  # no comma within a name
                        exact = all(t.plain == w for t, w in zip(said, words, strict=True))
                        if not exact and (kind == "entity" or _only_asks(said) or _verb(said, words)):
                            continue
                        if not (len(said) == 1 and _only_asks(said)):
                            found.append(
                                Mention(kind, what, at, at + len(words), strength * len(words) * (1 if exact else 0.6))
                            )
            for words, where, stored in self._values.get(token.plain, ()):
                if tuple(t.plain for t in tokens[at : at + len(words)]) != words:
                    continue
                written = " ".join(t.text for t in tokens[at : at + len(words)])
                exact = written == str(stored)
                if (
                    len(words) == 1
                    and (_only_asks([token]) or len(token.text) < 3)
                    and not (exact and at and written.isupper())
                ):
                    continue
                strength = 0.9 * len(words) + (0.5 if exact and written[:1].isupper() else 0.2 if exact else 0.0)
                found.append(Mention("value", where, at, at + len(words), strength, stored))
        return list(dict.fromkeys(found))

    def _joined(self, tokens: Sequence[Token], at: int) -> Iterator[Mention]:
        """ "check-ins" names "checkin", "payload" names "pay load"."""
        for count in (1, 2):
            said = tokens[at : at + count]
            if len(said) == count and (entries := self._run_together.get("".join(t.plain for t in said))):
                for words, kind, what, strength in entries:
                    if len(words) != count:
                        yield Mention(kind, what, at, at + count, strength * 0.95 * count)

    def containing(self, word: str) -> list[str]:
        """The columns in which some value has `word` as one of its words."""
        return [where for where, said in self._words.items() if word in said]

    def near_values(self, said: str) -> list[tuple[str, Any]]:
        """(entity.column, value) that `said` is, or of which it is whole words, but for case."""
        plain = folded(said).strip()
        coded = [
            (f"{entity}.{column}", stored)
            for entity, meant in self.layer.entities.items()
            for column, of in meant.columns.items()
            for stored, words in of.values.items()
            if plain in map(folded, words)
        ]
        whole = [(w, v) for w, values in self.values.items() for v in values if folded(str(v)) == plain]
        whole += coded
        words = re.compile(rf"(?<!\w){re.escape(plain)}(?!\w)") if plain else None
        return whole or [
            (w, v) for w, values in self.values.items() for v in values if words and words.search(folded(str(v)))
        ]


def _plain(name: str) -> tuple[str, ...]:
    return tuple(t.plain for t in tokens_of(name.replace("_", " ")))


def _german_plural(word: str) -> str:
    if word.endswith("e"):
        return f"{word}n"
    if word.endswith(("uhr", "ag", "art", "zahl", "tat")):
        return f"{word}en"
    return f"{word}en" if word.endswith(("ung", "ion", "heit", "keit", "schaft")) else ""


def _verb(said: Sequence[Token], words: tuple[str, ...]) -> bool:
    """Whether what follows a thing is what was done with it: "repairs priced" is no "repair price"."""
    return len(words) > 1 and said[-1].plain != words[-1] and said[-1].plain.endswith("ed")


def _only_asks(said: Sequence[Token]) -> bool:
    return all(t.text.lower() in FUNCTION_WORDS for t in said)


def _alike(word: str, numeric: bool) -> Iterable[str]:
    for group in _LIKE_NUMBERS if numeric else _LIKE:
        if word in group:
            yield from group - {word}


_LIKE = [frozenset(group.split()) for group in _LIKE_WORDS]
_LIKE_NUMBERS = [frozenset(group.split()) for group in (*_LIKE_NUMBER_WORDS, *_LIKE_WORDS)]
