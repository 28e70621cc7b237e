"""`debrief actions connect`, `connected` and `disconnect`: people's own sign-ins at other systems."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from actions.accounts.accounts import Accounts
from actions.accounts.kept import accounts_of
from actions.accounts.loopback import Loopback
from actions.connections import Actions, open_actions
from core import audit
from core.console import out, print_json
from core.database import Engine, open_database
from core.errors import ActionError
from core.identity import asking_user
from core.nearest import nearest
from core.settings import Settings, load_settings

AsUser = Annotated[str, typer.Option("--user", help="Who acts; default: auth.development_user.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
System = Annotated[str, typer.Argument(help="A system, by its name in the settings.")]
_WAIT_S = 600.0


def add_account_commands(group: typer.Typer) -> None:
    """Adds them to the group of actions."""
    group.command("connect")(connect)
    group.command("connected")(connected)
    group.command("disconnect")(disconnect)


def connect(
    name: System,
    port: Annotated[int, typer.Option(help="Of http://127.0.0.1:PORT/callback as it is registered there; 0: any.")] = 0,
    user: AsUser = "",
) -> None:
    """Signs you in to a system as yourself, in a browser on this machine."""
    settings, engine, actions = _opened()
    person = asking_user(settings, user, engine)
    places = actions.places_of(person)
    if name not in places:
        told = nearest(name, list(places), "systems with a sign-in of your own")
        raise ActionError(f"You can't sign in to {name!r} as yourself; {told}")
    accounts = Accounts(settings, engine)
    with Loopback(port) as loopback:
        out.print("Open this address in a browser on this machine, and sign in there:", markup=False)
        print(accounts.begin(places[name], person, loopback.redirect), flush=True)
        made = accounts.finish(places, loopback.awaited(_WAIT_S), person)
    out.print(f"You are connected to {places[name].title}; it permits: {made.scopes or 'what you may'}.", markup=False)


def connected(
    person: Annotated[str, typer.Option("--person", help="One person's; default: everybody's.")] = "",
    as_json: AsJson = False,
) -> None:
    """Lists who is connected to which system. No token is shown, to nobody."""
    found = accounts_of(_opened()[1], person)
    if as_json:
        print_json({"accounts": found})
        return
    table = Table("person", "system", "since", "renewed", "state")
    for account in found:
        state = account.problem or "connected"
        table.add_row(
            account.user,
            account.system,
            f"{account.connected_at:%Y-%m-%d}",
            f"{account.renewed_at:%Y-%m-%d %H:%M}",
            state,
        )
    out.print(table if found else "Nobody is connected to a system as themselves.")


def disconnect(
    name: System,
    person: Annotated[str, typer.Option("--person", help="Whose connection, for administrators; default: yours.")] = "",
    user: AsUser = "",
) -> None:
    """Forgets a connection, and ends it at the system where that takes it."""
    settings, engine, actions = _opened()
    by = audit.SERVICE if person else asking_user(settings, user, engine)
    connection = actions.systems.get(name)
    place = connection.place if connection is not None else None
    told = Accounts(settings, engine).disconnect(place, name, person or by.email, by)
    out.print(told, markup=False)


def _opened() -> tuple[Settings, Engine, Actions]:
    settings = load_settings()
    engine = open_database(settings)
    return settings, engine, open_actions(settings, engine)
