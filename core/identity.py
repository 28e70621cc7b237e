"""Who a person is: the directory of users and nested groups.

Users and groups come from `auth.users_file`; groups that a source keeps itself (SharePoint's site groups)
are merged in by their synced memberships.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from pydantic import BaseModel, ConfigDict, Field

from core.database import Engine, metadata
from core.errors import IdentityError, SettingsError
from core.groups import GRAPH, SCIM, group_checks, names_of_groups
from core.nearest import nearest
from core.settings import Settings, validate
from core.types import EVERYONE, UNKNOWN_GROUPS, Principal, User, folded
from core.yaml_text import load_yaml

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("group", sa.String, primary_key=True),
    sa.Column("member", sa.String, primary_key=True),
)


class _UserEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    email: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    attributes: dict[str, str | int | float | bool | tuple[str, ...]] = Field(default_factory=dict)


class _GroupEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    members: tuple[str, ...] = ()
    description: str = ""


class _UsersFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    users: tuple[_UserEntry, ...] = ()
    groups: dict[str, _GroupEntry] = Field(default_factory=dict)


@dataclass(frozen=True)
class Directory:
    """The people that Debrief knows, and which groups each is in, nested ones included.

    Attributes:
        entries: E-mail address in lower case → the person, without groups.
        members: Group name → its direct members, users and groups.
        aliases: Other addresses, in lower case → the person's address.
        told: The groups that a directory keeps for all people; a sign-in's claim doesn't count for them.
        whole: Whether a directory has told the members of every group that an access list names.
        stale: What a directory has told is too old: its groups grant nothing, and what denies is closed.
        names: Group, folded → what people call it, where the group itself is an id.
    """

    entries: Mapping[str, User] = field(default_factory=dict)
    members: Mapping[str, frozenset[Principal]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    whole: bool = False
    stale: bool = False
    names: Mapping[str, str] = field(default_factory=dict)

    def user(self, email: str) -> User:
        """The person with this address.

        Raises:
            IdentityError: nobody has it; the message names the nearest known address.
        """
        entry = self.entries.get(self.address_of(email))
        if entry is None:
            remedy = "add the user to the file named by auth.users_file."
            hint = nearest(email.strip().lower(), self.entries, "users", otherwise=remedy)
            raise IdentityError(f"There is no user {email!r}; {hint}")
        return User(entry.email, self.groups_of(entry.email), entry.attributes, entry.name, entry.aliases)

    def person(self, email: str, claimed: Iterable[str] = (), name: str = "") -> User:
        """The person with this address, listed or not, with the groups that a sign-in claims and that are believed."""
        address = self.address_of(email)
        known = self.entries.get(address, User(address))
        believed = [g for g in claimed if g not in self.told and not (g == UNKNOWN_GROUPS and self.whole)]
        groups = self.groups_of(address, believed)
        return User(address, groups, known.attributes, name or known.name, known.aliases)

    def address_of(self, email: str) -> str:
        """The one address of whoever has this one, in whatever spelling."""
        address = home_address(email)
        return self.aliases.get(address, address)

    def groups_of(self, email: str, claimed: Iterable[str] = ()) -> tuple[str, ...]:
        """Every group of this address: claimed ones, direct ones, and all groups that those are in."""
        groups = set(claimed) | ({UNKNOWN_GROUPS} if self.stale else set())
        address = self.address_of(email)
        own = [address, *(alias for alias, person in self.aliases.items() if person == address)]
        pending: list[Principal] = [*(f"user:{name}" for name in own), EVERYONE, *(f"group:{g}" for g in groups)]
        while pending:
            member = pending.pop()
            for group, members in self.members.items():
                if member in members and group not in groups:
                    groups.add(group)
                    pending.append(f"group:{group}")
        return tuple(sorted(groups))


def home_address(written: str) -> str:
    """The address as it is compared: a claim's encoding and a guest's account name stand for the person's own address.

    "i:0#.f|membership|Ana@x.com" and "ana_x.com#EXT#@host.onmicrosoft.com" are ana@x.com.
    """
    address = folded(written.strip().rpartition("|")[2])
    guest, mark, _ = address.partition("#ext#@")
    if mark and "_" in guest:
        local, _, domain = guest.rpartition("_")
        return f"{local}@{domain}"
    return address


def normalised(principals: Iterable[Principal]) -> frozenset[Principal]:
    """The principals with e-mail addresses as they are compared; groups stay as they are written."""
    return frozenset(_person(p) if p.startswith("user:") else p for p in principals)


def denied(principals: Iterable[Principal]) -> frozenset[Principal]:
    """The principals of a deny list, which must not be missed for a capital letter or an accent."""
    return frozenset(_person(p) if p.startswith("user:") else folded(p) for p in principals)


def _person(principal: Principal) -> Principal:
    return f"user:{home_address(principal.removeprefix('user:'))}"


def load_directory(settings: Settings, engine: Engine) -> Directory:
    """The people and groups of `auth.users_file`, and the groups that the synced sources keep themselves.

    Raises:
        SettingsError: the users file is missing or wrong.
    """
    users: dict[str, User] = {}
    names = names_of_groups(engine)
    members: dict[str, frozenset[Principal]] = {}
    if settings.auth.users_file is not None:
        path = settings.path(settings.auth.users_file)
        parsed = validate(_UsersFile, _read_mapping(path), path)
        users = {home_address(u.email): _listed(u) for u in parsed.users}
        members = {name: _members(name, group, path) for name, group in parsed.groups.items()}
        names |= {folded(name): group.description for name, group in parsed.groups.items() if group.description}
    directories = {GRAPH: settings.auth.graph, SCIM: settings.auth.scim_token}
    unused = {name for name, chosen in directories.items() if chosen is None}
    checked = [check for name, check in group_checks(engine).items() if name not in unused]
    stale = {check.source for check in checked if check.is_stale(settings.auth.groups_grace_minutes)}
    with engine.connect() as connection:
        rows = [row for row in connection.execute(sa.select(memberships)) if row.source not in unused]
    told = {row.group for row in rows if row.source in directories}
    for row in rows:
        # A source has read a group's members at its last sync, the directory some minutes ago.
        counts = row.source in directories if row.group in told else True
        if counts and row.member and row.source not in stale:
            members[row.group] = members.get(row.group, frozenset()) | {row.member}
    aliases = {alias: user.email for user in users.values() for alias in user.aliases}
    whole = not stale and any(check.whole for check in checked)
    return Directory(users, members, aliases, frozenset(told), whole, bool(stale), names)


def _listed(entry: _UserEntry) -> User:
    address = home_address(entry.email)
    return User(address, (), entry.attributes, entry.name, tuple(map(home_address, entry.aliases)))


def asking_user(settings: Settings, email: str, engine: Engine) -> User:
    """The person that a command runs for.

    In development it is `email`, or auth.development_user. Where people sign in, it is the person that
    `auth.os_users` names for the account that runs the command, and nobody can ask as somebody else.

    Raises:
        IdentityError: nobody is given, or the directory doesn't know the person, or it is somebody else.
    """
    if settings.auth.mode == "oidc":
        return _person_of_account(settings, email, load_directory(settings, engine))
    address = home_address(email or settings.auth.development_user)
    if not address:
        raise IdentityError("Nobody is asking; add --user EMAIL, or set auth.development_user in debrief.yaml.")
    directory = load_directory(settings, engine)
    # Without a users file there is nobody to look up: the address alone is who asks, with its synced groups.
    return directory.user(address) if settings.auth.users_file is not None else directory.person(address)


def person_named(settings: Settings, email: str, engine: Engine) -> User:
    """The person with this address as far as is known without a sign-in, for who looks after access; not who asks."""
    directory = load_directory(settings, engine)
    if settings.auth.mode == "development" and directory.entries:
        return directory.user(email)
    unknown = settings.auth.mode == "oidc" and settings.auth.groups_claim
    return directory.person(email, (UNKNOWN_GROUPS,) if unknown else ())


def _person_of_account(settings: Settings, email: str, directory: Directory) -> User:
    account = getpass.getuser()
    mine = settings.auth.os_users.get(account)
    if mine is None:
        raise IdentityError(
            f"People sign in here (auth.mode is oidc), and auth.os_users says of nobody that they have the account "
            f"{account!r} of this machine; add `{account}: EMAIL` there."
        )
    if email and directory.address_of(email) != directory.address_of(mine):
        raise IdentityError(
            f"The account {account!r} is {mine} (auth.os_users), and can't ask as {email}; leave --user out. "
            "`debrief access check` says what somebody else may read."
        )
    claimed = (UNKNOWN_GROUPS,) if settings.auth.groups_claim else ()
    return directory.person(mine, claimed)


def keeping_sources(engine: Engine) -> dict[str, set[str]]:
    """Group → the sources that keep it."""
    kept: dict[str, set[str]] = {}
    with engine.connect() as connection:
        for row in connection.execute(sa.select(memberships.c.group, memberships.c.source).distinct()):
            kept.setdefault(row.group, set()).add(row.source)
    return kept


def save_memberships(engine: Engine, source: str, groups: Mapping[str, frozenset[Principal]]) -> None:
    """Replaces what is known of the groups that `source` keeps itself."""
    rows = [
        {"source": source, "group": group, "member": member}
        for group, found in groups.items()
        for member in normalised(found)
    ]
    with engine.begin() as connection:
        connection.execute(memberships.delete().where(memberships.c.source == source))
        if rows:
            connection.execute(memberships.insert(), rows)


def _members(name: str, group: _GroupEntry, path: Path) -> frozenset[Principal]:
    for member in group.members:
        if member != EVERYONE and not member.startswith(("user:", "group:")):
            raise SettingsError(
                f"{path}, group {name}: the member {member!r} is neither user nor group; write user:{member} or "
                f"group:{member}."
            )
    return normalised(group.members)


def _read_mapping(path: Path) -> dict[str, Any]:
    try:
        raw = load_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"auth.users_file names {path}, which doesn't exist; correct the path.") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not valid YAML: {' '.join(str(error).split())}; mend that line.") from error
    if not isinstance(raw, dict):
        raise SettingsError(f"{path} must hold the keys `users` and `groups`.")
    return raw
