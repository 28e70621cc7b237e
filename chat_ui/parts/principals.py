"""People and groups as a page shows them: by name, with the id on hover."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from chat_ui.parts import session
from core.types import folded
from ingestion.documents import principal_name


def principals_html(principals: Iterable[str]) -> str:
    """Those of an access list, by commas; empty for an empty list."""
    names = session.directory().names
    return ", ".join(f'<span title="{escape(p)}">{escape(principal_name(p, names))}</span>' for p in sorted(principals))


def group_html(group: str) -> str:
    """A group by its name, with its id on hover where that is another."""
    name = session.directory().names.get(folded(group), group)
    return escape(group) if name == group else f'<span title="{escape(group)}">{escape(name)}</span>'
