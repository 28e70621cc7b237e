"""Standing approvals: a person says beforehand which forms of her own workflows are sent without being looked at.

    scope = Scope("weekly_digest", "1.0", digest, "tickets.issue")
    approve(reviews, ana, scope, Terms({"project": ("OPS",)}, ("summary",), until))
    confirmed_if_covered(reviews, proposal, ana, scope)

An approval is for one app as it was then, one action, one person and a time. Whom or what a record reaches is one of
the values that it names; other fields may vary where it says so. Whatever is outside goes into review like any form.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from actions.proposals import Proposal
from actions.review import Reviews
from core import audit
from core.database import Engine, Json, UtcDateTime, metadata, personal
from core.errors import ActionError
from core.nearest import nearest
from core.types import User

_MOST_DAYS = 366
approvals = sa.Table(
    "standing_approvals",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("user", sa.String(320), nullable=False, index=True, info=personal("delete")),
    sa.Column("app", sa.String(40), nullable=False),
    sa.Column("version", sa.String(20), nullable=False),
    # Of the app's whole file: another text under the same version isn't what was approved.
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("action", sa.String(120), nullable=False),
    sa.Column("fixed", Json, nullable=False),
    sa.Column("vary", Json, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is approved: an action, as one app in one state fills it in. `digest` is the SHA-256 of the app's file."""

    app: str
    version: str
    digest: str
    action: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What a form may hold: field → the values that it may have, the fields that may have any, and until when."""

    fixed: Mapping[str, Sequence[str]]
    vary: Sequence[str]
    until: datetime


@dataclass(frozen=True, slots=True)
class StandingApproval:
    """One approval. `fixed` is field → the values that it may have, `vary` the fields that may have any."""

    id: str
    user: str
    scope: Scope
    fixed: Mapping[str, tuple[str, ...]]
    vary: tuple[str, ...]
    made_at: datetime
    until: datetime
    revoked_at: datetime | None = None

    def state(self, now: datetime) -> str:
        """valid, expired or revoked."""
        return "revoked" if self.revoked_at else "expired" if self.until <= now else "valid"


def approve(reviews: Reviews, user: User, scope: Scope, terms: Terms) -> StandingApproval:
    """The new approval.

    Raises:
        ActionError: the action isn't the person's, a field doesn't exist or would leave open whom it reaches, or the
            time is over or longer than a year.
    """
    action, now = reviews.actions.named(scope.action, user), reviews.now()
    fixed, vary, until = terms.fixed, terms.vary, terms.until
    fields = {f.name: f for f in action.operation.fields}
    for name in (*fixed, *vary):
        if name not in fields:
            raise ActionError(f"{scope.action} has no field {name!r}; {nearest(name, list(fields), 'fields')}")
    always = action.connection.settings.fixed
    for name, field in fields.items():
        is_target = field.addressee or field.about
        if is_target and name in vary:
            raise ActionError(f"{field.label} says whom or what is reached, so it can't vary; name its values.")
        if is_target and field.required and name not in fixed and name not in always:
            raise ActionError(f"{field.label} says whom or what is reached; name the values that it may have.")
    if both := set(fixed) & set(vary):
        raise ActionError(f"{min(both)} is both fixed and varying; choose one.")
    if not now < until <= now + timedelta(days=_MOST_DAYS):
        raise ActionError(f"An approval ends within {_MOST_DAYS} days from now, and {until:%Y-%m-%d} doesn't.")
    # What the settings fix today is approved as it is today.
    values = {n: (v,) for n, v in always.items() if n in fields} | {n: tuple(found) for n, found in fixed.items()}
    made = StandingApproval(uuid.uuid4().hex, user.email.lower(), scope, values, tuple(vary), now, until)
    with reviews.engine.begin() as connection:
        connection.execute(approvals.insert().values(**_row(made)))
        audit.append(connection, user, "approved beforehand", scope.action, "", **_facts(made))
    return made


def revoke(engine: Engine, wanted: str, user: User, now: datetime) -> StandingApproval:
    """The approval, which counts no more from now on. Raises ActionError: there is no such valid one of theirs."""
    known = next((a for a in approvals_of(engine, user) if wanted and a.id.startswith(wanted)), None)
    if known is None or known.state(now) != "valid":
        raise ActionError(
            f"There is no valid approval {wanted!r} of {user.email}; `debrief workflows approvals` lists."
        )
    with engine.begin() as connection:
        connection.execute(approvals.update().where(approvals.c.id == known.id).values(revoked_at=now))
        audit.append(connection, user, "revoked approval", known.scope.action, "", **_facts(known))
    return next(a for a in approvals_of(engine, user) if a.id == known.id)


def approvals_of(engine: Engine, user: User) -> list[StandingApproval]:
    """The person's approvals, also those that count no more, the newest first."""
    query = sa.select(approvals).where(approvals.c.user == user.email.lower()).order_by(approvals.c.made_at.desc())
    with engine.connect() as connection:
        return [_approval(row) for row in connection.execute(query)]


def confirmed_if_covered(reviews: Reviews, form: Proposal, user: User, scope: Scope) -> Proposal | None:
    """The form after it was confirmed under an approval of its person; None leaves it under review.

    Raises:
        ActionError: it is covered, and can't be sent as it stands.
    """
    now = reviews.now()
    known = [a for a in approvals_of(reviews.engine, user) if a.scope == scope and a.state(now) == "valid"]
    fitting = next((a for a in known if not outside(a, form.form.values)), None)
    if fitting is None or form.problem:
        return None
    facts = {**_facts(fitting), "proposal": form.id, "form": form.fingerprint}
    audit.record(reviews.engine, user, "used approval", form.action, "", **facts)
    return reviews.confirm(form.id, user, form.fingerprint)


def outside(approval: StandingApproval, values: Mapping[str, str]) -> list[str]:
    """The fields whose values the approval doesn't cover. A field that it doesn't name must be empty."""
    return [
        name
        for name, value in values.items()
        if name not in approval.vary and (value or name in approval.fixed) and value not in approval.fixed.get(name, ())
    ]


def _facts(known: StandingApproval) -> dict[str, Any]:
    told = {"approval": known.id, "app": f"{known.scope.app} {known.scope.version}", "until": known.until.isoformat()}
    return {**told, "fixed": {k: list(v) for k, v in known.fixed.items()}, "vary": list(known.vary)}


def _row(made: StandingApproval) -> dict[str, Any]:
    scope = {name: getattr(made.scope, name) for name in ("app", "version", "digest", "action")}
    own = {name: getattr(made, name) for name in ("id", "user", "vary", "made_at", "until", "revoked_at")}
    return {**scope, **own, "fixed": {name: list(values) for name, values in made.fixed.items()}}


def _approval(row: sa.Row[Any]) -> StandingApproval:
    scope = Scope(row.app, row.version, row.digest, row.action)
    fixed = {name: tuple(values) for name, values in row.fixed.items()}
    return StandingApproval(row.id, row.user, scope, fixed, tuple(row.vary), row.made_at, row.until, row.revoked_at)
