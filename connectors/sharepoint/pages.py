"""A site's pages and lists. They have no delta with content, so they are listed and compared."""

from __future__ import annotations

import html
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from connectors.common import (
    Access,
    KindSettings,
    ListingDiff,
    SourceItem,
    default_access,
    is_included,
    read_cursor,
    stamp,
)
from connectors.graph.access import Permissions, SiteRef
from connectors.graph.client import GraphTenant, Missing
from connectors.graph.drive import State, column_values, moment, own_columns
from core.errors import CredentialError, SourceError
from core.types import Attributes, Batch, Document, DocumentRef, Failure


@dataclass(frozen=True, slots=True)
class PageItem(SourceItem):
    """A page, or a list's item."""

    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PageDetails:
    """Metadata and access of a page or a list's item."""

    metadata: Attributes
    effective: Access

    @property
    def digest(self) -> str:
        """Changes when the metadata do."""
        return stamp(repr(sorted(self.metadata.items())))


@dataclass
class Pages:
    """The pages of a site. Each run asks for every page's permissions, since no listing tells of their changes."""

    tenant: GraphTenant
    permissions: Permissions
    settings: KindSettings
    site: SiteRef
    workers: int

    def __post_init__(self) -> None:
        self.key = f"pages:{self.site.id}"
        self._drive_id = ""

    def changes(self, state: State | None) -> Iterator[tuple[Batch, State | None]]:
        """New, changed and deleted pages."""
        yield from _compared(self, self.settings.name, state, self.workers)

    def refs(self) -> Iterator[DocumentRef]:
        """Every page with its access list."""
        for item in self.items():
            yield self.details(item).effective.ref(f"{self.settings.name}:{item.key}")

    def first(self) -> Document | Failure | None:
        """The first one; None if there is none."""
        item = next(self.items(), None)
        return None if item is None else self.document(item, self.details(item))

    def items(self) -> Iterator[PageItem]:
        """The pages that the settings let through."""
        always = str(time.time_ns())
        for raw in self.tenant.values(f"/sites/{self.site.id}/pages"):
            path = f"{self.site.name}/SitePages/{raw.get('name', '')}"
            if is_included(path, self.settings.include, self.settings.exclude):
                content = stamp(str(raw.get("eTag", "")), str(raw.get("lastModifiedDateTime", "")))
                yield PageItem(f"{self.site.id}/page/{raw['id']}", content, side=always, raw=raw)

    def details(self, item: PageItem) -> PageDetails:
        """The page's permissions: those of its file in the library "Site Pages"."""
        if not self._drive_id:
            self._drive_id = self._library()
        try:
            path = f"/drives/{self._drive_id}/root:/{quote(str(item.raw['name']))}:/permissions"
            access = self.permissions.of(self.tenant.values(path), self.site)
        except CredentialError as error:
            if error.problem != "insufficient":
                raise
            raise SourceError(str(error)) from error
        author = item.raw.get("lastModifiedBy", {}).get("user", {})
        metadata = {"site": self.site.title, "path": f"{self.site.name}/SitePages/{item.raw['name']}"}
        if shown := author.get("email") or author.get("displayName"):
            metadata["modified_by"] = str(shown)
        return PageDetails(metadata, Access(access.allow, access.deny | frozenset(self.settings.deny)))

    def document(self, item: PageItem, details: PageDetails) -> Document | Failure:
        """The page as HTML: its web parts from top to bottom."""
        document_id = f"{self.settings.name}:{item.key}"
        title = str(item.raw.get("title") or item.raw.get("name", ""))
        path = f"/sites/{self.site.id}/pages/{item.raw['id']}/microsoft.graph.sitePage?$expand=canvasLayout"
        try:
            found = self.tenant.get(path)
        except CredentialError:
            raise
        except SourceError as error:
            return Failure(document_id, title, str(error), retry=True)
        body = (
            f"<!DOCTYPE html><html><head><title>{html.escape(title)}</title></head><body>{_canvas(found)}</body></html>"
        )
        if len(body) > self.settings.max_bytes:
            reason = (
                f"The page has {len(body):,} bytes, more than max_bytes ({self.settings.max_bytes:,}) of the source "
                f"{self.settings.name}; raise it in debrief.yaml, or exclude the page."
            )
            return Failure(document_id, title, reason)
        return Document(
            id=document_id,
            source=self.settings.name,
            title=title,
            url=str(item.raw.get("webUrl", "")),
            body=body.encode(),
            media_type="text/html",
            name=str(item.raw["name"]).removesuffix(".aspx") + ".html",
            created_at=moment(item.raw.get("createdDateTime")),
            updated_at=moment(item.raw.get("lastModifiedDateTime")),
            allow=details.effective.allow,
            deny=details.effective.deny,
            metadata=details.metadata,
        )

    def _library(self) -> str:
        """The drive of "Site Pages", whose title is in the site's language but whose name isn't."""
        for known in self.tenant.values(f"/sites/{self.site.id}/lists?$select=id,name,displayName,webUrl,list,system"):
            if known.get("name") == "SitePages":
                return str(self.tenant.get(f"/sites/{self.site.id}/lists/{known['id']}/drive")["id"])
        raise Missing(f"The site {self.site.url} has pages but no library SitePages, so their readers aren't known.")


@dataclass
class ListItems:
    """The items of a list, each as a small text of its columns.

    Graph doesn't tell who may read a list; SharePoint REST does, and lets applications in by certificate only.
    Without one, the source's `allow` applies.
    """

    tenant: GraphTenant
    permissions: Permissions
    settings: KindSettings
    site: SiteRef
    known: Mapping[str, Any]
    workers: int

    def __post_init__(self) -> None:
        self.key = f"list:{self.site.id}/{self.known['id']}"
        self._columns: dict[str, str] = {}
        self._inherited = default_access(self.settings.allow, self.settings.public)
        self._unique: dict[str, Access] = {}

    def changes(self, state: State | None) -> Iterator[tuple[Batch, State | None]]:
        """New, changed and deleted items."""
        yield from _compared(self, self.settings.name, state, self.workers)

    def refs(self) -> Iterator[DocumentRef]:
        """Every item with its access list."""
        for item in self.items():
            yield self.details(item).effective.ref(f"{self.settings.name}:{item.key}")

    def first(self) -> Document | Failure | None:
        """The first one; None if there is none."""
        item = next(self.items(), None)
        return None if item is None else self.document(item, self.details(item))

    def items(self) -> Iterator[PageItem]:
        """All items of the list."""
        path = f"/sites/{self.site.id}/lists/{self.known['id']}"
        self._columns = own_columns(self.tenant.values(f"{path}/columns"))
        self._read_access()
        for raw in self.tenant.values(f"{path}/items?$expand=fields"):
            content = stamp(str(raw.get("eTag", "")), str(raw.get("lastModifiedDateTime", "")))
            side = self._access(str(raw["id"])).digest
            yield PageItem(f"{self.site.id}/list/{self.known['id']}/{raw['id']}", content, side, raw=raw)

    def details(self, item: PageItem) -> PageDetails:
        """The item's columns, which came with the listing."""
        values = column_values(item.raw.get("fields", {}), self._columns)
        metadata = {"site": self.site.title, "list": str(self.known.get("displayName", "")), **values}
        return PageDetails(metadata, self._access(str(item.raw["id"])))

    def document(self, item: PageItem, details: PageDetails) -> Document | Failure:
        """The item as text, one line a column."""
        fields = item.raw.get("fields", {})
        name = str(self.known.get("displayName", "list"))
        title = str(fields.get("Title") or f"{name} {item.raw['id']}")
        lines = [f"- {shown}: {_shown(value)}" for shown, value in column_values(fields, self._columns).items()]
        return Document(
            id=f"{self.settings.name}:{item.key}",
            source=self.settings.name,
            title=title,
            url=str(item.raw.get("webUrl") or self.known.get("webUrl", "")),
            body="\n".join([f"# {title}", "", *lines]).encode(),
            media_type="text/markdown",
            name=f"{item.raw['id']}.md",
            created_at=moment(item.raw.get("createdDateTime")),
            updated_at=moment(item.raw.get("lastModifiedDateTime")),
            allow=details.effective.allow,
            deny=details.effective.deny,
            metadata=details.metadata,
        )

    def _access(self, item_id: str) -> Access:
        found = self._unique.get(item_id, self._inherited)
        return Access(found.allow, found.deny | frozenset(self.settings.deny))

    def _read_access(self) -> None:
        """Who may read the list, and the items that have permissions of their own."""
        if not self.tenant.reads_site_groups:
            return
        base = f"web/lists('{self.known['id']}')"
        expand = "roleassignments?$expand=Member,RoleDefinitionBindings"
        self._inherited = self.permissions.of_roles(self.tenant.rest(self.site.url, f"{base}/{expand}"), self.site)
        self._unique = {}
        for item in self.tenant.rest(self.site.url, f"{base}/items?$select=Id,HasUniqueRoleAssignments&$top=5000"):
            if item.get("HasUniqueRoleAssignments"):
                roles = self.tenant.rest(self.site.url, f"{base}/items({item['Id']})/{expand}")
                self._unique[str(item["Id"])] = self.permissions.of_roles(roles, self.site)


def _compared(part: Any, source: str, state: State | None, workers: int) -> Iterator[tuple[Batch, State | None]]:
    comparison: ListingDiff[PageItem, PageDetails] = ListingDiff(source, part, ordered=False, workers=workers)
    remembered = read_cursor((state or {}).get("listing"), source)
    for batch in comparison.batches(part.items(), remembered):
        yield batch, None if batch.cursor is None else {"listing": batch.cursor}


def _canvas(page: Mapping[str, Any]) -> str:
    """The text of a page's web parts."""
    layout = page.get("canvasLayout") or {}
    columns = [column for section in layout.get("horizontalSections") or () for column in section.get("columns") or ()]
    parts = [
        part for column in [*columns, layout.get("verticalSection") or {}] for part in column.get("webparts") or ()
    ]
    texts = []
    for part in parts:
        if part.get("innerHtml"):
            texts.append(str(part["innerHtml"]))
        else:
            processed = (part.get("data") or {}).get("serverProcessedContent") or {}
            for text in processed.get("searchablePlainTexts") or ():
                texts.append(f"<p>{html.escape(str(text.get('value', '')))}</p>")
    return "\n".join(texts)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
