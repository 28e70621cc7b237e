"""The groups of access lists, asked for at a directory again and again, so that who has left one loses access."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.database import Engine, open_database
from core.errors import SourceError
from core.groups import GRAPH, names_of_groups, note_check, save_names
from core.identity import load_directory, save_memberships
from core.logs import scheduled
from core.settings import Settings, load_settings
from core.types import folded
from ingestion.state import documents

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger(__name__)
JOB = "groups"
# A sync may take hours, and shares the scheduler's one thread.
_EXECUTOR = "groups"
_OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def named_groups(engine: Engine) -> set[str]:
    """Every group that an access list of an indexed document names."""
    found: set[str] = set()
    query = sa.select(documents.c.allow, documents.c.deny).where(documents.c.outcome == "indexed").distinct()
    with engine.connect() as connection:
        for allow, deny in connection.execute(query):
            found.update(p.removeprefix("group:") for p in (*allow, *deny) if p.startswith("group:"))
    return found


def refresh_groups(settings: Settings, engine: Engine) -> int:
    """Asks Microsoft Graph who is in the groups that access lists and settings name; how many groups.

    Raises:
        SourceError: it can't be asked; what it told last counts for `auth.groups_grace_minutes`.
    """
    from connectors.graph.groups import group_members, group_names

    auth = settings.auth
    if auth.graph is None:
        return 0
    known, named = load_directory(settings, engine).members, named_groups(engine)
    nested = {member.removeprefix("group:") for members in known.values() for member in members}
    wanted = {*named, *nested, *auth.admin_groups, *auth.author_groups}
    ids = sorted({group.lower() for group in wanted if _OBJECT_ID.fullmatch(group)})
    try:
        members = group_members(auth.graph, settings.root, ids)
        known_names = names_of_groups(engine)
        unnamed = [group for group in ids if folded(group) not in known_names]
        save_names(engine, group_names(auth.graph, settings.root, unnamed))
    except SourceError as error:
        note_check(engine, GRAPH, str(error))
        raise
    # A group without anybody is told, too: a token's claim of it doesn't count.
    save_memberships(engine, GRAPH, {group: people or frozenset({""}) for group, people in members.items()})
    # A name that only tokens know may close documents to people whose token leaves it out.
    covered = set(map(folded, (*known, *ids)))
    note_check(engine, GRAPH, whole=all(folded(group) in covered for group in named))
    return len(members)


def add_group_job(scheduler: BackgroundScheduler, settings: Settings) -> None:
    """Adds the refresh each `auth.groups_minutes`, beginning now, or removes it where no directory is set."""
    from apscheduler.executors.pool import ThreadPoolExecutor

    if settings.auth.graph is None:
        if scheduler.get_job(JOB) is not None:
            scheduler.remove_job(JOB)
        return
    scheduler.add_executor(ThreadPoolExecutor(1), _EXECUTOR)
    again = {"trigger": "interval", "minutes": settings.auth.groups_minutes, "executor": _EXECUTOR}
    args = [str(settings.file)]
    scheduler.add_job(refresh_once, args=args, id=JOB, replace_existing=True, **again)
    scheduler.add_job(refresh_once, args=args, id=f"{JOB} now", replace_existing=True, executor=_EXECUTOR)


def refresh_once(settings_file: str) -> None:
    """A scheduled refresh. Errors end in the log and under the groups, never in the scheduler."""
    with scheduled(log, JOB):
        settings = load_settings(Path(settings_file))
        engine = open_database(settings)
        log.info("%(groups)d groups refreshed", {"groups": refresh_groups(settings, engine)})
        engine.dispose()
