"""Texts that several apps share: `!fragment NAME` in an app's file is the text of fragments/NAME.md beside it.

The text is taken in when the file is read, as one quoted value on the same line: lines in messages stay right, and a
published version has it for good.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from core.errors import AppError
from core.nearest import nearest

_FRAGMENT = re.compile(
    r"(?:(?<=[:,\[{-] )|(?<=\[))!fragment +([A-Za-z0-9_-]+)(?=[ \t]*(?:#.*)?(?:$|[,}\]]))", re.MULTILINE
)
_MAX_CHARS = 20_000


def with_fragments(text: str, file: Path) -> str:
    """The text of an app's file with the fragments in their places.

    Raises:
        AppError: there is no such fragment, or it can't be read; the message names the line.
    """
    folder = file.parent / "fragments"

    def taken(match: re.Match[str]) -> str:
        place = f"{file} line {text.count(chr(10), 0, match.start()) + 1}"
        own = folder / f"{match.group(1)}.md"
        if not own.is_file():
            known = sorted(f.stem for f in folder.glob("*.md"))
            there = nearest(match.group(1), known, "fragments") if known else f"write it to {own}."
            raise AppError(f"{place}: there is no fragment {match.group(1)!r}; {there}")
        try:
            shared = own.read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise AppError(f"{place}: {own} can't be read; save it as UTF-8 text.") from error
        if len(shared) > _MAX_CHARS:
            raise AppError(f"{place}: {own} has {len(shared):,} characters, over {_MAX_CHARS:,}; shorten it.")
        # JSON's quoted text is YAML's, too.
        return json.dumps(shared, ensure_ascii=False)

    return _FRAGMENT.sub(taken, text)
