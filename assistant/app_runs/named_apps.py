"""Apps as commands name them: by name, or by a file."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from apps.language import App
from apps.publish import app_files, find_app, load_app, versions
from core.settings import Settings

_SUFFIXES = (".yaml", ".yml")


def app_file(name: str, settings: Settings) -> Path:
    """The file of an app: the path itself, the file of that name in `apps_dir`, or that of the app called so.

    Raises:
        AppError: no app is called so.
    """
    if name.endswith(_SUFFIXES):
        file = Path(name)
        if not file.exists() and settings.apps_dir and (settings.path(settings.apps_dir) / name).exists():
            return settings.path(settings.apps_dir) / name
        return file
    files = app_files(settings)
    if name not in files:
        find_app(name, settings)  # says which there are
    return files[name]


def named_app(name: str, settings: Settings) -> App:
    """The app as its file is now. Raises AppError when there is none, or its file is wrong."""
    return load_app(app_file(name, settings))


def runnable_app(name: str, version: str, settings: Settings, engine: sa.Engine) -> App:
    """The app that a person runs: a file as it is, that version, or the current one.

    Raises:
        AppError: there is no such app or version, or the file is wrong.
    """
    if name.endswith(_SUFFIXES):
        return named_app(name, settings)
    if version:
        return versions.find_version(engine, name, version).load()
    published = next((v for v in versions.list_versions(engine, name) if v.current), None)
    return published.load() if published is not None else find_app(name, settings)
