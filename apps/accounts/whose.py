"""Whose each document is, what it is, as of when and for whom: the attributes, lines and folders that say so."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.accounts.accounts_file import AccountsFile
from apps.accounts.customer_word import CustomerWord, customer_words
from apps.accounts.labels import label_words
from apps.accounts.sketches import Sketch
from apps.accounts.vocabulary import Vocabulary, notions
from core.text.words import folded

# Kinds of papers and labels of confidentiality are few.
_MOST_VALUES = 12
# Attributes that every document has, whatever the company.
_OF_SYSTEM = frozenset("title path source_uri created_at updated_at language vetting owner authors version".split())


@dataclass(frozen=True)
class Whose:
    """`metadata` and `places` as accounts.yaml has them (`metadata`, `customers`); `words`: what was found, and why."""

    metadata: Mapping[str, Sequence[str]]
    places: Mapping[str, Sequence[str]]
    words: Sequence[CustomerWord]


def owned(documents: Sequence[Sketch], company: str = "") -> Whose:
    """What says whose the documents are; of what nobody has confirmed only what is sure enough."""
    values: dict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        for name, value in document.attributes.items():
            values[name][value] += 1
    metadata = _known_names(values)
    found = customer_words(documents, Vocabulary(AccountsFile.model_validate({"metadata": metadata})), company)
    sure: dict[str, list[str]] = defaultdict(list)
    for word in found:
        sure[word.place] += [word.label] if word.sure else []
    metadata["customer"] += sure.pop("attributes", [])
    _add_unknown_names(metadata, documents, values, found)
    return Whose(metadata, sure, found)


def _add_unknown_names(
    metadata: dict[str, list[str]],
    documents: Sequence[Sketch],
    values: Mapping[str, Counter[str]],
    found: Sequence[CustomerWord],
) -> None:
    """The attribute with a customer's word among its values says for whom papers are; one of kinds, what they are."""
    taken = {name for names in metadata.values() for name in names} | _OF_SYSTEM
    free = {n: v for n, v in values.items() if n not in taken and 1 < len(v) <= _MOST_VALUES}
    words = {label_words(word.label) for word in found if word.sure}
    if not any(name in values for name in metadata["confidentiality"]):
        # Nothing opens by it: what may leave the house is a person's to say.
        metadata["confidentiality"] += [n for n, v in free.items() if not words.isdisjoint(map(label_words, v))]
    if not words or any(name in values for name in metadata["document_type"]):
        return
    kinds = {n: _shared(documents, n, metadata["customer"]) for n in free if n not in metadata["confidentiality"]}
    if kinds and max(kinds.values()) > 1:
        metadata["document_type"].append(max(kinds, key=lambda name: kinds[name]))


def _shared(documents: Sequence[Sketch], name: str, customer: Sequence[str]) -> int:
    """How many of the attribute's values stand in documents of several customers, as kinds of papers do."""
    owners: dict[str, set[str]] = defaultdict(set)
    for document in documents:
        if value := document.attributes.get(name, ""):
            owners[value] |= {owner for key in customer if (owner := document.attributes.get(key, ""))}
    return sum(len(found) > 1 for found in owners.values())


def _known_names(values: Mapping[str, Counter[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for notion, names in notions()["metadata"].items():
        plain = {re.sub(r"[^0-9a-z]+", "_", form).strip("_") for name in names for form in (name.lower(), folded(name))}
        first = {"date": "updated_at", "document_type": "document_type"}.get(notion, notion)
        own = [name for name in values if name in plain and name != first]
        if notion == "confidentiality":
            own = [name for name in own if _are_labels(list(values[name]))]
        # A date of the company's own goes before the one that its file system knows.
        found[notion] = [*own, first, "created_at"] if notion == "date" else [first, *own]
    return found


def _are_labels(values: Sequence[str]) -> bool:
    known = {label_words(word) for kind in ("open", "closed") for word in notions()["labels"][kind]}
    return any(label_words(value) in known for value in values)
