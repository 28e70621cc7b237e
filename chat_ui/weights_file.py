"""The weights file as people edit it: checked before it is written, and every version of it kept in the database."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
import yaml

from core.database import metadata
from core.errors import FilterError
from core.settings import Settings
from core.types import User
from retrieval.weights import BUILT_IN, Weights, parse_weights

versions = sa.Table(
    "weights_versions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kept_at", sa.String(32), nullable=False),
    sa.Column("user", sa.String(320), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Version:
    """A text of the file. `user` is empty for one that was found, not written here."""

    kept_at: str
    user: str
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text, hexadecimal."""
        return _digest(self.text)


def weights_path(settings: Settings) -> Path | None:
    """The file that the settings name; None when they name none."""
    file = settings.retrieval.weights_file
    return None if file is None else settings.path(file)


def read_text(path: Path) -> str:
    """The file's text; empty when there is no file yet.

    Raises:
        FilterError: it can't be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise FilterError(f"The weights file {path} can't be read ({error}); correct it by hand.") from error


def checked(text: str) -> Weights:
    """What would be in force with this text: its weights over the built-in ones.

    Raises:
        FilterError: the text is wrong; the message names the place and the remedy.
    """
    try:
        own = parse_weights(yaml.safe_load(text), "weights")
    except yaml.YAMLError as error:
        raise FilterError(f"This is not valid YAML: {' '.join(str(error).split())}; mend that line.") from error
    return parse_weights(BUILT_IN).overridden_by(own)


def save(engine: sa.Engine, path: Path, text: str, read: str, user: User) -> Version:
    """Writes the text, after keeping what it replaces.

    Args:
        read: The text that the person began with.

    Raises:
        FilterError: the text is wrong, somebody has changed the file since, or it can't be written.
    """
    checked(text)
    with _locked(path):
        there = read_text(path)
        if there != read:
            raise FilterError(
                f"{path.name} has been changed since you opened it, so nothing was saved. Your text is still in the "
                "editor: copy it, read the file anew, and put your change in again."
            )
        _keep(engine, Version(_now(), "", there))
        _write(path, text)
        version = Version(_now(), user.email.lower(), text)
        _keep(engine, version)
    return version


def kept(engine: sa.Engine, limit: int = 30) -> list[Version]:
    """The kept versions, the newest first."""
    query = sa.select(versions).order_by(versions.c.id.desc()).limit(limit)
    with engine.connect() as connection:
        return [Version(row.kept_at, row.user, row.text) for row in connection.execute(query)]


def _keep(engine: sa.Engine, version: Version) -> None:
    newest = next(iter(kept(engine, 1)), None)
    if not version.text or (newest is not None and newest.text == version.text):
        return
    row = {"kept_at": version.kept_at, "user": version.user, "sha256": version.digest, "text": version.text}
    with engine.begin() as connection:
        connection.execute(versions.insert().values(**row))


def _write(path: Path, text: str) -> None:
    # Written beside it and then put in its place: a crash leaves the old file or the new one, never half of one.
    home = path.resolve()
    partial = home.with_name(f".{home.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        if home.exists():
            partial.chmod(home.stat().st_mode & 0o777)
        partial.replace(home)
    except OSError as error:
        raise FilterError(
            f"{path} can't be written ({error.strerror}); let the user that runs Debrief write to its folder."
        ) from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time compares and writes."""
    try:
        folder = os.open(path.resolve().parent, os.O_RDONLY)
    except OSError as error:
        raise FilterError(f"The folder of {path} can't be opened ({error.strerror}); create it.") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
