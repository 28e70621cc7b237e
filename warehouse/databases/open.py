"""A database by what the settings say of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import SettingsError
from warehouse.databases.base import Database


def open_database(url: str, files: Sequence[Path] = (), timeout_s: float = 30.0, role: str = "") -> Database:
    """The database of a `postgresql://…` address, or tables made of files.

    Raises:
        SettingsError: neither is given, or the address is of no kind that is known.
        SourceError: a file can't be read.
    """
    if url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        from warehouse.databases.postgres import Postgres

        return Postgres(url.replace("postgresql+psycopg://", "postgresql://"), timeout_s, role)
    if url:
        kind = url.partition(":")[0]
        raise SettingsError(f"warehouse: the address begins with {kind!r}; write postgresql://…, or list files.")
    if not files:
        raise SettingsError("warehouse: neither a database's address nor files are given; see docs/data.md.")
    from warehouse.databases.duck import DuckFiles

    return DuckFiles(files, timeout_s)
