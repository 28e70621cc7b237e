"""What several documents say of one fact of an account: which of them counts, and where they contradict each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.accounts.vocabulary import iso_day
from apps.compare.values import number_of

# Of these a customer has one at a time: two documents that say different ones contradict each other.
_ONE = frozenset(["contract_end", "contract_start", "contract_value", "notice_period"])
_DAYS = frozenset(["contract_end", "contract_start"])
# Ranks: what people keep as a record goes before what was signed, that before what a list or a report repeats.
RECORD, SIGNED, REPEATED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as one document says it.

    Attributes:
        rank: RECORD, SIGNED or REPEATED.
        day: As of when, ISO, or "".
        may_leave: The customer may be told.
    """

    name: str
    value: str
    title: str
    place: str
    number: int
    day: str
    rank: int
    may_leave: bool


def settled(told: Iterable[Told]) -> dict[str, Told]:
    """Name → the one that counts: by rank, then the newest."""
    found: dict[str, Told] = {}
    for fact in told:
        known = found.get(fact.name)
        if known is None or (fact.rank, _backwards(fact.day)) < (known.rank, _backwards(known.day)):
            found[fact.name] = fact
    return found


def contradictions(told: Iterable[Told]) -> list[dict[str, Any]]:
    """Facts of which a customer has one and documents say several: the name, and each value with its document."""
    by_name: dict[str, dict[str, Told]] = defaultdict(dict)
    for fact in told:
        if fact.name in _ONE:
            by_name[fact.name].setdefault(comparable(fact), fact)
    counted = settled(fact for values in by_name.values() for fact in values.values())
    return [_contradiction(name, values, counted) for name, values in by_name.items() if len(values) > 1]


def _contradiction(name: str, values: Mapping[str, Told], counted: Mapping[str, Told]) -> dict[str, Any]:
    others = [fact for fact in values.values() if fact is not counted[name]]
    return {
        "name": name,
        "value": plain(counted[name]),
        "title": counted[name].title,
        "others": [{"value": plain(f), "title": f.title, "number": f.number} for f in others],
    }


def contradiction_text(one: Mapping[str, Any]) -> str:
    """One of `contradictions` as a sentence."""
    others = "; ".join(f"{o['value']} in {o['title']}" for o in one["others"])
    name = str(one["name"]).replace("_", " ")
    return f"The documents contradict each other on {name}: {one['value']} in {one['title']}, {others}."


def plain(fact: Told) -> str:
    """The value as drafts print it: a day as ISO, others as written."""
    return (iso_day(fact.value) if fact.name in _DAYS else "") or fact.value


def comparable(fact: Told) -> str:
    """What two values have in common that say the same."""
    if fact.name in _DAYS:
        return iso_day(fact.value) or fact.value.casefold()
    number = number_of(fact.value)
    return f"{number.value:g}" if number else " ".join(fact.value.casefold().split())


def _backwards(day: str) -> tuple[int, ...]:
    """Sorts newer days first, and no day last."""
    return tuple(-ord(c) for c in day) if day else (1,)
