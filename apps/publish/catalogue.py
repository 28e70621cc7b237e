"""The apps that there are: the library that comes with Debrief, and the folder of `apps_dir`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from apps.language import App
from apps.language.examples import examples_file
from apps.publish.load import load_app
from core.errors import AppError
from core.nearest import nearest
from core.settings import Settings

LIBRARY = Path(__file__).resolve().parents[1] / "library"


def app_files(settings: Settings) -> dict[str, Path]:
    """Name → file. A file in `apps_dir` takes the place of the library's app of that name.

    Raises:
        AppError: `apps_dir` doesn't exist.
    """
    files = {f.stem: f for f in sorted(LIBRARY.glob("*.yaml"))}
    if settings.apps_dir is not None:
        folder = settings.path(settings.apps_dir)
        if not folder.is_dir():
            raise AppError(f"apps_dir names {folder}, which doesn't exist; create it, or correct the path.")
        files |= {f.stem: f for f in sorted(folder.glob("*.yaml"))}
    return files


def load_apps(settings: Settings) -> tuple[dict[str, App], list[AppError]]:
    """Every app by name, and what is wrong with the files that can't be used: one doesn't take the others away.

    Raises:
        AppError: `apps_dir` doesn't exist.
    """
    found: dict[str, App] = {}
    wrong: list[AppError] = []
    for name in app_files(settings):
        try:
            found[name] = find_app(name, settings)
        except AppError as error:
            wrong.append(error)
    return found, wrong


def find_app(name: str, settings: Settings) -> App:
    """The app of that name.

    Raises:
        AppError: there is none; the message names the nearest.
    """
    files: Mapping[str, Path] = app_files(settings)
    if name not in files:
        raise AppError(f"There is no app {name!r}; {nearest(name, list(files), 'apps')}")
    try:
        return _loaded(files[name], _changed(files[name]))
    except OSError as error:
        raise AppError(f"{files[name]} can't be read ({error.strerror}); check the file.") from error


def _changed(file: Path) -> tuple[int, ...]:
    """When the app's file, its examples and the fragments beside it were last written, in nanoseconds."""
    beside = [examples_file(file), *sorted((file.parent / "fragments").glob("*.md"))]
    return file.stat().st_mtime_ns, *(other.stat().st_mtime_ns if other.is_file() else 0 for other in beside)


@lru_cache(maxsize=256)
def _loaded(file: Path, _when: tuple[int, ...]) -> App:
    app = load_app(file, packaged=file.parent == LIBRARY)
    if app.name != file.stem:
        raise AppError(
            f"{file} line 1, name: found '{app.name}'; name it '{file.stem}' as the file, or rename the file."
        )
    return app
