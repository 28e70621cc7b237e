"""Which runs are under way: each sync holds a lock while it lives, so a run that was killed isn't taken for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from core.database import Engine, held_alone
from core.errors import IndexLocked
from core.files import locked
from core.settings import Settings
from ingestion.state import SyncState

# The advisory lock of whoever writes the index; any number that nothing else in the database uses.
_WRITER = 0x6465_6272_6966


@contextmanager
def under_way(settings: Settings, engine: Engine) -> Iterator[None]:
    """A sync's life; the end of its process ends it, however that comes.

    Alone on all machines that share a PostgreSQL; on one machine the index's own lock sees to it.

    Raises:
        IndexLocked: another sync is at work.
    """
    settings.data_path.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(_lock(settings, engine, shared=True))
        except BlockingIOError as error:
            raise IndexLocked(f"The index is being written by {error}; try again when that has ended.") from error
        yield


def abort_dead_runs(settings: Settings, engine: Engine) -> list[str]:
    """Marks the runs as aborted whose process was killed; their sources. None while any sync lives."""
    state = SyncState(engine)
    if not state.is_syncing():
        return []
    try:
        with _lock(settings, engine, shared=False):
            return state.abort_open()
    except OSError:
        # One lives, or the folder can't be written: then nothing is known of its process.
        return []


def _lock(settings: Settings, engine: Engine, *, shared: bool) -> AbstractContextManager[object]:
    if engine.dialect.name == "postgresql":
        return held_alone(engine, _WRITER)
    return locked(_file(settings), wait=shared, shared=shared)


def _file(settings: Settings) -> Path:
    return settings.data_path / "sync.lock"
