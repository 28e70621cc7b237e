"""From a confirmed form to one record: sent at least once, looked up before it is sent again, written once.

A sender takes a form alone for longer than the system may be silent (its lease). Before the first byte leaves, the row
says that it may have been written; from then on nothing is sent that wasn't looked up first. So a crash between the
sending and the answer loses nothing and doubles nothing. Systems that keep no key and can't be searched are never sent
to a second time: a person settles what became of it.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from actions.connections import Action, Actions, unexpected
from actions.kinds.kind import Draft, Record
from actions.proposals import Proposal, proposals, stored
from core import audit
from core.database import Engine, utc_now
from core.errors import ActionError, Busy, Refused, Unsure
from core.types import User

_FIRST_S, _MOST_S = 5.0, 3_600.0


@dataclass(frozen=True)
class Outbox:
    """Delivers confirmed forms; any number of processes may, at the same time."""

    engine: Engine
    actions: Actions
    now: Callable[[], datetime] = utc_now

    def deliver(self, wanted: str) -> Proposal:
        """The proposal after one try to bring it there; unchanged where it isn't due, or another process has it."""
        lease = self._take(wanted)
        with self.engine.connect() as connection:
            taken = stored(connection, wanted)
        if not lease:
            return taken
        action = self.actions.known.get(taken.action)
        if action is None:
            told = f"The settings have no action {taken.action} any more; put it back, then try again."
            self._leave(taken, lease, "stuck", told)
        else:
            self._try(taken, action, lease)
        with self.engine.connect() as connection:
            return stored(connection, wanted)

    def deliver_due(self, limit: int = 100) -> int:
        """Tries everybody's forms that are due, the oldest first; how many."""
        due = sa.select(proposals.c.id).where(self._is_due()).order_by(proposals.c.due_at).limit(limit)
        with self.engine.connect() as connection:
            found = list(connection.execute(due).scalars())
        for wanted in found:
            self.deliver(wanted)
        return len(found)

    def _is_due(self) -> sa.ColumnElement[bool]:
        # A sender that was killed leaves its row behind; its lease ends it.
        return proposals.c.state.in_(("queued", "sending")) & (proposals.c.due_at <= self.now())

    def _take(self, wanted: str) -> str:
        """A new lease on the row; empty when it isn't due."""
        with self.engine.connect() as connection:
            known = connection.execute(sa.select(proposals.c.action).where(proposals.c.id == wanted)).scalar()
        action = self.actions.known.get(known or "")
        settings = action.connection.settings if action else None
        # Looking up and sending, each with two reads and their waits, and what the system may still do after that.
        alone = timedelta(seconds=6 * settings.timeout_s + settings.settle_s if settings else 1)
        lease = uuid.uuid4().hex
        values = {"state": "sending", "lease": lease, "due_at": self.now() + alone}
        with self.engine.begin() as connection:
            taken = connection.execute(
                proposals.update().where((proposals.c.id == wanted) & self._is_due()).values(**values)
            )
            return lease if taken.rowcount else ""

    def _try(self, taken: Proposal, action: Action, lease: str) -> None:
        try:
            found = self._found(taken, action) if taken.unsure else None
            if found is None and not self._begin(taken, lease):
                return
            record = found or action.operation.write(self._client(taken, action), self._draft(taken))
        except Refused as error:
            self._refused(taken, action, lease, error)
        except (Busy, Unsure) as error:
            self._later(taken, action, lease, error)
        except ActionError as error:
            self._leave(taken, lease, "stuck", str(error))
        except (LookupError, TypeError, ValueError) as error:
            self._later(taken, action, lease, unexpected(action.connection.settings.name, error))
        else:
            self._written(taken, lease, record, "found again" if found is not None else "written")

    def _found(self, taken: Proposal, action: Action) -> Record | None:
        """The record of a try whose answer never came.

        Raises:
            ActionError: nobody but a person can find it.
        """
        if action.operation.repeatable:
            return None
        if action.operation.find is None:
            raise ActionError(
                f"{action.title} may have arrived: {action.connection.settings.name} gave no answer and can't be "
                "searched. Look there, then settle it: it is there, or it isn't and is sent again."
            )
        return action.operation.find(self._client(taken, action), self._draft(taken))

    @staticmethod
    def _client(taken: Proposal, action: Action) -> Any:
        return action.connection.client_of(User(taken.user))

    def _draft(self, taken: Proposal) -> Draft:
        begun = taken.begun_at or self.now()
        person = User(taken.user, name=taken.form.person)
        return Draft(taken.id, taken.form.values, person, begun.timestamp())

    def _begin(self, taken: Proposal, lease: str) -> bool:
        """Says in the row that the record may exist from now on; False when another process has taken it over."""
        values = {"unsure": True, "attempts": taken.attempts + 1, "begun_at": taken.begun_at or self.now()}
        return self._change(taken, lease, **values)

    def _refused(self, taken: Proposal, action: Action, lease: str, error: Refused) -> None:
        if taken.unsure:
            # An earlier try may have been written: the form can't be changed before that is known.
            self._later(taken, action, lease, error)
        else:
            self._leave(taken, lease, "proposed", str(error))

    def _later(self, taken: Proposal, action: Action, lease: str, error: ActionError) -> None:
        attempts = taken.attempts + 1
        settings = action.connection.settings
        if attempts >= settings.attempts:
            told = f"{error} It was tried {attempts} times; `debrief actions retry {taken.id}` tries it again."
            self._leave(taken, lease, "stuck", told, attempts=attempts)
            return
        wait = min(_MOST_S, min(_FIRST_S, settings.timeout_s) * 2 ** (attempts - 1)) * random.uniform(0.5, 1.0)
        wait = max(wait, error.after_s if isinstance(error, Busy) else settings.settle_s)
        # What was surely not written may be sent without a look-up, unless an earlier try wasn't sure.
        unsure = taken.unsure or not isinstance(error, Busy)
        due = self.now() + timedelta(seconds=wait)
        self._leave(taken, lease, "queued", str(error), attempts=attempts, unsure=unsure, due_at=due)

    def _written(self, taken: Proposal, lease: str, record: Record, how: str) -> None:
        with self.engine.begin() as connection:
            mine = (proposals.c.id == taken.id) & (proposals.c.lease == lease)
            done = {"state": "written", "record": asdict(record), "problem": "", "due_at": None, "unsure": False}
            if connection.execute(proposals.update().where(mine).values(**done)).rowcount:
                facts = {"proposal": taken.id, "record": record.id, "link": record.link, "how": how}
                audit.append(connection, User(taken.user), "wrote action", taken.action, record.title, **facts)

    def _leave(self, taken: Proposal, lease: str, state: str, problem: str, **values: object) -> None:
        """Lets go of the row in another state than written, and tells the audit trail."""
        told = {"due_at": None, "unsure": taken.unsure, **values}
        with self.engine.begin() as connection:
            mine = (proposals.c.id == taken.id) & (proposals.c.lease == lease)
            changed = proposals.update().where(mine).values(state=state, problem=problem, lease="", **told)
            if connection.execute(changed).rowcount:
                facts = {"proposal": taken.id, "state": state}
                audit.append(connection, User(taken.user), "action not written", taken.action, problem, **facts)

    def _change(self, taken: Proposal, lease: str, **values: object) -> bool:
        with self.engine.begin() as connection:
            mine = (proposals.c.id == taken.id) & (proposals.c.lease == lease)
            return bool(connection.execute(proposals.update().where(mine).values(**values)).rowcount)
