"""Copying, committing and locking folders of engine files."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from core import files
from core.errors import DiskFull, IndexLocked

LOCK_FILE = "LOCK"

_BLOCK = 8 * 1024 * 1024
_HASHED = 64 * 1024

# Files that are written through memory end the process when the disk is full, without a word; so much stays free.
_RESERVE_BYTES = 64 << 20


def copy_tree(source: Path, target: Path) -> None:
    """Copies a folder without filling the holes of its sparse files.

    The engine reserves 32 MB a file and uses little of it: a plain copy of an index of 300 kB writes 118 MB.
    """
    target.mkdir(parents=True)
    for path in _below(source):
        beside = target / path.relative_to(source)
        if path.is_dir():
            beside.mkdir(exist_ok=True)
        else:
            # A reader that opens or closes the source replaces small files by renaming; passing names may be gone.
            with suppress(FileNotFoundError):
                _copy_file(path, beside)


def make_durable(folder: Path) -> None:
    """Waits until every file and folder below `folder` is on disk."""
    for path in [*folder.rglob("*"), folder]:
        files.sync_to_disk(path)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the folder's one writer's lock. The end of the process releases it, however that comes.

    Raises:
        IndexLocked: somebody else holds it; the message names the process.
    """
    with ExitStack() as held:
        try:
            held.enter_context(files.claimed(folder / LOCK_FILE))
        except BlockingIOError as error:
            raise IndexLocked(
                f"The index in {folder} is being written by {error}; wait until it has finished, or stop it."
            ) from error
        yield


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as read, target.open("wb") as write:
        size = os.fstat(read.fileno()).st_size
        if not hasattr(os, "SEEK_DATA"):
            shutil.copyfileobj(read, write, _BLOCK)
            return
        os.truncate(write.fileno(), size)
        end = 0
        while end < size:
            try:
                begin = os.lseek(read.fileno(), end, os.SEEK_DATA)
            except OSError:  # only a hole is left
                break
            end = os.lseek(read.fileno(), begin, os.SEEK_HOLE)
            os.lseek(read.fileno(), begin, os.SEEK_SET)
            os.lseek(write.fileno(), begin, os.SEEK_SET)
            while begin < end:
                copied = os.sendfile(write.fileno(), read.fileno(), begin, min(_BLOCK, end - begin))
                if copied == 0:
                    break
                begin += copied


def require_room(folder: Path, size: int = 0) -> None:
    """Makes sure that `size` bytes, and some reserve, fit on the disk of `folder`.

    Raises:
        DiskFull: they don't.
    """
    free, needed = shutil.disk_usage(folder).free, size + _RESERVE_BYTES
    if free < needed:
        raise DiskFull(
            f"The disk of {folder} has {free >> 20:,} MB free, and {needed >> 20:,} MB are needed; make room there, "
            "and sync again."
        )


def tree_size(folder: Path) -> int:
    """The bytes that the files in `folder` take on the disk."""
    size = 0
    for path in _below(folder):
        with suppress(FileNotFoundError):
            size += path.stat().st_blocks * 512 if path.is_file() else 0
    return size


def _below(folder: Path) -> Iterator[Path]:
    """All that lies in a folder while others may change it, parents first: what is gone meanwhile is left out."""
    for place, folders, names in os.walk(folder):
        yield from (Path(place, name) for name in sorted((*folders, *names)))


def content_hash(path: Path) -> str:
    """A SHA-256 over a file's size and those of its blocks that aren't all zero, so that holes cost nothing to read."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        size, position = os.fstat(file.fileno()).st_size, 0
        digest.update(str(size).encode())
        while position < size:
            if hasattr(os, "SEEK_DATA"):
                try:
                    position = os.lseek(file.fileno(), position, os.SEEK_DATA) // _HASHED * _HASHED
                except OSError:  # only a hole is left
                    break
            file.seek(position)
            block = file.read(_HASHED)
            if block.strip(b"\0"):
                digest.update(position.to_bytes(8) + block)
            position += _HASHED
    return digest.hexdigest()
