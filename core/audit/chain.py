"""Whether the audit trail is as it was written: no entry changed, deleted, moved or cut off.

The chain by itself shows what was changed, deleted or moved in its middle. Whoever may write to the database may also
cut off its end, or write all of it anew: only the anchors, which lie elsewhere, show that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.audit.entries import CUT, digest, entries, entry_of
from core.database import Engine, utc_now
from core.errors import DebriefError

_PORTION = 2_000
_MOST_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Anchor:
    """The newest entry at a moment, written where whoever alters the database doesn't reach."""

    at: datetime
    id: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of the trail found; `problems` are sentences, at most the first fifty."""

    entries: int
    first: int
    last: int
    problems: tuple[str, ...]
    anchors: int
    anchored: Anchor | None = None


def verify(engine: Engine, anchors: Sequence[Anchor] = ()) -> Verified:
    """The trail checked from its first entry to its last, and against the anchors."""
    problems: list[str] = []
    hashes: dict[int, str] = {}
    first = last = count = 0
    wanted = {anchor.id for anchor in anchors}
    before = _cut(engine)
    until = before[0]
    for row in _rows(engine):
        first, last, count = first or row.id, row.id, count + 1
        problems += _problems(before, row)
        before = (row.id, row.hash)
        if row.id in wanted:
            hashes[row.id] = row.hash
    problems += (problem for anchor in anchors if (problem := _unlike(anchor, hashes, until, last)))
    newest = max(anchors, key=lambda a: a.id, default=None)
    return Verified(count, first, last, tuple(problems[:_MOST_PROBLEMS]), len(anchors), newest)


def described(found: Verified, file: Path | None) -> list[str]:
    """What a check found, in sentences."""
    if not found.entries:
        lines = ["The trail is empty."]
    else:
        state = "not as they were written" if found.problems else "as they were written"
        lines = [f"{found.entries:,} entries, {found.first} to {found.last}: {state}."]
        if found.first > 1 and not found.problems:
            lines.append(f"Entries up to {found.first - 1} were cut by retention, as an entry says.")
    lines += found.problems
    if file is None:
        lines.append(
            "No anchors: a trail that was cut off at its end or written anew isn't noticed; set audit.anchors_file."
        )
    elif found.anchored is None:
        lines.append(f"{file} has no anchors yet; `debrief audit anchor` writes one.")
    else:
        lines.append(f"{found.anchors:,} anchors in {file}; the newest saw entry {found.anchored.id}.")
    return lines


def _problems(before: tuple[int, str], row: sa.Row[Any]) -> Iterator[str]:
    """What is wrong with an entry after the one with this id and hash."""
    number, known = before
    if row.id > number + 1:
        gone = f"Entry {row.id - 1} is" if row.id == number + 2 else f"Entries {number + 1} to {row.id - 1} are"
        yield f"{gone} missing, and no cut by retention says so."
    elif digest(known, dict(row._mapping)) != row.hash:
        yield f"Entry {row.id} of {row.at:%Y-%m-%d %H:%M} UTC isn't as it was written, or one before it was moved."


def _unlike(anchor: Anchor, hashes: dict[int, str], until: int, last: int) -> str:
    """How the trail contradicts an anchor; empty if it doesn't."""
    when = f"{anchor.at:%Y-%m-%d %H:%M} UTC"
    if anchor.id <= until:
        return ""  # cut by retention, as an entry says
    if anchor.id > last:
        return f"The end is cut off: the anchor of {when} has seen entry {anchor.id}, and the last one is {last}."
    if hashes.get(anchor.id, anchor.hash) != anchor.hash:
        return f"The trail was written anew: entry {anchor.id} isn't the one that the anchor of {when} has seen."
    return ""


def _cut(engine: Engine) -> tuple[int, str]:
    """(Id, hash) of the last entry that retention has deleted; (0, "") before the first cut."""
    query = sa.select(entries).where(entries.c.action == CUT).order_by(entries.c.id.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(query).first()
    told = {} if row is None else row.facts or {}
    return int(told.get("until", 0)), str(told.get("hash", ""))


def _rows(engine: Engine, after: int = 0) -> Iterator[sa.Row[Any]]:
    """All entries in order, in portions."""
    while True:
        query = sa.select(entries).where(entries.c.id > after).order_by(entries.c.id).limit(_PORTION)
        with engine.connect() as connection:
            rows = connection.execute(query).all()
        yield from rows
        if len(rows) < _PORTION:
            return
        after = rows[-1].id


def json_lines(engine: Engine, after: int = 0) -> Iterator[str]:
    """The entries after that id as JSON, one a line, each with its hash and the one before."""
    before = ""
    for row in _rows(engine, max(0, after - 1)):
        entry = entry_of(row)
        if entry.id > after:
            line = {"id": entry.id, "at": entry.at.isoformat(timespec="microseconds"), "user": entry.user}
            line |= {"action": entry.action, "subject": entry.subject, "detail": entry.detail}
            line |= {"facts": dict(entry.facts), "before": before, "hash": entry.hash}
            yield json.dumps(line, ensure_ascii=False)
        before = entry.hash


def write_anchor(engine: Engine, file: Path) -> Anchor | None:
    """Notes the newest entry in the file; None where there is none, or the last anchor has it already.

    Raises:
        DebriefError: the file can't be read or written.
    """
    with engine.connect() as connection:
        row = connection.execute(sa.select(entries).order_by(entries.c.id.desc()).limit(1)).first()
    known = read_anchors(file)
    if row is None or not row.hash or (known and (known[-1].id, known[-1].hash) == (row.id, row.hash)):
        return None
    anchor = Anchor(utc_now(), row.id, row.hash)
    line = json.dumps({"at": anchor.at.isoformat(), "id": anchor.id, "hash": anchor.hash})
    try:
        with file.open("a", encoding="utf-8") as opened:
            opened.write(f"{line}\n")
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise DebriefError(
            f"audit.anchors_file {file} can't be written ({error.strerror}); mount its disk, or make it writable."
        ) from error
    return anchor


def read_anchors(file: Path) -> list[Anchor]:
    """The anchors of the file in order; none where there is no file.

    Raises:
        DebriefError: a line is no anchor.
    """
    if not file.exists():
        return []
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            raw = json.loads(line)
            found.append(Anchor(datetime.fromisoformat(raw["at"]), int(raw["id"]), str(raw["hash"])))
        except (ValueError, KeyError, TypeError) as error:
            raise DebriefError(
                f"{file}, line {number}, is no anchor of the audit trail ({line[:40]!r}); restore the file from where "
                "it is backed up."
            ) from error
    return found
