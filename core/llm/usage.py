"""Every call of a language model, kept: what was used, by whom, for which app and task, and what it cost.

usage = ModelUsage(engine)
models = open_chat_models(settings.llm, usage=usage)
usage.sums("person", since)      # person → calls, tokens, cost
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from core import metrics
from core.database import Engine, UtcDateTime, begin_of, metadata, personal, utc_now
from core.llm.calls import Call
from core.settings import LlmBudget

calls = sa.Table(
    "model_calls",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("person", sa.String(320), nullable=False, index=True, info=personal("anonymise")),
    sa.Column("app", sa.String(200), nullable=False),
    sa.Column("task", sa.String(20), nullable=False),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("input_tokens", sa.Integer, nullable=False),
    sa.Column("output_tokens", sa.Integer, nullable=False),
    sa.Column("cost", sa.Float, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("stop", sa.String(10), nullable=False),
)
By = Literal["person", "app", "task", "model", "month"]


@dataclass(frozen=True, slots=True)
class Sum:
    """What a group of calls used. `of` is the person, app, task, model or month (YYYY-MM)."""

    of: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost: float


class ModelUsage:
    """The kept calls."""

    def __init__(self, engine: Engine, purpose: str = "") -> None:
        """Args: purpose: What all calls are for instead of a person's questions, such as "evaluation"."""
        self._engine, self._purpose = engine, purpose

    def record(self, call: Call, person: str, app: str) -> None:
        """Keeps a call. Nothing of what was asked or answered is."""
        used = {"input_tokens": call.input_tokens, "output_tokens": call.output_tokens}
        metrics.called(call.model, call.task, call.stop, cost=call.cost, **used)
        values = {
            "at": utc_now(),
            "person": "" if self._purpose else person.lower(),
            "app": self._purpose or app,
            **{column: getattr(call, column) for column in ("task", "model", "input_tokens", "output_tokens")},
            **{column: getattr(call, column) for column in ("cost", "seconds", "stop")},
        }
        with self._engine.begin() as connection:
            connection.execute(calls.insert().values(values))

    def sums(self, by: By, since: datetime | None = None) -> list[Sum]:
        """The calls since then in groups, the dearest first; months in order."""
        month = sa.func.substr(sa.cast(calls.c.at, sa.String), 1, 7)
        group = month if by == "month" else calls.c[by]
        totals = [sa.func.sum(calls.c[name]) for name in ("input_tokens", "output_tokens", "cost")]
        query = sa.select(group, sa.func.count(), *totals).group_by(group)
        if since is not None:
            query = query.where(calls.c.at >= since)
        with self._engine.connect() as connection:
            found = [Sum(str(of), n, int(i), int(o), float(cost)) for of, n, i, o, cost in connection.execute(query)]
        if by == "month":
            return sorted(found, key=lambda each: each.of)
        return sorted(found, key=lambda each: (-each.cost, -each.input_tokens, each.of))

    def shares(self, budget: LlmBudget, person: str) -> Sequence[tuple[str, float]]:
        """How much of each limit of a day and of a month is used, 1 being all: ("100,000 tokens a day", 0.8)."""
        now = utc_now()
        shares = []
        if budget.tokens_per_person_day and person and not self._purpose:
            spent = calls.c.input_tokens + calls.c.output_tokens
            used = self._total(spent, calls.c.at >= begin_of(now.date()), calls.c.person == person.lower())
            limit = budget.tokens_per_person_day
            shares.append((f"{limit:,} tokens of one person in a day", used / limit))
        if budget.cost_per_month:
            used = self._total(calls.c.cost, calls.c.at >= begin_of(now.date().replace(day=1)))
            shares.append((f"a cost of {budget.cost_per_month:g} in a month", used / budget.cost_per_month))
        return shares

    def nearly_used_up(self, budget: LlmBudget, share: float) -> list[tuple[str, float]]:
        """Who has used so much of a person's tokens of today, and how much, the most first."""
        if not budget.tokens_per_person_day:
            return []
        today = self.sums("person", begin_of(utc_now().date()))
        limit = budget.tokens_per_person_day
        used = [(row.of, (row.input_tokens + row.output_tokens) / limit) for row in today if row.of]
        return sorted(((who, of) for who, of in used if of >= share), key=lambda each: -each[1])

    def forget_people_before(self, moment: datetime) -> int:
        """Takes the persons out of the calls before then, and keeps the figures; of how many calls."""
        old = calls.update().where(calls.c.at < moment, calls.c.person != "")
        with self._engine.begin() as connection:
            return connection.execute(old.values(person="")).rowcount

    def _total(self, of: sa.ColumnElement[float], *where: sa.ColumnElement[bool]) -> float:
        with self._engine.connect() as connection:
            return float(connection.execute(sa.select(sa.func.sum(of)).where(*where)).scalar() or 0)
