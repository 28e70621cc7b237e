"""Messages that an app is for, in a text file beside it: the folder `examples`, a file of the app's name.

    # One message a line, as people type them. A line after "not:" is a message for search.
    Summarise this meeting
    not: Who attends the weekly meeting?

They teach the router and say nothing of how the app works, so that an author who opens an app sees an app.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from apps.language.spec import App
from core.errors import AppError

LIBRARY_EXAMPLES = Path(__file__).parents[1] / "library" / "examples"
_COMMENT, _NOT = "#", "not:"
_MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Examples:
    """Messages for the app, and counter-examples: messages that resemble them and are for search."""

    own: tuple[str, ...] = ()
    counter: tuple[str, ...] = ()


def read_examples(text: str, name: str) -> Examples:
    """The examples in `text`, one a line; `name` stands in messages.

    Raises:
        AppError: a line says "not:" and nothing else.
    """
    own: list[str] = []
    counter: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        message = line.strip()
        if message.lower().startswith(_NOT):
            counter.append(message[len(_NOT) :].strip())
            if not counter[-1]:
                raise AppError(f'{name} line {number}: found "{message}"; write the message behind it, on that line.')
        elif message and not message.startswith(_COMMENT):
            own.append(message)
    return Examples(tuple(own), tuple(counter))


def examples_file(app_file: Path) -> Path:
    """Where the examples of the app in `app_file` lie; the library's lie in the same place."""
    return app_file.parent / "examples" / f"{app_file.stem}.txt"


def examples_text(file: Path) -> str | None:
    """What an examples' file holds; None when there is none.

    Raises:
        AppError: it is there and can't be read, is too long, or isn't UTF-8.
    """
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise AppError(f"{file} has {file.stat().st_size:,} bytes, over {_MAX_BYTES:,}; keep the best examples.")
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise AppError(f"{file} line {line} is not UTF-8; save the file as UTF-8 in your editor.") from error
    except OSError as error:
        raise AppError(f"{file} can't be read ({error.strerror}); check the file's rights.") from error


def with_examples(app: App, examples: Examples) -> App:
    """The app with `examples` behind those of its own file."""
    own = (*app.routing.examples, *examples.own)
    counter = (*app.routing.counter_examples, *examples.counter)
    routing = app.routing.model_copy(update={"examples": own, "counter_examples": counter})
    return app.model_copy(update={"routing": routing})
