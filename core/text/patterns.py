"""Regular expressions that authors and administrators write: matched in bounded time, and never for ever."""

from __future__ import annotations

import regex

from core.errors import PatternTimeout

# Patterns that people mean take milliseconds, even over a long document.
_SECONDS = 2.0


def pattern_problem(text: str) -> str:
    """What is wrong with the expression, and the remedy; empty when it can be used."""
    try:
        regex.compile(text)
    except (regex.error, RecursionError, OverflowError, ValueError):
        return f"found {text!r}, which is no regular expression; mend it."
    return ""


def matches(pattern: str, text: str, *, whole: bool = False, multiline: bool = False) -> bool:
    """Whether the pattern is found in `text`, or fits the `whole` of it. Other threads run on meanwhile.

    Raises:
        PatternTimeout: it takes over two seconds, as repeats inside repeats may.
    """
    compiled = regex.compile(pattern, regex.MULTILINE if multiline else 0)
    find = compiled.fullmatch if whole else compiled.search
    try:
        return find(text, timeout=_SECONDS, concurrent=True) is not None
    except TimeoutError as error:
        raise PatternTimeout(
            f"The pattern {pattern!r} takes over {_SECONDS:g} seconds on a text of {len(text):,} characters; write no "
            "repeat inside a repeat, as in (a+)+."
        ) from error
