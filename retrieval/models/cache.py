"""Vectors by content, in one SQLite file: the same text is embedded once and found again by any sync."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from core.arrays import FloatArray
from core.errors import IndexDamaged

# SQLite refuses statements with more than 32,766 placeholders; smaller portions are as fast.
_PORTION = 500


class EmbeddingCache:
    """Keys of 16 bytes → vectors, kept as float32 so that a hit is bit for bit what was computed.

    Safe for several threads and processes. Nothing is opened before the first use, since a question needs no cache.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._threads = threading.local()

    def get(self, keys: Sequence[bytes], dim: int) -> dict[bytes, FloatArray]:
        """The known ones of `keys`, each (dim,) float32."""
        found: dict[bytes, FloatArray] = {}
        unique = list(dict.fromkeys(keys))
        try:
            connection = self._connection()
            for start in range(0, len(unique), _PORTION):
                portion = unique[start : start + _PORTION]
                marks = ",".join("?" * len(portion))
                rows = connection.execute(f"SELECT key, vector FROM passages WHERE key IN ({marks})", portion)
                found.update((key, np.frombuffer(blob, np.float32)) for key, blob in rows if len(blob) == 4 * dim)
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error
        return found

    def sketches(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The known ones of `keys` with their sketches (`words.py`)."""
        found: dict[bytes, bytes] = {}
        unique = list(dict.fromkeys(keys))
        try:
            connection = self._connection()
            for start in range(0, len(unique), _PORTION):
                portion = unique[start : start + _PORTION]
                marks = ",".join("?" * len(portion))
                found.update(connection.execute(f"SELECT key, sketch FROM passages WHERE key IN ({marks})", portion))
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error
        return found

    def put(self, passages: Mapping[bytes, tuple[FloatArray, bytes]]) -> None:
        """Keeps each passage's vector and sketch; a key that is there already keeps what it has."""
        rows = [
            (key, np.ascontiguousarray(vector, np.float32).tobytes(), bits) for key, (vector, bits) in passages.items()
        ]
        try:
            connection = self._connection()
            with connection:
                connection.executemany("INSERT OR IGNORE INTO passages (key, vector, sketch) VALUES (?, ?, ?)", rows)
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    def count(self) -> int:
        """How many vectors are kept."""
        try:
            (number,) = self._connection().execute("SELECT count(*) FROM passages").fetchone()
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error
        return int(number)

    def clear(self) -> None:
        """Forgets all vectors and gives the disk space back."""
        with closing(self._connect()) as connection:
            connection.execute("DELETE FROM passages")
            connection.commit()
            connection.execute("VACUUM")

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            connection = self._connect()
            self._threads.connection = connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._file, timeout=30)
        connection.execute("PRAGMA journal_mode=WAL")
        # A power cut may lose the newest vectors, which are then computed again; the file stays sound.
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("CREATE TABLE IF NOT EXISTS passages (key BLOB PRIMARY KEY, vector BLOB, sketch BLOB)")
        return connection

    def _damaged(self, error: sqlite3.DatabaseError) -> IndexDamaged:
        return IndexDamaged(
            f"The embedding cache {self._file} can't be used ({error}); delete that file, the next sync rebuilds it."
        )
