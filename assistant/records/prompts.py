"""The prompts of answers exactly as they were sent, for `debrief trace ID --prompt`; they go with the trace."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

import sqlalchemy as sa

from core.database import FOLLOWS, Engine, metadata
from core.llm import SentPrompt


def _forget_without_trace(connection: sa.Connection) -> int:
    """Deletes the prompts whose answer is deleted; how many."""
    kept = sa.select(metadata.tables["answer_traces"].c.id)
    return connection.execute(answer_prompts.delete().where(answer_prompts.c.trace_id.not_in(kept))).rowcount


answer_prompts = sa.Table(
    "answer_prompts",
    metadata,
    sa.Column("trace_id", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("task", sa.String(20), nullable=False),
    sa.Column("model", sa.String(200), nullable=False),
    # JSON, compressed: sources make it long.
    sa.Column("messages", sa.LargeBinary, nullable=False),
    info={FOLLOWS: _forget_without_trace},
)


class Prompts:
    """The kept prompts; `Traces` keeps, gives and forgets them."""

    def __init__(self, engine: Engine, keep: bool = True) -> None:
        self._engine, self._keep = engine, keep

    def keep(self, connection: sa.Connection, trace_id: str, prompts: Sequence[SentPrompt]) -> None:
        """Stores the prompts of an answer in the order in which they were sent."""
        if not self._keep or not prompts:
            return
        rows = [
            {
                "trace_id": trace_id,
                "number": number,
                "task": prompt.task,
                "model": prompt.model,
                "messages": zlib.compress(json.dumps(prompt.messages, ensure_ascii=False).encode()),
            }
            for number, prompt in enumerate(prompts, start=1)
        ]
        connection.execute(answer_prompts.insert(), rows)

    def of(self, trace_id: str) -> list[SentPrompt]:
        """The prompts of an answer; none if none were sent, or they aren't kept."""
        wanted = sa.select(answer_prompts).where(answer_prompts.c.trace_id == trace_id)
        with self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(answer_prompts.c.number)).all()
        return [SentPrompt(row.task, row.model, _messages(row.messages)) for row in rows]

    def forget(self, connection: sa.Connection, traces: sa.Select[tuple[str]]) -> None:
        """Deletes the prompts of these traces."""
        connection.execute(answer_prompts.delete().where(answer_prompts.c.trace_id.in_(traces)))


def _messages(stored: bytes) -> tuple[tuple[str, str], ...]:
    return tuple((role, text) for role, text in json.loads(zlib.decompress(stored)))
