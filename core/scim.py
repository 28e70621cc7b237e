"""Users and groups that an identity provider pushes to Debrief by SCIM 2.0 (RFC 7643, RFC 7644).

Kept as they were sent; after each change the memberships of all groups are written for the directory, so that who is
taken out of a group, or isn't active any more, loses it at once.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import sqlalchemy as sa

from core.database import Engine, Json, metadata, personal
from core.errors import DebriefError
from core.groups import SCIM, note_check, save_names
from core.identity import home_address, save_memberships
from core.types import Principal

Kind = Literal["Users", "Groups"]
Resource = dict[str, Any]

resources = sa.Table(
    "scim_resources",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(10), nullable=False, index=True),
    # userName or displayName, in lower case.
    sa.Column("name", sa.String(320), nullable=False, index=True),
    sa.Column("user", sa.String(320), nullable=False, default="", info=personal("the identity provider takes it out")),
    sa.Column("record", Json, nullable=False),
)
_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0"
_NAMED = {"Users": "userName", "Groups": "displayName"}
_FILTER = re.compile(r'\s*(userName|displayName|externalId|id)\s+eq\s+"((?:[^"\\]|\\.)*)"\s*', re.IGNORECASE)
_MEMBER = re.compile(r'members\[value\s+eq\s+"([^"]+)"\]', re.IGNORECASE)


class ScimError(DebriefError):
    """A request that SCIM answers with an error; `status` is HTTP's."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def create(engine: Engine, kind: Kind, sent: Mapping[str, Any]) -> Resource:
    """The new resource. Raises ScimError: it has no name, or the name is taken."""
    name = _name(kind, sent)
    if found(engine, kind, f'{_NAMED[kind]} eq "{name}"'):
        raise ScimError(409, f"There is a {kind[:-1]} {name!r} already.")
    return _save(engine, kind, {**sent, "id": str(uuid.uuid4())})


def read(engine: Engine, kind: Kind, identifier: str) -> Resource:
    """The resource. Raises ScimError: there is none."""
    query = sa.select(resources.c.record).where(resources.c.id == identifier, resources.c.kind == kind)
    with engine.connect() as connection:
        record = connection.scalar(query)
    if record is None:
        raise ScimError(404, f"There is no {kind[:-1]} {identifier!r}.")
    return dict(record)


def found(engine: Engine, kind: Kind, wanted: str = "") -> list[Resource]:
    """All resources of the kind, or those that fit a filter `attribute eq "value"`. Raises ScimError: another one."""
    query = sa.select(resources.c.record).where(resources.c.kind == kind).order_by(resources.c.name)
    with engine.connect() as connection:
        everything = [dict(record) for record in connection.scalars(query)]
    if not wanted:
        return everything
    match = _FILTER.fullmatch(wanted)
    if match is None:
        raise ScimError(400, f'The filter {wanted!r} isn\'t known; write attribute eq "value".')
    attribute, value = match[1].lower(), re.sub(r"\\(.)", r"\1", match[2]).lower()
    return [r for r in everything if any(k.lower() == attribute and str(v).lower() == value for k, v in r.items())]


def replace(engine: Engine, kind: Kind, identifier: str, sent: Mapping[str, Any]) -> Resource:
    """The resource as it was sent. Raises ScimError as `read`."""
    read(engine, kind, identifier)
    return _save(engine, kind, {**sent, "id": identifier})


def patch(engine: Engine, kind: Kind, identifier: str, operations: Sequence[Mapping[str, Any]]) -> Resource:
    """The resource after the operations. Raises ScimError: there is none, or one of them isn't known."""
    record = read(engine, kind, identifier)
    for operation in operations:
        _apply(record, str(operation.get("op", "")).lower(), str(operation.get("path", "")), operation.get("value"))
    return _save(engine, kind, record)


def delete(engine: Engine, kind: Kind, identifier: str) -> None:
    """Forgets the resource. Raises ScimError: there is none."""
    read(engine, kind, identifier)
    with engine.begin() as connection:
        connection.execute(resources.delete().where(resources.c.id == identifier))
    _tell(engine)


def is_inactive(engine: Engine, address: str) -> bool:
    """Whether the provider has pushed the person with this address as not active."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(resources.c.record).where(resources.c.user == address)).scalars()
        return any(str(record.get("active", True)).lower() == "false" for record in rows)


def is_gone(engine: Engine, address: str) -> bool:
    """Whether the provider pushes its people, and the one with this address isn't among them, or isn't active."""
    users = resources.c.kind == "Users"
    with engine.connect() as connection:
        pushed = connection.scalar(sa.select(resources.c.id).where(users).limit(1))
        theirs = connection.scalar(sa.select(resources.c.id).where(users & (resources.c.user == address)).limit(1))
    return is_inactive(engine, address) or (pushed is not None and theirs is None)


def _apply(record: Resource, op: str, path: str, value: Any) -> None:
    if op not in ("add", "remove", "replace"):
        raise ScimError(400, f"The operation {op!r} isn't known; use add, remove or replace.")
    if member := _MEMBER.fullmatch(path):
        record["members"] = [m for m in record.get("members", ()) if m.get("value") != member[1]]
    elif path.lower() == "members":
        named = [m for m in (value if isinstance(value, list) else [value]) if isinstance(m, Mapping)]
        ids = {m.get("value") for m in named}
        kept = [m for m in record.get("members", ()) if op != "replace" and m.get("value") not in ids]
        # A removal without a value takes out all of them.
        record["members"] = ([] if value is None else kept) if op == "remove" else [*kept, *map(dict, named)]
    elif not path and isinstance(value, Mapping):
        for name, part in value.items():
            _apply(record, op, name, part)
    elif op == "remove":
        record.pop(path, None)
    else:
        record[path] = value


def _save(engine: Engine, kind: Kind, record: Resource) -> Resource:
    name = _name(kind, record)
    record = {"schemas": [f"{_SCHEMA}:{kind[:-1]}"], **record, "meta": {"resourceType": kind[:-1]}}
    person = home_address(_address(record)) if kind == "Users" else ""
    with engine.begin() as connection:
        connection.execute(resources.delete().where(resources.c.id == record["id"]))
        connection.execute(
            resources.insert().values(id=record["id"], kind=kind, name=name.lower(), user=person, record=record)
        )
    _tell(engine)
    return record


def _name(kind: Kind, sent: Mapping[str, Any]) -> str:
    name = str(sent.get(_NAMED[kind]) or "").strip()
    if not name:
        raise ScimError(400, f"A {kind[:-1]} needs a {_NAMED[kind]}.")
    return name


def _tell(engine: Engine) -> None:
    """Writes who is in which group; a group is known by its name and by the provider's own id for it."""
    people = {user["id"]: user for user in found(engine, "Users")}
    groups = {group["id"]: group for group in found(engine, "Groups")}
    told: dict[str, frozenset[Principal]] = {}
    called: dict[str, str] = {}
    for group in groups.values():
        members: set[Principal] = set()
        for member in group.get("members", ()):
            identifier = str(member.get("value", ""))
            if identifier in groups:
                members.add(f"group:{groups[identifier]['displayName']}")
            elif (user := people.get(identifier)) and str(user.get("active", True)).lower() != "false":
                members |= {f"user:{_address(user)}", f"user:{user['userName']}"}
        called[str(group.get("externalId") or "")] = str(group["displayName"])
        for name in filter(None, (group["displayName"], group.get("externalId"))):
            # A group without anybody is told, too: a token's claim of it doesn't count.
            told[str(name)] = frozenset(members or {""})
    save_memberships(engine, SCIM, told)
    save_names(engine, {group: name for group, name in called.items() if group})
    note_check(engine, SCIM)


def _address(user: Mapping[str, Any]) -> str:
    mails = [m for m in user.get("emails", ()) if isinstance(m, Mapping) and m.get("value")]
    chosen = next((m for m in mails if m.get("primary")), mails[0] if mails else {})
    return str(chosen.get("value") or user["userName"])
