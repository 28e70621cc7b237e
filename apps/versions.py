"""Published versions of apps, their runs and collected forms, in the database.

A published version is the file's text as it was, with its tests' results: it never changes, and runs are pinned to it.
"Verified" belongs to a version and is earned by passing the app's tests. Rolling back points at an older version.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from apps.catalogue import load_apps
from apps.context import AppFile
from apps.inputs import check_inputs
from apps.runner import RunResult, may_use
from apps.spec import App, nearest, parse_app
from apps.testing import TestResult
from core.database import metadata
from core.errors import AppError
from core.settings import Settings
from core.types import User

versions = sa.Table(
    "app_versions",
    metadata,
    sa.Column("app", sa.String, primary_key=True),
    sa.Column("version", sa.String, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
    sa.Column("tests", sa.Text, nullable=False),
    sa.Column("verified", sa.Boolean, nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
)
current = sa.Table(
    "app_current",
    metadata,
    sa.Column("app", sa.String, primary_key=True),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("changed_by", sa.String, nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
)
runs = sa.Table(
    "app_runs",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("app", sa.String, nullable=False, index=True),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("user", sa.String, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("tokens", sa.Integer, nullable=False),
    sa.Column("minutes_saved", sa.Float, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    # 1 useful, -1 not useful, null not said
    sa.Column("rating", sa.Integer, nullable=True),
)
submissions = sa.Table(
    "app_submissions",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("app", sa.String, nullable=False, index=True),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("collection", sa.String, nullable=False),
    sa.Column("user", sa.String, nullable=False),
    sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("values", sa.Text, nullable=False),
)


@dataclass(frozen=True)
class Version:
    """A published version. `current` says whether it is the one that people use."""

    app: str
    version: str
    text: str
    tests: tuple[Mapping[str, Any], ...]
    verified: bool
    author: str
    published_at: datetime
    current: bool

    def load(self) -> App:
        """The app as it was published."""
        return parse_app(self.text, f"{self.app} {self.version} (published)")


@dataclass(frozen=True)
class Available:
    """An app that a person may use. `verified` is about this very version."""

    app: App
    verified: bool
    published: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """What a version was used for: runs, completed ones, people, minutes saved, thumbs."""

    app: str
    version: str
    runs: int
    completed: int
    people: int
    minutes_saved: float
    useful: int
    not_useful: int


def publish(
    engine: sa.Engine, text: str, name: str, tests: Sequence[TestResult], author: str, *, unverified: bool = False
) -> Version:
    """Keeps `text` as a version and makes it the current one.

    Raises:
        AppError: it is wrong, the version exists with another content, or tests fail and `unverified` isn't set.
    """
    app = parse_app(text, name)
    failed = [t.name for t in tests if not t.passed]
    if (failed or not tests) and not unverified:
        reason = f"the tests {', '.join(failed)} fail" if failed else "it has no tests"
        raise AppError(
            f"The app {app.name} {app.version} isn't published: {reason}; mend that, or publish it unverified."
        )
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = _find(engine, app.name, app.version)
    if known is not None and known["sha256"] != digest:
        raise AppError(
            f"The app {app.name} has a version {app.version} with another content, and a published version never "
            "changes; raise `version` in the file."
        )
    results = [{"name": t.name, "passed": t.passed, "problems": list(t.problems)} for t in tests]
    with engine.begin() as connection:
        if known is None:
            connection.execute(
                versions.insert().values(
                    app=app.name,
                    version=app.version,
                    text=text,
                    sha256=digest,
                    tests=json.dumps(results),
                    verified=bool(tests) and not failed,
                    author=author,
                    published_at=datetime.now(UTC),
                )
            )
        elif not failed and tests:
            # The same file, whose tests are green now: verified is earned again.
            here = (versions.c.app == app.name) & (versions.c.version == app.version)
            connection.execute(versions.update().where(here).values(verified=True, tests=json.dumps(results)))
    _point(engine, app.name, app.version, author)
    return find_version(engine, app.name, app.version)


def rollback(engine: sa.Engine, name: str, version: str, by: str) -> Version:
    """Makes an older version the current one; an empty `version` means the one published before.

    Raises:
        AppError: there is no such version, or none before.
    """
    known = list_versions(engine, name)
    if not known:
        raise AppError(f"The app {name!r} was never published; publish it first.")
    if not version:
        place = next((n for n, v in enumerate(known) if v.current), 0)
        if place + 1 >= len(known):
            raise AppError(f"The app {name} has no version before {known[place].version}; name the version to use.")
        version = known[place + 1].version
    found = find_version(engine, name, version)
    _point(engine, name, found.version, by)
    return find_version(engine, name, version)


def list_versions(engine: sa.Engine, name: str) -> list[Version]:
    """The versions of an app, newest first."""
    query = sa.select(versions, current.c.version.label("now")).outerjoin(current, current.c.app == versions.c.app)
    query = query.where(versions.c.app == name).order_by(versions.c.published_at.desc())
    with engine.connect() as connection:
        return [_version(dict(row)) for row in connection.execute(query).mappings()]


def find_version(engine: sa.Engine, name: str, version: str) -> Version:
    """One version. Raises AppError when there is none, with the ones that there are."""
    known = list_versions(engine, name)
    for found in known:
        if found.version == version:
            return found
    raise AppError(
        f"The app {name} has no version {version!r}; {nearest(version, [v.version for v in known], 'versions')}"
    )


def difference(before: str, after: str, names: tuple[str, str]) -> str:
    """The unified diff of two files' texts; empty when they are the same."""
    return "".join(difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), *names, n=2))


def all_apps(settings: Settings, engine: sa.Engine) -> tuple[dict[str, Available], list[AppError]]:
    """Every app, as its published version or else as its file, and what is wrong with those that can't be used."""
    files, wrong = load_apps(settings)
    found = {name: Available(app, verified=False, published=False) for name, app in files.items()}
    query = sa.select(versions).join(
        current, (current.c.app == versions.c.app) & (current.c.version == versions.c.version)
    )
    with engine.connect() as connection:
        for row in connection.execute(query).mappings():
            try:
                app = _parsed(row["text"], f"{row['app']} {row['version']} (published)")
            except AppError as error:
                # Published under an older Debrief, whose apps had other fields.
                wrong.append(error)
                continue
            found[app.name] = Available(app, verified=bool(row["verified"]), published=True)
    return dict(sorted(found.items())), wrong


def available_apps(settings: Settings, engine: sa.Engine, user: User) -> dict[str, Available]:
    """The apps that `user` may use: published versions, else the files."""
    return {name: item for name, item in all_apps(settings, engine)[0].items() if may_use(item.app, user)}


@lru_cache(maxsize=256)
def _parsed(text: str, name: str) -> App:
    return parse_app(text, name)


def record_run(engine: sa.Engine, result: RunResult, user: User) -> str:
    """Keeps what a run used and gave back, without its inputs and outputs; the run's id."""
    run = uuid.uuid4().hex
    with engine.begin() as connection:
        connection.execute(
            runs.insert().values(
                id=run,
                app=result.app,
                version=result.version,
                user=user.email,
                started_at=datetime.now(UTC),
                seconds=result.seconds,
                status=result.status,
                tokens=result.tokens,
                minutes_saved=result.saved_minutes,
                error=result.error[:500],
                rating=None,
            )
        )
    return run


def rate_run(engine: sa.Engine, run: str, useful: bool, user: User) -> None:
    """Keeps whether a run's result was useful. Raises AppError when it isn't this person's run."""
    mine = (runs.c.id == run) & (runs.c.user == user.email)
    with engine.begin() as connection:
        if connection.execute(runs.update().where(mine).values(rating=1 if useful else -1)).rowcount == 0:
            raise AppError(f"There is no run {run!r} of {user.email}; rate a run of your own.")


def usage(engine: sa.Engine) -> list[Usage]:
    """The use of every version, most used first."""
    completed = sa.func.sum(sa.case((runs.c.status == "completed", 1), else_=0))
    query = sa.select(
        runs.c.app,
        runs.c.version,
        sa.func.count().label("count"),
        completed.label("completed"),
        sa.func.count(sa.distinct(runs.c.user)).label("people"),
        sa.func.sum(runs.c.minutes_saved).label("minutes"),
        sa.func.sum(sa.case((runs.c.rating == 1, 1), else_=0)).label("useful"),
        sa.func.sum(sa.case((runs.c.rating == -1, 1), else_=0)).label("not_useful"),
    ).group_by(runs.c.app, runs.c.version)
    with engine.connect() as connection:
        found = [Usage(*row) for row in connection.execute(query)]
    return sorted(found, key=lambda u: -u.runs)


def submit(engine: sa.Engine, app: App, collection: str, given: Mapping[str, Any], user: User) -> None:
    """Appends one person's inputs to a collection. Files are kept by name only.

    Raises:
        InputsWrong: as for a run.
    """
    if not may_use(app, user):
        raise AppError(f"The app {app.name} is not open to {user.email}; ask {app.owner}.")
    values = check_inputs(app, given)
    plain = {k: v.name if isinstance(v, AppFile) else v for k, v in values.items()}
    with engine.begin() as connection:
        connection.execute(
            submissions.insert().values(
                id=uuid.uuid4().hex,
                app=app.name,
                version=app.version,
                collection=collection,
                user=user.email,
                submitted_at=datetime.now(UTC),
                values=json.dumps(plain, ensure_ascii=False, default=str),
            )
        )


def collected_csv(engine: sa.Engine, app: str, collection: str) -> str:
    """All submissions of a collection as CSV, oldest first. Cells that begin like a formula are quoted as text."""
    query = (
        sa.select(submissions)
        .where((submissions.c.app == app) & (submissions.c.collection == collection))
        .order_by(submissions.c.submitted_at)
    )
    with engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    values = [json.loads(row["values"]) for row in rows]
    fields = list(dict.fromkeys(key for v in values for key in v))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["submitted_at", "user", "version", *fields])
    for row, found in zip(rows, values, strict=True):
        cells = [_cell(found.get(f)) for f in fields]
        writer.writerow([row["submitted_at"].isoformat(), row["user"], row["version"], *cells])
    return out.getvalue()


def _cell(value: Any) -> str:
    text = "" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text


def _find(engine: sa.Engine, name: str, version: str) -> Mapping[str, Any] | None:
    query = sa.select(versions).where((versions.c.app == name) & (versions.c.version == version))
    with engine.connect() as connection:
        row = connection.execute(query).mappings().first()
    return dict(row) if row is not None else None


def _point(engine: sa.Engine, name: str, version: str, by: str) -> None:
    values = {"version": version, "changed_by": by, "changed_at": datetime.now(UTC)}
    with engine.begin() as connection:
        if connection.execute(current.update().where(current.c.app == name).values(**values)).rowcount == 0:
            connection.execute(current.insert().values(app=name, **values))


def _version(row: Mapping[str, Any]) -> Version:
    return Version(
        app=row["app"],
        version=row["version"],
        text=row["text"],
        tests=tuple(json.loads(row["tests"])),
        verified=bool(row["verified"]),
        author=row["author"],
        published_at=row["published_at"],
        current=row["now"] == row["version"],
    )
