"""Confluence in the cloud: interface v2 for what there is, v1 for restrictions and groups, which v2 doesn't have.

A space is listed whole at each run, 250 pages a request and 100 pages' restrictions a request: a restriction changes
no version and is in no list of changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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
from core.errors import CredentialError
from core.types import EVERYONE, Principal

_RESTRICTIONS = "restrictions.read.restrictions.user,restrictions.read.restrictions.group"
_FOLDERS = {"folder": "folders", "whiteboard": "whiteboards", "database": "databases", "embed": "embeds"}
_BULK = 250


class CloudSite:
    """A site at atlassian.net."""

    def __init__(self, confluence: Confluence, attachments: bool, comments: bool) -> None:
        self._confluence = confluence
        self._reads_attachments = attachments
        self._reads_comments = comments
        self._accounts: dict[str, Account] = {}
        self._members: dict[str, frozenset[Principal]] = {}
        self._group_names: dict[str, str] = {}
        self._group_ids: dict[str, str] = {}
        self._seen_groups: set[str] = set()
        self._unreadable_groups: set[str] = set()
        self._unknown_readers: set[str] = set()
        # What the site has in one list for all spaces, read once a run: content's id → its own.
        self._files: dict[str, list[Json]] | None = None
        self._said: dict[str, list[Json]] | None = None

    def spaces(self, keys: Iterable[str]) -> Iterator[Space]:
        """The spaces with these keys; without keys, all that aren't personal and not archived."""
        wanted = ",".join(keys)
        asked: dict[str, Any] = {"keys": wanted} if wanted else {"type": "global", "status": "current"}
        for found in self._confluence.values("api/v2/spaces", limit=_BULK, **asked):
            readers = self._readers_of(str(found["id"]))
            yield Space(str(found["id"]), str(found["key"]), str(found.get("name") or found["key"]), readers)

    def listed(self, space: Space) -> Listed:
        """All that is in the space."""
        raw = {
            str(found["id"]): (kind, found)
            for kind, path in (("page", "pages"), ("blogpost", "blogposts"))
            for found in self._confluence.values(f"api/v2/spaces/{space.id}/{path}", limit=_BULK, status="current")
        }
        further = self._further(space, raw)
        contents = {key: self._content(kind, found, further[key]) for key, (kind, found) in raw.items()}
        unseen = self._add_folders(contents)
        return Listed(space, contents, self._attachments(contents), self._comments(contents), frozenset(unseen))

    def storage(self, content: Content) -> str:
        """The text of a page or blog post."""
        kind = "pages" if content.kind == "page" else "blogposts"
        found = self._confluence.get(f"api/v2/{kind}/{content.id}", **{"body-format": "storage"})
        return storage_of(found)

    def download(self, attachment: Attachment) -> bytes:
        """The file."""
        return self._confluence.download(attachment.download.lstrip("/"))

    def members(self, group: str) -> frozenset[Principal]:
        """The people in a group."""
        if group not in self._members:
            self._names()
            path = f"rest/api/group/{self._group_ids.get(group, group)}/membersByGroupId"
            try:
                found = list(self._confluence.values(path, limit=200))
            except (Missing, CredentialError) as error:
                if isinstance(error, CredentialError) and error.problem != "insufficient":
                    raise
                self._unreadable_groups.add(group)
                found = []
            self._members[group] = self._people(str(member["accountId"]) for member in found)
        return self._members[group]

    def groups(self) -> frozenset[str]:
        """The groups that occurred in what was read so far."""
        return frozenset(self._members) | frozenset(self._seen_groups)

    def accounts(self, ids: Iterable[str]) -> Mapping[str, Account]:
        """Who these are."""
        wanted = list(dict.fromkeys(ids))
        unknown = [account for account in wanted if account not in self._accounts]
        for begin in range(0, len(unknown), _BULK):
            portion = unknown[begin : begin + _BULK]
            answer = self._confluence.post("api/v2/users-bulk", {"accountIds": portion})
            self._accounts |= {account: Account(account) for account in portion}
            for found in answer.get("results") or ():
                name = str(found.get("displayName") or found.get("publicName") or "")
                account = str(found["accountId"])
                self._accounts[account] = Account(account, name, str(found.get("email") or ""))
        return {account: self._accounts[account] for account in wanted}

    def notes(self) -> list[str]:
        """What works less well than it could."""
        notes = []
        if hidden := [account for account in self._accounts.values() if not account.email]:
            notes.append(
                f"{len(hidden)} accounts show no address (the first: {hidden[0].name or hidden[0].id}); give each "
                f"person the alias user:{hidden[0].id} in users.yaml, or let them show their address."
            )
        if self._unreadable_groups:
            names = ", ".join(sorted(self._unreadable_groups)[:5])
            notes.append(f"The members of {names} can't be read, so who is let in by them alone isn't; grant it.")
        if self._unknown_readers:
            notes.append(
                f"Spaces are open to {', '.join(sorted(self._unknown_readers))}, which says nothing of who that is; "
                "name a group in the space's permissions, or in the source's `space_readers`."
            )
        return notes

    def _readers_of(self, space_id: str) -> frozenset[Principal]:
        people: list[str] = []
        readers: set[Principal] = set()
        for found in self._confluence.values(f"api/v2/spaces/{space_id}/permissions", limit=_BULK):
            operation, principal = found.get("operation") or {}, found.get("principal") or {}
            if (operation.get("key"), operation.get("targetType")) != ("read", "space"):
                continue
            kind, name = str(principal.get("type", "")).lower(), str(principal.get("id", ""))
            if kind == "user":
                people.append(name)
            elif kind == "group":
                readers.add(f"group:{self._name_of(name)}")
            elif "anonymous" in (kind, name.removesuffix("-users")):
                readers.add(EVERYONE)
            else:
                self._unknown_readers.add(name or kind)
        return frozenset(readers) | self._people(people)

    def _further(self, space: Space, raw: Mapping[str, Any]) -> dict[str, Json]:
        """Restrictions and labels of each content; what the search doesn't have yet is asked for by itself."""
        expand = f"{_RESTRICTIONS},metadata.labels"
        cql = f'space = "{space.key}" and type in (page, blogpost)'
        found = {
            str(hit["id"]): hit
            for hit in self._confluence.values("rest/api/content/search", cql=cql, expand=expand, limit=100)
        }
        for content_id in raw:
            if content_id not in found:
                found[content_id] = {"restrictions": {"read": self._restriction(content_id)}}
        accounts = [who for hit in found.values() for who in _restricted(hit)[0]]
        self.accounts(accounts)
        return found

    def _restriction(self, content_id: str) -> Json:
        answer: Json = self._confluence.get(f"rest/api/content/{content_id}/restriction/byOperation/read")
        return answer

    def _content(self, kind: str, raw: Json, further: Json) -> Content:
        version = raw.get("version") or {}
        labels = ((further.get("metadata") or {}).get("labels") or {}).get("results") or ()
        return Content(
            id=str(raw["id"]),
            kind=kind,
            title=str(raw.get("title") or ""),
            parent_id=str(raw.get("parentId") or ""),
            parent_kind=str(raw.get("parentType") or ""),
            version=int(version.get("number") or 0),
            url=str((raw.get("_links") or {}).get("webui") or ""),
            author=str(version.get("authorId") or raw.get("authorId") or ""),
            created_at=moment(raw.get("createdAt")),
            updated_at=moment(version.get("createdAt") or raw.get("createdAt")),
            labels=tuple(sorted(str(label.get("name")) for label in labels)),
            restricted_to=self._restricted_to(further),
        )

    def _restricted_to(self, further: Json) -> frozenset[Principal] | None:
        if not is_restricted(further):
            return None
        people, groups = _restricted(further)
        self._seen_groups.update(groups)
        return frozenset(f"group:{group}" for group in groups) | self._people(people)

    def _add_folders(self, contents: dict[str, Content]) -> set[str]:
        """Adds what isn't a page but has pages below it; the ids of what can't be seen."""
        unseen: set[str] = set()
        pending = [content for content in contents.values() if content.parent_id]
        while pending:
            child = pending.pop()
            parent = child.parent_id
            if not parent or parent in contents or parent in unseen:
                continue
            try:
                raw = self._confluence.get(f"api/v2/{_FOLDERS.get(child.parent_kind, 'pages')}/{parent}")
                folder = self._content(
                    child.parent_kind or "page", raw, {"restrictions": {"read": self._restriction(parent)}}
                )
            except (Missing, CredentialError) as error:
                if isinstance(error, CredentialError) and error.problem != "insufficient":
                    raise
                unseen.add(parent)
                continue
            contents[parent] = folder
            pending.append(folder)
        return unseen

    def _attachments(self, contents: Mapping[str, Content]) -> tuple[Attachment, ...]:
        if not self._reads_attachments:
            return ()
        if self._files is None:
            self._files = _by_content(self._confluence.values("api/v2/attachments", limit=_BULK, status="current"))
        return tuple(
            Attachment(
                id=str(raw["id"]),
                content_id=content_id,
                title=str(raw.get("title") or raw["id"]),
                version=int((raw.get("version") or {}).get("number") or 0),
                size=int(raw.get("fileSize") or 0),
                media_type=str(raw.get("mediaType") or ""),
                download=str(raw.get("downloadLink") or (raw.get("_links") or {}).get("download") or ""),
                url=str(raw.get("webuiLink") or (raw.get("_links") or {}).get("webui") or ""),
                created_at=moment(raw.get("createdAt")),
            )
            for content_id in contents
            for raw in self._files.get(content_id, ())
            if not str(raw.get("mediaType") or "").startswith(UNREADABLE)
        )

    def _comments(self, contents: Mapping[str, Content]) -> dict[str, tuple[Comment, ...]]:
        if not self._reads_comments:
            return {}
        if self._said is None:
            asked: dict[str, Any] = {"limit": 100, "body-format": "storage"}
            lists = [self._confluence.values(f"api/v2/{kind}-comments", **asked) for kind in ("footer", "inline")]
            self._said = _by_content(comment for found in lists for comment in found)
        return {key: tuple(map(_comment, self._said[key])) for key in contents if key in self._said}

    def _people(self, ids: Iterable[str]) -> frozenset[Principal]:
        return frozenset(f"user:{(who.email or who.id).lower()}" for who in self.accounts(ids).values())

    def _name_of(self, group_id: str) -> str:
        name = self._names().get(group_id, group_id)
        self._seen_groups.add(name)
        return name

    def _names(self) -> dict[str, str]:
        if not self._group_names:
            for found in self._confluence.values("rest/api/group", limit=200):
                self._group_names[str(found["id"])] = str(found["name"])
            self._group_ids = {name: group_id for group_id, name in self._group_names.items()}
        return self._group_names


def _restricted(further: Json) -> tuple[list[str], list[str]]:
    """The accounts and the groups that a read restriction names."""
    people, groups = restriction_of(further)
    named = [str(who["accountId"]) for who in people if who.get("accountId")]
    return named, [str(group["name"]) for group in groups if group.get("name")]


def _by_content(found: Iterable[Json]) -> dict[str, list[Json]]:
    """By the page or blog post that each is on; an answer to a comment is where that comment is."""
    by_id: dict[str, Json] = {str(raw["id"]): raw for raw in found}

    def home(raw: Json) -> str:
        seen: set[str] = set()
        while not (raw.get("pageId") or raw.get("blogPostId")) and str(raw.get("parentCommentId")) not in seen:
            seen.add(str(raw.get("parentCommentId")))
            raw = by_id.get(str(raw.get("parentCommentId")), {})
        return str(raw.get("pageId") or raw.get("blogPostId") or "")

    grouped: dict[str, list[Json]] = {}
    for raw in by_id.values():
        grouped.setdefault(home(raw), []).append(raw)
    return grouped


def _comment(raw: Json) -> Comment:
    version = raw.get("version") or {}
    author, written = str(version.get("authorId") or ""), moment(version.get("createdAt"))
    return Comment(str(raw["id"]), int(version.get("number") or 0), author, written, storage_of(raw))
