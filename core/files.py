"""Writing a file whole or not at all, and taking turns at it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import portalocker


def write_atomically(path: Path, data: str | bytes) -> None:
    """Replaces the file's content, so that a reader, or a crash, sees the old content or the new, never a part.

    The folder is made if it is missing. A link stays a link, and the file keeps its permissions.

    Args:
        data: Text is written as UTF-8.

    Raises:
        OSError: it can't be written; nothing has changed.
    """
    home = path.resolve()
    home.parent.mkdir(parents=True, exist_ok=True)
    # Every writer has a draft of its own: not all of them hold a lock.
    draft = home.with_name(f".{home.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        with draft.open("wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        if home.exists():
            draft.chmod(home.stat().st_mode & 0o777)
        draft.replace(home)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise
    sync_to_disk(home.parent)


@contextmanager
def locked(path: Path, *, wait: bool = True, shared: bool = False) -> Iterator[int]:
    """Holds the lock of a folder, or of a lock file that is made if missing; gives its descriptor.

    To take turns at a file that is replaced when it is written, lock its folder: the file itself is another one
    after each write, and a lock file beside it would be left lying about. The end of the process releases the lock,
    however that comes.

    Args:
        shared: Others may hold it, too, if they share it.

    Raises:
        BlockingIOError: somebody else holds it, and `wait` is False.
        OSError: there is no such folder, or it can't be opened.
    """
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            kind = portalocker.LOCK_SH if shared else portalocker.LOCK_EX
            portalocker.lock(descriptor, kind if wait else kind | portalocker.LOCK_NB)
        except portalocker.LockException as error:
            raise BlockingIOError(f"{path} is locked by another process.") from error
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def claimed(file: Path) -> Iterator[None]:
    """Holds a lock file and writes into it who does; the folder is made if it is missing.

    Raises:
        BlockingIOError: somebody else holds it; the error's text says which process, and since when.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            descriptor = held.enter_context(locked(file, wait=False))
        except BlockingIOError as error:
            raise BlockingIOError(file.read_text(encoding="utf-8")[:200].strip() or "another process") from error
        os.truncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC".encode())
        yield


def sync_to_disk(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on disk."""
    if os.name == "nt" and path.is_dir():  # Windows can't open a folder, nor needs to
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
