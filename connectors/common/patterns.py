"""Which paths a source's include and exclude patterns let through. Exclude wins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache


def is_included(path: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Whether `path` ("a/b/report.pdf") is to be synced. Without include patterns everything is.

    A pattern without a slash is compared with the file name, one with a slash with the whole path. `*` and `?`
    stay within a folder, `**` crosses folders, a trailing slash means everything below. Upper and lower case
    are the same.
    """
    if any(_matches(path, pattern) for pattern in exclude):
        return False
    return not include or any(_matches(path, pattern) for pattern in include)


def _matches(path: str, pattern: str) -> bool:
    subject = path if "/" in pattern else path.rsplit("/", 1)[-1]
    return _compiled(pattern).fullmatch(subject) is not None


@lru_cache(maxsize=1_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    text = pattern.lstrip("/") + ("**" if pattern.endswith("/") else "")
    parts = re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|.", text, re.DOTALL)
    return re.compile("".join(map(_part, parts)), re.IGNORECASE | re.DOTALL)


def _part(part: str) -> str:
    if part == "**/":
        return "(?:.*/)?"
    if part == "**":
        return ".*"
    if part == "*":
        return "[^/]*"
    if part == "?":
        return "[^/]"
    if len(part) > 2 and part[0] == "[":
        inner = part[1:-1].replace("\\", r"\\").replace("[", r"\[")
        return f"[^{inner[1:]}]" if inner[0] == "!" else f"[{inner}]"
    return re.escape(part)
