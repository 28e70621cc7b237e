"""Confluence Data Center, from 9.1 on: its one interface, which tells restrictions with the listing.

Its people are known by user name; their address is what `addresses` makes of that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from connectors.confluence.client import Confluence, Json, Missing
from connectors.confluence.site import (
    UNREADABLE,
    Account,
    Attachment,
    Comment,
    Content,
    Listed,
    Space,
    is_restricted,
    moment,
    restriction_of,
    storage_of,
)
from core.errors import CredentialError, SourceError
from core.types import EVERYONE, Principal

_EXPAND = (
    "version,ancestors,history,metadata.labels,restrictions.read.restrictions.user,"
    "restrictions.read.restrictions.group,children.attachment.version"
)
_PAGE = 100


class DataCenterSite:
    """A site that a company runs itself."""

    def __init__(self, confluence: Confluence, addresses: str, attachments: bool, comments: bool) -> None:
        self._confluence = confluence
        self._addresses = addresses
        self._reads_attachments = attachments
        self._reads_comments = comments
        self._accounts: dict[str, Account] = {}
        self._members: dict[str, frozenset[Principal]] = {}
        self._seen_groups: set[str] = set()
        self._unreadable_groups: set[str] = set()

    def spaces(self, keys: Iterable[str]) -> Iterator[Space]:
        """The spaces with these keys; without keys, all that aren't personal and not archived."""
        wanted = list(keys)
        asked: dict[str, Any] = {"spaceKey": wanted} if wanted else {"type": "global", "status": "current"}
        for found in self._confluence.values("rest/api/space", limit=_PAGE, **asked):
            key = str(found["key"])
            yield Space(str(found["id"]), key, str(found.get("name") or key), self._readers_of(key))

    def listed(self, space: Space) -> Listed:
        """All that is in the space."""
        contents: dict[str, Content] = {}
        files: list[Attachment] = []
        for kind in ("page", "blogpost"):
            asked = {"spaceKey": space.key, "type": kind, "status": "current", "expand": _EXPAND, "limit": _PAGE}
            for raw in self._confluence.values("rest/api/content", **asked):
                contents[str(raw["id"])] = self._content(kind, raw)
                if self._reads_attachments:
                    files.extend(self._attachments(raw))
        # A page above one that is listed, and isn't listed itself, is one that this account may not see.
        parents = {content.parent_id for content in contents.values() if content.parent_id}
        return Listed(space, contents, tuple(files), self._comments(space), frozenset(parents - set(contents)))

    def storage(self, content: Content) -> str:
        """The text of a page or blog post."""
        found = self._confluence.get(f"rest/api/content/{content.id}", expand="body.storage")
        return storage_of(found)

    def download(self, attachment: Attachment) -> bytes:
        """The file."""
        return self._confluence.download(attachment.download.lstrip("/"))

    def members(self, group: str) -> frozenset[Principal]:
        """The people in a group."""
        if group not in self._members:
            try:
                path = f"rest/api/group/{quote(group, safe='')}/member"
                found = [
                    str(who["username"]) for who in self._confluence.values(path, limit=200) if who.get("username")
                ]
            except (Missing, CredentialError) as error:
                if isinstance(error, CredentialError) and error.problem != "insufficient":
                    raise
                self._unreadable_groups.add(group)
                found = []
            self._members[group] = frozenset(map(self._person, found))
        return self._members[group]

    def groups(self) -> frozenset[str]:
        """The groups that occurred in what was read so far."""
        return frozenset(self._members) | frozenset(self._seen_groups)

    def accounts(self, ids: Iterable[str]) -> Mapping[str, Account]:
        """Who these are, as far as it was told in passing."""
        return {account: self._accounts.get(account, Account(account)) for account in ids}

    def notes(self) -> list[str]:
        """What works less well than it could."""
        notes = []
        if self._unreadable_groups:
            names = ", ".join(sorted(self._unreadable_groups)[:5])
            notes.append(f"The members of {names} can't be read, so who is let in by them alone isn't; grant it.")
        if "{username}" not in self._addresses:
            notes.append(
                "People are known by user name only; set `addresses` ({username}@company.com), or give each the alias "
                "user:NAME in users.yaml."
            )
        return notes

    def _readers_of(self, key: str) -> frozenset[Principal]:
        try:
            found = self._confluence.get(f"rest/api/space/{quote(key, safe='')}/permissions")
        except Missing as error:
            raise SourceError(
                f"Who may view the space {key} isn't told: the site is older than Data Center 9.1, or the account is "
                "no administrator of the space; update the site, grant it, or leave the space out of `spaces`."
            ) from error
        readers: set[Principal] = set()
        for entry in found.get("results", ()) if isinstance(found, Mapping) else found:
            operation, subject = entry.get("operation") or {}, entry.get("subject") or {}
            if (operation.get("operationKey"), operation.get("targetType")) == ("read", "space"):
                readers |= self._subject(subject)
        return frozenset(readers)

    def _subject(self, subject: Json) -> frozenset[Principal]:
        kind = str(subject.get("type", "")).lower()
        if kind == "group":
            return frozenset({self._group(str(subject.get("name") or subject.get("displayName") or ""))})
        if kind in ("known", "user"):
            return frozenset({self._person(str(subject.get("username") or ""), subject)})
        return frozenset({EVERYONE}) if kind == "anonymous" else frozenset()

    def _content(self, kind: str, raw: Json) -> Content:
        version, ancestors = raw.get("version") or {}, raw.get("ancestors") or ()
        by = version.get("by") or {}
        if by.get("username"):
            self._person(str(by["username"]), by)
        labels = ((raw.get("metadata") or {}).get("labels") or {}).get("results") or ()
        return Content(
            id=str(raw["id"]),
            kind=kind,
            title=str(raw.get("title") or ""),
            parent_id=str(ancestors[-1]["id"]) if ancestors else "",
            parent_kind="page" if ancestors else "",
            version=int(version.get("number") or 0),
            url=str((raw.get("_links") or {}).get("webui") or ""),
            author=str(by.get("username") or ""),
            created_at=moment((raw.get("history") or {}).get("createdDate")),
            updated_at=moment(version.get("when")),
            labels=tuple(sorted(str(label.get("name")) for label in labels)),
            restricted_to=self._restricted_to(raw),
        )

    def _restricted_to(self, raw: Json) -> frozenset[Principal] | None:
        if not is_restricted(raw):
            return None
        people, groups = restriction_of(raw)
        named = {self._person(str(who["username"]), who) for who in people if who.get("username")}
        return frozenset(named | {self._group(str(group["name"])) for group in groups if group.get("name")})

    def _attachments(self, raw: Json) -> Iterator[Attachment]:
        first = (raw.get("children") or {}).get("attachment") or {}
        entries: Iterable[Json] = first.get("results") or ()
        if (first.get("_links") or {}).get("next"):
            entries = self._confluence.values(
                f"rest/api/content/{raw['id']}/child/attachment", expand="version", limit=_PAGE
            )
        for entry in entries:
            facts = {**(entry.get("metadata") or {}), **(entry.get("extensions") or {})}
            media_type, links = str(facts.get("mediaType") or ""), entry.get("_links") or {}
            if not media_type.startswith(UNREADABLE):
                version = entry.get("version") or {}
                yield Attachment(
                    id=str(entry["id"]),
                    content_id=str(raw["id"]),
                    title=str(entry.get("title") or entry["id"]),
                    version=int(version.get("number") or 0),
                    size=int(facts.get("fileSize") or 0),
                    media_type=media_type,
                    download=str(links.get("download") or ""),
                    url=str(links.get("webui") or ""),
                    created_at=moment(version.get("when")),
                )

    def _comments(self, space: Space) -> dict[str, tuple[Comment, ...]]:
        if not self._reads_comments:
            return {}
        grouped: dict[str, list[Comment]] = {}
        asked = {"cql": f'space = "{space.key}" and type = comment', "expand": "container,body.storage,version"}
        for raw in self._confluence.values("rest/api/content/search", limit=_PAGE, **asked):
            version = raw.get("version") or {}
            by = version.get("by") or {}
            if by.get("username"):
                self._person(str(by["username"]), by)
            author, written = str(by.get("username") or ""), moment(version.get("when"))
            said = Comment(str(raw["id"]), int(version.get("number") or 0), author, written, storage_of(raw))
            grouped.setdefault(str((raw.get("container") or {}).get("id") or ""), []).append(said)
        return {key: tuple(sorted(said, key=lambda one: one.id)) for key, said in grouped.items()}

    def _group(self, name: str) -> Principal:
        self._seen_groups.add(name)
        return f"group:{name}"

    def _person(self, username: str, raw: Json | None = None) -> Principal:
        address = self._addresses.replace("{username}", username) if self._addresses else username
        name = str((raw or {}).get("displayName") or "")
        if name or username not in self._accounts:
            self._accounts[username] = Account(username, name, address)
        return f"user:{address.lower()}"
