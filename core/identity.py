"""Who a person is: the directory of users and nested groups.

Users and groups come from `auth.users_file`; groups that a source keeps itself (SharePoint's site groups)
are merged in by their synced memberships.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from pydantic import BaseModel, ConfigDict, Field

from core.database import Engine, metadata
from core.errors import IdentityError, SettingsError
from core.nearest import nearest
from core.settings import Settings, validate
from core.types import EVERYONE, Principal, User, folded
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
    """

    entries: Mapping[str, User] = field(default_factory=dict)
    members: Mapping[str, frozenset[Principal]] = field(default_factory=dict)

    def user(self, email: str) -> User:
        """The person with this address.

        Raises:
            IdentityError: nobody has it; the message names the nearest known address.
        """
        entry = self.entries.get(folded(email.strip()))
        if entry is None:
            remedy = "add the user to the file named by auth.users_file."
            hint = nearest(email.strip().lower(), self.entries, "users", otherwise=remedy)
            raise IdentityError(f"There is no user {email!r}; {hint}")
        return User(entry.email, self.groups_of(entry.email), entry.attributes, entry.name)

    def groups_of(self, email: str, claimed: Iterable[str] = ()) -> tuple[str, ...]:
        """Every group of this address: claimed ones, direct ones, and all groups that those are in."""
        groups = set(claimed)
        pending: list[Principal] = [f"user:{folded(email)}", EVERYONE, *(f"group:{g}" for g in groups)]
        while pending:
            member = pending.pop()
            for group, members in self.members.items():
                if member in members and group not in groups:
                    groups.add(group)
                    pending.append(f"group:{group}")
        return tuple(sorted(groups))


def normalised(principals: Iterable[Principal]) -> frozenset[Principal]:
    """The principals with e-mail addresses as they are compared; groups stay as they are written."""
    return frozenset(folded(p) if p.startswith("user:") else p for p in principals)


def denied(principals: Iterable[Principal]) -> frozenset[Principal]:
    """The principals of a deny list, which must not be missed for a capital letter or an accent."""
    return frozenset(map(folded, principals))


def load_directory(settings: Settings, engine: Engine) -> Directory:
    """The people and groups of `auth.users_file`, and the groups that the synced sources keep themselves.

    Raises:
        SettingsError: the users file is missing or wrong.
    """
    users: dict[str, User] = {}
    members: dict[str, frozenset[Principal]] = {}
    if settings.auth.users_file is not None:
        path = settings.path(settings.auth.users_file)
        parsed = validate(_UsersFile, _read_mapping(path), path)
        users = {folded(u.email): User(folded(u.email), (), u.attributes, u.name) for u in parsed.users}
        members = {name: _members(name, group, path) for name, group in parsed.groups.items()}
    with engine.connect() as connection:
        for row in connection.execute(sa.select(memberships)):
            members[row.group] = members.get(row.group, frozenset()) | {row.member}
    return Directory(users, members)


def asking_user(settings: Settings, email: str, engine: Engine) -> User:
    """The person that a command runs for: `email`, or auth.development_user.

    Raises:
        IdentityError: neither is given, or the directory doesn't know the person.
    """
    email = (email or settings.auth.development_user).strip().lower()
    if not email:
        raise IdentityError("Nobody is asking; add --user EMAIL, or set auth.development_user in debrief.yaml.")
    directory = load_directory(settings, engine)
    # Without a users file there is nobody to look up: the address alone is who asks, with its synced groups.
    return directory.user(email) if settings.auth.users_file is not None else User(email, directory.groups_of(email))


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
