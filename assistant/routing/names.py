"""Which customer a message names, and its customers' names written as names."""

from __future__ import annotations

import re
from collections.abc import Collection

_COMPANY_WORDS = frozenset(
    "ag gmbh ltd inc group grupo maison the trust utilities insurance logistics health sa".split()
)


def named_customer(message: str, customers: Collection[str]) -> str | None:
    """The customer that the message names: by the whole name, else by the first word that is its alone."""
    low = message.lower()
    for name in sorted(customers, key=len, reverse=True):
        if name.lower() in low:
            return name
    for name in sorted(customers):
        if any(re.search(rf"\b{re.escape(word)}\b", low) for word in _own_words(name)):
            return name
    return None


def capitalised_customers(message: str, customers: Collection[str]) -> str:
    """The message with the customers' names written as names ("exec report acme")."""
    words = {w for name in customers for w in _own_words(name)}
    return re.sub(r"\w+", lambda m: m[0].title() if m[0] in words else m[0], message)


def _own_words(name: str) -> list[str]:
    """The words of a customer's name that stand for it, in lower case."""
    return [w for w in re.findall(r"\w+", name.lower()) if w not in _COMPANY_WORDS and len(w) > 3]
