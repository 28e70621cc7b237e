"""One reviewer at work: the next item that they may see, what they say of it, and how far the job is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date

from core.database import utc_now
from core.errors import ReviewError
from core.types import User
from review.items import Item
from review.spec import Value
from review.store import Given, Kept, Mark, Store

# (document ids, person) → those that the person may read now.
Readable = Callable[[Collection[str], User], set[str]]


@dataclass(frozen=True, slots=True)
class Task:
    """An item in a reviewer's hands. `done` and `left` are the reviewer's own; nothing of other people's is in it."""

    kept: Kept
    item: Item
    held: Given
    done: int
    left: int


@dataclass(frozen=True)
class Desk:
    """What a person sees and does; every item's documents are asked for each time it is shown or kept."""

    store: Store
    readable: Readable

    def jobs(self, user: User) -> list[Kept]:
        """The jobs in which the person labels or leads."""
        return [kept for kept in self.store.jobs() if kept.reviews(user) or kept.leads(user)]

    def next(self, name: str, user: User) -> Task | None:
        """The item that the person labels now; None when nothing is left for them.

        Raises:
            ReviewError: there is no such job for them, or it is paused, closed or over.
        """
        kept = self._open(name, user)
        seen = self._seen(name, user)
        held = self.store.give(kept, user, seen.keys(), utc_now())
        if held is None:
            return None
        own = [
            g
            for g in self.store.labels(name, ("done", "late", "skipped", "escalated"))
            if g.reviewer == user.email.lower()
        ]
        return Task(kept, seen[held.number], held, len(own), len(seen) - len({g.number for g in own} & seen.keys()))

    def draft(self, task: Task, user: User, value: Value | None, note: str) -> Task:
        """Keeps what is chosen so far. Raises ReviewError as `save`."""
        self._may(task, user)
        self.store.put(task.kept, task.held, user, ("draft", value, note))
        return replace(task, held=replace(task.held, value=value, note=note, version=task.held.version + 1))

    def save(self, task: Task, user: User, value: object, note: str = "") -> bool:
        """Keeps the label; whether it counts, which it doesn't when enough others came first.

        Raises:
            ReviewError: it isn't what the job asks for; the item changed in another window; the job was paused, the
                person taken out, or a document of the item closed to them meanwhile.
        """
        self._may(task, user)
        checked = task.kept.job.label.checked(value, len(task.item.text))
        return self.store.put(task.kept, task.held, user, ("done", checked, note.strip())) == "done"

    def pass_on(self, task: Task, user: User, note: str, *, to_lead: bool) -> None:
        """Skips the item, or hands it to a lead, who wants to know why. Raises ReviewError as `save`."""
        if to_lead and not note.strip():
            raise ReviewError("Say in the note why a lead should decide; then hand it on again.")
        self._may(task, user)
        mark: Mark = "escalated" if to_lead else "skipped"
        self.store.put(task.kept, task.held, user, (mark, None, note.strip()))

    def shown(self, kept: Kept, user: User) -> dict[int, Item]:
        """The items of a job that a lead may see, by number; those whose words are gone are nobody's."""
        self.store.led(kept.job.job, user)
        return self._seen(kept.job.job, user)

    def _open(self, name: str, user: User) -> Kept:
        kept = self.store.job(name)
        if not kept.reviews(user):
            raise ReviewError(f"The job {name} has no tasks for you; ask {', '.join(kept.job.leads)}.")
        if kept.state != "open":
            raise ReviewError(f"The job {name} is {kept.state}; what you have labelled is kept.")
        if kept.job.until is not None and date.today() > kept.job.until:
            raise ReviewError(f"The job {name} ended on {kept.job.until:%d %B %Y}; what you have labelled is kept.")
        return kept

    def _may(self, task: Task, user: User) -> None:
        self._open(task.kept.job.job, user)
        if set(task.item.documents) - self.readable(task.item.documents, user):
            raise ReviewError("You may not read this item's documents any more; load the page again for the next one.")

    def _seen(self, name: str, user: User) -> dict[int, Item]:
        every = self.store.items(name)
        wanted = {document for item in every.values() for document in item.documents}
        known = self.readable(wanted, user) if wanted else set()
        return {n: item for n, item in every.items() if set(item.documents) <= known and not item.erased}
