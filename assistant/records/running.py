"""Which app runs in a conversation, and on which inputs: kept with the conversation, so that a follow-up finds them.

A row belongs to its conversation and is deleted with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from apps.language import AppFile
from assistant.records.conversations import conversations
from core.database import Engine, Json, metadata, utc_now
from core.types import Parsed, Section

running_apps = sa.Table(
    "conversation_apps",
    metadata,
    sa.Column("conversation_id", sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("inputs", Json, nullable=False),
)
_FILE = "file"


class RunningApps:
    """The app of each conversation whose result a follow-up changes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, conversation_id: str) -> tuple[str, Mapping[str, Any]]:
        """The app's name and the values that it ran on; an empty name when none has run."""
        query = sa.select(running_apps).where(running_apps.c.conversation_id == conversation_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return "", {}
        return row.app, {name: _loaded(value) for name, value in row.inputs.items()}

    def keep(self, conversation_id: str, app: str, values: Mapping[str, Any]) -> None:
        """Takes `app` for the one that runs; of a file its text is kept, which the next run reads again."""
        inputs = {name: _plain(value) for name, value in values.items()}
        with self._engine.begin() as connection:
            connection.execute(running_apps.delete().where(running_apps.c.conversation_id == conversation_id))
            # A conversation that was deleted during the run keeps nothing.
            there = sa.select(conversations.c.id, sa.literal(app), sa.literal(inputs, Json))
            columns = [column.name for column in running_apps.c]
            query = running_apps.insert().from_select(columns, there.where(conversations.c.id == conversation_id))
            connection.execute(query)

    def forget_older_than(self, days: int) -> int:
        """Deletes what the apps of conversations run on that nobody has continued for `days`; how many."""
        old = sa.select(conversations.c.id).where(conversations.c.updated_at < utc_now() - timedelta(days=days))
        with self._engine.begin() as connection:
            return connection.execute(running_apps.delete().where(running_apps.c.conversation_id.in_(old))).rowcount


def _plain(value: object) -> object:
    if isinstance(value, AppFile):
        sections = [asdict(section) for section in value.parsed.sections]
        return {_FILE: value.name, "title": value.parsed.title, "sections": sections}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _loaded(value: Any) -> Any:
    if isinstance(value, list):
        return [_loaded(item) for item in value]
    if isinstance(value, dict) and _FILE in value:
        return AppFile(value[_FILE], Parsed(tuple(map(_section, value["sections"])), value["title"]))
    return value


def _section(stored: Mapping[str, Any]) -> Section:
    rows = tuple(tuple(row) for row in stored.get("rows", ()))
    return Section(**{**stored, "heading_path": tuple(stored["heading_path"]), "rows": rows})
