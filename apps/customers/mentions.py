"""Which customers there are, and which of them a text names: what goes to one must say nothing of another.

The names come from the attributes `customer`, `account_id`, `customer_id` and `incident_id` of every document in the
index, and from the contacts of account records. All of them count, whoever is asking: a guide that everyone reads may
name a customer whose record the person can't open, and that name must stay out of the text all the same. The names
are only compared with, never shown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from apps.customers.names import ADDRESS, Alias, NameText, folded_words, names_of, own_words, spellings
from apps.customers.scope import CustomerScope
from core.records import CONTACTS, texts_of
from core.types import Chunk

# In so many passages a word stands in lower case when it is an ordinary one, and counts as a name only with a capital.
_USUAL = 3


@dataclass(frozen=True)
class _Customer:
    """A customer as it is recognised.

    Attributes:
        own: The words of the name without legal form and line of business.
        accounts: Its ids in the sources.
    """

    aliases: tuple[Alias, ...]
    own: tuple[str, ...]
    accounts: frozenset[str]

    def is_same(self, other: _Customer) -> bool:
        """Whether both are one customer that two sources write differently."""
        if self.accounts and other.accounts:
            return not self.accounts.isdisjoint(other.accounts)
        return self.own == other.own


@dataclass(frozen=True)
class Customers:
    """Every customer of the index, by its name as the documents write it; `attributes` are those that name it.

    `owners`: document id → the customer that its folder, or a line in it, says it is of.
    """

    known: Mapping[str, _Customer] = field(default_factory=dict)
    attributes: tuple[str, ...] = ("customer",)
    owners: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(
        chunks: Iterable[Chunk],
        company: str = "",
        attributes: Sequence[str] = ("customer",),
        listed: Callable[[Chunk], Iterable[str]] = lambda _: (),
        owner_of: Callable[[Chunk], str] = lambda _: "",
    ) -> Customers:
        """The customers of `chunks` by these attributes; `company` is ourselves and no customer.

        Args:
            listed: The customers that a list among the chunks has.
            owner_of: The customer that a chunk says its document is of, where no attribute does.
        """
        forms: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        accounts: dict[str, set[str]] = defaultdict(set)
        usual: Counter[str] = Counter()
        owners: dict[str, str] = {}
        for chunk in chunks:
            names = (*names_of(chunk, attributes), *listed(chunk))
            if not names and (owner := owner_of(chunk)):
                names = (owners.setdefault(chunk.document_id, owner),)
            for name in names:
                forms[name] |= spellings(name)
                ids = [str(chunk.metadata.get(key) or "") for key in ("account_id", "customer_id")]
                accounts[name].update(filter(None, ids))
                forms[name] |= {tuple(folded_words(i)) for i in (*ids, str(chunk.metadata.get("incident_id") or ""))}
                forms[name] |= {tuple(folded_words(person)) for person in people_in(texts_of(chunk.metadata, CONTACTS))}
            if not names:
                usual.update({w for w in ADDRESS.sub(" ", chunk.text).split() if w.islower()})
        ordinary = {folded for word, n in usual.items() if n >= _USUAL for folded in folded_words(word)}
        us = own_words(company)
        return Customers(
            {
                name: _Customer(
                    tuple(
                        Alias(words, capital=len(words) == 1 and words[0] in ordinary)
                        for words in sorted(written)
                        if words != us and len("".join(words)) > 2
                    ),
                    own_words(name),
                    frozenset(accounts[name]),
                )
                for name, written in forms.items()
                if own_words(name) != us
            },
            tuple(attributes),
            owners,
        )

    def named_in(self, text: str) -> set[str]:
        """The customers that `text` names, in whichever way."""
        read = NameText.of(text)
        return {name for name, customer in self.known.items() if any(read.has(a) for a in customer.aliases)}

    def resolved(self, name: str) -> str:
        """The customer that `name` means, as the documents write it; empty if none is meant."""
        wanted = tuple(folded_words(name))
        exact = [n for n, customer in self.known.items() if any(a.words == wanted for a in customer.aliases)]
        return next(iter(exact or sorted(self.named_in(name))), "")

    def most_named(self, text: str) -> str:
        """The customer whom most lines of `text` name; empty if no line names any."""
        counts = Counter(name for line in text.splitlines() for name in self.named_in(line))
        return min(counts, key=lambda name: (-counts[name], name)) if counts else ""

    def owner_of(self, chunk: Chunk) -> str:
        """The customer that the document's folder or one of its lines says it is of; "" where an attribute tells."""
        return self.owners.get(chunk.document_id, "")

    def documents_of(self, customer: str) -> list[str]:
        """The ids of the documents that are the customer's by their folder or a line."""
        return [document for document, owner in self.owners.items() if owner == customer]

    def discretion(self, customer: str) -> CustomerScope:
        """What a text for `customer` may be made of; for an empty name, no customer at all may be named."""
        name = self.resolved(customer) if customer else ""
        own = self.known.get(name)
        if own is None:
            everyone = tuple(a for c in self.known.values() for a in c.aliases)
            own_names = frozenset({customer} if customer else ())
            return CustomerScope(own_names, everyone, attributes=self.attributes, owners=self.owners)
        same = {n for n, c in self.known.items() if n == name or c.is_same(own)}
        # "North" means both North Valley and North Bank: in a text for one of them it gives the other not away.
        runs = {"".join(a.words) for n in same for a in self.known[n].aliases}
        foreign = (a for n, c in self.known.items() if n not in same for a in c.aliases)
        return CustomerScope(
            frozenset(same),
            tuple(a for a in foreign if not any("".join(a.words) in run for run in runs)),
            name,
            attributes=self.attributes,
            owners=self.owners,
        )


def people_in(contacts: Iterable[str]) -> Iterator[str]:
    """The names of contacts: "Monika Aeschbacher, CISO, monika@…"."""
    for contact in contacts:
        name = contact.partition(",")[0].strip()
        if " " in name and "@" not in name:
            yield name
