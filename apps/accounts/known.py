"""What is known of an account so far, and whether a customer may be told it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from apps.accounts.figures import Series
from apps.accounts.told import Told, plain
from apps.accounts.vocabulary import Vocabulary, iso_day, notions
from apps.customers.names import spellings
from apps.run import Context
from core import records
from core.types import Chunk


class Known:
    """Filled document by document.

    Attributes:
        held: Titles of documents that the customer may not be told, where the facts are for it.
        places: Each fact with its document, its place there and its day.
        written: How the customer's name may be written.
    """

    def __init__(
        self,
        customer: str,
        context: Context,
        focus: str,
        words: Vocabulary | None = None,
        *,
        for_customer: bool = False,
    ) -> None:
        self.customer, self.focus = customer, focus.lower()
        self.context, self.words, self.for_customer = context, words or Vocabulary(), for_customer
        self.told: list[Told] = []
        self.targets: dict[str, str] = {}
        self.series: dict[str, Series] = defaultdict(dict)
        self.usage: dict[str, Series] = defaultdict(dict)
        self.contacts: list[str] = []
        self.lists: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.places: list[dict[str, Any]] = []
        self.held: list[str] = []
        self.unlabelled: list[str] = []
        self.languages: list[str] = []
        self.recorded = False
        self.written = spellings(customer)
        # Without a report the fields are empty, not absent: drafts ask for them.
        self.report: dict[str, Any] = dict.fromkeys(("title", "url", "date", "number", "period"), "")

    def tell(self, chunk: Chunk, number: int, rank: int, *, name: str, value: str, place: str) -> None:
        """Keeps a fact, unless the customer must not know it."""
        rules = self.words.file.for_customers
        may_leave = self.words.is_open(chunk) or name in rules.facts or name == records.CUSTOMER_LANGUAGE
        if self.for_customer and not may_leave:
            return
        if name == records.HEALTH:
            value = self.words.health(value)
        day = self.words.dated(chunk)
        told = Told(name, value, chunk.title, place, number, day, rank, may_leave)
        self.told.append(told)
        self.note(name, plain(told), chunk, place)

    def note(self, fact: str, value: object, chunk: Chunk, place: str) -> None:
        """Keeps where a fact stands."""
        self.places.append(
            {
                "fact": fact,
                "value": value,
                "document": chunk.title,
                "place": place,
                "day": self.words.dated(chunk),
                "for_customers": self.customers_may_know(fact, chunk),
            }
        )

    def customers_may_know(self, fact: str, chunk: Chunk) -> bool:
        """Whether a customer may know the fact of this document."""
        rules = self.words.file.for_customers
        if fact in rules.facts:
            return True
        part = fact if fact in notions()["headings"] else "figures"
        return self.words.is_open(chunk) and (fact in notions()["facts"] or part in rules.parts)

    def may_tell(self, chunk: Chunk) -> bool:
        """Whether what a document says may stand in these facts; it is remembered where not."""
        if not self.for_customer:
            return True
        if not self.words.is_open(chunk):
            self.held.append(chunk.title)
            return False
        if not self.words.label_of(chunk.metadata):
            self.unlabelled.append(chunk.title)
        return True

    def opened(self, chunk: Chunk, part: str) -> bool:
        """Whether this part of a document may stand in these facts."""
        if not self.for_customer:
            return True
        return self.words.is_open(chunk) and part in self.words.file.for_customers.parts

    def is_overdue(self, due: str) -> bool:
        """Whether a day has gone by."""
        return bool(iso_day(due)) and iso_day(due) < self.context.today.isoformat()
