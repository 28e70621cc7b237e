"""Verified questions: asked in these words, the query that a person approved runs, with the asker's own scope.

Some stand in the layer, others come from use: an author's thumb approves at once, anybody else's proposes. Each has an
owner and a day until which it holds, and is a case of `debrief eval data --verified`.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from core import audit
from core.audit.entries import entries
from core.database import Engine, Json, UtcDateTime, metadata, personal, utc_now
from core.errors import QuestionError
from core.settings import Settings
from core.text.locale import long_date
from core.text.words import folded
from core.types import User
from warehouse.audit import ASKED_DATA
from warehouse.layer.model import Layer
from warehouse.query import Query
from warehouse.query.values import query_of, values_of
from warehouse.query.words import in_words
from warehouse.reading.lexicon import tokens_of
from warehouse.reading.renewed import lasting, renewed

VERIFIED, PROPOSED, REVOKED = "verified question", "proposed question", "revoked question"
HOLDS_DAYS = 365
_SUGGESTED_FROM_DAYS = 90
_LOOKED_AT = 5_000
# Politeness and articles; whatever else differs makes another question.
_SILENT = frozenset(
    "a an the please show me us tell give der die das den bitte zeige mir el la los las por favor le les".split()
)
Status = Literal["verified", "proposed"]

verified_questions = sa.Table(
    "verified_questions",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("layer", sa.String(80), nullable=False, index=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("query", Json, nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("owner", sa.String(320), nullable=False, info=personal("anonymise")),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("until", sa.Date, nullable=False),
)


@dataclass(frozen=True)
class VerifiedQuestion:
    """A question with its query.

    Attributes:
        id: Empty for one of the layer's own, which only an edit of the layer takes away.
        until: The last day on which it holds; None: no end.
        problem: Why it can't be used any more; empty where it can.
    """

    id: str
    question: str
    query: Query
    owner: str
    until: date | None
    status: Status = "verified"
    problem: str = ""

    def said(self) -> str:
        """Who approved it and until when, as a sentence."""
        until = f", holds until {long_date(self.until)}" if self.until else ""
        return f"Verified answer: its query was approved{' by ' + self.owner if self.owner else ''}{until}."

    def holds(self, today: date) -> bool:
        """Whether it is used: neither over nor broken."""
        return not self.problem and (self.until is None or self.until >= today)


@dataclass(frozen=True)
class Suggestion:
    """What several people ask or one proposed: the words, the query, by how many."""

    question: str
    query: Query
    people: int
    id: str = ""


class VerifiedQuestions:
    """Those of one layer: in the layer itself, and in the state database."""

    def __init__(self, layer: Layer, engine: Engine | None = None, today: Callable[[], date] = date.today) -> None:
        """Without an engine there are only the layer's."""
        self._layer, self._engine, self._today = layer, engine, today

    def find(self, question: str, today: date) -> VerifiedQuestion | None:
        """The one that asks the same in the same words, its times counted from `today`; None for none."""
        asked = _key(question)
        for one in self.listed():
            if one.status == "verified" and one.holds(today) and _key(one.question) == asked:
                return replace(one, query=renewed(one.query, today))
        return None

    def listed(self) -> list[VerifiedQuestion]:
        """All of them: the layer's, then the kept ones, the newest first."""
        return [*self._of_layer(), *self._kept()]

    def approve(self, question: str, query: Query, user: User, until: date | None = None) -> VerifiedQuestion:
        """Keeps the question as verified; the same words approved or proposed before are replaced.

        Raises:
            QuestionError: the day is over, or the query doesn't fit the layer.
        """
        day = until or self._today() + timedelta(days=HOLDS_DAYS)
        if day < self._today():
            raise QuestionError(f"{day.isoformat()} is over; choose a day to come, until which the answer holds.")
        return self._put(question, query, user, "verified", day)

    def propose(self, question: str, query: Query, user: User) -> VerifiedQuestion | None:
        """Keeps it for an author to look at; None where it is verified, or proposed, already."""
        if any(_key(v.question) == _key(question) for v in self.listed()):
            return None
        return self._put(question, query, user, "proposed", self._today() + timedelta(days=HOLDS_DAYS))

    def revoke(self, id: str, user: User) -> str:
        """Ends it, or refuses a proposal; returns its question.

        Raises:
            QuestionError: there is none of this id.
        """
        found = next((v for v in self._kept() if v.id == id), None)
        if found is None or self._engine is None:
            raise QuestionError(f"There is no verified question {id!r}; `debrief data verified` lists them.")
        with self._engine.begin() as connection:
            connection.execute(verified_questions.delete().where(verified_questions.c.id == id))
            audit.append(connection, user, REVOKED, id, _told(connection, found))
        return found.question

    def suggestions(self, today: date, least: int = 2) -> list[Suggestion]:
        """What was proposed, and queries that at least so many people asked lately, in words; the most asked first."""
        listed = self.listed()
        known = {_same_as(v.query) for v in listed if v.status == "verified"}
        found = [Suggestion(v.question, v.query, 1, v.id) for v in listed if v.status == "proposed" and not v.problem]
        people: dict[str, set[str]] = defaultdict(set)
        queries: dict[str, Query] = {}
        for person, values in self._asked(today):
            query, problem = self._query(values)
            if not problem and query.measures:
                people[_same_as(query)].add(person)
                queries[_same_as(query)] = query
        often = sorted((k for k in people if len(people[k]) >= least and k not in known), key=lambda k: -len(people[k]))
        return [
            *found,
            *(Suggestion(_asked_as(queries[k], self._layer, today), queries[k], len(people[k])) for k in often),
        ]

    def _put(self, question: str, query: Query, user: User, status: Status, until: date) -> VerifiedQuestion:
        text = " ".join(question.split())
        if not text:
            raise QuestionError("A verified question needs words; write the question.")
        if problem := misfit(query, self._layer):
            raise QuestionError(problem)
        if self._engine is None:
            raise QuestionError("These tables keep no questions; add it to `verified` in the layer.")
        kept = VerifiedQuestion(uuid.uuid4().hex, text, lasting(query, self._today()), user.email, until, status)
        same = [v.id for v in self._kept() if _key(v.question) == _key(text)]
        row = {"layer": self._layer.name, "query": values_of(kept.query), "at": utc_now(), "until": until}
        with self._engine.begin() as connection:
            connection.execute(verified_questions.delete().where(verified_questions.c.id.in_(same)))
            connection.execute(
                verified_questions.insert().values(id=kept.id, question=text, status=status, owner=user.email, **row)
            )
            audit.append(
                connection, user, VERIFIED if status == "verified" else PROPOSED, kept.id, _told(connection, kept)
            )
        return kept

    def _of_layer(self) -> Iterator[VerifiedQuestion]:
        for one in self._layer.verified:
            query, problem = self._query(one.query)
            until = date.fromisoformat(one.until) if one.until else None
            yield VerifiedQuestion("", one.question, query, one.owner, until, problem=problem)

    def _kept(self) -> list[VerifiedQuestion]:
        if self._engine is None:
            return []
        chosen = sa.select(verified_questions).where(verified_questions.c.layer == self._layer.name)
        with self._engine.connect() as connection:
            rows = connection.execute(chosen.order_by(verified_questions.c.at.desc())).all()
        found = []
        for row in rows:
            query, problem = self._query(row.query)
            found.append(VerifiedQuestion(row.id, row.question, query, row.owner, row.until, row.status, problem))
        return found

    def _query(self, values: Any) -> tuple[Query, str]:
        """The kept query, and why it can't be used any more."""
        try:
            query = query_of(values)
        except QuestionError as error:
            return Query(), str(error)
        return query, misfit(query, self._layer)

    def _asked(self, today: date) -> Iterator[tuple[str, Any]]:
        """Who asked which query lately, of the audit trail."""
        if self._engine is None:
            return
        since = datetime.combine(today - timedelta(days=_SUGGESTED_FROM_DAYS), time(), UTC)
        chosen = sa.select(entries.c.user, entries.c.detail).where(
            entries.c.action == ASKED_DATA, entries.c.at >= since
        )
        with self._engine.connect() as connection:
            for person, detail in connection.execute(chosen.order_by(entries.c.id.desc()).limit(_LOOKED_AT)):
                said = json.loads(detail)
                if not said.get("refused") and said.get("rows"):
                    yield person, said.get("query")


def may_verify(user: User, settings: Settings) -> bool:
    """Whether the person's thumb approves: authors and administrators."""
    return bool(set(user.groups) & {*settings.auth.author_groups, *settings.auth.admin_groups})


def misfit(query: Query, layer: Layer) -> str:
    """What of the query the layer has no more; empty where it fits."""
    lost = next((f for f in query.named() if not layer.has(f)), None)
    if lost is None:
        lost = next((m.name for m in query.measures if m.name and m.name not in layer.metrics), None)
    return f"The data has no {lost!r} any more; ask it anew." if lost is not None else ""


def _key(question: str) -> tuple[str, ...]:
    return tuple(t.plain for t in tokens_of(folded(question)) if t.plain not in _SILENT)


def _same_as(query: Query) -> str:
    """Alike for queries that differ only in days which the same words say."""
    values = values_of(query)
    for said in (values.get("period") or {}, *values.get("filters", [])):
        if said.get("words") or said.get("said"):
            for name in ("start", "end", "value"):
                said.pop(name, None)
    return json.dumps(values, sort_keys=True)


def _asked_as(query: Query, layer: Layer, today: date) -> str:
    """The query in words that can be asked: its time as it was said."""
    bare = in_words(query.changed(period=None), layer, today)
    return f"{bare}, {query.period.words}" if query.period and query.period.words else in_words(query, layer, today)


def _told(connection: sa.Connection, one: VerifiedQuestion) -> str:
    said = {"question": audit.told(connection, one.question), "query": values_of(one.query)}
    return json.dumps({**said, "until": one.until}, default=str)
