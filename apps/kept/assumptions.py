"""The minutes that a run of each app is taken to save, where administrators know better than the app's file."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from core import audit
from core.database import Engine, metadata
from core.types import User

table = sa.Table(
    "minutes_assumed",
    metadata,
    sa.Column("app", sa.String(80), primary_key=True),
    sa.Column("minutes", sa.Float, nullable=False),
)


def minutes_assumed(engine: Engine) -> dict[str, float]:
    """App → minutes a completed run, for the apps that administrators have set them for."""
    with engine.connect() as connection:
        return {row.app: row.minutes for row in connection.execute(sa.select(table))}


def assume(engine: Engine, minutes: Mapping[str, float | None], user: User) -> None:
    """Keeps these minutes for everybody; None goes back to the app's own estimate. Each change is audited."""
    before = minutes_assumed(engine)
    changed = {app: value for app, value in minutes.items() if value != before.get(app)}
    with engine.begin() as connection:
        connection.execute(table.delete().where(table.c.app.in_(changed)))
        for app, value in changed.items():
            if value is not None:
                connection.execute(table.insert().values(app=app, minutes=value))
    for app, value in changed.items():
        told = "the app's own estimate" if value is None else f"{value:g} minutes a run"
        audit.record(engine, user, "changed minutes saved", app, told)
