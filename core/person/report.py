"""What is said to whoever exports or deletes a person: in words, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping

from core.database import Engine, utc_now
from core.person.records import Deletion, person_records
from core.settings import Settings


def as_json(engine: Engine, email: str) -> str:
    """Everything that is kept about the person, by table."""
    records = person_records(engine, email)
    whole = {"person": email, "as_of": utc_now().isoformat(timespec="seconds"), "records": records}
    return json.dumps(whole, ensure_ascii=False, indent=2, default=str) + "\n"


def deletion_lines(done: Deletion, settings: Settings) -> list[str]:
    """What was deleted, what stays and why, and what else may hold something."""
    lines = [f"Deleted: {_counts(done.deleted) or 'nothing'}."]
    if done.anonymised:
        lines.append(f"Kept for its counts, without the person: {_counts(done.anonymised)}.")
    lines += [f"Kept: {kept.rows} rows in {kept.table}: {kept.reason}." for kept in done.kept]
    lines += [f"Not deleted, though nothing requires it: rows in {table}; try again." for table in done.left]
    if not done.left:
        lines.append("Looked up afterwards: nothing else is left in the database.")
    return lines + elsewhere(settings)


def elsewhere(settings: Settings) -> list[str]:
    """Where a person may stand besides the tables, for whoever deletes one."""
    lines = []
    if settings.auth.users_file is not None:
        lines.append(f"Not touched: {settings.path(settings.auth.users_file)}; take the person out there.")
    return [
        *lines,
        "Not touched: documents, their access lists and the groups that sources keep, which their systems own; cases "
        "of the evaluation that ask as this person, and their results; backups, which expire by their own days.",
    ]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{rows} in {table}" for table, rows in sorted(counts.items()))
