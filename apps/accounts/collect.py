"""Which documents say something of a customer, and what they say: the way from a name to `Facts`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from apps.accounts.periods import order
from apps.accounts.records import Facts
from apps.accounts.reported import ReportReading
from apps.accounts.vocabulary import Vocabulary
from apps.customers import Customers
from apps.customers.names import NOBODY
from apps.run import Context, SourceQuote
from core import records
from core.errors import AppError
from core.nearest import closest
from core.records import text_of
from core.types import Chunk
from retrieval.query.filters import AnyOf, Either, Exists, Filter, Not, all_of
from retrieval.query.search import Search

# The newest gives what holds today; the ones before it only their figures.
_MOST_REPORTS = 8
_MOST_DOCUMENTS = 60
# Documents of nobody that name the customer, such as lists of tickets.
_MOST_NAMING = 30
# What was written in so many days before the newest document still holds.
_RECENT_DAYS = 200


@dataclass(frozen=True)
class AccountDocument:
    """A document, its chunks, its number among the run's evidence, and what its text says."""

    chunk: Chunk
    parts: Sequence[Chunk]
    number: int
    reading: ReportReading

    @property
    def has_figures(self) -> bool:
        """Whether it has figures, as a report does."""
        return bool(self.reading.figures)

    @property
    def is_history(self) -> bool:
        """Whether its figures stand in columns of several periods: it repeats what reports said."""
        return len({figure.period for figure in self.reading.figures}) > 1


def vocabulary(context: Context) -> Vocabulary:
    """What this company calls things; the standard words where nothing else is known."""
    return context.tools.words() if context.tools.words is not None else Vocabulary()


def collected(
    customer: str, context: Context, *, about: str = "", focus: str = "", for_customer: bool = False
) -> Facts:
    """All that the documents which the person may read say of a customer.

    Raises:
        AppError: no such customer is in them; the message names those that are.
    """
    words = vocabulary(context)
    name = resolved_customer(customer, context, words)
    facts = Facts(name, context, focus, words, for_customer=for_customer)
    documents = [_read(chunk, facts, context) for chunk in _documents(name, context, words, about)]
    documents += _naming_documents(facts, context)
    for document in documents:
        facts.add(document.chunk, document.parts, document.number)
        facts.add_facts(document.chunk, document.reading, document.number)
    reports = _reports(documents, words)
    reports.sort(key=lambda d: (order(facts.period(d.chunk, d.reading)), words.dated(d.chunk)), reverse=True)
    for document in reports[:_MOST_REPORTS]:
        facts.add_figures(document.chunk, document.reading, document.number)
    if reports:
        facts.add_report(reports[0].chunk, reports[0].reading, reports[0].number)
    newest = max((words.dated(d.chunk) for d in documents), default="")
    for document in documents:
        if document not in reports and _is_recent(words.dated(document.chunk), newest):
            facts.add_rows(document.chunk, document.reading, document.number)
    return facts


def _read(chunk: Chunk, facts: Facts, context: Context) -> AccountDocument:
    parts = context.searcher().document(chunk.document_id, context.user) or [chunk]
    number = context.cite(SourceQuote(chunk.title, chunk.url, chunk.document_id, chunk.locator, parts[0].text[:400]))
    return AccountDocument(chunk, parts, number, facts.reading(chunk, parts))


def _naming_documents(facts: Facts, context: Context) -> list[AccountDocument]:
    """Documents of nobody that the customer stands in: by their title, in a row, or in a line "Customer: …"."""
    found = []
    for chunk, titled in _naming(facts.customer, context, facts.words):
        parts = context.searcher().document(chunk.document_id, context.user) or [chunk]
        lines = (f.value for f in facts.reading(chunk, parts).facts if f.name == "customer")
        in_rows = any(facts.is_customer(cell) for part in parts for row in part.rows for cell in row)
        if titled or in_rows or any(map(facts.is_customer, lines)):
            found.append(_read(chunk, facts, context))
    return found


def _reports(documents: Sequence[AccountDocument], words: Vocabulary) -> list[AccountDocument]:
    """Documents of a report's type that have figures; where there are none, others that have, such as spreadsheets.

    A course of figures, such as a renewal pack's, counts only where no document is of one period.
    """
    kinds = {d.number: words.type_of(d.chunk) for d in documents if d.has_figures}
    typed = [d for d in documents if kinds.get(d.number) == "report"]
    found = typed or [d for d in documents if kinds.get(d.number) == ""]
    return [d for d in found if not d.is_history] or found


def _is_recent(day: str, newest: str) -> bool:
    return not day or not newest or (date.fromisoformat(newest) - date.fromisoformat(day)).days <= _RECENT_DAYS


def _documents(name: str, context: Context, words: Vocabulary, about: str) -> list[Chunk]:
    """The customer's documents, contracts first and then the newest."""
    own = context.documents(of_customer(name, words), f"{name} {about}")
    recorded = all_of(of_customer(name, words), _recorded(records.ACCOUNT, records.TASK, records.TOUCHPOINT))
    if context.tools.documents is None:
        own += context.documents(recorded, name)
    own += _owned(name, context)
    own = list({chunk.document_id: chunk for chunk in own}.values())
    # What never changes, such as a contract, is older than the reports and counts all the same.
    lasting = [c for c in own if words.type_of(c) == "contract" or records.record_of(c.metadata) == records.ACCOUNT]
    others = sorted((c for c in own if c not in lasting), key=words.dated, reverse=True)
    return [*lasting, *others][:_MOST_DOCUMENTS]


def _owned(name: str, context: Context) -> list[Chunk]:
    """The first chunk of the documents that are the customer's by their folder or a line, as the person may read."""
    customers = context.tools.customers() if context.tools.customers is not None else Customers()
    parts = (context.searcher().document(document, context.user) for document in customers.documents_of(name))
    return [found[0] for found in parts if found]


def _naming(name: str, context: Context, words: Vocabulary) -> list[tuple[Chunk, bool]]:
    """Documents that belong to no customer and name this one, and whether their title does; none that names another."""
    customers = context.tools.customers() if context.tools.customers is not None else Customers()
    nobodys = all_of(*(Either((Not(Exists(key)), AnyOf(key, tuple(NOBODY)))) for key in words.file.metadata.customer))
    found = context.searcher().search(Search(name, context.user, _MOST_NAMING, nobodys))
    chunks = {p.chunk.document_id: p.chunk for p in found}.values()
    titled = [(chunk, customers.named_in(chunk.title)) for chunk in chunks]
    return [(c, named == {name}) for c, named in titled if named <= {name} and not customers.owner_of(c)]


def of_customer(name: str, words: Vocabulary) -> Filter:
    """The documents that say that they are of the customer, under whichever attribute."""
    return Either(tuple(AnyOf(key, (name,)) for key in words.file.metadata.customer))


def _recorded(*kinds: str) -> Filter:
    return Either((AnyOf(records.DOCUMENT_TYPE, kinds), AnyOf(records.RECORD, kinds)))


def resolved_customer(wanted: str, context: Context, words: Vocabulary) -> str:
    """The customer's name as the documents that the person may read write it.

    Raises:
        AppError: none of them is about it.
    """
    known = context.tools.customers() if context.tools.customers is not None else Customers()
    name = known.resolved(wanted)
    if name and (
        context.documents(of_customer(name, words), name) or _owned(name, context) or _is_named(name, context, words)
    ):
        return name
    names = _names(context, words, wanted)
    low = wanted.strip().lower()
    if low in names:
        return names[low]
    inside = [n for key, n in names.items() if low in key or key in low]
    if inside:
        return sorted(inside, key=len)[0]
    near = closest(low, names, alike=0.75)
    if near:
        return names[near[0]]
    there = ", ".join(sorted(set(names.values()))[:8])
    raise AppError(
        f"No document that you may read is about the customer {wanted!r}; "
        + (f"there are documents about {there}." if there else "check the name, or ask for access.")
    )


def _is_named(name: str, context: Context, words: Vocabulary) -> bool:
    """Whether a document of nobody that the person may read is about the customer, or lists it."""
    return any(titled or name in words.named_in_rows(chunk) for chunk, titled in _naming(name, context, words))


def _names(context: Context, words: Vocabulary, wanted: str) -> dict[str, str]:
    """Names and numbers of the customers that the person may know of, in lower case → the name as written."""
    about = Either(tuple(Exists(key) for key in words.file.metadata.customer))
    chunks = context.documents(about, wanted)
    if context.tools.documents is None:
        chunks += context.documents(all_of(about, _recorded(records.ACCOUNT)), f"{wanted} account")
    names: dict[str, str] = {}
    for chunk in chunks:
        for name in words.customers_of(chunk):
            names[name.lower()] = name
            for key in (records.ACCOUNT_ID, "customer_id"):
                if number := text_of(chunk.metadata, key):
                    names[number.lower()] = name
    return names
