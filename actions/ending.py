"""Every connection of one person ended, as when the person is deleted."""

from __future__ import annotations

from actions.accounts.accounts import Accounts
from actions.accounts.kept import accounts_of
from actions.connections import open_actions
from core import audit
from core.database import Engine
from core.errors import DebriefError
from core.settings import Settings


def end_accounts(settings: Settings, engine: Engine, email: str) -> list[str]:
    """What became of each connection, in a sentence; a server that can't be asked keeps nothing here from going."""
    told = []
    for account in accounts_of(engine, email):
        try:
            connection = open_actions(settings, engine).systems.get(account.system)
            place = connection.place if connection is not None else None
            ended = Accounts(settings, engine).disconnect(place, account.system, email, audit.SERVICE)
        except DebriefError as error:
            ended = f"It may go on there: {error}"
        told.append(f"Sign-in to {account.system}: {ended}")
    return told
