"""A database by what the settings say of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import SettingsError
from core.settings import Settings
from warehouse.databases.base import Database


def open_database(
    url: str, files: Sequence[Path] = (), timeout_s: float = 30.0, role: str = "", time_zone: str = ""
) -> Database:
    """The database of a `postgresql://…` address, or tables made of files.

    Args:
        time_zone: Whose days moments with a zone are counted in; "" leaves it to the database.

    Raises:
        SettingsError: neither is given, or the address is of no kind that is known.
        SourceError: a file can't be read.
    """
    if url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        from warehouse.databases.postgres import Postgres

        return Postgres(url.replace("postgresql+psycopg://", "postgresql://"), timeout_s, role, time_zone)
    if url:
        kind = url.partition(":")[0]
        raise SettingsError(f"warehouse: the address begins with {kind!r}; write postgresql://…, or list files.")
    if not files:
        raise SettingsError("warehouse: neither a database's address nor files are given; see docs/data.md.")
    from warehouse.databases.duck import DuckFiles

    return DuckFiles(files, timeout_s, time_zone)


def open_source(settings: Settings, name: str) -> Database:
    """The Redshift database of the source `name`, over the sign-in that its documents use. Raises SettingsError."""
    from connectors.redshift.client import RedshiftLogin
    from warehouse.databases.redshift import Redshift

    source = next((s for s in settings.sources if s.name == name), None)
    if source is None or source.kind != "redshift":
        known = [s.name for s in settings.sources if s.kind == "redshift"]
        raise SettingsError(
            f"warehouse: {name!r} is no source of the kind redshift; there are: {', '.join(known) or 'none'}."
        )
    fields = {k: v for k, v in source.model_dump().items() if k in RedshiftLogin.model_fields}
    login = RedshiftLogin.model_validate(fields)
    return Redshift(login.model_copy(update={"statement_timeout_s": int(settings.warehouse.timeout_s) or 1}))
