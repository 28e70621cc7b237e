"""What a workflow has seen of documents and accounts: thing → what it was like, to tell what is new."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from core.database import Engine
from workflows.kept import Workflow, seen

_MOST_CHARS = 500


def seen_by(engine: Engine, workflow: Workflow) -> dict[str, str]:
    """All that the workflow has seen."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(seen.c.thing, seen.c.value).where(seen.c.workflow == workflow.id))
        return {row.thing: row.value for row in rows}


def remember(connection: sa.Connection, workflow: str, found: Mapping[str, str]) -> None:
    """Keeps what was seen, in the place of what was seen before."""
    things = list(found)
    for begin in range(0, len(things), 500):
        portion = things[begin : begin + 500]
        mine = (seen.c.workflow == workflow) & seen.c.thing.in_([thing[:_MOST_CHARS] for thing in portion])
        connection.execute(seen.delete().where(mine))
        connection.execute(
            seen.insert(), [{"workflow": workflow, "thing": t[:_MOST_CHARS], "value": found[t][:200]} for t in portion]
        )
