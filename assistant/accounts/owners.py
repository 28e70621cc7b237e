"""Whose a document is, whatever this company calls its customers: by attributes, or by its folder or a line in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from apps.accounts import Vocabulary
from apps.accounts.collect import of_customer
from apps.accounts.vocabulary import iso_day, notions
from apps.customers import Customers
from assistant.accounts.vocabulary import said
from core import records
from core.text.words import folded
from core.types import Chunk
from retrieval.query.filters import AnyOf, Either, Filter

# A word of so many letters also counts with an ending: "growers", "Gemeinden".
_ENDS = 4
_FIELDS = (records.ACCOUNT_OWNER, records.CONTRACT_END, records.CONTRACT_VALUE, records.HEALTH)
# Longer than a day is a sentence that has one.
_DAY = 30


@dataclass(frozen=True)
class Owners:
    """The company's words for its customers, and the documents that are theirs by a folder or a line."""

    words: Vocabulary = field(default_factory=Vocabulary)
    customers: Customers = field(default_factory=Customers)

    def of(self, chunk: Chunk) -> tuple[str, ...]:
        """The customers that the document is of."""
        named = self.words.customers_of(chunk)
        owner = "" if named else self.customers.owner_of(chunk)
        return (owner,) if owner else named

    def documents_of(self, customers: Sequence[str]) -> Filter:
        """The documents of these customers, for a look-up in the index."""
        ids = tuple(document for name in customers for document in self.customers.documents_of(name))
        own = [AnyOf("document_id", ids)] if ids else []
        return Either((*(of_customer(name, self.words) for name in customers), *own))

    def kinds_in(self, tokens: Sequence[str]) -> tuple[str, ...]:
        """The attributes by which the words name one kind of customers among several: "which nurseries …"."""
        kinds = self.words.own_attributes()
        asked = tuple(kind for kind in kinds if said([_with_endings(w) for w in _words(kind)], tokens))
        return asked if len(asked) < len(kinds) else ()

    def field_of(self, label: str) -> str:
        """The name in core/records.py of what this company labels so; "" for a label of its own."""
        found = self.words.facts.exact(label)
        return found if found in _FIELDS else ""

    def is_plain(self, name: str, value: str) -> bool:
        """Whether a line with that value tells the field without other fields beside it."""
        if name == records.HEALTH:
            return self.words.health(value) in notions()["health"]
        return name == records.CONTRACT_END and len(value) < _DAY and bool(iso_day(value))

    @cached_property
    def nouns(self) -> tuple[str, ...]:
        """What questions call a customer, beside the words that everybody uses: "grower*", "member", "farm*"."""
        file = self.words.file
        labels = (*file.metadata.customer, *file.customers.lines, *file.customers.folders)
        found = dict.fromkeys(word for label in labels for word in _words(label))
        return tuple(_with_endings(word) for word in found)


def _words(label: str) -> list[str]:
    return folded(label).replace("_", " ").split()


def _with_endings(word: str) -> str:
    stem = word.removesuffix("s") if len(word) > _ENDS else word
    # "nurseries" of "nursery".
    stem = stem.removesuffix("y") if len(stem) > _ENDS else stem
    return f"{stem}*" if len(stem) >= _ENDS else word
