"""The parts that every page is made of: states, banners, badges. One look, all text escaped."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from chat_ui.parts import session
from core.errors import (
    AppError,
    DebriefError,
    IdentityError,
    IndexDamaged,
    IndexLocked,
    IndexMissing,
    ModelError,
    QuestionError,
    SettingsError,
    SourceError,
)
from core.types import User

_CODE = re.compile(r"`([^`]+)`")
_MARKDOWN = re.compile(r"([\\`*_\[\]$:<~|])")
STATIC = Path(__file__).parents[1] / "static"
log = logging.getLogger(__name__)

# The first class that fits names the state.
ERROR_TITLES: tuple[tuple[type[DebriefError], str], ...] = (
    (IndexMissing, "No documents are indexed yet"),
    (IndexLocked, "The index is being written"),
    (IndexDamaged, "The index can't be read"),
    (SettingsError, "The settings need a correction"),
    (IdentityError, "You can't be let in"),
    (QuestionError, "This question can't be asked"),
    (ModelError, "A model isn't available"),
    (SourceError, "A source can't be read"),
    (AppError, "This can't go on yet"),
)


def styles() -> None:
    """The style sheet and the one script; each page run sends them once."""
    st.html(STATIC / "debrief.css")
    st.html(f"<script>{(STATIC / 'copy.js').read_text(encoding='utf-8')}</script>", unsafe_allow_javascript=True)


def plain(text: str) -> str:
    """The text for a place that reads Markdown, such as a title or a button: it loads no picture and makes no link."""
    return _MARKDOWN.sub(r"\\\1", text)


def state(
    title: str, text: str = "", kind: Literal["empty", "warning", "error"] = "empty", items: Sequence[str] = ()
) -> None:
    """A designed empty, warning or error state: a title, one sentence, and what it is about."""
    role = "alert" if kind == "error" else "status"
    code = _CODE.sub(r"<code>\1</code>", escape(text))
    body = f'<div class="text">{code}</div>' if text else ""
    body += f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>" if items else ""
    st.html(f'<div class="state {kind}" role="{role}"><div class="title">{escape(title)}</div>{body}</div>')


def error_state(error: Exception) -> None:
    """The error as one sentence. One that isn't ours gets a reference, and its traceback goes to the log alone."""
    if isinstance(error, DebriefError):
        title = next((t for kind, t in ERROR_TITLES if isinstance(error, kind)), "This didn't work")
        state(title, str(error), "error")
        return
    reference = uuid.uuid4().hex[:8]
    log.error("page error %s", reference, exc_info=error)
    state(
        "Something went wrong",
        f"Try again; if it happens again, give the reference {reference} to your administrator: it is in the log.",
        "error",
    )


def badge(text: str, kind: Literal["", "good", "bad", "warn", "accent"] = "") -> str:
    """HTML of a badge, to be put into a page's own HTML."""
    return f'<span class="badge {kind}">{escape(text)}</span>'


def copy_button(text: str, label: str = "Copy") -> None:
    """A button that puts `text` on the clipboard."""
    st.html(f'<button type="button" class="copy" data-copy="{escape(text)}">{escape(label)}</button>', width="content")


def download(label: str, data: str | bytes | Callable[[], bytes], name: str, media_type: str, key: str) -> None:
    """A quiet download button; a callable is asked only when somebody clicks."""
    st.download_button(
        label, session.exported(name, data), name, media_type, key=key, type="tertiary", on_click="ignore"
    )


def person_card(user: User) -> None:
    """Whose answers these are."""
    st.html(
        f'<div class="person"><div class="name">{escape(user.name or user.email)}</div>'
        f'<div class="mail">{escape(user.email)}</div></div>'
    )


def development_banner() -> None:
    """Says on every page that nobody has signed in."""
    st.html('<div class="banner" role="note">Development user, on this machine only. Nobody has signed in.</div>')


def table(header: Sequence[str], rows: Iterable[Sequence[str]], label: str, role: str = "region") -> None:
    """A small table. Cells are HTML: the page escapes what comes from outside.

    Args:
        label: Its name for screen readers.
        role: "group" where a page may have several of this name.
    """
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    labels = [f' data-label="{escape(name)}"' for name in header]
    body = "".join(
        "<tr>" + "".join(f"<td{label}>{cell}</td>" for label, cell in zip_longest(labels, row, fillvalue="")) + "</tr>"
        for row in rows
    )
    # Scrolling regions need a place in the tab order to be usable by keyboard.
    st.html(
        f'<div class="scroll" role="{role}" tabindex="0" aria-label="{escape(label)}">'
        f'<table class="rows"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def diff(text: str, label: str) -> None:
    """A unified diff, its lines coloured by what became of them.

    Args:
        label: Its name for screen readers.
    """
    kinds = {"+": "added", "-": "removed", "@": "place"}
    lines = "".join(f'<span class="{kinds.get(line[:1], "")}">{escape(line)}</span>\n' for line in text.splitlines())
    # A scrolling region needs a place in the tab order; Streamlit's own code block has none.
    st.html(f'<pre class="diff" role="region" tabindex="0" aria-label="{escape(label)}">{lines}</pre>')


def open_tab(names: Sequence[str], key: str) -> tuple[str, DeltaGenerator]:
    """The tab that is open, and where its content goes. Only that one is drawn; the address says which it is."""
    tabs = st.tabs(names, key=key, on_change="rerun", bind="query-params")
    return next(((name, tab) for name, tab in zip(names, tabs, strict=True) if tab.open), (names[0], tabs[0]))


def facts(title: str, url: str, rows: Sequence[tuple[str, str]]) -> None:
    """A card of named facts. The values are HTML: the page escapes what comes from outside."""
    heading = escape(title)
    if url.lower().startswith(("http://", "https://")):
        heading = f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{heading}</a>'
    body = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in rows)
    st.html(f'<div class="state facts"><div class="title">{heading}</div><dl>{body}</dl></div>')


def many(count: int, noun: str) -> str:
    """A number with its noun: "1 item", "1,200 items"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def local(moment: datetime) -> str:
    """A moment, as the person's clock shows it."""
    return f"{local_time(moment):%Y-%m-%d %H:%M}"


def today() -> str:
    """The day on the person's clock."""
    return f"{local_time(datetime.now(UTC)):%Y-%m-%d}"


def local_time(moment: datetime) -> datetime:
    """The moment in the person's time zone."""
    try:
        zone = ZoneInfo(str(st.context.timezone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return moment.astimezone(zone)


def ago(moment: datetime) -> str:
    """How long ago a moment was."""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for limit, unit, size in ((90, "", 0), (5_400, "min", 60), (172_800, "h", 3_600)):
        if seconds < limit:
            return f"{round(seconds / size)} {unit} ago" if size else "just now"
    return f"{round(seconds / 86_400)} days ago"
