"""The person's customers on the start page: how each stands and until when, whatever the company calls them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from apps.accounts import collected
from apps.run import Context, Tools
from assistant.accounts.account import Account, Fact
from assistant.accounts.known import Known
from core import records
from core.errors import AppError
from core.text.dates import find_day
from core.types import User

_FACTS = (records.HEALTH, records.CONTRACT_END, records.ACCOUNT_OWNER)
# Reading all that is said of a customer takes a moment each.
_READ = 20


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of the person's. `documents` are those that say it; `mine` whether they own the account."""

    name: str
    health: str
    renewal: date | None
    mine: bool
    documents: frozenset[str]


def customers_of(tools: Tools, user: User) -> list[Customer]:
    """Customers with health and renewal, the person's own first, then by renewal.

    From records where the sources have them; else from all that the documents say, by the company's own words.
    """
    index = getattr(tools.search, "index", None)
    if index is None:
        return []
    found = list(_recorded(Known(index, user).recorded, user)) or list(_told(tools, user))
    return sorted(found, key=lambda c: (not c.mine, c.renewal or date.max, c.name))


def _recorded(accounts: Sequence[Account], user: User) -> Iterator[Customer]:
    for account in accounts:
        facts = [_newest(account, name) for name in _FACTS]
        health, end, owner = (fact.value if fact is not None else "" for fact in facts)
        if health or end:
            documents = frozenset(fact.place.chunk.document_id for fact in facts if fact is not None)
            yield Customer(account.name, health, find_day(end, None), _is_mine(owner, user), documents)


def _newest(account: Account, name: str) -> Fact | None:
    return max(account.named(name), key=lambda fact: fact.day, default=None)


def _told(tools: Tools, user: User) -> Iterator[Customer]:
    for name in tools.readable_customers(user)[:_READ]:
        context = Context(user, tools)
        try:
            told = collected(name, context).result()
        except AppError:  # named somewhere, and nothing more is known
            continue
        health, end, owner = (str(told[key] or "") for key in ("health", "renewal", "owner"))
        if health or end:
            numbers = {told["numbers"][fact] for fact in _FACTS if fact in told["numbers"]}
            documents = frozenset(context.evidence[number - 1].document_id for number in numbers)
            yield Customer(name, health, find_day(end, None), _is_mine(owner, user), documents)


def _is_mine(owner: str, user: User) -> bool:
    owner = owner.casefold()
    return user.email.casefold() in owner or (bool(user.name) and user.name.casefold() in owner)
