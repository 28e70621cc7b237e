"""What the connector needs of a site, whichever of the two interfaces it speaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from core.types import Principal

# Pictures, sound and video have no text to read.
UNREADABLE = ("image/", "video/", "audio/")


@dataclass(frozen=True, slots=True)
class Space:
    """A space and who may view it."""

    id: str
    key: str
    name: str
    readers: frozenset[Principal] = frozenset()


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote below a page or beside a passage of it, in storage format."""

    id: str
    version: int
    author: str
    written_at: datetime | None
    body: str


@dataclass(frozen=True, slots=True)
class Content:
    """A page, a blog post, or a folder that pages lie in.

    Attributes:
        kind: "page", "blogpost" or what the parent of a page may be besides ("folder", "whiteboard", "database").
        restricted_to: Who may view it; None: it has no restriction of its own.
        author: Account of who changed it last.
    """

    id: str
    kind: str
    title: str
    parent_id: str = ""
    parent_kind: str = ""
    version: int = 0
    url: str = ""
    author: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    labels: tuple[str, ...] = ()
    restricted_to: frozenset[Principal] | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on a page or blog post."""

    id: str
    content_id: str
    title: str
    version: int
    size: int
    media_type: str
    download: str
    url: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A person as the site knows them; `email` is empty where the site doesn't show it."""

    id: str
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """All of a space at one moment.

    Attributes:
        contents: By id, pages before their children or not; folders between pages included.
        unseen: Ids of parents that this account may not see, so that the restrictions there aren't known.
    """

    space: Space
    contents: Mapping[str, Content]
    attachments: tuple[Attachment, ...] = ()
    comments: Mapping[str, tuple[Comment, ...]] = field(default_factory=dict)
    unseen: frozenset[str] = frozenset()


class Site(Protocol):
    """A site of either kind."""

    def spaces(self, keys: Iterable[str]) -> Iterator[Space]:
        """The spaces with these keys; without keys, all that aren't personal and not archived."""
        ...

    def listed(self, space: Space) -> Listed:
        """All that is in the space, without the text of the pages."""
        ...

    def storage(self, content: Content) -> str:
        """The text of a page or blog post, in storage format."""
        ...

    def download(self, attachment: Attachment) -> bytes:
        """The file."""
        ...

    def members(self, group: str) -> frozenset[Principal]:
        """The people in a group, nested groups included."""
        ...

    def groups(self) -> frozenset[str]:
        """The groups that occurred in what was read so far."""
        ...

    def accounts(self, ids: Iterable[str]) -> Mapping[str, Account]:
        """Who these are."""
        ...

    def notes(self) -> list[str]:
        """What works less well than it could."""
        ...


def moment(text: object) -> datetime | None:
    """The time that an interface wrote; None for nothing."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def restriction_of(content: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """The people and the groups that a content's read restriction names, as either interface writes them."""
    read = ((content.get("restrictions") or {}).get("read") or {}).get("restrictions") or {}
    return tuple(list((read.get(kind) or {}).get("results") or ()) for kind in ("user", "group"))  # type: ignore[return-value]


def storage_of(content: Mapping[str, Any]) -> str:
    """The text that came with a content, in storage format."""
    return str(((content.get("body") or {}).get("storage") or {}).get("value") or "")


def is_restricted(content: Mapping[str, Any]) -> bool:
    """Whether it has one: also one that names only people who are gone, which lets nobody in."""
    return any(restriction_of(content))
