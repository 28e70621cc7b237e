"""SharePoint's permissions as principals.

A person is `user:ADDRESS`, a Microsoft Entra group `group:OBJECT-ID` (as the groups claim of a sign-in has it: names
can be given twice), a site's own group `group:SITE/TITLE`. What can't be mapped grants nothing.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from connectors.common import Access
from connectors.graph.client import GraphTenant, Missing
from core.types import EVERYONE, Principal

_GRANTING = frozenset({"read", "write", "owner", "sp.owner", "sp.member", "sp.full control"})
_PERSON = re.compile(r"i:0#\.f\|membership\|(?P<name>[^|]+)")
# The suffix _o stands for the group's owners only, so it doesn't match.
_GROUP = re.compile(r"c:0(?:o\.c\|federateddirectoryclaimprovider|t\.c\|tenant)\|(?P<id>[0-9a-fA-F-]{36})")
_ALL_PEOPLE = ("c:0-.f|rolemanager|spo-grid-all-users", "c:0(.s|true")


@dataclass(frozen=True)
class SiteRef:
    """A site: Graph's id, its address, and its short name ("delivery" for …/sites/delivery)."""

    id: str
    url: str
    title: str = ""

    @property
    def name(self) -> str:
        """Unique within the tenant."""
        return urlsplit(self.url).path.strip("/").removeprefix("sites/") or "root"


class Permissions:
    """Maps permissions, and remembers the groups that occurred, whose members the directory needs to know.

    Attributes:
        groups: Object ids of the Microsoft Entra groups that occur in any access list.
    """

    def __init__(self, tenant: GraphTenant, links_are_public: bool) -> None:
        self._tenant = tenant
        self._links_are_public = links_are_public
        self._people: dict[str, frozenset[Principal]] = {}
        self._lock = threading.Lock()
        self.groups: set[str] = set()

    def of(self, permissions: Iterable[Mapping[str, Any]], site: SiteRef) -> Access:
        """The access list that Graph permissions of an item amount to."""
        allow: set[Principal] = set()
        for permission in permissions:
            if not _GRANTING & {str(role).lower() for role in permission.get("roles", ())} or _has_ended(permission):
                continue
            link = permission.get("link")
            if link is None:
                allow |= self._identity(permission.get("grantedToV2") or permission.get("grantedTo") or {}, site)
            elif link.get("scope") in ("anonymous", "organization"):
                # Such a link opens the item to whoever was given it, which isn't everyone.
                allow |= {EVERYONE} if self._links_are_public else frozenset()
            elif link.get("scope") == "users":
                for identity in permission.get("grantedToIdentitiesV2", ()):
                    allow |= self._identity(identity, site)
        return Access(frozenset(allow))

    def of_roles(self, assignments: Iterable[Mapping[str, Any]], site: SiteRef) -> Access:
        """The access list that SharePoint REST's role assignments of a list or an item amount to."""
        allow: set[Principal] = set()
        for assignment in assignments:
            bindings = assignment.get("RoleDefinitionBindings", {}).get("results", ())
            # Limited Access lets someone through to an item further down, and shows nothing.
            if not any(binding.get("Name") != "Limited Access" for binding in bindings):
                continue
            member = assignment.get("Member", {})
            if member.get("PrincipalType") == 8:
                allow.add(f"group:{site.name}/{member.get('Title')}")
            else:
                allow |= self._login(str(member.get("LoginName", "")))
        return Access(frozenset(allow))

    def memberships(self, sites: Iterable[SiteRef]) -> dict[str, frozenset[Principal]]:
        """The members of all sites' own groups, and the people in the Microsoft Entra groups that occurred."""
        found: dict[str, frozenset[Principal]] = {}
        for site in sites if self._tenant.reads_site_groups else ():
            for group in self._tenant.rest(site.url, "web/sitegroups"):
                members: set[Principal] = set()
                for user in self._tenant.rest(site.url, f"web/sitegroups/getbyid({group['Id']})/users"):
                    members |= self._login(str(user.get("LoginName", "")))
                found[f"{site.name}/{group['Title']}"] = frozenset(members)
        for group_id in sorted(self.groups):
            found[group_id] = frozenset(self._people_in(group_id))
        return found

    def _people_in(self, group_id: str) -> set[Principal]:
        people: set[Principal] = set()
        try:
            for member in self._tenant.values(f"/groups/{group_id}/transitiveMembers"):
                if str(member.get("@odata.type", "")).endswith(".user"):
                    people |= addresses_of(member)
        except Missing:
            # A group that is gone has nobody in it; of one that was there a moment ago not all are known.
            if people:
                raise
        return people

    def _identity(self, identity: Mapping[str, Any], site: SiteRef) -> set[Principal]:
        allow: set[Principal] = set()
        if site_group := identity.get("siteGroup"):
            allow.add(f"group:{site.name}/{site_group.get('displayName')}")
        if group := identity.get("group"):
            allow |= self._group(str(group.get("id", "")))
        if site_user := identity.get("siteUser"):
            allow |= self._login(str(site_user.get("loginName", "")))
        if user := identity.get("user"):
            allow |= self.person(user)
        return allow

    def _login(self, login: str) -> set[Principal]:
        """A claim in SharePoint's encoding."""
        if login.startswith(_ALL_PEOPLE):
            return {EVERYONE}
        if person := _PERSON.fullmatch(login):
            return {f"user:{person['name'].lower()}"}
        if group := _GROUP.fullmatch(login):
            return self._group(group["id"])
        return set()

    def _group(self, group_id: str) -> set[Principal]:
        if not group_id:
            return set()
        with self._lock:
            self.groups.add(group_id.lower())
        return {f"group:{group_id.lower()}"}

    def person(self, user: Mapping[str, Any]) -> frozenset[Principal]:
        """A person by address or else by object id; nobody if the directory doesn't know them."""
        if user.get("email"):
            return frozenset({f"user:{str(user['email']).lower()}"})
        user_id = str(user.get("id", ""))
        if not user_id:
            return frozenset()
        if user_id not in self._people:
            try:
                found = self._tenant.get(f"/users/{user_id}?$select=mail,userPrincipalName")
                self._people[user_id] = frozenset(addresses_of(found))
            except Missing:
                self._people[user_id] = frozenset()
        return self._people[user_id]


def addresses_of(person: Mapping[str, Any]) -> set[Principal]:
    """A person's address and sign-in name; people sign in to Debrief with either."""
    return {f"user:{str(value).lower()}" for key in ("mail", "userPrincipalName") if (value := person.get(key))}


def _has_ended(permission: Mapping[str, Any]) -> bool:
    until = permission.get("expirationDateTime")
    if not until or str(until).startswith("0001"):
        return False
    try:
        moment = datetime.fromisoformat(str(until))
    except ValueError:
        return True
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) < datetime.now(UTC)
