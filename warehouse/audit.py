"""Each query in the audit log: who asked what of which tables and how many rows came, never a row."""

from __future__ import annotations

import json
from typing import Any

from core import audit
from core.database import Engine
from core.types import User
from warehouse.ask import DataAnswer
from warehouse.query.values import values_of

ASKED_DATA = "asked data"


def record(engine: Engine, user: User, answer: DataAnswer) -> None:
    """Adds an entry; a question that gave no query isn't one."""
    if answer.query is None:
        return
    said: dict[str, Any] = {"query": values_of(answer.query), "rows": len(answer.rows)}
    if answer.problem:
        said["refused"] = answer.problem
    audit.record(engine, user, ASKED_DATA, ", ".join(answer.tables), json.dumps(said, default=str))
