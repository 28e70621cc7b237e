"""Who was let to a document then: changes of access lists stand in the audit trail, from which earlier ones follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from core import audit
from core.types import Principal

CHANGED = "changed access"
_IN_ONE_ENTRY = 500
_ALL = 1_000_000_000


@dataclass(frozen=True)
class AccessList:
    """What a document's record says of who may read it.

    Attributes:
        outcome: "indexed" when it can be found at all.
    """

    outcome: str
    allow: tuple[Principal, ...] = ()
    deny: tuple[Principal, ...] = ()


def append_changes(
    connection: sa.Connection, source: str, before: Mapping[str, AccessList], after: Mapping[str, AccessList]
) -> None:
    """Adds to the trail what the lists of `after` were, where they are others now; None for new documents.

    It is the last thing in its transaction, as `core.audit.append` asks.
    """
    changed = [document for document, now in after.items() if before.get(document) != now]
    for begin in range(0, len(changed), _IN_ONE_ENTRY):
        were = {document: _row(before.get(document)) for document in changed[begin : begin + _IN_ONE_ENTRY]}
        audit.append(connection, audit.SERVICE, CHANGED, source, f"{len(were)} documents", before=were)


def list_at(engine: Engine, document: str, now: AccessList, at: datetime) -> AccessList | None:
    """The document's list at that moment; None when it wasn't there yet. What no entry tells of hasn't changed."""
    entries = audit.recorded(engine, at, (CHANGED,), _ALL)
    were = [entry.facts["before"][document] for entry in entries if document in entry.facts.get("before", {})]
    if not were:
        return now
    first = were[-1]  # the oldest change since then tells what was there before it
    return AccessList(first[0], tuple(first[1]), tuple(first[2])) if first else None


def known_since(engine: Engine) -> datetime | None:
    """When the first change that is kept was noted; None when there is none."""
    return audit.first_of(engine, CHANGED)


def _row(access: AccessList | None) -> list[object] | None:
    return [access.outcome, access.allow, access.deny] if access else None
