"""Regular expressions that authors write: whether one is right, and whether it could take for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

# A repeat of so many or more counts as one without end.
_MANY = 20
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT)


def pattern_problem(text: str) -> str:
    """What is wrong with the expression, and the remedy; empty when it can be used."""
    try:
        re.compile(text)
        tree = parser.parse(text)
    except (re.error, RecursionError, OverflowError):
        return f"found {text!r}, which is no regular expression; mend it."
    if any(_explodes(body) for body in _repeated(tree)):
        return f"found {text!r}, which could take for ever; write no repeat inside a repeat, as in (a+)+."
    return ""


def _repeated(tree: Any) -> Iterator[Any]:
    """What is repeated many times."""
    for code, value in tree:
        if code in _REPEATS and value[1] > _MANY:
            yield value[2]
        for part in _parts(value):
            yield from _repeated(part)


def _explodes(body: Any) -> bool:
    """Whether one text may be read as this body, repeated, in several ways, all of which would be tried."""
    for code, value in body:
        if code in _REPEATS and value[1] > _MANY:
            return True
        if code is op.BRANCH and len({str(branch[:1]) for branch in value[1]}) < len(value[1]):
            return True
        if any(_explodes(part) for part in _parts(value)):
            return True
    return False


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, parser.SubPattern):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _parts(item)
