"""A made-up Microsoft 365 tenant in memory: directory, sites, libraries with a history of changes, pages, lists.

`graph.py` serves it. Tests change it through its methods, as people would through SharePoint.
"""

from __future__ import annotations

import itertools
import json
import mimetypes
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from samples.stand_ins.chats import Conversation, Team
from samples.stand_ins.mailboxes import Mailbox

Json = dict[str, Any]


def now() -> str:
    """Now, as Graph writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Item:
    """A file or folder of a library. `permissions` None: its parent's apply."""

    id: str
    name: str
    parent: str
    content: bytes | None = None
    created: str = ""
    modified: str = ""
    modified_by: Json = field(default_factory=dict)
    fields: Json = field(default_factory=dict)
    permissions: list[Json] | None = None
    version: int = 1
    content_version: int = 1
    deleted: bool = False
    sharing_changed: int = 0


@dataclass
class Library:
    """A document library, with every change numbered so that a delta token is just a number."""

    id: str
    name: str
    web_url: str
    columns: list[Json]
    permissions: list[Json]
    items: dict[str, Item] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    # Tokens below this number are answered with 410 Gone.
    oldest_token: int = 0

    def touch(self, item: Item) -> None:
        """The item appears in the next delta."""
        self.log.append(item.id)

    def path(self, item: Item) -> str:
        """The item's path within the library."""
        parts = [item.name]
        while item.parent and item.parent != "root":
            item = self.items[item.parent]
            parts.append(item.name)
        return "/".join(reversed(parts))

    def permissions_of(self, item: Item) -> list[Json]:
        """The item's own permissions or those of the nearest parent that has some."""
        while item.permissions is None:
            if item.parent in ("", "root"):
                return self.permissions
            item = self.items[item.parent]
        return item.permissions

    def children(self, folder: str) -> list[Item]:
        """What lies directly in a folder ("root" for the library itself)."""
        return [item for item in self.items.values() if item.parent == folder and not item.deleted]

    def find(self, path: str) -> Item | None:
        """The item at a path."""
        return next((i for i in self.items.values() if not i.deleted and self.path(i) == path), None)


@dataclass
class Site:
    """A site with its libraries, pages, lists and SharePoint groups."""

    id: str
    name: str
    title: str
    web_url: str
    groups: list[Json] = field(default_factory=list)
    libraries: dict[str, Library] = field(default_factory=dict)
    pages: dict[str, Json] = field(default_factory=dict)
    lists: dict[str, Json] = field(default_factory=dict)


class Tenant:
    """Everything that the stand-in serves."""

    def __init__(self, host: str = "contoso.sharepoint.com") -> None:
        self.host = host
        self.users: dict[str, Json] = {}
        self.groups: dict[str, Json] = {}
        self.sites: dict[str, Site] = {}
        self.drives: dict[str, Library] = {}
        self.mailboxes: dict[str, Mailbox] = {}
        self.teams: dict[str, Team] = {}
        self.chats: dict[str, Conversation] = {}
        self.transcripts: list[Json] = []
        self.meetings: dict[str, Json] = {}
        self._numbers = itertools.count(1)

    def add_site(self, name: str, title: str = "") -> Site:
        """A new site without libraries."""
        number = next(self._numbers)
        site = Site(f"{self.host},site-{number},web-{number}", name, title or name, f"https://{self.host}/sites/{name}")
        self.sites[name] = site
        return site

    def add_library(self, site: Site, name: str = "Documents", permissions: list[Json] | None = None) -> Library:
        """A new, empty library."""
        library = Library(f"b!{next(self._numbers):04}", name, f"{site.web_url}/{name}", [], permissions or [])
        site.libraries[name] = library
        return library

    def add_drive(self, address: str, permissions: list[Json] | None = None) -> Library:
        """A person's OneDrive; without `permissions` they alone read it."""
        url = f"https://{self.host.replace('.', '-my.', 1)}/personal/{address.replace('@', '_').replace('.', '_')}"
        owner = [{"id": "owner", "roles": ["owner"], "grantedToV2": {"user": {"id": address, "email": address}}}]
        number = f"b!my{next(self._numbers):04}"
        library = Library(number, "OneDrive", f"{url}/Documents", [], owner if permissions is None else permissions)
        self.drives[address.lower()] = library
        return library

    def put(self, library: Library, path: str, content: bytes, **facts: Any) -> Item:
        """Creates or replaces a file, and its folders; `facts` are fields of `Item`."""
        *folders, name = path.split("/")
        parent = "root"
        for depth, folder in enumerate(folders):
            found = library.find("/".join(folders[: depth + 1])) or self._new(library, folder, parent, None)
            parent = found.id
        item = library.find(path)
        if item is None:
            item = self._new(library, name, parent, content)
        else:
            item.content = content
            item.content_version += 1
            item.version += 1
            item.modified = now()
        for key, value in facts.items():
            setattr(item, key, value)
        library.touch(item)
        return item

    def add(self, library: Library, name: str, content: bytes) -> Item:
        """A new file in the library's root, without a look at what is there: quick for very many."""
        return self._new(library, name, "root", content)

    def delete(self, library: Library, path: str) -> None:
        """Moves a file, or a folder with all below it, to the recycle bin."""
        item = library.find(path)
        assert item is not None, path
        for child in library.children(item.id):
            self.delete(library, library.path(child))
        item.deleted = True
        library.touch(item)

    def rename(self, library: Library, path: str, name: str) -> None:
        """Gives an item another name. What lies in a folder isn't reported as changed."""
        item = library.find(path)
        assert item is not None, path
        item.name = name
        item.version += 1
        library.touch(item)

    def share(self, library: Library, path: str, permissions: list[Json] | None) -> None:
        """Changes the permissions of an item, or of the whole library for an empty path."""
        if not path:
            library.permissions = permissions or []
            library.log.append("root")
            return
        item = library.find(path)
        assert item is not None, path
        item.permissions = permissions
        item.sharing_changed = len(library.log) + 1
        library.touch(item)

    def user(self, name: str) -> Json | None:
        """A person by id, address or sign-in name."""
        if name in self.users:
            return self.users[name]
        named = (u for u in self.users.values() if name.lower() in _names(u))
        return next(named, None)

    def add_mailbox(self, address: str, purpose: str = "user", **facts: Any) -> Mailbox:
        """A mailbox with its directory entry; `facts` are fields of that."""
        self.users[address] = {"id": address, "mail": address, "userPrincipalName": address, **facts}
        self.mailboxes[address.lower()] = Mailbox(address, purpose)
        return self.mailboxes[address.lower()]

    def add_team(self, team: str, name: str, *members: str) -> Team:
        """A team and the group that it rests on; `members` are ids of users."""
        people = [{"@odata.type": "#microsoft.graph.user", "id": member} for member in members]
        self.groups[team] = {"id": team, "displayName": name, "members": people}
        self.teams[team] = Team(team, name)
        return self.teams[team]

    def add_transcript(self, organiser: str, subject: str, text: str, *invited: str) -> Json:
        """A meeting that was held, with its transcript; `invited` are ids of users."""
        number = next(self._numbers)
        attendees = [{"identity": {"user": {"id": user, "displayName": user}}, "upn": user} for user in invited]
        meeting = {
            "id": f"MSo{number}",
            "subject": subject,
            "startDateTime": "2026-11-10T09:00:00Z",
            "joinWebUrl": f"https://teams.microsoft.com/l/meetup-join/{number}",
            "participants": {"organizer": {"identity": {"user": {"id": organiser}}}, "attendees": attendees},
        }
        self.meetings[str(meeting["id"])] = meeting
        transcript = {
            "id": f"MSMjM{number}",
            "meetingId": meeting["id"],
            "meetingOrganizer": {"user": {"id": organiser}},
            "createdDateTime": "2026-11-10T09:01:00Z",
            "endDateTime": "2026-11-10T09:45:00Z",
            "_text": text,
        }
        self.transcripts.append(transcript)
        return transcript

    def transitive_members(self, group_id: str) -> list[Json]:
        """The members of an Entra group, and those of the groups in it."""
        found: dict[str, Json] = {}
        pending = [group_id]
        while pending:
            for member in self.groups.get(pending.pop(), {}).get("members", ()):
                if member["id"] in found:
                    continue
                known = self.users.get(member["id"]) or self.groups.get(member["id"]) or {}
                kept = {key: value for key, value in known.items() if key != "members"}
                found[member["id"]] = {"@odata.type": member["@odata.type"], **kept}
                if member["id"] in self.groups:
                    pending.append(member["id"])
        return list(found.values())

    def _new(self, library: Library, name: str, parent: str, content: bytes | None) -> Item:
        moment = now()
        item = Item(f"01ITEM{next(self._numbers):06}", name, parent, content, moment, moment)
        library.items[item.id] = item
        library.touch(item)
        return item


def load_tenant(folder: Path) -> Tenant:
    """The tenant of the sample workspace's sharepoint folder."""
    directory = _read(folder / "_directory.json")
    sites = sorted(folder.glob("*/_site.json"))
    host = _read(sites[0])["webUrl"].split("/")[2] if sites else "contoso.sharepoint.com"
    tenant = Tenant(host)
    tenant.users = {user["id"]: user for user in directory["users"]}
    tenant.groups = {group["id"]: group for group in directory["groups"]}
    for path in sites:
        facts = _read(path)
        site = Site(facts["id"], facts["name"], facts["displayName"], facts["webUrl"], facts["siteGroups"])
        tenant.sites[site.name] = site
        for described in sorted(path.parent.glob("*/_library.json")):
            _load_library(tenant, site, described)
        for page in sorted((path.parent / "SitePages").glob("*.json")):
            said = _read(page)
            site.pages[said["id"]] = said
    return tenant


def _load_library(tenant: Tenant, site: Site, described: Path) -> None:
    facts = _read(described)
    library = Library(facts["id"], facts["name"], facts["webUrl"], facts["columns"], facts["permissions"])
    site.libraries[library.name] = library
    for said in facts["items"]:
        item = tenant.put(
            library,
            said["path"],
            (described.parent / said["path"]).read_bytes(),
            created=said["createdDateTime"],
            modified=said["lastModifiedDateTime"],
            modified_by=said["lastModifiedBy"],
            fields=said["fields"],
            permissions=said["permissions"],
        )
        # The id of the workspace, so that it stays the same from start to start.
        del library.items[item.id]
        library.log = [said["id"] if known == item.id else known for known in library.log]
        item.id = said["id"]
        library.items[item.id] = item


def _names(user: Json) -> set[str]:
    return {str(user.get(key) or "").lower() for key in ("mail", "userPrincipalName")} - {""}


def media_type(name: str) -> str:
    """The type by the file name."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
