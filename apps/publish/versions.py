"""Published versions of apps, in the database.

A published version is the file's text as it was, with its examples and its tests' results: it never changes, and runs
are pinned to it.
"Verified" belongs to a version and is earned by passing the app's tests. Rolling back points at an older version.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from apps.language import App
from apps.publish.catalogue import load_apps
from apps.publish.load import AppText, parse_app
from apps.publish.testing import TestResult
from apps.runner import may_use
from core import audit
from core.database import Engine, Json, UtcDateTime, metadata, personal, utc_now
from core.errors import AppError
from core.nearest import nearest
from core.settings import Settings
from core.types import User

versions = sa.Table(
    "app_versions",
    metadata,
    sa.Column("app", sa.String, primary_key=True),
    sa.Column("version", sa.String, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
    sa.Column("tests", Json, nullable=False),
    sa.Column("verified", sa.Boolean, nullable=False),
    sa.Column("author", sa.String, nullable=False, info=personal("who released an app is evidence")),
    sa.Column("published_at", UtcDateTime, nullable=False),
    # Versions of before the examples had a file of their own hold them in `text`.
    sa.Column("examples", sa.Text, nullable=False, default=""),
)
current = sa.Table(
    "app_current",
    metadata,
    sa.Column("app", sa.String, primary_key=True),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("changed_by", sa.String, nullable=False, info=personal("who released an app is evidence")),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True)
class AppVersion:
    """A published version. `current` says whether it is the one that people use."""

    app: str
    version: str
    text: str
    tests: tuple[Mapping[str, Any], ...]
    verified: bool
    author: str
    published_at: datetime
    current: bool
    examples: str = ""

    @property
    def written(self) -> AppText:
        """What its author wrote."""
        return AppText(self.text, self.examples)

    def load(self) -> App:
        """The app as it was published."""
        return _parsed(self.text, f"{self.app} {self.version} (published)", self.examples)


@dataclass(frozen=True)
class Available:
    """An app that a person may use. `verified` is about this very version."""

    app: App
    verified: bool
    published: bool


def publish(
    engine: Engine,
    text: AppText,
    name: str,
    tests: Sequence[TestResult],
    author: str,
    *,
    unverified: bool = False,
) -> AppVersion:
    """Keeps `text` as a version and makes it the current one; `name` stands in messages.

    Raises:
        AppError: it is wrong, the version exists with another content, or tests fail and `unverified` isn't set.
    """
    app = parse_app(text.yaml, name, examples=text.examples)
    failed = [t.name for t in tests if not t.passed]
    if (failed or not tests) and not unverified:
        reason = f"the tests {', '.join(failed)} fail" if failed else "it has no tests"
        raise AppError(
            f"The app {app.name} {app.version} isn't published: {reason}; mend that, or publish it unverified."
        )
    digest = _digest(text)
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
                    text=text.yaml,
                    examples=text.examples,
                    sha256=digest,
                    tests=results,
                    verified=bool(tests) and not failed,
                    author=author,
                    published_at=utc_now(),
                )
            )
            state = "verified" if tests and not failed else "not verified"
            audit.append(connection, User(author), audit.PUBLISHED, f"{app.name} {app.version}", state, sha256=digest)
        elif not failed and tests:
            # The same file, whose tests are green now: verified is earned again.
            here = (versions.c.app == app.name) & (versions.c.version == app.version)
            connection.execute(versions.update().where(here).values(verified=True, tests=results))
    _point(engine, app.name, app.version, author)
    return find_version(engine, app.name, app.version)


def rollback(engine: Engine, name: str, version: str, by: str) -> AppVersion:
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


def list_versions(engine: Engine, name: str) -> list[AppVersion]:
    """The versions of an app, newest first."""
    return _versions(engine, versions.c.app == name)


def published_since(engine: Engine, since: datetime, limit: int | None = None) -> list[AppVersion]:
    """Every app's versions that were published from then on, newest first."""
    return _versions(engine, versions.c.published_at >= since, limit)


def published_apps(engine: Engine) -> list[str]:
    """The names of all apps that were ever published, with a file or without."""
    with engine.connect() as connection:
        return list(connection.execute(sa.select(current.c.app).order_by(current.c.app)).scalars())


def find_version(engine: Engine, name: str, version: str) -> AppVersion:
    """One version. Raises AppError when there is none, with the ones that there are."""
    known = list_versions(engine, name)
    for found in known:
        if found.version == version:
            return found
    raise AppError(
        f"The app {name} has no version {version!r}; {nearest(version, [v.version for v in known], 'versions')}"
    )


def app_difference(before: AppText, after: AppText, names: tuple[str, str]) -> str:
    """The unified diffs of two apps' files and of their examples; empty when they are the same."""
    examples = f"{names[0]}, examples", f"{names[1]}, examples"
    return difference(before.yaml, after.yaml, names) + difference(before.examples, after.examples, examples)


def difference(before: str, after: str, names: tuple[str, str]) -> str:
    """The unified diff of two files' texts; empty when they are the same."""
    return "".join(difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), *names, n=2))


def all_apps(settings: Settings, engine: Engine) -> tuple[dict[str, Available], list[AppError]]:
    """Every app, as its published version or else as its file, and what is wrong with those that can't be used."""
    files, wrong = load_apps(settings)
    found = {name: Available(app, verified=False, published=False) for name, app in files.items()}
    query = sa.select(versions).join(
        current, (current.c.app == versions.c.app) & (current.c.version == versions.c.version)
    )
    with engine.connect() as connection:
        for row in connection.execute(query).mappings():
            try:
                app = _parsed(row["text"], f"{row['app']} {row['version']} (published)", row["examples"])
            except AppError as error:
                # Published under an older Debrief, whose apps had other fields.
                wrong.append(error)
                continue
            found[app.name] = Available(app, verified=bool(row["verified"]), published=True)
    return dict(sorted(found.items())), wrong


def available_apps(settings: Settings, engine: Engine, user: User) -> dict[str, Available]:
    """The apps that `user` may use: published versions, else the files."""
    return {name: item for name, item in all_apps(settings, engine)[0].items() if may_use(item.app, user)}


@lru_cache(maxsize=256)
def _parsed(text: str, name: str, examples: str) -> App:
    return parse_app(text, name, examples=examples)


def _digest(text: AppText) -> str:
    # Without examples it is that of the YAML alone, as before these had a file of their own.
    whole = f"{text.yaml}\0{text.examples}" if text.examples else text.yaml
    return hashlib.sha256(whole.encode()).hexdigest()


def _versions(engine: Engine, condition: sa.ColumnElement[bool], limit: int | None = None) -> list[AppVersion]:
    query = sa.select(versions, current.c.version.label("now")).outerjoin(current, current.c.app == versions.c.app)
    query = query.where(condition).order_by(versions.c.published_at.desc()).limit(limit)
    with engine.connect() as connection:
        return [_version(dict(row)) for row in connection.execute(query).mappings()]


def _find(engine: Engine, name: str, version: str) -> Mapping[str, Any] | None:
    query = sa.select(versions).where((versions.c.app == name) & (versions.c.version == version))
    with engine.connect() as connection:
        row = connection.execute(query).mappings().first()
    return dict(row) if row is not None else None


def _point(engine: Engine, name: str, version: str, by: str) -> None:
    values = {"version": version, "changed_by": by, "changed_at": utc_now()}
    with engine.begin() as connection:
        if connection.execute(current.update().where(current.c.app == name).values(**values)).rowcount == 0:
            connection.execute(current.insert().values(app=name, **values))
        audit.append(connection, User(by), "made app current", f"{name} {version}")


def _version(row: Mapping[str, Any]) -> AppVersion:
    return AppVersion(
        app=row["app"],
        version=row["version"],
        text=row["text"],
        tests=tuple(row["tests"]),
        verified=bool(row["verified"]),
        author=row["author"],
        published_at=row["published_at"],
        current=row["now"] == row["version"],
        examples=row["examples"],
    )
