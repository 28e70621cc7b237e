from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from core.database import open_database
from core.settings import load_settings
from core.types import User
from review.desk import Desk
from review.items import Item
from review.spec import Job
from review.store import Store

LEAD = User("lea@x.example")
REVIEWERS = [User(f"r{n}@x.example") for n in range(1, 6)]
CLOSED = "files:closed.md"


def job_with(**changes: object) -> Job:
    values: dict[str, object] = {
        "job": "answers-48", "title": "Are these answers right?", "instructions": "Say whether the answer is right.",
        "label": {"kind": "choice", "values": ["right", "partly", "wrong"]}, "each": 2,
        "people": [r.email for r in REVIEWERS], "leads": [LEAD.email],
    }  # fmt: skip
    return Job.model_validate(json.loads(json.dumps({**values, **changes})))


def readable(ids: Collection[str], user: User) -> set[str]:
    """Everybody reads everything but the closed document, which the first reviewer alone may read."""
    return {i for i in ids if i != CLOSED or user == REVIEWERS[0]}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    (tmp_path / "debrief.yaml").write_text(
        "data_dir: data\nauth: {mode: development, development_user: lea@x.example, users_file: users.yaml}\n"
    )
    people = [LEAD, *REVIEWERS]
    (tmp_path / "users.yaml").write_text("users:\n" + "".join(f"  - {{email: {p.email}}}\n" for p in people))
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(tmp_path / "debrief.yaml"))
    return Store(open_database(load_settings()))


@pytest.fixture
def opened(store: Store) -> Callable[..., Desk]:
    """Makes a job of so many items and gives the desk at which it is worked on."""

    def made(count: int = 4, items: list[Item] | None = None, **changes: object) -> Desk:
        chosen = items if items is not None else [Item(f"Answer number {n}.") for n in range(1, count + 1)]
        store.create(job_with(**changes), chosen, LEAD)
        return Desk(store, readable)

    return made
