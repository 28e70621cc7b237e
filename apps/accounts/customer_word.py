"""What a company calls its customers, out of its own documents: the attribute, line or folder that says whose each is.

No name is known beforehand. A label is taken for the word where proper names stand under it, each name has several
documents whose titles are made alike, hardly a document names two of them, and the documents look like business with
somebody outside: both sides' names in one sentence, a day and a sum, "our …", a legal form.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from apps.accounts.labels import holds, label_words
from apps.accounts.sketches import Sketch, is_name
from apps.accounts.vocabulary import Vocabulary, iso_day, notions
from apps.customers.names import has_legal_form, own_words
from core.text.words import folded

# Of a label's documents, or names, so many must bear each sign.
_MOST_OF, _NEARLY_ALL = 0.5, 0.8
_LEAST_NAMES, _LEAST_DOCUMENTS = 2, 4
# So many signs of business outside make a word sure enough to be used unasked; one is worth an offer.
_SURE = 2
# Both sides stand within so many letters of each other where a contract names its parties.
_PARTIES = 160
_SHORTEST_STEM = 4
# Letters that a plural adds.
_PLURAL = 2


@dataclass(frozen=True)
class CustomerWord:
    """A label that says whose documents are.

    Attributes:
        place: "attributes", "lines" or "folders".
        names: Customer → how many documents.
        signs: What speaks for it, in words.
        sure: Whether it is used where nobody has confirmed it.
    """

    place: str
    label: str
    names: Mapping[str, int]
    signs: tuple[str, ...]
    sure: bool

    @property
    def documents(self) -> int:
        """How many documents say by it whose they are."""
        return sum(self.names.values())


@dataclass(frozen=True)
class _Candidate:
    place: str
    label: str
    owners: Mapping[str, str]


def customer_words(documents: Sequence[Sketch], words: Vocabulary, company: str = "") -> list[CustomerWord]:
    """The words found, the surest first; each tells of some document what those before it don't, and contradicts none.

    Args:
        words: The words known so far; documents whose customer these tell aren't asked about again.
        company: Our own name.
    """
    known = set(words.file.metadata.customer)
    told = {d.id: v for d in documents for n in known if (v := d.attributes.get(n, "")) and is_name(v)}
    by_id = {d.id: d for d in documents}
    inner = _inner_words(words)
    weighed = [
        (candidate, found)
        for candidate in _candidates(documents, known)
        if not _is_inner(candidate.label, inner) and (found := _weighed(candidate, by_id, words, company)) is not None
    ]
    weighed.sort(key=lambda pair: (pair[1].sure, len(pair[1].signs), pair[1].documents), reverse=True)
    taken: list[CustomerWord] = []
    for candidate, found in weighed:
        shared = [d for d in candidate.owners if d in told]
        agreeing = sum(folded(told[d]) == folded(candidate.owners[d]) for d in shared)
        if len(shared) < len(candidate.owners) and agreeing >= _NEARLY_ALL * len(shared):
            taken.append(found)
            told.update(candidate.owners)
    return taken


def _inner_words(words: Vocabulary) -> list[tuple[str, ...]]:
    """What labels of a company's own parts, people and goods are called."""
    listed = [*notions()["not_customers"], *notions()["facts"]["account_owner"], *notions()["facts"]["products"]]
    listed += [*notions()["facts"]["period"], *notions()["facts"]["tier"], *notions()["tasks"]["owner"]]
    return [found for word in listed if (found := label_words(word))]


def _is_inner(label: str, inner: Sequence[tuple[str, ...]]) -> bool:
    words = label_words(label.replace("_", " "))
    return any(holds(words, known) or (len(known) == 1 and any(map(_plural_of(known[0]), words))) for known in inner)


def _plural_of(word: str) -> Callable[[str], bool]:
    return lambda other: len(word) > 2 and other.startswith(word) and len(other) - len(word) <= _PLURAL


def _candidates(documents: Sequence[Sketch], known: set[str]) -> Iterator[_Candidate]:
    """Every label with proper names under it: document → name."""
    owners: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    spelled: dict[tuple[str, ...], str] = {}
    for document in documents:
        for name, value in document.attributes.items():
            if name not in known:
                owners["attributes", name][document.id] = value
        for label, value in document.lines.items():
            owners["lines", spelled.setdefault(label_words(label), label)][document.id] = value
        for outer, inner in pairwise(document.folders):
            owners["folders", outer][document.id] = inner
    for (place, label), values in owners.items():
        if sum(map(is_name, values.values())) >= _NEARLY_ALL * len(values):
            yield _Candidate(place, label, {d: value for d, value in values.items() if is_name(value)})


def _weighed(
    candidate: _Candidate, documents: Mapping[str, Sketch], words: Vocabulary, company: str
) -> CustomerWord | None:
    """The candidate as a word for customers; None where it can't be one."""
    names = Counter(candidate.owners.values())
    if (us := own_words(company)) and any(own_words(name) == us for name in names):
        return None
    if len(names) < _LEAST_NAMES or sum(names.values()) < _LEAST_DOCUMENTS:
        return None
    if sum(count > 1 for count in names.values()) < _MOST_OF * len(names):
        return None
    own = {name: [documents[d] for d, owner in candidate.owners.items() if owner == name] for name in names}
    if not _are_named(candidate, own) or not _keep_apart(own) or not _made_alike(own):
        return None
    signs = tuple(_signs(candidate, own, list(documents.values()), words, company))
    return CustomerWord(candidate.place, candidate.label, names, signs, len(signs) >= _SURE) if signs else None


def _are_named(candidate: _Candidate, own: Mapping[str, Sequence[Sketch]]) -> bool:
    """Whether most names stand in the title or the text of a document of theirs, besides the label's own line."""
    named = sum(any(_names(d, name, candidate) for d in documents) for name, documents in own.items())
    return named >= _MOST_OF * len(own)


def _names(document: Sketch, name: str, candidate: _Candidate) -> bool:
    in_line = candidate.place == "lines" and folded(document.lines.get(candidate.label, "")) == folded(name)
    text = folded(f"{document.title}\n{document.text}")
    return text.count(folded(name)) > in_line


def _keep_apart(own: Mapping[str, Sequence[Sketch]]) -> bool:
    """Whether nearly all documents name nobody else under the label; persons and products come together."""
    said = [(name, folded(f"{d.title}\n{d.text}")) for name, documents in own.items() for d in documents]
    apart = sum(not any(folded(other) in text for other in own if other != name) for name, text in said)
    return apart >= _NEARLY_ALL * len(said)


def _made_alike(own: Mapping[str, Sequence[Sketch]]) -> bool:
    """Whether most names have a document whose title, but for the name, another's has, too."""
    forms = {name: {_form(d, name) for d in documents} for name, documents in own.items()}
    usual = Counter(form for found in forms.values() for form in found)
    return sum(any(usual[form] > 1 for form in found) for found in forms.values()) >= _MOST_OF * len(own)


def _form(document: Sketch, name: str) -> tuple[str, ...]:
    """A title's first two words besides the name and numbers."""
    words = label_words(folded(document.title).replace(folded(name), " "))
    return tuple(word for word in words if not word[0].isdigit())[:2]


def _signs(
    candidate: _Candidate,
    own: Mapping[str, Sequence[Sketch]],
    everything: Sequence[Sketch],
    words: Vocabulary,
    company: str,
) -> Iterator[str]:
    """What tells that they are somebody outside, each in words."""
    if words.facts.exact(candidate.label.replace("_", " ")) == "customer":
        yield "the word is known"
    half = _MOST_OF * len(own)
    if company and sum(any(_are_parties(d, name, company) for d in ds) for name, ds in own.items()) >= half:
        yield f"{company} and they stand in one sentence"
    if sum(any(_has_terms(d) for d in documents) for documents in own.values()) >= half:
        yield "a day and a sum in one document"
    if any(label_words(v) == label_words(candidate.label) for d in everything for v in d.attributes.values()):
        yield "papers are marked as for them"
    if ours := _said_ours(candidate.label, everything):
        yield f"“{ours}”"
    if sum(map(has_legal_form, own)) >= half:
        yield "names with a legal form"


def _are_parties(document: Sketch, name: str, company: str) -> bool:
    us, them = re.escape(folded(company)), re.escape(folded(name))
    between = rf"[^.\n]{{1,{_PARTIES}}}"
    return re.search(f"{us}{between}{them}|{them}{between}{us}", folded(document.text)) is not None


def _has_terms(document: Sketch) -> bool:
    """Whether lines of the document have a day and a sum of money, as a contract's."""
    values = list(document.lines.values())
    return any(map(iso_day, values)) and any(
        re.search(r"\d.*(?:[A-Z]{3}\b|[€$£])|(?:[A-Z]{3}\b|[€$£]).*\d", v) for v in values
    )


def _said_ours(label: str, documents: Sequence[Sketch]) -> str:
    """ "our growers", as some document says it; "" where none does."""
    last = label_words(label.replace("_", " "))[-1:] or ("",)
    stem = last[0][:-1] if len(last[0]) > 4 else last[0]
    if len(stem) < _SHORTEST_STEM:
        return ""
    ours = "|".join(map(re.escape, notions()["ours"]))
    said = re.compile(rf"\b(?:{ours})\s+(?:\w+\s+)?{re.escape(stem)}\w{{0,4}}\b")
    return next((match.group() for d in documents if (match := said.search(folded(d.text)))), "")
