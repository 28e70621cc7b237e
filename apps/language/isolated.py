"""What an author's expression gives. A plain one is looked up here; any other runs in a process of its own.

Looking up `{{ meeting.decisions }}` costs what is written and no more. A filter, a loop or a sum can make gigabytes
out of a line or never end, and no list of forbidden names knows them all: those run with a time and a memory limit,
and end in a sentence.
"""

from __future__ import annotations

import atexit
import io
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from jinja2 import nodes

from apps.language.expressions import OWN_PHRASES, ExpressionError, Guard, evaluate_here, has_marks, names_in, parsed
from core.isolation import Bounds, Outcome, ProcessPool, Stopped, worker

# What one expression may take; those of the library take milliseconds and some megabytes.
_SECONDS = 10.0
_MEMORY_MB = 500
_MOST_BYTES = 50_000_000
_PROCESSES = 2
# Nodes that look up, compare and choose: none makes anything that is longer than what is there.
_PLAIN = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Const,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.If, nodes.Test,
)  # fmt: skip
_ROOMS = ("apps.", "core.", "datetime.")


def evaluate(text: str, values: Mapping[str, Any], *, bare: bool = False, guard: Guard | None = None) -> Any:
    """What `text` gives over `values`: an object if it is one expression, else text.

    Raises:
        ExpressionError: a name or attribute is unknown, an operation isn't possible, or it takes too much.
    """
    guard = guard or Guard()
    if _is_plain(text, bare):
        return evaluate_here(text, values, bare=bare, guard=guard)
    wanted = {name for name, _ in names_in(text, bare=bare).names} | {"language", OWN_PHRASES}
    request = pickle.dumps((text, bare, guard.max_chars))
    return _run(request, pickle.dumps({name: values[name] for name in wanted if name in values}), guard)


def evaluate_rows(
    texts: Mapping[str, str], rows: Sequence[Mapping[str, Any]], values: Mapping[str, Any], *, guard: Guard
) -> list[dict[str, Any]]:
    """What each of the texts gives over each row and the values: an expression, or with marks in it a template.

    Raises:
        ExpressionError: as `evaluate`; the message says in which column and row.
    """
    asked = {name: (text, not has_marks(text)) for name, text in texts.items()}
    wanted = {n for text, bare in asked.values() for n, _ in names_in(text, bare=bare).names} | {
        "language",
        OWN_PHRASES,
    }
    shared = {name: values[name] for name in wanted if name in values}
    body = pickle.dumps((shared, [{k: v for k, v in row.items() if k in wanted} for row in rows]))
    return list(_run(pickle.dumps((asked, None, guard.max_chars)), body, guard))


def truth(text: str, values: Mapping[str, Any]) -> bool:
    """Whether the condition `text` holds. Raises ExpressionError as `evaluate`."""
    return bool(evaluate(text, values, bare=True))


def _run(request: bytes, body: bytes, guard: Guard) -> Any:
    seconds = min(_SECONDS, max(0.0, guard.deadline - guard.clock()))
    try:
        outcome = _processes().run(request, body, Bounds(seconds, _MEMORY_MB))
    except Stopped as error:
        raise ExpressionError(f"the process that fills it stopped ({error}); run it again.") from error
    return _answer(outcome)


def serve() -> None:
    """Evaluates one expression a request until stdin closes."""
    worker.serve(_work)


def _work(request: bytes, body: bytes) -> bytes:
    text, bare, max_chars = pickle.loads(request)
    try:
        found: Any
        if isinstance(text, dict):
            shared, rows = pickle.loads(body)
            found = _rows(text, shared, rows, Guard(max_chars))
        else:
            found = evaluate_here(text, pickle.loads(body), bare=bare, guard=Guard(max_chars))
        return pickle.dumps((True, list(found) if isinstance(found, Iterator) else found))
    except ExpressionError as error:
        return pickle.dumps((False, (str(error), error.line)))
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        return pickle.dumps((False, (f"it gives something that is no value ({error}); give a text or a list.", 0)))


def _rows(
    asked: Mapping[str, tuple[str, bool]], shared: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], guard: Guard
) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for number, row in enumerate(rows, start=1):
        made.append({})
        for name, (text, bare) in asked.items():
            try:
                found = evaluate_here(text, {**shared, **row}, bare=bare, guard=guard)
            except ExpressionError as error:
                raise ExpressionError(f"{name}, row {number}: {error}", error.line) from error
            made[-1][name] = list(found) if isinstance(found, Iterator) else found
    return made


def _answer(outcome: Outcome) -> Any:
    match outcome.ended:
        case "done" if len(outcome.reply) <= _MOST_BYTES:
            fine, value = _Values(io.BytesIO(outcome.reply)).load()
            if not fine:
                raise ExpressionError(*value)
            return value
        case "time":
            raise ExpressionError("the run's time is up while a text is filled; loop over less.")
        case "done" | "memory" | "reply":
            raise ExpressionError("it makes something huge, over the limit of what a text may take; make less of it.")
        case _:
            raise ExpressionError("the process that filled it crashed; write the expression more simply.")


class _Values(pickle.Unpickler):
    """Reads plain values, and our own frozen ones: what comes back is trusted no further."""

    def find_class(self, module: str, name: str, /) -> Any:
        found = super().find_class(module, name) if f"{module}.".startswith(_ROOMS) else None
        if isinstance(found, type) and (is_dataclass(found) or issubclass(found, date | datetime | dict)):
            return found
        raise ExpressionError(f"it gives a {name}, which is no value; give a text or a list.")


@lru_cache(maxsize=4_096)
def _is_plain(text: str, bare: bool) -> bool:
    return all(isinstance(node, _PLAIN) for node in parsed(text, bare=bare).find_all(nodes.Node))


@cache
def _processes() -> ProcessPool:
    pool = ProcessPool("apps.language.isolated", _PROCESSES)
    atexit.register(pool.close)
    return pool
