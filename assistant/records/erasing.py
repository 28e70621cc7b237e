"""What stored answers, traces and results say of documents that are gone, taken out of the database for good.

What a person may no longer read isn't shown to them (`still_readable.py`), but it is still stored. Here it goes, after
the days that the settings give an access list to be put right again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from apps.kept.runs import results, runs
from assistant.records.conversations import conversations, dump_answer, load_answer, turns
from assistant.records.prompts import answer_prompts
from assistant.records.running import running_apps
from assistant.records.still_readable import Readable, as_readable, documents_of, trace_as_readable, trace_documents
from assistant.records.trace import traces
from assistant.records.versions import versions
from core.database import Engine, UtcDateTime, metadata, utc_now
from core.types import User

# Records that rest on something closed, and since when that is known.
closed = sa.Table(
    "closed_records",
    metadata,
    sa.Column("kind", sa.String(10), primary_key=True),
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("since", UtcDateTime, nullable=False),
)
_PORTION = 200


@dataclass(frozen=True, slots=True)
class _Record:
    """A stored record of a person that rests on documents."""

    kind: str
    id: str
    user: str
    documents: frozenset[str]
    row: sa.Row[Any]


def erase_from_records(engine: Engine, ids: Collection[str]) -> dict[str, int]:
    """Erases what everybody's records say of these documents; kind of record → how many."""
    gone = set(ids)
    return _erased(engine, [r for r in _records(engine, gone) if r.documents & gone], lambda r: r.documents - gone)


def erase_closed(engine: Engine, readable: Readable, person: Callable[[str], User], before: datetime) -> dict[str, int]:
    """Erases what records say of documents that their person couldn't read since before then.

    Args:
        person: Who has this address, with the groups of today.
    """
    allowed: dict[tuple[str, str], set[str]] = {}
    for record in _records(engine):
        may = readable(record.documents, person(record.user))
        if record.documents - may:
            allowed[record.kind, record.id] = may
    due = _note(engine, set(allowed), before)
    found = [record for record in _records(engine) if (record.kind, record.id) in due]
    return _erased(engine, found, lambda record: allowed[record.kind, record.id])


def _note(engine: Engine, now_closed: set[tuple[str, str]], before: datetime) -> set[tuple[str, str]]:
    """Remembers since when each record rests on something closed; those for which that is before then."""
    with engine.begin() as connection:
        known = {(row.kind, row.id): row.since for row in connection.execute(sa.select(closed))}
        for kind, identifier in known.keys() - now_closed:
            connection.execute(closed.delete().where((closed.c.kind == kind) & (closed.c.id == identifier)))
        for kind, identifier in now_closed - known.keys():
            known[kind, identifier] = utc_now()
            connection.execute(closed.insert().values(kind=kind, id=identifier, since=known[kind, identifier]))
    return {key for key in now_closed if known[key] <= before}


def _erased(engine: Engine, found: Collection[_Record], may: Callable[[_Record], Collection[str]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for record in found:
        with engine.begin() as connection:
            _ERASE[record.kind](connection, record.row, may(record))
        counts[record.kind] = counts.get(record.kind, 0) + 1
    return counts


def _records(engine: Engine, naming: Collection[str] | None = None) -> Iterator[_Record]:
    """Every record that rests on documents of the index, or those whose stored text has one of these ids."""
    owned = sa.select(turns, conversations.c.user).join(conversations, conversations.c.id == turns.c.conversation_id)
    kept = sa.select(results, runs.c.user).join(runs, runs.c.id == results.c.run)
    for row in _rows(engine, owned, turns.c.answer, naming):
        documents = frozenset(documents_of(load_answer(row.answer)))
        yield _Record("turn", f"{row.conversation_id}:{row.ordinal}", row.user, documents, row)
    for row in _rows(engine, sa.select(traces), traces.c.record, naming):
        yield _Record("trace", row.id, row.user, frozenset(trace_documents(row.record)), row)
    for row in _rows(engine, kept, results.c.evidence, naming):
        used = frozenset(e["document_id"] for e in row.evidence if e["document_id"])
        yield _Record("result", row.run, row.user, used, row)


def _rows(
    engine: Engine, query: sa.Select[Any], column: sa.Column[Any], naming: Collection[str] | None
) -> Iterator[sa.Row[Any]]:
    if naming is not None:
        text = sa.type_coerce(column, sa.Text)
        written = (json.dumps(name, ensure_ascii=False)[1:-1] for name in naming)
        query = query.where(sa.or_(sa.false(), *(text.contains(name, autoescape=True) for name in written)))
    with engine.connect() as connection:
        yield from connection.execution_options(yield_per=_PORTION).execute(query)


def _erase_turn(connection: sa.Connection, row: sa.Row[Any], may: Collection[str]) -> None:
    answer = as_readable(load_answer(row.answer), may)
    values = {"answer": dump_answer(answer), "searched": f"{row.question}\n{answer.text}".casefold()}
    here = (turns.c.conversation_id == row.conversation_id) & (turns.c.ordinal == row.ordinal)
    connection.execute(turns.update().where(here).values(**values))
    edited = (versions.c.conversation_id == row.conversation_id) & (versions.c.ordinal == row.ordinal)
    connection.execute(versions.delete().where(edited))
    # The app of the conversation may run on the document's text.
    connection.execute(running_apps.delete().where(running_apps.c.conversation_id == row.conversation_id))


def _erase_trace(connection: sa.Connection, row: sa.Row[Any], may: Collection[str]) -> None:
    record = trace_as_readable(row.record, may)
    connection.execute(traces.update().where(traces.c.id == row.id).values(record=dict(record)))
    connection.execute(answer_prompts.delete().where(answer_prompts.c.trace_id == row.id))
    _erase_evaluated(connection, row.id)


def _erase_result(connection: sa.Connection, row: sa.Row[Any], _may: Collection[str]) -> None:
    connection.execute(results.delete().where(results.c.run == row.run))


def _erase_evaluated(connection: sa.Connection, trace_id: str) -> None:
    """Takes the answer's words out of the evaluation that asked for it, whose folder is above this one."""
    table = sa.table("evaluation_results", sa.column("run_id"), sa.column("case_id"), sa.column("record", sa.Text))
    if not sa.inspect(connection).has_table(table.name):
        return
    for row in connection.execute(sa.select(table).where(table.c.record.contains(trace_id, autoescape=True))).all():
        record = json.loads(row.record)
        if record.get("trace_id") == trace_id:
            scores = [{**score, "explanation": ""} for score in record.get("scores", ())]
            text = json.dumps({**record, "answer": "", "scores": scores}, ensure_ascii=False)
            here = (table.c.run_id == row.run_id) & (table.c.case_id == row.case_id)
            connection.execute(sa.update(table).where(here).values(record=text))


_ERASE: Mapping[str, Callable[[sa.Connection, sa.Row[Any], Collection[str]], None]] = {
    "turn": _erase_turn,
    "trace": _erase_trace,
    "result": _erase_result,
}
