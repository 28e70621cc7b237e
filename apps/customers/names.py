"""How customers are written: the ways to write a name, and whether a text has one of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from core.text.invisible import bare
from core.types import Chunk

# A name is also known without these at its ends. They are folded as `folded_words` folds.
_LEGAL = frozenset(
    "ab ag aktiengesellschaft aps as asa bv co company corp corporation ek ev ges gmbh inc incorporated kg kgaa lda "
    "llc llp lp ltd limited mbh nv oy oyj plc pty public sa sarl sas sasu se sl slu spa srl srls ug".split()
)
_ORDINARY = frozenset(
    "agency associates authority bank banque banco capital care center centre city club college consulting council "
    "county department digital energy engineering enterprises finance financial food foods foundation gesellschaft "
    "global group grupo groupe gruppe health healthcare hospital holding holdings hotel hotels industrial industries "
    "insurance international klinik la las le les logistics logistik los maison media ministry mutual national "
    "networks north partners pharma power public retail royal school security service services society solutions south "
    "stadt systems technologies technology telecom the trading transport transports trust union united university "
    "utilities utility versicherung werke west east american european first general new".split()
)
# Values of `customer` that say that a document is nobody's.
NOBODY = frozenset(["", "all", "alle", "any", "internal", "intern", "n a", "none", "null", "various", "unknown"])
_AND = frozenset(["and", "e", "et", "en", "und", "y"])
_WORD = re.compile(r"[^\W_]+")
ADDRESS = re.compile(r"\S*(?:@|://|www\.)\S*")
_HYPHENATED = re.compile("(?<=\\w)-\n(?=\\w)")
# From so many letters on, a name also counts inside a longer word: "Acmebankprojekt", "acmebanks".
_UNMISTAKABLE = 8


@dataclass(frozen=True)
class Alias:
    """One way to write a customer: its words, folded. `capital`: an ordinary word otherwise."""

    words: tuple[str, ...]
    capital: bool = False


class NameText:
    """A text as names are looked for in it."""

    def __init__(self, words: Sequence[tuple[str, bool]], addresses: str) -> None:
        self._words = [w for w, _ in words]
        self._capital = {w for w, capital in words if capital}
        self._present = set(self._words)
        self._run = "".join(self._words)
        self._addresses = addresses

    @staticmethod
    def of(text: str) -> NameText:
        clean = _HYPHENATED.sub("", bare(text))
        found = [(m.group(), m.group()[0].isupper()) for m in _WORD.finditer(clean)]
        words = [(folded, capital) for word, capital in found for folded in folded_words(word)]
        return NameText(words, "".join(folded_words(" ".join(ADDRESS.findall(clean)))))

    def has(self, alias: Alias) -> bool:
        run = "".join(alias.words)
        if alias.capital:
            return any(w in self._capital for w in _inflected(run)) or run in self._addresses
        if len(run) >= _UNMISTAKABLE:
            return run in self._run
        if len(alias.words) == 1:
            return not self._present.isdisjoint(_inflected(run)) or run in self._addresses
        ends = range(len(alias.words), len(self._words) + 1)
        return any(tuple(self._words[end - len(alias.words) : end]) == alias.words for end in ends)


def _inflected(word: str) -> tuple[str, ...]:
    """The word, and as German and English put it in the genitive or plural."""
    return word, f"{word}s", f"{word}es"


def spellings(name: str) -> set[tuple[str, ...]]:
    """The ways in which people write a customer's name: in full, without its legal form, by what is its own in it."""
    own = own_words(name)
    forms = {tuple(folded_words(name)), tuple(_without_form(name)), own}
    # The first word alone, where it is one that nobody else would use.
    if own and len(own[0]) > 3 and own[0] not in _ORDINARY:
        forms.add(own[:1])
    return forms


def _without_form(name: str) -> list[str]:
    words = folded_words(name)
    while len(words) > 1 and words[-1] in _LEGAL:
        words.pop()
    return words


def has_legal_form(name: str) -> bool:
    """Whether the name ends as a firm's: "GmbH", "Ltd"."""
    return folded_words(name)[-1:] != _without_form(name)[-1:]


def own_words(name: str) -> tuple[str, ...]:
    words = _without_form(name)
    while len(words) > 1 and words[0] in _ORDINARY:
        words.pop(0)
    while len(words) > 1 and words[-1] in _ORDINARY:
        words.pop()
    return tuple(words)


def folded_words(text: str) -> list[str]:
    """The words of `text` without accents and case; "and" in any language is left out, as "&" is."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return [w for w in _WORD.findall(plain) if w not in _AND]


def names_of(chunk: Chunk, attributes: Sequence[str] = ("customer",)) -> tuple[str, ...]:
    """The customers that a document says it is of, by these attributes."""
    values = [v for name in attributes for v in _values(chunk.metadata.get(name))]
    return tuple(v for v in values if isinstance(v, str) and " ".join(folded_words(v)) not in NOBODY)


def _values(value: object) -> Sequence[object]:
    return value if isinstance(value, tuple) else (value,)
