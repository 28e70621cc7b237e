"""A sync that somebody starts from the page."""

from __future__ import annotations

from chat_ui.parts import session
from core.types import User
from ingestion.sync import process


def start_sync(name: str | None, user: User) -> None:
    """Starts the sync of one source, or of all."""
    process.start_sync(session.settings(), session.database(), [name] if name else [], user)
