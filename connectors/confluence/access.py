"""Who may read a page: who may read its space, and is in the restrictions of the page and of every page above it.

An access list knows groups and people, and says "any of these". "All of these" is worked out here: a group stays where
every list names it; of the others, the people stay who are in every list, by themselves or through a group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce

from core.types import EVERYONE, Principal

Readers = frozenset[Principal]
Members = Callable[[str], Readers]


def narrowed(lists: Iterable[Readers], members: Members) -> Readers:
    """The principals that stand in every list.

    Args:
        lists: The space's readers first, then each restriction, from the top of the tree down.
        members: The people in the group of that name.
    """

    def people(readers: Readers) -> Readers:
        groups = (members(reader.removeprefix("group:")) for reader in readers if reader.startswith("group:"))
        return frozenset(reader for reader in readers if reader.startswith("user:")).union(*groups)

    def both(one: Readers, other: Readers) -> Readers:
        if EVERYONE in one or EVERYONE in other:
            return other if EVERYONE in one else one
        common = one & other
        if one == other:
            return common
        return common | ((people(one) & people(other)) - people(frozenset(p for p in common if p[0] == "g")))

    return reduce(both, lists)
