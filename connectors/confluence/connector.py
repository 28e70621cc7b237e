"""Confluence: pages, blog posts with their comments, and attachments, with who may read them.

Each run lists everything and compares: a restriction, a move, a label change no version and stand in no list of
changes. A page's text is fetched only when its version or its comments changed.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field

from connectors.common import Access, ListingDiff, SourceItem, default_access, is_included, read_cursor, stamp
from connectors.confluence.access import narrowed
from connectors.confluence.client import Confluence, ConfluenceLogin
from connectors.confluence.cloud import CloudSite
from connectors.confluence.data_center import DataCenterSite
from connectors.confluence.site import Attachment, Comment, Content, Listed, Site
from connectors.confluence.storage import accounts_in, to_html
from core.errors import CredentialError, SourceError, Throttled, Unreachable
from core.types import Attributes, AttributeValue, Batch, Cursor, Document, DocumentRef, Failure, Principal

# The tree is deeper than that only if a page is above itself.
_DEEPEST = 200


class ConfluenceSettings(ConfluenceLogin):
    """A source of kind "confluence".

    Attributes:
        spaces: Their keys; none means all that aren't personal and not archived.
        space_readers: Who may view a space besides those whom its permissions name: for spaces that are open to
            "all licensed users", of whom Confluence doesn't say who they are.
        addresses: Data Center only: how a user name becomes an address ("{username}@company.com").
        workers: Pages fetched at the same time.
    """

    spaces: tuple[str, ...] = ()
    space_readers: tuple[Principal, ...] = ()
    attachments: bool = True
    comments: bool = True
    addresses: str = ""
    workers: int = Field(default=4, ge=1, le=16)


@dataclass(frozen=True, slots=True)
class WikiItem(SourceItem):
    """A page, blog post or attachment, with all but its text."""

    page: Content | None = None
    file: Attachment | None = None
    comments: tuple[Comment, ...] = ()
    metadata: Attributes = field(default_factory=dict)
    effective: Access = field(default_factory=Access)

    @property
    def digest(self) -> str:
        """Changes when the metadata do."""
        return stamp(repr(sorted(self.metadata.items())))


class ConfluenceConnector:
    """Reads a site space by space."""

    def __init__(self, settings: ConfluenceSettings, site: Site) -> None:
        self.name = settings.name
        self._settings = settings
        self._site = site

    def changes(self, cursor: Cursor | None) -> Iterator[Batch]:
        """New, changed, moved and deleted pages and attachments since `cursor`."""
        comparison: ListingDiff[WikiItem, WikiItem] = ListingDiff(
            self.name, self, ordered=False, workers=self._settings.workers
        )
        yield from comparison.batches(self._items(), read_cursor(cursor, self.name))

    def listing(self) -> Iterator[DocumentRef]:
        """Every page and attachment with its access list."""
        for item in self._items():
            yield item.effective.ref(f"{self.name}:{item.key}")

    def memberships(self) -> Mapping[str, frozenset[Principal]]:
        """The members of the groups that occur in the access lists read so far."""
        return {group: self._site.members(group) for group in sorted(self._site.groups())}

    def first(self) -> Document | Failure | None:
        """The first page."""
        item = next(self._items(), None)
        return None if item is None else self.document(item, item)

    def notes(self) -> list[str]:
        """What works less well than it could."""
        return self._site.notes()

    def details(self, item: WikiItem) -> WikiItem:
        """Came with the listing."""
        return item

    def document(self, item: WikiItem, details: WikiItem) -> Document | Failure:
        """The page as HTML with its comments below, or the file."""
        title = str(item.metadata["title"])
        document_id = f"{self.name}:{item.key}"
        try:
            body = self._file(item.file) if item.file is not None else self._page(item, title)
        except CredentialError as error:
            if error.problem != "insufficient":
                raise
            return Failure(document_id, title, str(error), retry=True)
        except (Throttled, Unreachable, SourceError) as error:
            return Failure(document_id, title, str(error), retry=True)
        size = max(len(body), item.size)
        if size > self._settings.max_bytes:
            reason = (
                f"It has {size:,} bytes, more than max_bytes ({self._settings.max_bytes:,}) of the source {self.name}; "
                "raise it in debrief.yaml, or exclude it."
            )
            return Failure(document_id, title, reason)
        what = item.page if item.page is not None else item.file
        assert what is not None
        return Document(
            id=document_id,
            source=self.name,
            title=title,
            url=self._address(what.url),
            body=body,
            media_type="text/html" if item.file is None else item.file.media_type,
            name=item.file.title if item.file is not None else f"{title}.html",
            created_at=what.created_at,
            updated_at=item.updated_at,
            allow=details.effective.allow,
            deny=details.effective.deny,
            metadata={key: value for key, value in details.metadata.items() if key != "title"},
        )

    def _items(self) -> Iterator[WikiItem]:
        for space in self._site.spaces(self._settings.spaces):
            yield from self._items_of(self._site.listed(space))

    def _items_of(self, listed: Listed) -> Iterator[WikiItem]:
        authors = self._site.accounts({content.author for content in listed.contents.values() if content.author})
        files: dict[str, list[Attachment]] = {}
        for file in listed.attachments:
            files.setdefault(file.content_id, []).append(file)
        for content in listed.contents.values():
            if content.kind not in ("page", "blogpost") or self._is_too_old(content.updated_at):
                continue
            above = _above(content, listed.contents)
            access = self._access(listed, content, above)
            path = "/".join([listed.space.key, *(one.title for one in above), content.title])
            author = authors.get(content.author)
            shared: dict[str, AttributeValue] = {"space": listed.space.name, "space_key": listed.space.key}
            if is_included(path, self._settings.include, self._settings.exclude):
                said: dict[str, AttributeValue] = {
                    "title": content.title,
                    "path": path,
                    "tags": content.labels,
                    "version": str(content.version),
                }
                if author is not None and author.name:
                    said["modified_by"] = author.name
                comments = listed.comments.get(content.id, ())
                yield self._item(f"{content.kind}/{content.id}", shared | said, access, content, comments)
            for file in files.get(content.id, ()):
                where = f"{path}/{file.title}"
                if is_included(where, self._settings.include, self._settings.exclude):
                    said = {"title": file.title, "path": where, "attached_to": content.title}
                    yield self._item(f"attachment/{file.id}", shared | said, access, file)

    def _is_too_old(self, changed: datetime | None) -> bool:
        days = self._settings.max_age_days
        return days is not None and changed is not None and changed < datetime.now(UTC) - timedelta(days=days)

    def _item(
        self,
        key: str,
        metadata: Attributes,
        access: Access,
        what: Content | Attachment,
        comments: tuple[Comment, ...] = (),
    ) -> WikiItem:
        content = stamp(str(what.version), *(f"{one.id}/{one.version}" for one in comments))
        moments = [one.written_at for one in comments if one.written_at]
        own = what.updated_at if isinstance(what, Content) else what.created_at
        return WikiItem(
            key=key,
            content=content,
            side=stamp(access.digest, repr(sorted(metadata.items()))),
            size=what.size if isinstance(what, Attachment) else 0,
            updated_at=max([*moments, own]) if own else own,
            page=what if isinstance(what, Content) else None,
            file=what if isinstance(what, Attachment) else None,
            comments=comments,
            metadata=metadata,
            effective=access,
        )

    def _access(self, listed: Listed, content: Content, above: list[Content]) -> Access:
        """The readers of the space, narrowed by each restriction from the top of the tree down."""
        deny = frozenset(self._settings.deny)
        if any(one.parent_id in listed.unseen for one in [*above, content]):
            return Access(frozenset(), deny)
        named = listed.space.readers | frozenset(self._settings.space_readers)
        readers = named or default_access(self._settings.allow, self._settings.public).allow
        restrictions = [one.restricted_to for one in [*above, content] if one.restricted_to is not None]
        return Access(narrowed([readers, *restrictions], self._site.members), deny)

    def _page(self, item: WikiItem, title: str) -> bytes:
        assert item.page is not None
        storage = self._site.storage(item.page)
        texts = [storage, *(comment.body for comment in item.comments)]
        mentioned = [account for text in texts for account in accounts_in(text)]
        people = self._site.accounts([*mentioned, *(comment.author for comment in item.comments if comment.author)])
        names = {account: who.name for account, who in people.items()}
        parts = [
            f"<!DOCTYPE html><html><head><title>{html.escape(title)}</title></head><body>",
            to_html(storage, names),
        ]
        parts += _below(item.comments, names)
        return "".join([*parts, "</body></html>"]).encode()

    def _file(self, file: Attachment) -> bytes:
        # What is too large to keep isn't fetched.
        return b"" if file.size > self._settings.max_bytes else self._site.download(file)

    def _address(self, path: str) -> str:
        base = self._settings.url.rstrip("/")
        if not path or path.startswith("http"):
            return path or base
        # The interfaces name addresses below the site; some begin with the site's own path ("/wiki/…").
        own = urlsplit(base).path
        return base.removesuffix(own) + path if own and path.startswith(f"{own}/") else f"{base}{path}"


def open_confluence(settings: ConfluenceSettings, root: Path) -> ConfluenceConnector:
    """The connector of a site."""
    confluence, reads = Confluence(settings), (settings.attachments, settings.comments)
    if settings.is_cloud:
        return ConfluenceConnector(settings, CloudSite(confluence, *reads))
    return ConfluenceConnector(settings, DataCenterSite(confluence, settings.addresses, *reads))


def _above(content: Content, contents: Mapping[str, Content]) -> list[Content]:
    """What the content lies under, from the top down."""
    chain: list[Content] = []
    here = content
    while here.parent_id in contents and len(chain) < _DEEPEST:
        here = contents[here.parent_id]
        chain.append(here)
    return chain[::-1]


def _below(comments: Iterable[Comment], names: Mapping[str, str]) -> Iterator[str]:
    for number, comment in enumerate(comments):
        if number == 0:
            yield "<h2>Comments</h2>"
        day = f"{comment.written_at:%Y-%m-%d}" if comment.written_at else ""
        who = ", ".join(part for part in (names.get(comment.author, ""), day) if part)
        yield f"<h3>{html.escape(who or 'Comment')}</h3><div>{to_html(comment.body, names)}</div>"
