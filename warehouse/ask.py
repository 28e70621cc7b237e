"""A question in plain words → rows, with the query that gave them; `Warehouse.ask` is the one entrance.

    warehouse = open_warehouse(settings)
    found = warehouse.ask("Worked hours per week per position for the last 3 months", user)
    found.words, found.columns, found.rows, found.chart

The query is read from words, or made by a model as a structured value, then checked against the layer and the person's
roles, compiled with their scope, and run read-only. No SQL comes from a model.
"""

from __future__ import annotations

import threading
import time
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from core.database import Engine
from core.errors import ModelError, QuestionError
from core.llm import ChatModels, Spending
from core.settings import Settings
from core.text.locale import month_names, weekday_names
from core.types import User
from warehouse.audit import record
from warehouse.charts import ChartKind, chart_spec, chosen_kind
from warehouse.charts.choose import asked_kind
from warehouse.databases import Database, Rows, open_database, open_source
from warehouse.layer import Layer, load_layer
from warehouse.provided import checked, draws_it, line_of, over_time
from warehouse.query import Level, Period, Query
from warehouse.query.check import actions_of, check_query, roles_of, scope_of, visible_layer
from warehouse.query.compile import column_names, compiled
from warehouse.query.views import over_view, view_for
from warehouse.query.words import in_words
from warehouse.reading import Lexicon, Reading, read
from warehouse.reading.by_model import read_by_model
from warehouse.reading.follow import followed
from warehouse.reading.provided import Provided, provided
from warehouse.reading.renewed import renewed
from warehouse.shown import cell_text
from warehouse.verified import VerifiedQuestion, VerifiedQuestions

# So many different values of a column are known by name, and so long.
_MOST_VALUES = 2_000
_VALUES_FRESH_S = 600.0
_NAMED = {"weekday": weekday_names, "month of year": month_names}


@dataclass(frozen=True)
class DataAnswer:
    """What the data says, or in `problem` why it says nothing.

    Attributes:
        query: As it was understood; None when it wasn't.
        words: The query in words, with the days that count.
        columns, rows: The result, at most `warehouse.max_rows` rows.
        more: There were more rows.
        spec: The chart's Vega-Lite specification; None for a number or a table.
        tables: The database's tables that were read.
        at: When they were read, UTC.
        choices: Ways to ask it, where a word may mean several things.
        unknown: Words of the question that the data has nothing for.
        verified: The verified question whose query this is.
        may_take: The person may take the rows away as a file.
        holds: Whether the condition of the request holds; None for one without.
    """

    question: str
    query: Query | None = None
    words: str = ""
    sql: str = ""
    columns: Sequence[str] = ()
    rows: Rows = field(default_factory=list)
    more: bool = False
    kind: ChartKind = "table"
    spec: Mapping[str, Any] | None = None
    tables: tuple[str, ...] = ()
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: float = 0.0
    problem: str = ""
    choices: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    by_model: bool = False
    verified: VerifiedQuestion | None = None
    may_take: bool = True
    holds: bool | None = None

    def figure(self) -> str | None:
        """The one number that the answer is, with its unit; None where it is rows, or there is no number."""
        figures = self.query is not None and (self.query.counted or not self.query.levels)
        alone = figures and len(self.rows) == len(self.columns) == 1
        return cell_text(self.rows[0][0]) if alone and self.rows[0][0] is not None else None

    def shown(self) -> list[tuple[Any, ...]]:
        """The rows with days of the week and months by name."""
        names = {n: _NAMED[v.grain] for n, v in enumerate(self.query.levels if self.query else ()) if v.grain in _NAMED}
        if not names:
            return list(self.rows)
        return [
            tuple(names[n]("en")[int(v) - 1] if n in names and v is not None else v for n, v in enumerate(row))
            for row in self.rows
        ]


class Warehouse:
    """One database with its layer. Safe for several threads.

    Args:
        today: Relative times count from here.
        state: Where verified questions are kept and each query is audited; None for tables that stand alone.
        max_estimate: A query that by its plan handles more rows isn't run; 0: no limit.
    """

    def __init__(
        self,
        layer: Layer,
        database: Database,
        max_rows: int = 1_000,
        today: Callable[[], date] = date.today,
        state: Engine | None = None,
        *,
        max_estimate: int = 0,
    ) -> None:
        self.layer, self.database, self._max_rows, self.today = layer, database, max_rows, today
        self._max_estimate = max_estimate
        self.verified, self._state = VerifiedQuestions(layer, state, today), state
        self._lexicons: dict[object, tuple[float, Lexicon]] = {}
        self._lock = threading.Lock()

    def read(self, question: str, user: User, before: Query | None = None) -> Reading:
        """What the question means for this person, by rules. A verified question gives the query that was approved."""
        if (verified := self.verified.find(question, self.today())) is not None:
            return Reading(verified.query)
        return self._read(question, user, before)

    def _read(self, question: str, user: User, before: Query | None) -> Reading:
        lexicon = self.lexicon(user)
        if before is not None and (edited := followed(before, question, lexicon, self.today())) is not None:
            return Reading(edited)
        return read(question, lexicon, self.today())

    def ask(
        self,
        question: str,
        user: User,
        before: Query | None = None,
        models: ChatModels | None = None,
        spent: Spending | None = None,
    ) -> DataAnswer:
        """The answer for this person. `before`: the query of the last answer, which "only Spain" changes.

        Raises:
            SourceError: the database doesn't answer, or refuses.
        """
        verified = self.verified.find(question, self.today())
        if verified is None and (asked := provided(question, self.today())) is not None:
            return self._provided(asked, question, user)
        reading = Reading(verified.query) if verified is not None else self._read(question, user, before)
        by_model = False
        if models is not None and (reading.query is None or reading.unknown):
            try:
                found = read_by_model(
                    question,
                    visible_layer(user, self.layer),
                    self.today(),
                    models,
                    spent or Spending(person=user.email),
                )
                reading, by_model = (
                    (found, True) if found.query is not None or reading.query is None else (reading, False)
                )
            except ModelError:
                pass  # what the words alone say still stands
        if reading.query is not None and (drawn := self._leader_drawn(reading.query, user, question)) is not None:
            return drawn
        if reading.query is None:
            return DataAnswer(question, problem=reading.problem, choices=reading.choices, unknown=reading.unknown)
        try:
            answer = self.run(renewed(reading.query, self.today()) if by_model else reading.query, user, question)
        except QuestionError as error:
            return DataAnswer(question, reading.query, problem=str(error), unknown=reading.unknown)
        return replace(answer, unknown=reading.unknown, by_model=by_model, verified=verified)

    def _provided(self, asked: Provided, question: str, user: User) -> DataAnswer:
        """The request if its condition holds, with the condition's values in words; else these and no chart."""

        def one(said: str) -> Query:
            reading = self._read(said, user, None)
            if reading.query is None:
                raise QuestionError(reading.problem)
            return reading.query

        ran: dict[Query, DataAnswer] = {}

        def once(query: Query) -> DataAnswer:
            ran[query] = ran.get(query) or self.run(query, user, asked.request)
            return ran[query]

        try:
            found = checked(asked, one, lambda query: list(once(query).rows), self.lexicon(user))
            request = asked.request if found.holds else asked.otherwise
            if not draws_it(request, asked.figures):
                answer = self.ask(request, user) if request else None
            else:  # what was measured is what is drawn
                answer = once(found.series) if found.holds else self.run(found.series, user, request)
        except QuestionError as error:
            return DataAnswer(question, problem=str(error))
        holds = "holds" if found.holds else "does not hold"
        said = f"{found.sentence[:1].upper()}{found.sentence[1:]}: the condition {holds}"
        if answer is None:
            tables = tuple(dict.fromkeys(self.layer.entities[f.partition(".")[0]].table for f in found.series.fields()))
            return DataAnswer(question, None, said, "", found.columns, list(found.rows), tables=tables, holds=False)
        words = f"{said}. {answer.words[:1].upper()}{answer.words[1:]}" if answer.words else ""
        problem = f"{said}. {answer.problem}" if answer.problem else ""
        return replace(answer, question=question, words=words, problem=problem, holds=found.holds)

    def _leader_drawn(self, query: Query, user: User, question: str) -> DataAnswer | None:
        """A line of what is first ("plot the most popular source since May"); None where no such one is asked for."""
        if not over_time(query, question, self.layer):
            return None
        try:
            first = self.run(query, user)
            if len(first.rows) != 1:
                return None
            answer = self.run(line_of(query, first.rows[0][0]), user, question)
        except QuestionError as error:
            return DataAnswer(question, query, problem=str(error))
        name, value = (cell_text(v) for v in first.rows[0][:2])
        return replace(answer, words=f"{name} is first ({first.columns[-1]}: {value}). {answer.words}")

    def run(self, query: Query, user: User, question: str = "") -> DataAnswer:
        """The rows of a structured query for this person, audited with the number of rows or why it was refused.

        Raises:
            QuestionError: the layer hasn't it, or the person may not see it.
            SourceError: as `ask`.
        """
        try:
            answer = self._run(query, user, question)
        except QuestionError as error:
            self._audit(user, query, 0, str(error))
            raise
        self._audit(user, query, len(answer.rows))
        return answer

    def _audit(self, user: User, query: Query, rows: int, refused: str = "") -> None:
        if self._state is not None:
            record(self._state, user, query, self.layer, rows=rows, refused=refused)

    def _run(self, query: Query, user: User, question: str = "") -> DataAnswer:
        begin = time.perf_counter()
        check_query(query, user, self.layer)
        scope = scope_of(user, self.layer)
        limited = (
            query
            if query.limit is not None and query.limit <= self._max_rows
            else query.changed(limit=self._max_rows + 1)
        )
        view = view_for(limited, self.layer, scope)
        sql = (
            over_view(limited, self.layer, scope, view, self.database.dialect)
            if view
            else compiled(limited, self.layer, scope, self.database.dialect)
        )
        if self._max_estimate:
            self._check_estimate(sql)
        _, rows = self.database.rows(sql, self._max_rows + 1)
        columns, rows = list(column_names(query, self.layer)), [tuple(row) for row in rows]
        more = len(rows) > self._max_rows
        rows = rows[: self._max_rows]
        kind = chosen_kind(query, rows, self.layer, asked_kind(question))
        spec = chart_spec(kind, query, rows, self.layer, self.today())
        tables = tuple(dict.fromkeys(self.layer.entities[f.partition(".")[0]].table for f in query.fields()))
        words = in_words(query, self.layer, self.today())
        if view:
            tables, words = (self.layer.views[view].table,), f"{words}, from the view {view}"
        if query.before and query.period is not None:
            columns, rows = self._with_earlier(query, user, columns, rows)
            kind, spec = "table", None
        entities = dict.fromkeys(f.partition(".")[0] for f in query.named())
        may_take = all("download" in actions_of(entity, user, self.layer) for entity in entities)
        seconds = time.perf_counter() - begin
        return DataAnswer(
            question, query, words, sql, columns, rows, more, kind, spec, tables, seconds=seconds, may_take=may_take
        )

    def _check_estimate(self, sql: str) -> None:
        expected = self.database.estimate(sql)
        if expected is not None and expected > self._max_estimate:
            raise QuestionError(
                f"This would go through about {expected:,} rows, and {self._max_estimate:,} are allowed "
                f"(warehouse.max_estimated_rows); ask for a shorter time or fewer things at once."
            )

    def _with_earlier(self, query: Query, user: User, columns: list[str], rows: Rows) -> tuple[list[str], Rows]:
        """The same figures one period earlier, as further columns; days of the two periods stand beside each other."""
        assert query.period is not None
        months = _length(query.period, self.today())
        earlier = self._run(
            query.changed(before=False, period=_earlier(query.period, months), order=(), limit=None), user
        )
        levels = len(query.levels)
        known = {tuple(_later(v, months) for v in row[:levels]): row[levels:] for row in earlier.rows}
        blank = tuple(None for _ in query.measures)
        return [*columns, *(f"{c} before" for c in columns[levels:])], [
            (*row, *known.get(row[:levels], blank)) for row in rows
        ]

    def lexicon(self, user: User) -> Lexicon:
        """The names and values that this person may use; kept for some minutes for all with the same scope."""
        scope = scope_of(user, self.layer)
        key = (
            tuple(roles_of(user, self.layer)),
            tuple(sorted((k, tuple(map(str, v))) for k, v in scope.attributes.items())),
        )
        with self._lock:
            made = self._lexicons.get(key)
            if made is None or time.monotonic() - made[0] > _VALUES_FRESH_S:
                seen = visible_layer(user, self.layer)
                made = (time.monotonic(), Lexicon(seen, self._values(seen, user)))
                self._lexicons[key] = made
            return made[1]

    def _values(self, seen: Layer, user: User) -> dict[str, list[Any]]:
        scope, found = scope_of(user, self.layer), {}
        for entity, meant in seen.entities.items():
            for column, of in meant.columns.items():
                if of.type in ("text", "id") and not of.format:
                    listed = Query(levels=(Level(f"{entity}.{column}"),), limit=_MOST_VALUES + 1)
                    rows = self.database.rows(
                        compiled(listed, self.layer, scope, self.database.dialect), _MOST_VALUES + 1
                    )[1]
                    values = [row[0] for row in rows if isinstance(row[0], str)]
                    if len(values) <= _MOST_VALUES:
                        found[f"{entity}.{column}"] = values
        return found


def open_warehouse(settings: Settings, state: Engine | None = None) -> Warehouse | None:
    """The warehouse of debrief.yaml; None when it has none.

    Args:
        state: As for `Warehouse`.

    Raises:
        SettingsError: its layer is wrong. SourceError: its files can't be read.
    """
    own = settings.warehouse
    if own.layer is None:
        return None
    return Warehouse(
        load_layer(settings.path(own.layer)),
        open_database_of(settings),
        own.max_rows,
        partial(today_in, own.time_zone),
        state=state,
        max_estimate=own.max_estimated_rows,
    )


def open_database_of(settings: Settings) -> Database:
    """The database that debrief.yaml names, whether there is a layer or not; errors as above."""
    own = settings.warehouse
    if own.source:
        return open_source(settings, own.source)
    url = own.url.get_secret_value() if own.url is not None else ""
    return open_database(url, [settings.path(f) for f in own.files], own.timeout_s, own.role, own.time_zone)


def today_in(zone: str, now: datetime | None = None) -> date:
    """The day that it is in a time zone now, or at a moment; the server's for ""."""
    return (now or datetime.now(UTC)).astimezone(ZoneInfo(zone) if zone else None).date()


def _length(period: Period, today: date) -> int:
    """Months from the period to the one before it: its own length in whole months, a year for one that is under way."""
    if period.start is None or period.end is None or period.end > today:
        return 12
    return max(1, (period.end.year - period.start.year) * 12 + period.end.month - period.start.month)


def _earlier(period: Period, months: int) -> Period:
    start = _months(period.start, -months) if period.start else None
    return replace(period, start=start, end=_months(period.end, -months) if period.end else None, words="")


def _later(value: Any, months: int) -> Any:
    return _months(value, months) if isinstance(value, date) else value


def _months(day: date, count: int) -> date:
    """So many months later, on the last day where a month has fewer."""
    number = day.year * 12 + day.month - 1 + count
    return date(number // 12, number % 12 + 1, min(day.day, monthrange(number // 12, number % 12 + 1)[1]))
