"""Who may try and publish an app that asks the data warehouse."""

from __future__ import annotations

from apps.language import App
from core.settings import AuthSettings
from core.types import User


def unreleased(app: App, user: User, auth: AuthSettings) -> str:
    """Why the person may neither try the text nor publish it; empty when they may.

    The warehouse sees the service's account and not the person, so an author's query could read all of it.
    """
    if set(user.groups) & set(auth.admin_groups) or all(step.use != "query" for step in app.steps):
        return ""
    return (
        "This app asks the data warehouse, which shows it everything; an administrator reads the query, tries it and "
        "publishes it."
    )
