"""Apps as an evaluation runs them: a case's inputs and files go in, and what the run gave is judged like an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from apps.language import App, AppFile
from apps.run import Context, InputsWrong, Tools
from apps.runner import RunResult, finish, may_use
from assistant.question import Attachment
from core.errors import DatasetError
from core.types import Answer, Citation, Parsed, User
from evals.suite.suites import Case

Parse = Callable[[bytes, str], Parsed]
_FILES = ("file", "files")


@dataclass(frozen=True)
class AppRuns:
    """The apps of this installation, and what their steps may use.

    Attributes:
        folder: Where the files that cases name begin: the suite's own.
    """

    apps: Mapping[str, App]
    tools: Tools
    parse: Parse
    folder: Path
    company: str = "Debrief"
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def missing(self, case: Case) -> str:
        """Why the case can't be run here, in words; empty if it can."""
        name = case.app or case.route.partition("app:")[2]
        if name and name not in self.apps:
            return f"there is no app {name!r}"
        lost = next((f for f in self._files(case) if not (self.folder / f).is_file()), None)
        return f"there is no file {lost} beside the suite" if lost else ""

    def attachments(self, case: Case) -> tuple[Attachment, ...]:
        """The files that the person adds to the message."""
        return tuple(Attachment(f.name, f.parsed.sections) for f in map(self._read, case.attachments))

    def run(self, case: Case, user: User) -> tuple[Answer, RunResult | None]:
        """The run as an answer; the result is None if the app was refused or lacks an input.

        Everything that the app made is the answer's text, and everything that it read is cited: a leak into a table
        or a file is a leak, too.
        """
        app = self.apps[case.app]
        route = f"app:{app.name}"
        if not may_use(app, user):
            return Answer(f"{app.title} isn't for {user.email}.", outcome="refused", route=route), None
        given = {name: self._given(app, name, value) for name, value in case.inputs.items()}
        try:
            result = finish(app, given, Context(user, self.tools, company=self.company))
        except InputsWrong as error:
            choices = tuple(dict.fromkeys(p.field for p in error.problems))
            return Answer(str(error), outcome="needs_input", route=route, choices=choices), None
        if result.status != "completed" or not result.outputs:
            said = result.error or "The app made no output."
            return Answer(said, outcome="no_evidence", route=route, notes=result.notes), result
        text = "\n\n".join(f"{o.title}\n{o.text}" for o in result.outputs)
        read = [e for e in result.evidence if e.document_id]
        cited = tuple(
            Citation(n, e.document_id, e.title, e.url, e.quote, 0, len(text), locator=e.locator)
            for n, e in enumerate(read, start=1)
        )
        return Answer(text, cited, route=route, notes=result.notes), result

    def _files(self, case: Case) -> list[str]:
        app = self.apps.get(case.app)
        named = [v for n, v in case.inputs.items() if app is not None and _is_file(app, n)]
        flat = [f for v in named for f in (v if isinstance(v, list) else [v])]
        return [*case.attachments, *map(str, flat)]

    def _given(self, app: App, name: str, value: Any) -> Any:
        if not _is_file(app, name):
            return value
        return [self._read(str(v)) for v in value] if isinstance(value, list) else self._read(str(value))

    def _read(self, name: str) -> AppFile:
        file = (self.folder / name).resolve()
        with self._reading:  # Several cases use the same file; it is parsed once.
            try:
                return AppFile(file.name, _parsed(file, file.stat().st_mtime_ns, self.parse))
            except OSError as error:
                raise DatasetError(f"{file} can't be read ({error.strerror}); correct the case.") from error


def _is_file(app: App, name: str) -> bool:
    item = app.input(name)
    return item is not None and item.type in _FILES


@lru_cache(maxsize=100)
def _parsed(file: Path, _changed: int, parse: Parse) -> Parsed:
    return parse(file.read_bytes(), file.name)
