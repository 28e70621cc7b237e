"""What a person may do with a form: have it filled in, change it, confirm it as they see it, cancel it, take it back.

Nothing here takes an instruction from a document or a model: they give values, which a person sees. Which system is
written to is the person's choice, and a confirmation counts only for the form whose fingerprint it names.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from actions.connections import Action, Actions, open_actions
from actions.form import Problem, cleaned, problems
from actions.kinds.kind import Field, Record
from actions.outbox import Outbox
from actions.proposals import Evidence, Form, Proposal, State, add, proposals, stored
from core import audit
from core.database import Engine, utc_now
from core.errors import ActionError, Busy, NotConnected, Refused
from core.settings import Settings
from core.types import User

_MOST_CHARS = 100_000


@dataclass(frozen=True)
class Reviews:
    """Forms under review. Every step stands in the audit trail."""

    engine: Engine
    actions: Actions
    now: Callable[[], datetime] = utc_now

    @property
    def outbox(self) -> Outbox:
        """What brings confirmed forms there."""
        return Outbox(self.engine, self.actions, self.now)

    def propose(
        self,
        wanted: str,
        given: Mapping[str, Any],
        user: User,
        evidence: Mapping[str, Sequence[Evidence]] | None = None,
        origin: Mapping[str, str] | None = None,
    ) -> Proposal:
        """A form with these values, for the person to review. What is missing or wrong stays to be mended.

        Raises:
            ActionError: there is no such action, it isn't for this person, or it has no such field.
            Refused, Busy: the system doesn't tell what it allows.
        """
        action = self.actions.named(wanted, user)
        self._check_names(action, given)
        fields = action.fields(user)
        settings = action.connection.settings
        values = cleaned(fields, {**settings.preset, **_told(given)}, settings.fixed)
        before, problem = self._known_before(action, fields, values, user)
        shown = {name: tuple(found) for name, found in (evidence or {}).items() if name in values}
        form = Form(values, dict(values), shown, before, dict(origin or {}), user.name)
        made = Proposal(uuid.uuid4().hex, user.email.lower(), action.id, form, "proposed", self.now(), problem=problem)
        with self.engine.begin() as connection:
            add(connection, made)
            self._audit(connection, "proposed action", made, user)
        return made

    def proposal(self, wanted: str, user: User) -> Proposal:
        """The person's own proposal. Raises ActionError: there is none."""
        with self.engine.connect() as connection:
            return stored(connection, wanted, user)

    def edit(self, wanted: str, given: Mapping[str, Any], user: User) -> Proposal:
        """The form with other values in some fields; read-only ones stay. Raises as `propose`."""
        known = self.proposal(wanted, user)
        action = self.actions.named(known.action, user)
        self._check_names(action, given)
        fields = action.fields(user)
        open_fields = {f.name for f in fields if not f.read_only}
        wanted_values = {**known.form.values, **{k: v for k, v in _told(given).items() if k in open_fields}}
        values = cleaned(fields, wanted_values, action.connection.settings.fixed)
        before, problem = self._known_before(action, fields, values, user)
        form = replace(known.form, values=values, before=before)
        return self._changed(known, user, ("proposed",), "edited action", form=asdict(form), problem=problem)

    def problems(self, wanted: str, user: User) -> tuple[Problem, ...]:
        """What has to be mended before it can be confirmed; of the whole form where no field is named."""
        known = self.proposal(wanted, user)
        action = self.actions.named(known.action, user)
        return (*self.unready(action, user), *problems(action.fields(user), known.form.values))

    @staticmethod
    def unready(action: Action, user: User) -> tuple[Problem, ...]:
        """What the person has to do at the other system first."""
        why = action.connection.why_not(user)
        return (Problem("", why),) if why else ()

    def confirm(self, wanted: str, user: User, seen: str) -> Proposal:
        """The proposal after it was confirmed, and tried once.

        Args:
            seen: The fingerprint of the form that the person saw.

        Raises:
            ActionError: it was changed since it was shown, is incomplete, not theirs, or no longer under review.
        """
        known = self.proposal(wanted, user)
        action = self.actions.named(known.action, user)
        if known.state != "proposed":
            raise ActionError(f"This form is {known.state} already; nothing more was sent.")
        if seen != known.fingerprint:
            raise ActionError("This form was changed since it was shown to you; look at it again, then confirm.")
        fields = action.fields(user)
        if wrong := (*self.unready(action, user), *problems(fields, known.form.values)):
            raise ActionError(f"This form can't be sent yet: {wrong[0].message}")
        if dict(known.form.before) != self._before(action, fields, known.form.values, user):
            self.edit(wanted, {}, user)
            raise ActionError("The record has changed since the form was filled in; look at it again, then confirm.")
        self._changed(known, user, ("proposed",), "confirmed action", state="queued", confirmed_at=self.now(),
                      due_at=self.now(), attempts=0, begun_at=None, unsure=False, problem="")  # fmt: skip
        return self.outbox.deliver(wanted)

    def cancel(self, wanted: str, user: User) -> Proposal:
        """The proposal, which now won't be sent. Raises ActionError: it was sent already."""
        known = self.proposal(wanted, user)
        return self._changed(known, user, ("proposed",), "cancelled action", state="cancelled")

    def retry(self, wanted: str, user: User, not_there: bool = False) -> Proposal:
        """The proposal after another try, for one that is stuck or waits for its next try.

        Args:
            not_there: The person has looked, and the record isn't there: it is sent without being looked up.
        """
        known = self.proposal(wanted, user)
        self.actions.named(known.action, user)
        told = {"unsure": False} if not_there and known.state == "stuck" else {}
        self._changed(known, user, ("stuck", "queued"), "retried action",
                      state="queued", due_at=self.now(), attempts=0, **told)  # fmt: skip
        return self.outbox.deliver(wanted)

    def settle(self, wanted: str, record_id: str, user: User) -> Proposal:
        """The proposal, which the person has found in the other system under this id."""
        known = self.proposal(wanted, user)
        record = asdict(Record(record_id, title=record_id or "found by hand"))
        return self._changed(known, user, ("stuck",), "settled action", state="written", record=record, problem="")

    def undo(self, wanted: str, user: User) -> Proposal:
        """The proposal after its record was taken back. Raises ActionError: the system can't, or refuses."""
        known = self.proposal(wanted, user)
        action = self.actions.named(known.action, user)
        if action.operation.undo is None or known.record is None or known.state != "written":
            raise ActionError(f"{action.title} can't be taken back from here; change it in the other system.")
        action.operation.undo(action.connection.client_of(user), known.record)
        return self._changed(known, user, ("written",), "undid action", state="undone")

    def _known_before(
        self, action: Action, fields: Sequence[Field], values: Mapping[str, str], user: User
    ) -> tuple[dict[str, str], str]:
        """The record as it is now; and why where it can't be seen: the form is kept, to be mended."""
        try:
            return self._before(action, fields, values, user), ""
        except NotConnected:
            return {}, ""  # which `problems` says, for as long as it is so
        except (Refused, Busy) as error:
            return {}, str(error)

    def _before(self, action: Action, fields: Sequence[Field], values: Mapping[str, str], user: User) -> dict[str, str]:
        """The record that the form changes, as it is now; empty where there is none, or it isn't named yet."""
        named = [f.name for f in fields if f.about]
        if action.operation.before is None or not all(values.get(name) for name in named):
            return {}
        if any(p.field in named for p in problems(fields, values)):
            return {}
        return dict(action.operation.before(action.connection.client_of(user), values))

    @staticmethod
    def _check_names(action: Action, given: Mapping[str, Any]) -> None:
        names = [f.name for f in action.operation.fields]
        for name, value in given.items():
            if name not in names:
                raise ActionError(f"{action.id} has no field {name!r}; its fields are {', '.join(names)}.")
            if len(str(value)) > _MOST_CHARS:
                raise ActionError(f"The field {name} has over {_MOST_CHARS:,} characters; shorten it.")

    def _changed(self, known: Proposal, user: User, states: Sequence[State], step: str, **values: Any) -> Proposal:
        """The row with these values, if it is still as it was seen; the audit trail tells of it in the same moment."""
        as_seen = (proposals.c.id == known.id) & proposals.c.state.in_(states) & (proposals.c.lease == known.lease)
        with self.engine.begin() as connection:
            if not connection.execute(proposals.update().where(as_seen).values(**values)).rowcount:
                now = stored(connection, known.id).state
                raise ActionError(f"This form is {now}, so that can't be done with it any more.")
            changed = stored(connection, known.id)
            self._audit(connection, step, changed, user)
        return changed

    @staticmethod
    def _audit(connection: sa.Connection, step: str, proposal: Proposal, user: User) -> None:
        facts = {"proposal": proposal.id, "form": proposal.fingerprint, **proposal.form.origin}
        audit.append(connection, user, step, proposal.action, proposal.problem, **facts)


def _told(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def open_reviews(settings: Settings, engine: Engine) -> Reviews:
    """The reviews of this installation. Raises SettingsError: an entry of `actions:` is wrong."""
    return Reviews(engine, open_actions(settings, engine))
