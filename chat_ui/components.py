"""The parts that every page is made of: states, banners, badges. One look, all text escaped."""

from __future__ import annotations

import logging
import uuid
from html import escape
from pathlib import Path
from typing import Literal

import streamlit as st

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

STATIC = Path(__file__).parent / "static"
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
    (AppError, "The app can't go on"),
)


def styles() -> None:
    """The style sheet; each page run sends it once."""
    st.html(STATIC / "debrief.css")


def state(title: str, text: str = "", kind: Literal["empty", "warning", "error"] = "empty") -> None:
    """A designed empty, warning or error state: a title and one sentence."""
    role = "alert" if kind == "error" else "status"
    body = f'<div class="text">{escape(text)}</div>' if text else ""
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
        f"Try again; if it happens again, give the reference {reference} to your administrator, who finds it in the log.",
        "error",
    )


def badge(text: str, kind: Literal["", "good", "bad", "warn", "accent"] = "") -> str:
    """HTML of a badge, to be put into a page's own HTML."""
    return f'<span class="badge {kind}">{escape(text)}</span>'


def person_card(user: User) -> None:
    """Whose answers these are."""
    st.html(
        f'<div class="person"><div class="name">{escape(user.name or user.email)}</div>'
        f'<div class="mail">{escape(user.email)}</div></div>'
    )


def development_banner() -> None:
    """Says on every page that nobody has signed in."""
    st.html('<div class="banner" role="note">Development user, on this machine only. Nobody has signed in.</div>')
