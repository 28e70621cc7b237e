"""A PDF page's text runs → blocks in reading order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def page_blocks(page: Any, textpage: Any) -> Iterator[tuple[str, Any]]:
    """("text", paragraph) and ("table", rows) of a page."""
    yield "text", textpage.get_text_range()
