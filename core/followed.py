"""A value that is made anew when what it was made of has changed: settings and rules, in each process by itself."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, TypeVar

from core.errors import DebriefError

Value = TypeVar("Value")
log = logging.getLogger(__name__)


class Followed(Generic[Value]):
    """One such value.

    rules = Followed(lambda: files_stamp([path]), lambda: load_weights(path))
    rules.now()
    """

    def __init__(self, stamp: Callable[[], object], make: Callable[[], Value]) -> None:
        """What it follows and how it is made.

        Args:
            stamp: Cheap, and another one whenever the value would be.
        """
        self._stamp, self._make = stamp, make
        self._lock = threading.Lock()
        self._made: tuple[object, Value] | None = None
        # Why the newest couldn't be made; empty when what is used is the newest.
        self.problem = ""
        self._refused: object = None

    def now(self) -> Value:
        """The value as of now. Where the newest can't be made, the one before goes on, and `problem` says why.

        Raises:
            DebriefError: it can't be made and there is none before.
        """
        with self._lock:
            stamp = self._stamp()
            if self._made is not None and stamp in (self._made[0], self._refused):
                return self._made[1]
            try:
                value = self._make()
            except DebriefError as error:
                if self._made is None:
                    raise
                self.problem, self._refused = str(error), stamp
                log.error("a change is not in force: %(error)s", {"error": error})
                return self._made[1]
            self._made, self.problem, self._refused = (stamp, value), "", None
            return value

    def clear(self) -> None:
        """Forgets the value; the next call makes it anew."""
        with self._lock:
            self._made, self._refused = None, None


def files_stamp(files: Iterable[Path]) -> tuple[object, ...]:
    """Another one whenever one of these files is another, is there or is gone."""
    return tuple((str(file), *_state(file)) for file in files)


def _state(file: Path) -> tuple[int, ...]:
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino
