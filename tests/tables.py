"""Tables as a parser hands them over: the Markdown to be shown, and the rows."""

from typing import Any

from core.tables import read_rows
from core.types import Section


def table_section(markdown: str, heading_path: tuple[str, ...] = (), **keys: Any) -> Section:
    """The section of a table that is written as `markdown`."""
    return Section(markdown, heading_path, kind="table", rows=tuple(map(tuple, read_rows(markdown))), **keys)
