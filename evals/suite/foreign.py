"""Foreign sets in the same history: what `debrief eval retrieval | answers | routing | parsing | …` measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from core.database import open_database
from core.settings import Settings
from evals.metrics import Measured
from evals.suite.environment import environment
from evals.suite.history import EvaluationRun, History


def record_run(
    settings: Settings, kind: str, suite: str, figures: object, *, asked: Path | None = None
) -> EvaluationRun | None:
    """Keeps an evaluation's figures: a mapping or a dataclass, nested as it likes; what isn't a number is left out.

    Nothing is kept, and None is returned, where there is no settings file and so no database to keep it in.

    Args:
        asked: The questions' file, where they were asked over the configured index; None: the set has its own.
    """
    if not settings.file.is_file():
        return None
    facts = environment(settings, asked) if asked else {**environment(settings), "index": "the set's own"}
    return History(open_database(settings)).record_run(kind, suite, facts, dict(flat(figures)))


def flat(figures: object, prefix: str = "") -> Iterator[tuple[str, float | Measured]]:
    """(name, value) of each number, names of nested ones joined by a dot."""
    if isinstance(figures, Measured):
        yield prefix, figures
    elif isinstance(figures, bool):
        return
    elif isinstance(figures, int | float):
        yield prefix, float(figures)
    else:
        items: Mapping[Any, Any] = {}
        if isinstance(figures, Mapping):
            items = figures
        elif is_dataclass(figures) and not isinstance(figures, type):
            items = asdict(figures)
        for key, value in items.items():
            yield from flat(value, f"{prefix}.{key}" if prefix else str(key))
