"""Approval: an app for more than its author's own group is read by a second person before people use it.

    if reason := review_needed(app, user, settings.auth):
        review = ask_for_review(engine, text, tests, user, note)
    approve(engine, review.id, colleague)       # publishes it
    request_changes(engine, review.id, colleague, "Name the day in the subject.")

One review of an app is open at a time; the text under review never changes. "Verified" is the version's own: it is
earned by the tests that ran with this very text.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from apps.language import App
from apps.publish.load import AppText, parse_app
from apps.publish.testing import TestResult
from apps.publish.versions import AppVersion, list_versions, publish
from core import audit
from core.database import Engine, Json, UtcDateTime, metadata, personal, utc_now
from core.errors import AppError
from core.settings import AuthSettings
from core.types import User

_EVIDENCE = "who released an app is evidence"
WAITING, APPROVED, RETURNED, WITHDRAWN = "waiting", "approved", "returned", "withdrawn"
reviews = sa.Table(
    "app_reviews",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("app", sa.String(40), nullable=False, index=True),
    sa.Column("version", sa.String(20), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("examples", sa.Text, nullable=False),
    sa.Column("tests", Json, nullable=False),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("author", sa.String(320), nullable=False, info=personal(_EVIDENCE)),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("reviewer", sa.String(320), nullable=False, info=personal(_EVIDENCE)),
    sa.Column("decided_at", UtcDateTime),
    sa.Column("notes", sa.Text, nullable=False),
)


@dataclass(frozen=True)
class Review:
    """A version that a second person is asked to agree to.

    Attributes:
        said: What the author tells the reviewer.
        notes: What the reviewer tells the author.
    """

    id: str
    app: str
    version: str
    written: AppText
    tests: tuple[TestResult, ...]
    state: str
    author: str
    asked_at: datetime
    said: str
    reviewer: str
    decided_at: datetime | None
    notes: str

    def load(self) -> App:
        """The app under review."""
        return parse_app(self.written.yaml, f"{self.app}.yaml", examples=self.written.examples)


def review_needed(app: App, user: User, auth: AuthSettings, current: App | None = None) -> str:
    """Why a second person must agree before people use the app; empty when the author may publish it alone.

    Args:
        current: The app of that name that people use now, which may be for others than the new one.
    """
    if not auth.app_reviews:
        return ""
    reason = _beyond(app, user)
    now = _beyond(current, user) if current is not None else ""
    return f"It is for {reason}" if reason else f"Until now it is for {now}" if now else ""


def _beyond(app: App, user: User) -> str:
    """For whom the app is if that is more than one's own group; else empty."""
    if not app.audience:
        return "everybody"
    if len(app.audience) > 1:
        return f"{len(app.audience)} groups"
    return "" if app.audience[0] in user.groups else f"{app.audience[0]}, which isn't your own group"


def ask_for_review(engine: Engine, text: AppText, tests: Sequence[TestResult], author: User, said: str = "") -> Review:
    """Opens a review of the text as it is; an older open one of this app is withdrawn by it.

    Raises:
        AppError: the text is wrong, or its version is published already.
    """
    app = parse_app(text.yaml, "The app", examples=text.examples)
    if any(v.version == app.version and v.written != text for v in list_versions(engine, app.name)):
        raise AppError(
            f"The app {app.name} has a version {app.version} with another content, and a published version never "
            "changes; raise `version` in the file."
        )
    made = uuid.uuid4().hex
    values = {
        "id": made, "app": app.name, "version": app.version, "text": text.yaml, "examples": text.examples,
        "tests": [{"name": t.name, "problems": list(t.problems), "seconds": t.seconds} for t in tests],
        "state": WAITING, "author": author.email, "asked_at": utc_now(), "said": said.strip(), "reviewer": "",
        "decided_at": None, "notes": "",
    }  # fmt: skip
    with engine.begin() as connection:
        open_one = (reviews.c.app == app.name) & (reviews.c.state == WAITING)
        other = connection.execute(sa.select(reviews.c.author).where(open_one)).scalar()
        if other not in (None, author.email):
            raise AppError(f"{other} has asked for a review of {app.name} already; wait until it is decided.")
        connection.execute(reviews.update().where(open_one).values(state=WITHDRAWN, decided_at=utc_now()))
        connection.execute(reviews.insert().values(**values))
        audit.append(connection, author, "asked for app review", f"{app.name} {app.version}", said.strip()[:500])
    return find_review(engine, made)


def approve(engine: Engine, review: str, reviewer: User, *, unverified: bool = False) -> AppVersion:
    """Publishes the text under review as its author's version.

    Raises:
        AppError: it isn't open, the reviewer is its author, or tests fail and `unverified` isn't set.
    """
    found = _open(engine, review, reviewer)
    made = publish(engine, found.written, f"{found.app}.yaml", found.tests, found.author, unverified=unverified)
    _decide(engine, found, APPROVED, reviewer, "")
    return made


def request_changes(engine: Engine, review: str, reviewer: User, notes: str) -> Review:
    """Gives the text back to its author with notes. Raises AppError: as `approve`, or there are no notes."""
    found = _open(engine, review, reviewer)
    if not notes.strip():
        raise AppError("Nothing is said to the author; write what should change.")
    _decide(engine, found, RETURNED, reviewer, notes.strip())
    return find_review(engine, review)


def withdraw(engine: Engine, review: str, author: User) -> None:
    """Takes an open review back. Raises AppError: it isn't open, or somebody else's."""
    found = find_review(engine, review)
    if found.state != WAITING or found.author != author.email:
        raise AppError(
            f"This review of {found.app} is {found.state} and {found.author}'s; only an open one of yours goes back."
        )
    _decide(engine, found, WITHDRAWN, author, "")


def find_review(engine: Engine, review: str) -> Review:
    """The review of that id. Raises AppError when there is none."""
    found = _reviews(engine, reviews.c.id == review)
    if not found:
        raise AppError(f"There is no review {review!r}; `debrief apps reviews` lists them.")
    return found[0]


def open_reviews(engine: Engine) -> list[Review]:
    """The reviews that wait, the oldest first."""
    return _reviews(engine, reviews.c.state == WAITING)[::-1]


def last_review(engine: Engine, app: str) -> Review | None:
    """The newest review of an app that wasn't withdrawn."""
    found = _reviews(engine, (reviews.c.app == app) & (reviews.c.state != WITHDRAWN))
    return found[0] if found else None


def may_review(review: Review, user: User) -> bool:
    """Whether the person is a second one."""
    return review.author.casefold() != user.email.casefold()


def _open(engine: Engine, review: str, reviewer: User) -> Review:
    found = find_review(engine, review)
    if found.state != WAITING:
        raise AppError(
            f"This review of {found.app} {found.version} is {found.state} already; nothing is left to decide."
        )
    if not may_review(found, reviewer):
        raise AppError(f"{reviewer.email} wrote {found.app} {found.version}; a second person must agree to it.")
    return found


def _decide(engine: Engine, review: Review, state: str, by: User, notes: str) -> None:
    values = {"state": state, "reviewer": by.email, "decided_at": utc_now(), "notes": notes}
    here = (reviews.c.id == review.id) & (reviews.c.state == WAITING)
    told = {APPROVED: "approved app", RETURNED: "requested app changes", WITHDRAWN: "withdrew app review"}[state]
    with engine.begin() as connection:
        if connection.execute(reviews.update().where(here).values(**values)).rowcount:
            audit.append(connection, by, told, f"{review.app} {review.version}", notes[:500])


def _reviews(engine: Engine, condition: sa.ColumnElement[bool]) -> list[Review]:
    query = sa.select(reviews).where(condition).order_by(reviews.c.asked_at.desc())
    with engine.connect() as connection:
        return [_review(row) for row in connection.execute(query).mappings()]


def _review(row: Mapping[Any, Any]) -> Review:
    values = {key: row[key] for key in Review.__dataclass_fields__ if key in row}
    values["written"] = AppText(row["text"], row["examples"])
    values["tests"] = tuple(TestResult(t["name"], tuple(t["problems"]), t["seconds"]) for t in row["tests"])
    return Review(**values)
