"""Groups that a directory keeps for all people, signed in or not: Microsoft Graph, or whoever speaks SCIM to Debrief.

A directory's word about its groups beats a sign-in's: the token of somebody who has left a group says so for hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.database import Engine, UtcDateTime, metadata, utc_now
from core.types import folded

# Under which names directories keep memberships; no source can have them.
GRAPH, SCIM = "(graph)", "(scim)"

checks = sa.Table(
    "group_checks",
    metadata,
    sa.Column("source", sa.String(40), primary_key=True),
    sa.Column("checked_at", UtcDateTime),
    sa.Column("tried_at", UtcDateTime, nullable=False),
    sa.Column("problem", sa.Text, nullable=False, default=""),
    sa.Column("whole", sa.Boolean, nullable=False, default=False),
)

group_names = sa.Table(
    "group_names",
    metadata,
    # As it is compared: folded.
    sa.Column("group", sa.String(200), primary_key=True),
    sa.Column("name", sa.String(320), nullable=False),
)


@dataclass(frozen=True, slots=True)
class GroupCheck:
    """When a directory last told its groups, and what went wrong since; empty if nothing did.

    Attributes:
        whole: With it, the members of every group that an access list named then are known.
    """

    source: str
    checked_at: datetime | None
    tried_at: datetime
    problem: str = ""
    whole: bool = False

    def is_stale(self, minutes: int) -> bool:
        """Whether what it told is too old to be believed. What is pushed to us (SCIM) doesn't age."""
        if self.source == SCIM:
            return False
        return self.checked_at is None or self.checked_at < utc_now() - timedelta(minutes=minutes)


def note_check(engine: Engine, source: str, problem: str = "", *, whole: bool = False) -> None:
    """Notes that a directory was asked now, or that it couldn't be."""
    now = utc_now()
    values = {"tried_at": now, "problem": problem} | ({} if problem else {"checked_at": now, "whole": whole})
    with engine.begin() as connection:
        if connection.execute(checks.update().where(checks.c.source == source).values(**values)).rowcount == 0:
            connection.execute(checks.insert().values(source=source, **values))


def save_names(engine: Engine, names: Mapping[str, str]) -> None:
    """Keeps what groups are called by people, by the id that access lists and tokens name."""
    rows = [{"group": folded(group), "name": name} for group, name in names.items() if name and name != group]
    with engine.begin() as connection:
        connection.execute(group_names.delete().where(group_names.c.group.in_([row["group"] for row in rows])))
        if rows:
            connection.execute(group_names.insert(), rows)


def names_of_groups(engine: Engine) -> dict[str, str]:
    """Group, folded → its name, for those that a directory has told."""
    with engine.connect() as connection:
        return {row.group: row.name for row in connection.execute(sa.select(group_names))}


def group_checks(engine: Engine) -> Mapping[str, GroupCheck]:
    """The directories that have been asked, by name."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(checks)).all()
    return {r.source: GroupCheck(r.source, r.checked_at, r.tried_at, r.problem, r.whole) for r in rows}
