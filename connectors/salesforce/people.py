"""Who is who in an organisation: users, roles, groups, and whom profiles and permission sets let read what.

Only people inside count: active users of the type "Standard". Users of portals and sites are nobody here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from connectors.salesforce.client import Missing, Salesforce, quoted
from core.types import Principal

Ids = frozenset[str]

# Groups that the organisation keeps by itself, by the role that they belong to.
_BY_ROLE = frozenset(("Role", "RoleAndSubordinates", "RoleAndSubordinatesInternal"))
_KNOWN_GROUPS = _BY_ROLE | {"Regular", "Queue", "Organization"}


class People:
    """The people of an organisation, read once a run.

    Args:
        identity: The field of a user that says under which address Debrief knows the person.
        profiles: Only people of these profiles count; none: all.
    """

    def __init__(self, salesforce: Salesforce, identity: str, profiles: Iterable[str] = ()) -> None:
        self._salesforce = salesforce
        self._identity = identity
        self._profiles = frozenset(profiles)
        self._members: dict[str, Ids] = {}
        self.unknown_groups: set[str] = set()

    @cached_property
    def users(self) -> dict[str, dict[str, Any]]:
        """By id."""
        fields = f"Id, {self._identity}, UserType, UserRoleId, Profile.Name"
        found = self._salesforce.rows(f"SELECT {fields} FROM User WHERE IsActive = true")
        return {
            str(row["Id"]): row
            for row in found
            if row["UserType"] == "Standard" and (not self._profiles or row.get("Profile.Name") in self._profiles)
        }

    @cached_property
    def groups(self) -> dict[str, dict[str, Any]]:
        """By id."""
        rows = self._salesforce.rows("SELECT Id, Name, DeveloperName, Type, RelatedId, DoesIncludeBosses FROM Group")
        return {str(row["Id"]): row for row in rows}

    def principal(self, user: str) -> Principal:
        """Under which address the person is known; their id, if they have none."""
        return f"user:{str(self.users[user].get(self._identity) or user).strip().lower()}"

    def principals(self, users: Iterable[str]) -> frozenset[Principal]:
        """The same for several."""
        return frozenset(map(self.principal, users))

    def without_address(self) -> int:
        """How many people have no address."""
        return sum(not user.get(self._identity) for user in self.users.values())

    def label(self, group: str) -> str:
        """What people call the group; unique."""
        row = self.groups[group]
        if row["Type"] in _BY_ROLE:
            role = self._roles.get(str(row["RelatedId"]), {})
            return f"role {role.get('Name') or row['RelatedId']}{'' if row['Type'] == 'Role' else ' and below'}"
        name = str(row.get("Name") or row.get("DeveloperName") or group)
        return name if self._names.get(name, 0) < 2 else f"{name} ({group})"

    def members(self, group: str) -> Ids:
        """The people in a group, nested groups included. A kind of group that isn't known has none."""
        if group not in self._members:
            # Also the end of a group that is within itself.
            self._members[group] = frozenset()
            self._members[group] = self._members_of(group)
        return self._members[group]

    def above_group(self, group: str) -> Ids:
        """Who is above its members and reads what is shared with it; of a public group that is a switch."""
        row, members = self.groups[group], self.members(group)
        is_open = _is(row.get("DoesIncludeBosses")) if row["Type"] == "Regular" else True
        return self.above(members) - members if is_open else frozenset()

    def above(self, users: Iterable[str]) -> Ids:
        """Who is above one of these people in the role hierarchy."""
        roles = {str(self.users[user].get("UserRoleId") or "") for user in users if user in self.users}
        return frozenset().union(*(self._above_role(role) for role in roles))

    def readers(self, kind: str) -> Ids:
        """Whose profile or permission sets let them read records of this kind."""
        return self._holders(
            {parent for parent, row in self._object_permissions(kind).items() if row["PermissionsRead"]}
        )

    def see_all(self, kind: str) -> Ids:
        """Who reads every record of this kind, whoever owns it."""
        by_object = {
            parent
            for parent, row in self._object_permissions(kind).items()
            if row["PermissionsViewAllRecords"] or row["PermissionsModifyAllRecords"]
        }
        return self._holders(by_object | self._all_data) & self.readers(kind)

    def field_readers(self, kind: str) -> dict[str, Ids]:
        """Field → who may read it, for the fields of this kind that somebody is told of."""
        by_field: dict[str, set[str]] = {}
        soql = "SELECT Id, ParentId, Field FROM FieldPermissions WHERE PermissionsRead = true AND SobjectType IN "
        for row in self._salesforce.rows(soql + quoted([kind])):
            by_field.setdefault(str(row["Field"]).partition(".")[2], set()).add(str(row["ParentId"]))
        return {field: self._holders(parents) for field, parents in by_field.items()}

    def _object_permissions(self, kind: str) -> dict[str, dict[str, Any]]:
        if kind not in self._objects:
            fields = "Id, ParentId, PermissionsRead, PermissionsViewAllRecords, PermissionsModifyAllRecords"
            soql = f"SELECT {fields} FROM ObjectPermissions WHERE SobjectType IN {quoted([kind])}"
            self._objects[kind] = {str(row["ParentId"]): row for row in self._salesforce.rows(soql)}
        return self._objects[kind]

    @cached_property
    def _objects(self) -> dict[str, dict[str, dict[str, Any]]]:
        return {}

    @cached_property
    def _all_data(self) -> set[str]:
        rows = self._salesforce.rows("SELECT Id FROM PermissionSet WHERE PermissionsViewAllData = true")
        return {str(row["Id"]) for row in rows}

    @cached_property
    def _assigned(self) -> dict[str, set[str]]:
        """Permission set (a profile has one, too) → who has it now."""
        described = self._salesforce.get("sobjects/PermissionSetAssignment/describe")
        known = {str(field["name"]) for field in described["fields"]} & {"IsActive", "IsRevoked"}
        soql = (
            f"SELECT {', '.join(['Id', 'AssigneeId', 'PermissionSetId', *sorted(known)])} FROM PermissionSetAssignment"
        )
        assigned: dict[str, set[str]] = {}
        for row in self._salesforce.rows(soql):
            if _is(row.get("IsActive", True)) and not _is(row.get("IsRevoked", False)):
                assigned.setdefault(str(row["PermissionSetId"]), set()).add(str(row["AssigneeId"]))
        return assigned

    def _holders(self, permission_sets: Iterable[str]) -> Ids:
        found = (self._assigned.get(one, set()) for one in permission_sets)
        return frozenset().union(*found) & self.users.keys()

    @cached_property
    def _roles(self) -> dict[str, dict[str, Any]]:
        rows = self._salesforce.rows("SELECT Id, Name, ParentRoleId FROM UserRole")
        return {str(row["Id"]): row for row in rows}

    @cached_property
    def _by_role(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for user, row in self.users.items():
            found.setdefault(str(row.get("UserRoleId") or ""), set()).add(user)
        return found

    @cached_property
    def _names(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for row in self.groups.values():
            counts[str(row.get("Name"))] = counts.get(str(row.get("Name")), 0) + 1
        return counts

    @cached_property
    def _direct(self) -> dict[str, list[str]]:
        direct: dict[str, list[str]] = {}
        for row in self._salesforce.rows("SELECT Id, GroupId, UserOrGroupId FROM GroupMember"):
            direct.setdefault(str(row["GroupId"]), []).append(str(row["UserOrGroupId"]))
        return direct

    def _members_of(self, group: str) -> Ids:
        row: Mapping[str, Any] = self.groups.get(group, {})
        kind = row.get("Type")
        if kind not in _KNOWN_GROUPS:
            self.unknown_groups.add(str(kind or group))
            return frozenset()
        if kind == "Organization":
            return frozenset(self.users)
        if kind in _BY_ROLE:
            role = str(row["RelatedId"])
            return (
                self._in_role(role)
                if kind == "Role"
                else self._in_role(role).union(*map(self._in_role, self._below(role)))
            )
        direct = self._direct.get(group, [])
        people = frozenset(one for one in direct if one in self.users)
        return people.union(*(self.members(one) for one in direct if one in self.groups))

    def _in_role(self, role: str) -> Ids:
        return frozenset(self._by_role.get(role, ()))

    def _below(self, role: str) -> set[str]:
        return {other for other in self._roles if role in self._chain(other)}

    def _above_role(self, role: str) -> Ids:
        return frozenset().union(*map(self._in_role, self._chain(role)))

    def _chain(self, role: str) -> list[str]:
        """The roles above a role, the next one first."""
        chain: list[str] = []
        here = str(self._roles.get(role, {}).get("ParentRoleId") or "")
        while here and here not in chain:
            chain.append(here)
            here = str(self._roles.get(here, {}).get("ParentRoleId") or "")
        return chain


def readable(salesforce: Salesforce, kind: str) -> Mapping[str, Any] | None:
    """What the organisation says of a kind of record; None if there is none, or this user may not see it."""
    try:
        found: Mapping[str, Any] = salesforce.get(f"sobjects/{kind}/describe")
    except Missing:
        return None
    return found


def _is(value: object) -> bool:
    return value is True or str(value).lower() == "true"
