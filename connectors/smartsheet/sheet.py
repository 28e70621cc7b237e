"""A sheet as a page: its table with the columns that everybody sees, and below it what was said about it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Discussion:
    """What was said about a sheet or one of its rows.

    Attributes:
        row_id: Empty: about the sheet as a whole.
        comments: Oldest first.
    """

    id: str
    title: str
    row_id: str
    comments: tuple[Json, ...]

    @property
    def changed(self) -> tuple[str, ...]:
        """Differs when a comment is added, changed or taken away."""
        return tuple(f"{one.get('id')} {one.get('modifiedAt') or one.get('createdAt')}" for one in self.comments)


def discussion_of(said: Json) -> Discussion:
    """A discussion as the interface has it."""
    is_of_row = str(said.get("parentType") or "").upper() == "ROW"
    comments = sorted(said.get("comments") or (), key=lambda one: str(one.get("createdAt")))
    row_id = str(said.get("parentId") or "") if is_of_row else ""
    return Discussion(str(said.get("id")), str(said.get("title") or ""), row_id, tuple(comments))


def page(name: str, sheet: Json, rows: Sequence[Json], discussions: Iterable[Discussion]) -> str:
    """The sheet as HTML.

    Args:
        sheet: With its columns. Hidden ones are left out, since those who only look at the sheet don't see them.
    """
    columns = [one for one in sheet.get("columns") or () if not one.get("hidden")]
    primary = next((str(one["id"]) for one in columns if one.get("primary")), "")
    titles = "".join(f"<th>{html.escape(str(one.get('title') or ''))}</th>" for one in columns)
    parts = [
        f"<!DOCTYPE html><html><head><title>{html.escape(name)}</title></head><body><h1>{html.escape(name)}</h1>",
        f"<table><thead><tr>{titles}</tr></thead><tbody>",
    ]
    names: dict[str, str] = {}
    for row in rows:
        cells = {str(cell.get("columnId")): cell for cell in row.get("cells") or ()}
        shown = [_text(cells.get(str(one["id"]), {})) for one in columns]
        names[str(row.get("id"))] = _text(cells.get(primary, {})) or f"row {row.get('rowNumber')}"
        parts.append("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in shown) + "</tr>")
    parts.append("</tbody></table>")
    return "".join([*parts, *_below(discussions, names), "</body></html>"])


def moment(text: object) -> datetime | None:
    """The time that the interface wrote; None for nothing."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _below(discussions: Iterable[Discussion], names: Mapping[str, str]) -> Iterator[str]:
    for discussion in discussions:
        about = names.get(discussion.row_id, "")
        heading = ": ".join(part for part in (about, discussion.title) if part) or "Discussion"
        yield f"<h2>{html.escape(heading)}</h2>"
        for comment in discussion.comments:
            by, when = comment.get("createdBy") or {}, moment(comment.get("createdAt"))
            who = ", ".join(part for part in (str(by.get("name") or ""), f"{when:%Y-%m-%d}" if when else "") if part)
            yield f"<p>{html.escape(who)}: {html.escape(str(comment.get('text') or ''))}</p>"


def _text(cell: Json) -> str:
    """What people see in a cell: as it is formatted, else its value."""
    shown = cell.get("displayValue")
    value = cell.get("value") if shown is None else shown
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
