"""From what a lead asks for to an open job: items from a file, from people's answers or a run, drawn and kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.text.words import folded
from core.types import User
from review.items import Item, answered_items, drawn, run_items
from review.spec import Job
from review.store import Store

LEFT_OUT = "answers are left out: they rest on tables, attached files or no document, so only who asked may see them."
_NO_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class From:
    """Where items come from: so many of the newest answers, an evaluation run, and items of a file."""

    answers: int = 0
    rated_down: bool = False
    run: str = ""
    items: Sequence[Item] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """What a job begins with. `left_out` are answers that only who asked may see."""

    items: int
    gold: int
    left_out: int


def make_job(store: Store, job: Job, wanted: From, owner: User) -> Made:
    """Draws the items and opens the job to its reviewers.

    Raises:
        ReviewError: nothing is found, or there is a job of this name already.
    """
    nothing: tuple[list[Item], int] = ([], 0)
    asked, own = (
        answered_items(store.engine, wanted.answers, rated_down=wanted.rated_down) if wanted.answers else nothing
    )
    tried, others = run_items(store.engine, wanted.run) if wanted.run else nothing
    chosen = drawn([*wanted.items, *asked, *tried], job.sample)
    store.create(job, chosen, owner)
    return Made(len(chosen), sum(item.gold is not None for item in chosen), own + others)


def name_of(title: str, taken: Sequence[str]) -> str:
    """A job's name made of its title: small letters and hyphens, none that is taken."""
    plain = _NO_NAME.sub("-", folded(title)).strip("-")[:50].strip("-")
    name = plain if plain[:1].isalpha() and len(plain) >= 3 else f"job-{plain}".strip("-")
    return next(n for number in range(1, 10_000) if (n := name if number == 1 else f"{name}-{number}") not in taken)
