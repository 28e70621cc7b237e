from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.audit import AuditEntry, record, recorded
from core.database import metadata, utc_now
from core.types import User


@pytest.fixture
def engine() -> sa.Engine:
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    metadata.create_all(engine)
    return engine


def test_entries_come_newest_first_and_by_action(engine: sa.Engine) -> None:
    record(engine, User("Ana@northgate.example"), "changed weights", "weights.yaml", "policy: low")
    record(engine, User("ben@northgate.example"), "opened", "files:a.md")
    first, second = recorded(engine)
    assert (first.action, second.action) == ("opened", "changed weights")
    assert second == AuditEntry(second.at, "ana@northgate.example", "changed weights", "weights.yaml", "policy: low")
    assert [e.subject for e in recorded(engine, actions=["opened"])] == ["files:a.md"]
    assert recorded(engine, utc_now() + timedelta(hours=1)) == []


def test_a_long_subject_is_cut_rather_than_refused(engine: sa.Engine) -> None:
    record(engine, User("ana@northgate.example"), "opened", "x" * 600)
    assert len(recorded(engine)[0].subject) == 500
