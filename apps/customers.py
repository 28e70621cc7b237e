"""Which customers there are, and which of them a text names: what goes to one must say nothing of another.

The names come from the attributes `customer`, `account_id`, `customer_id` and `incident_id` of every document in the
index, and from the contacts of account records. All of them count, whoever is asking: a guide that everyone reads may
name a customer whose record the person can't open, and that name must stay out of the text all the same. The names
are only compared with, never shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.types import Chunk, Passage
from retrieval.filters import AnyOf, Either, Exists, Filter, Not

# A name is also known without these at its ends. They are folded as `_words` folds.
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
_NOBODY = frozenset(["", "all", "alle", "any", "internal", "intern", "n a", "none", "null", "various", "unknown"])
_AND = frozenset(["and", "e", "et", "en", "und", "y"])
_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"\S*(?:@|://|www\.)\S*")
_NO_BREAK = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]|(?<=\\w)-\n(?=\\w)")
_PARAGRAPH = re.compile(r"(?:(?!\n\s*\n|\n(?=[-*•|]|\d+[.)]\s)).)+|\n\s*\n?", re.DOTALL)
_SENTENCE = re.compile(r"[^.!?…]+(?:[.!?…]+|$)")
_ANY = re.compile(r"[^\n|]")
# Letters of a passage that are worth showing.
_LEAST = 20
# No list item and no row, and no whole sentence either.
_INTRODUCES = re.compile(r"\A\s*[^\s\-*•|].*[^.!?…\s]\s*\Z", re.DOTALL)
# Passages that are looked up besides those that are wanted, in the place of those that are left out.
_SPARE = 40
# From so many letters on, a name also counts inside a longer word: "Alpenbankprojekt", "alpen-bank".
_UNMISTAKABLE = 8
# In so many passages a word stands in lower case when it is an ordinary one, and counts as a name only with a capital.
_USUAL = 3


@dataclass(frozen=True)
class _Alias:
    """One way to write a customer: its words, folded. `capital`: an ordinary word otherwise."""

    words: tuple[str, ...]
    capital: bool = False


@dataclass(frozen=True)
class _Customer:
    """A customer as it is recognised.

    Attributes:
        own: The words of the name without legal form and line of business.
        accounts: Its ids in the sources.
    """

    aliases: tuple[_Alias, ...]
    own: tuple[str, ...]
    accounts: frozenset[str]

    def is_same(self, other: _Customer) -> bool:
        """Whether both are one customer that two sources write differently."""
        if self.accounts and other.accounts:
            return not self.accounts.isdisjoint(other.accounts)
        return self.own == other.own


@dataclass(frozen=True)
class Customers:
    """Every customer of the index, by its name as the documents write it."""

    known: Mapping[str, _Customer] = field(default_factory=dict)

    @staticmethod
    def of(chunks: Iterable[Chunk], company: str = "") -> Customers:
        """The customers of `chunks`; `company` is ourselves and no customer."""
        forms: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        accounts: dict[str, set[str]] = defaultdict(set)
        usual: Counter[str] = Counter()
        for chunk in chunks:
            names = names_of(chunk)
            for name in names:
                forms[name] |= _forms(name)
                ids = [str(chunk.metadata.get(key) or "") for key in ("account_id", "customer_id")]
                accounts[name].update(filter(None, ids))
                forms[name] |= {tuple(_words(i)) for i in (*ids, str(chunk.metadata.get("incident_id") or ""))}
                if chunk.metadata.get("document_type") == "account" and chunk.heading_path[-1:] == ("Contacts",):
                    forms[name] |= {tuple(_words(person)) for person in people_in(chunk.text)}
            if not names:
                usual.update({w for w in _ADDRESS.sub(" ", chunk.text).split() if w.islower()})
        ordinary = {folded for word, n in usual.items() if n >= _USUAL for folded in _words(word)}
        us = _own(company)
        return Customers(
            {
                name: _Customer(
                    tuple(
                        _Alias(words, capital=len(words) == 1 and words[0] in ordinary)
                        for words in sorted(written)
                        if words != us and len("".join(words)) > 2
                    ),
                    _own(name),
                    frozenset(accounts[name]),
                )
                for name, written in forms.items()
                if _own(name) != us
            }
        )

    def named_in(self, text: str) -> set[str]:
        """The customers that `text` names, in whichever way."""
        read = _Text.of(text)
        return {name for name, customer in self.known.items() if any(read.has(a) for a in customer.aliases)}

    def resolved(self, name: str) -> str:
        """The customer that `name` means, as the documents write it; empty if none is meant."""
        wanted = tuple(_words(name))
        exact = [n for n, customer in self.known.items() if any(a.words == wanted for a in customer.aliases)]
        return next(iter(exact or sorted(self.named_in(name))), "")

    def most_named(self, text: str) -> str:
        """The customer whom most lines of `text` name; empty if no line names any."""
        counts = Counter(name for line in text.splitlines() for name in self.named_in(line))
        return min(counts, key=lambda name: (-counts[name], name)) if counts else ""

    def discretion(self, customer: str) -> Discretion:
        """What a text for `customer` may be made of; for an empty name, no customer at all may be named."""
        name = self.resolved(customer) if customer else ""
        own = self.known.get(name)
        if own is None:
            everyone = tuple(a for c in self.known.values() for a in c.aliases)
            return Discretion(frozenset({customer} if customer else ()), everyone)
        same = {n for n, c in self.known.items() if n == name or c.is_same(own)}
        # "Calder" means both Calder Valley and Calder Bank: in a text for one of them it gives the other not away.
        runs = {"".join(a.words) for n in same for a in self.known[n].aliases}
        foreign = (a for n, c in self.known.items() if n not in same for a in c.aliases)
        return Discretion(
            frozenset(same), tuple(a for a in foreign if not any("".join(a.words) in run for run in runs)), name
        )


@dataclass
class Discretion:
    """What a text for one customer may be made of, and what had to stay out of it.

    Attributes:
        own: The names under which documents are the customer's.
        foreign: How others are written.
        customer: The name as the documents write it; empty when it isn't known.
        withheld: The ids of passages, and lines, that were left out so far, or a part of them.
    """

    own: frozenset[str]
    foreign: tuple[_Alias, ...]
    customer: str = ""
    withheld: set[str] = field(default_factory=set)

    def told(self, passage: Passage) -> Passage | None:
        """The passage without what is about others, at the same length so that offsets hold; None if nothing is left.

        A document of another customer goes as a whole, and so does what stands under another's name as a heading. In
        other passages the sentence that names somebody goes with the rest of its paragraph: what follows may be about
        them without saying so again.
        """
        chunk = passage.chunk
        if self.own.issuperset(names_of(chunk)) and self.is_silent("\n".join([chunk.title, *chunk.heading_path])):
            text = self._blanked(chunk.text)
            if text == chunk.text:
                return passage
            self.withheld.add(chunk.id)
            if len("".join(text.split())) >= _LEAST:
                return replace(passage, chunk=replace(chunk, text=text))
        self.withheld.add(chunk.id)
        return None

    def is_silent(self, text: str) -> bool:
        """Whether `text` names no other customer."""
        read = _Text.of(text)
        return not any(read.has(alias) for alias in self.foreign)

    def search(self, search: Callable[[Filter | None, int], list[Passage]], limit: int) -> list[Passage]:
        """The best `limit` passages as they may be told; those of them that others are in count as withheld."""
        found = [self.told(p) for p in search(None, limit)]
        if None in found:
            count = set(self.withheld)
            nobodys: Filter = Either((Not(Exists("customer")), AnyOf("customer", (*self.own, *_NOBODY))))
            found = [self.told(p) for p in search(nobodys, limit + _SPARE)]
            self.withheld.intersection_update(count)
        return [p for p in found if p is not None][:limit]

    def kept_lines(self, text: str) -> str:
        """`text` without the lines that name another customer; they count as withheld."""
        kept = []
        for line in text.splitlines():
            if self.is_silent(line):
                kept.append(line)
            else:
                self.withheld.add(line)
        return "\n".join(kept)

    def _blanked(self, text: str) -> str:
        if self.is_silent(text):
            return text
        kept, introduced = [], False
        for match in _PARAGRAPH.finditer(text):
            paragraph = match.group()
            begin = 0 if introduced and paragraph.strip() else self._first_named(paragraph)
            if paragraph.strip():
                # "An example, Harbour & Lane:" is about what comes below it.
                introduced = not self.is_silent(paragraph) and _INTRODUCES.search(paragraph) is not None
            kept.append(paragraph[:begin] + _ANY.sub(" ", paragraph[begin:]))
        return "".join(kept)

    def _first_named(self, paragraph: str) -> int:
        """Where the sentence begins that names another customer; the paragraph's length if none does."""
        if self.is_silent(paragraph):
            return len(paragraph)
        return next((m.start() for m in _SENTENCE.finditer(paragraph) if not self.is_silent(m.group())), 0)


def names_of(chunk: Chunk) -> tuple[str, ...]:
    """The customers that a document says it is of."""
    value = chunk.metadata.get("customer")
    values: Sequence[object] = value if isinstance(value, tuple) else (value,)
    return tuple(v for v in values if isinstance(v, str) and " ".join(_words(v)) not in _NOBODY)


class _Text:
    """A text as names are looked for in it."""

    def __init__(self, words: Sequence[tuple[str, bool]], addresses: str) -> None:
        self._words = [w for w, _ in words]
        self._capital = {w for w, capital in words if capital}
        self._present = set(self._words)
        self._run = "".join(self._words)
        self._addresses = addresses

    @staticmethod
    def of(text: str) -> _Text:
        clean = _NO_BREAK.sub("", text)
        found = [(m.group(), m.group()[0].isupper()) for m in _WORD.finditer(clean)]
        words = [(folded, capital) for word, capital in found for folded in _words(word)]
        return _Text(words, "".join(_words(" ".join(_ADDRESS.findall(clean)))))

    def has(self, alias: _Alias) -> bool:
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


def _forms(name: str) -> set[tuple[str, ...]]:
    """The ways in which people write a customer's name: in full, without its legal form, by what is its own in it."""
    own = _own(name)
    forms = {tuple(_words(name)), tuple(_without_form(name)), own}
    # The first word alone, where it is one that nobody else would use.
    if own and len(own[0]) > 3 and own[0] not in _ORDINARY:
        forms.add(own[:1])
    return forms


def _without_form(name: str) -> list[str]:
    words = _words(name)
    while len(words) > 1 and words[-1] in _LEGAL:
        words.pop()
    return words


def _own(name: str) -> tuple[str, ...]:
    words = _without_form(name)
    while len(words) > 1 and words[0] in _ORDINARY:
        words.pop(0)
    while len(words) > 1 and words[-1] in _ORDINARY:
        words.pop()
    return tuple(words)


def _words(text: str) -> list[str]:
    """The words of `text` without accents and case; "and" in any language is left out, as "&" is."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return [w for w in _WORD.findall(plain) if w not in _AND]


def people_in(text: str) -> Iterator[str]:
    """The names in a list of contacts: "- Monika Aeschbacher, CISO, monika@…"."""
    for line in text.splitlines():
        name = line.removeprefix("- ").partition(",")[0].strip() if line.startswith("- ") else ""
        if " " in name and "@" not in name:
            yield name
