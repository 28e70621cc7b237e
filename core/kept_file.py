"""A settings file that administrators edit: checked before it is written, every version kept in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from core.database import Engine, UtcDateTime, metadata, personal, utc_now
from core.errors import SettingsError
from core.files import locked, write_atomically
from core.types import User


def versions_table(name: str) -> sa.Table:
    """Where the versions of one kind of file are kept."""
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kept_at", UtcDateTime, nullable=False),
        sa.Column(
            "user",
            sa.String(320),
            nullable=False,
            info=personal("who changed what holds for all is evidence"),
        ),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A text of the file. `user` is empty for one that was found, not written here."""

    kept_at: datetime
    user: str
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One file.

    Attributes:
        check: Raises a DebriefError that names the place and the remedy when a text is wrong.
    """

    path: Path
    versions: sa.Table
    check: Callable[[str], object]

    def read(self) -> str:
        """The file's text; empty when there is no file yet.

        Raises:
            SettingsError: it can't be read.
        """
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"The file {self.path} can't be read ({error}); correct it by hand.") from error

    def save(self, engine: Engine, text: str, before: str, user: User) -> FileVersion:
        """Writes the text, after keeping what it replaces.

        Args:
            before: The text that the person began with.

        Raises:
            DebriefError: the text is wrong.
            SettingsError: somebody has changed the file since, or it can't be written.
        """
        self.check(text)
        with _alone_at(self.path):
            there = self.read()
            if there != before:
                raise SettingsError(
                    f"{self.path.name} has been changed since you opened it, so nothing was saved. Your text is still "
                    "in the editor: copy it, read the file anew, and put your change in again."
                )
            self._keep(engine, FileVersion(utc_now(), "", there))
            self._write(text)
            version = FileVersion(utc_now(), user.email.lower(), text)
            self._keep(engine, version)
        return version

    def kept(self, engine: Engine, limit: int = 30) -> list[FileVersion]:
        """The kept versions, the newest first."""
        query = sa.select(self.versions).order_by(self.versions.c.id.desc()).limit(limit)
        with engine.connect() as connection:
            return [FileVersion(row.kept_at, row.user, row.text) for row in connection.execute(query)]

    def _write(self, text: str) -> None:
        try:
            write_atomically(self.path, text)
        except OSError as error:
            raise SettingsError(
                f"{self.path} can't be written ({error.strerror}); let the user that runs Debrief write to its folder."
            ) from error

    def _keep(self, engine: Engine, version: FileVersion) -> None:
        newest = next(iter(self.kept(engine, 1)), None)
        if not version.text or (newest is not None and newest.text == version.text):
            return
        row = {"kept_at": version.kept_at, "user": version.user, "sha256": version.digest, "text": version.text}
        with engine.begin() as connection:
            connection.execute(self.versions.insert().values(**row))


@contextmanager
def _alone_at(path: Path) -> Iterator[None]:
    """One process at a time compares and writes."""
    with ExitStack() as held:
        try:
            held.enter_context(locked(path.resolve().parent))
        except OSError as error:
            raise SettingsError(f"The folder of {path} can't be opened ({error.strerror}); create it.") from error
        yield
