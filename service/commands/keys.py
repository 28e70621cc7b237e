"""`debrief keys create`, `list` and `revoke`."""

from __future__ import annotations

from typing import Annotated

import typer

from core.console import err, out, print_json
from core.database import open_database
from core.errors import IdentityError
from core.identity import asking_user
from core.keys import SCOPES, ApiKey, create_key, listed_keys, revoke_key
from core.settings import load_settings

keys_app = typer.Typer(no_args_is_help=True, help="Keys for the REST and MCP interfaces.", rich_markup_mode=None)
AsUser = Annotated[str, typer.Option("--user", help="Who acts; default: auth.development_user.")]


def register(app: typer.Typer) -> None:
    """Adds the command's group."""
    app.add_typer(keys_app, name="keys")


@keys_app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What it is for, such as notebook.")],
    *,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help=f"Of {', '.join(SCOPES)}; default: search and ask.")
    ] = None,
    days: Annotated[int, typer.Option(help="So long it is valid.")] = 90,
    service: Annotated[
        bool, typer.Option("--service", help="For a program that names a person at each call; administrators only.")
    ] = False,
    user: AsUser = "",
) -> None:
    """Creates a key and prints it, once."""
    settings = load_settings()
    engine = open_database(settings)
    person = asking_user(settings, user, engine)
    if service and not set(settings.auth.admin_groups) & set(person.groups):
        raise IdentityError(
            f"A service key acts for anybody, and {person.email} isn't in {', '.join(settings.auth.admin_groups)}; ask "
            "an administrator for it."
        )
    made, text = create_key(engine, person, name, scope or ("search", "ask"), days, service=service)
    err.print(f"Key {made.id} of {made.user}, valid until {made.expires_at:%Y-%m-%d}. It isn't shown again:")
    out.print(text, markup=False)


@keys_app.command("list")
def listed(
    person: Annotated[str, typer.Option(help="Of this person alone.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Lists keys: whose, for what, until when, last used."""
    found = listed_keys(open_database(load_settings()), person)
    if as_json:
        print_json({"keys": found})
        return
    for key in found:
        out.print(_line(key), markup=False)
    if not found:
        out.print("There are no keys.")


@keys_app.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id; with --person all of theirs: write `all`.")],
    person: Annotated[str, typer.Option(help="All keys of this person.")] = "",
    user: AsUser = "",
) -> None:
    """Ends a key, or all keys of a person, at once."""
    settings = load_settings()
    engine = open_database(settings)
    by = asking_user(settings, user, engine)
    admin = bool(set(settings.auth.admin_groups) & set(by.groups))
    if not admin and person and person.lower() != by.email:
        raise IdentityError(f"{by.email} may revoke their own keys alone; ask an administrator.")
    if key == "all" and not person:
        raise IdentityError("Say whose keys: `debrief keys revoke all --person EMAIL`.")
    owner = person or ("" if admin else by.email)
    chosen = [k.id for k in listed_keys(engine, owner) if k.state == "valid"] if key == "all" else [key]
    for identifier in chosen:
        gone = revoke_key(engine, by, identifier, owner)
        out.print(f"Revoked {gone.id} {gone.name} of {gone.user}.", markup=False)
    if not chosen:
        out.print("No key of theirs is valid.")


def _line(key: ApiKey) -> str:
    kind = "service" if key.service else "personal"
    used = f"{key.used_at:%Y-%m-%d %H:%M}" if key.used_at else "never"
    return (
        f"{key.id}  {key.state:8} {kind:8} {key.user}  {key.name}  [{', '.join(key.scopes)}]  until "
        f"{key.expires_at:%Y-%m-%d}, last used {used}"
    )
