"""Which runs are under way: each sync holds a lock while it lives, so a run that was killed isn't taken for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.database import Engine
from core.files import locked
from core.settings import Settings
from ingestion.state import SyncState


@contextmanager
def under_way(settings: Settings) -> Iterator[None]:
    """A sync's life; several may share it, and the end of the process ends it, however that comes."""
    settings.data_path.mkdir(parents=True, exist_ok=True)
    with locked(_file(settings), shared=True):
        yield


def abort_dead_runs(settings: Settings, engine: Engine) -> list[str]:
    """Marks the runs as aborted whose process was killed; their sources. None while any sync lives."""
    state = SyncState(engine)
    if not state.is_syncing():
        return []
    try:
        with locked(_file(settings), wait=False):
            return state.abort_open()
    except OSError:
        # One lives, or the folder can't be written: then nothing is known of its process.
        return []


def _file(settings: Settings) -> Path:
    return settings.data_path / "sync.lock"
