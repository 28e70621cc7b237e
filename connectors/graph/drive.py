"""One document library: its delta, item by item, against what is remembered of it.

With nothing changed a library costs two requests: the delta, and the permissions of its root. An item that changed
costs one for its columns and one for its permissions, and its download only if its content changed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.common import (
    Access,
    BatchBuilder,
    ItemResult,
    KindSettings,
    ListingDiff,
    SourceItem,
    is_included,
    read_cursor,
    stamp,
)
from connectors.common.listing import ListedVersion, ListingWriter
from connectors.common.parallel import in_order
from connectors.common.sidecar import plain
from connectors.graph.access import Permissions, SiteRef
from connectors.graph.client import Gone, GraphTenant, Missing
from core.errors import CredentialError, SourceError
from core.types import Attributes, Batch, Document, DocumentRef, Failure

# https://learn.microsoft.com/graph/api/driveitem-delta: without these, a change of permissions alone isn't told.
_PREFER = "deltashowremovedasdeleted, deltatraversepermissiongaps, deltashowsharingchanges"
FOLDER = "folder"
# Writing down a long listing costs time, so it isn't done after every page.
_RESUMABLE_PAGES = 10

State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DriveItem(SourceItem):
    """A file of a library; not `wanted`, if the settings leave it out."""

    raw: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""
    wanted: bool = True


@dataclass(frozen=True)
class DriveDetails:
    """An item's columns and who may read it."""

    title: str
    metadata: Attributes
    effective: Access

    @property
    def digest(self) -> str:
        """Changes when a column, the name or the place does."""
        return stamp(self.title, repr(sorted(self.metadata.items())))


@dataclass
class Library:
    """A document library of a site.

    Attributes:
        refresh_days: So often everything is enumerated and compared again, in case a change was never told; 0 never.
        scope: Digest of the settings that decide which items count; with another one everything is enumerated.
        place: What every path begins with.
        folders: Only what lies in one of these folders, by its path in the drive; empty: everything.
    """

    tenant: GraphTenant
    permissions: Permissions
    settings: KindSettings
    site: SiteRef
    drive: Mapping[str, Any]
    workers: int
    refresh_days: int
    scope: str
    now: Any = time.time
    place: str = ""
    folders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.key = f"drive:{self.drive['id']}"
        self.place = self.place or f"{self.site.name}/{self.drive.get('name', '')}"
        self._entries: dict[str, ListedVersion] = {}
        self._columns: dict[str, str] | None = None
        # Items that failed; the delta won't name them again, so they are asked for by id.
        self._failed: set[str] = set()
        self._comparison: ListingDiff[DriveItem, DriveDetails] = ListingDiff(self.settings.name, self)

    def changes(self, state: State | None) -> Iterator[tuple[Batch, State | None]]:
        """What changed since `state`, in batches; with each, where to resume after it, or None."""
        state = state or {}
        self._entries = {entry.key: entry for entry in _entries(state, self.settings.name)}
        is_stale = self.refresh_days and self.now() - state.get("full_at", 0) > self.refresh_days * 86_400
        link = state.get("delta", "") if state.get("scope") == self.scope and not is_stale else ""
        root = self._root_digest()
        with ThreadPoolExecutor(self.workers, thread_name_prefix="sharepoint") as executor:
            if link:
                try:
                    yield from self._since(link, state, root, executor)
                    return
                except Gone:
                    self._entries = {entry.key: entry for entry in _entries(state, self.settings.name)}
            yield from self._everything(root, executor)

    def refs(self) -> Iterator[DocumentRef]:
        """Every document with its access list."""
        for page in self.tenant.pages(self._delta_path(), _PREFER):
            self._changed_folders(page)
            for item in self._files(page):
                if item.wanted:
                    yield self.details(item).effective.ref(f"{self.settings.name}:{item.key}")

    def first(self) -> Document | Failure | None:
        """Some file; None if there is none."""
        for page in self.tenant.pages(self._delta_path(), _PREFER):
            self._changed_folders(page)
            for item in self._files(page):
                if item.wanted:
                    return self.document(item, self.details(item))
        return None

    def details(self, item: DriveItem) -> DriveDetails:
        """The item's columns and permissions: two requests."""
        path = f"/drives/{self.drive['id']}/items/{item.raw['id']}"
        try:
            found = self.tenant.get(f"{path}?$expand=listItem($expand=fields)")
            permissions = list(self.tenant.values(f"{path}/permissions"))
        except CredentialError as error:
            if error.problem != "insufficient":
                raise
            raise SourceError(str(error)) from error
        fields = found.get("listItem", {}).get("fields", {})
        access = self.permissions.of(permissions, self.site)
        metadata = {
            "path": item.path,
            "site": self.site.title,
            "library": str(self.drive.get("name", "")),
            **_people(found),
            **self._named(fields),
        }
        effective = Access(access.allow, access.deny | frozenset(self.settings.deny))
        return DriveDetails(str(fields.get("Title") or ""), metadata, effective)

    def document(self, item: DriveItem, details: DriveDetails) -> Document | Failure:
        """The item, downloaded."""
        document_id = f"{self.settings.name}:{item.key}"
        limit = self.settings.max_bytes
        too_big = Failure(
            document_id,
            item.path,
            f"The file has {item.size:,} bytes, more than max_bytes ({limit:,}) of the source {self.settings.name}; "
            "raise it in debrief.yaml, or exclude the file.",
        )
        if item.size > limit:
            return too_big
        try:
            body = self.tenant.download(f"/drives/{self.drive['id']}/items/{item.raw['id']}/content", limit)
        except CredentialError as error:
            if error.problem != "insufficient":
                raise
            return Failure(document_id, item.path, str(error), retry=True)
        except SourceError as error:
            return Failure(document_id, item.path, str(error), retry=True)
        if body is None:
            return too_big
        return Document(
            id=document_id,
            source=self.settings.name,
            title=details.title,
            url=str(item.raw.get("webUrl", "")),
            body=body,
            name=str(item.raw["name"]),
            created_at=moment(item.raw.get("createdDateTime")),
            updated_at=moment(item.raw.get("lastModifiedDateTime")),
            allow=details.effective.allow,
            deny=details.effective.deny,
            metadata=details.metadata,
        )

    def _since(
        self, link: str, state: State, root: str, executor: ThreadPoolExecutor
    ) -> Iterator[tuple[Batch, State | None]]:
        """The changes since a delta link."""
        portion = BatchBuilder()
        fresh: set[str] = set()
        pages = self.tenant.pages(link, _PREFER)
        final = ""
        refresh = {"root"} if root != state.get("root") else set()
        failed_before = set(state.get("failed", ()))
        for number, page in enumerate(pages, start=1):
            refresh |= self._changed_folders(page)
            for step in self._steps(page, executor):
                fresh.add(step.key)
                yield from self._take(step, portion)
            final = page.get("@odata.deltaLink", final)
            if number % _RESUMABLE_PAGES == 0 and not refresh and (more := page.get("@odata.nextLink")):
                yield portion.flush(), {**state, "delta": more, **self._remembered(failed_before - fresh)}
        for step in in_order(executor, self._step, self._again(sorted(failed_before - fresh)), 2 * self.workers):
            fresh.add(step.key)
            yield from self._take(step, portion)
        if "root" in refresh:
            # The library's own permissions changed, so everything that inherits them did.
            yield portion.flush(), None
            yield from self._everything(root, executor)
            return
        for folder in sorted(refresh):
            items = (item for item in self._below(folder) if item.key not in fresh)
            for step in in_order(executor, self._step, items, 2 * self.workers):
                fresh.add(step.key)
                yield from self._take(step, portion)
        yield portion.flush(), {**state, "delta": final, **self._remembered(), "root": root}

    def _everything(self, root: str, executor: ThreadPoolExecutor) -> Iterator[tuple[Batch, State | None]]:
        """All items, compared with what is remembered; what isn't there any more is deleted."""
        was_known = {key for key, entry in self._entries.items() if entry.content != FOLDER}
        self._entries = {key: entry for key, entry in self._entries.items() if entry.content != FOLDER}
        is_first = not was_known
        state = {"scope": self.scope, "full_at": int(self.now()), "root": root}
        portion = BatchBuilder()
        final = ""
        for number, page in enumerate(self.tenant.pages(self._delta_path(), _PREFER), start=1):
            self._changed_folders(page)
            for step in self._steps(page, executor):
                was_known.discard(step.key)
                yield from self._take(step, portion)
            final = page.get("@odata.deltaLink", final)
            if is_first and number % _RESUMABLE_PAGES == 0 and (more := page.get("@odata.nextLink")):
                yield portion.flush(), {**state, "delta": more, **self._remembered()}
        for key in sorted(was_known):
            yield from self._take(ItemResult(key, None, deleted=True), portion)
        yield portion.flush(), {**state, "delta": final, **self._remembered()}

    def _take(self, step: ItemResult, portion: BatchBuilder) -> Iterator[tuple[Batch, None]]:
        portion.take(step, self.settings.name)
        if step.failure is not None and step.failure.retry:
            self._failed.add(step.key)
        if step.entry is None:
            self._entries.pop(step.key, None)
        else:
            self._entries[step.key] = step.entry
        if portion.is_full():
            yield portion.flush(), None

    def _steps(self, page: Mapping[str, Any], executor: ThreadPoolExecutor) -> Iterator[ItemResult]:
        gone = {str(item["id"]) for item in page.get("value", ()) if "deleted" in item}
        for key in sorted(self._below_remembered(gone)):
            yield ItemResult(key, None, deleted=self._entries[key].content != FOLDER)
        files = [item for item in self._files(page) if str(item.raw["id"]) not in gone]
        yield from in_order(executor, self._step, files, 2 * self.workers)

    def _step(self, item: DriveItem) -> ItemResult:
        """What a file that the delta names comes to. Its entry also remembers the folder that it lies in."""
        entry = self._entries.get(item.key)
        if not item.wanted:
            # It may have been moved or renamed out of what is wanted.
            return ItemResult(item.key, None, deleted=entry is not None)
        step = self._comparison.step(item, entry)
        parent = str(item.raw.get("parentReference", {}).get("id", ""))
        return replace(step, entry=replace(step.entry, side=parent)) if step.entry is not None else step

    def _files(self, page: Mapping[str, Any]) -> Iterator[DriveItem]:
        """The page's files. One that occurs twice counts where it occurs last."""
        last = {str(item["id"]): item for item in page.get("value", ())}
        oldest = None
        if self.settings.max_age_days is not None:
            oldest = datetime.fromtimestamp(self.now(), UTC) - timedelta(days=self.settings.max_age_days)
        for raw in last.values():
            if "file" not in raw or "deleted" in raw:
                continue
            path = self._path(raw)
            changed = moment(raw.get("lastModifiedDateTime"))
            is_fresh = oldest is None or changed is None or changed >= oldest
            wanted = is_fresh and self._is_wanted(path)
            content = raw.get("cTag") or raw["file"].get("hashes", {}).get("quickXorHash") or raw.get("eTag", "")
            key, size = self._key(raw["id"]), int(raw.get("size", 0))
            yield DriveItem(key, stamp(str(content)), size=size, raw=raw, path=path, wanted=wanted)

    def _is_wanted(self, path: str) -> bool:
        below = path.removeprefix(f"{self.place}/").casefold()
        in_folder = not self.folders or below.startswith(tuple(f"{f.strip('/').casefold()}/" for f in self.folders))
        return in_folder and is_included(path, self.settings.include, self.settings.exclude)

    def _changed_folders(self, page: Mapping[str, Any]) -> set[str]:
        """Remembers the page's folders; the ids of those below which documents have another place or other readers."""
        changed: set[str] = set()
        for raw in page.get("value", ()):
            if "folder" not in raw or "deleted" in raw:
                continue
            if "root" in raw:
                continue
            key = self._key(raw["id"])
            parent = str(raw.get("parentReference", {}).get("id", ""))
            old = self._entries.get(key)
            self._entries[key] = ListedVersion(key, FOLDER, side=parent, details=str(raw["name"]))
            if old is not None and (old != self._entries[key] or raw.get("@microsoft.graph.sharedChanged")):
                changed.add(str(raw["id"]))
        return changed

    def _below(self, folder: str) -> Iterator[DriveItem]:
        """All files below a folder, as they are now."""
        pending = [folder]
        while pending:
            path = f"/drives/{self.drive['id']}/items/{pending.pop()}/children"
            try:
                for page in self.tenant.pages(path):
                    pending.extend(str(item["id"]) for item in page.get("value", ()) if "folder" in item)
                    yield from self._files(page)
            except Missing:
                # Deleted since the delta was read; the next one says so.
                continue

    def _below_remembered(self, gone: Iterable[str]) -> set[str]:
        """The remembered keys of the given ids and of all that lay below them."""
        found = {key for item_id in gone if (key := self._key(item_id)) in self._entries}
        folders = {key for key in found if self._entries[key].content == FOLDER}
        while folders:
            ids = {key.rsplit("/", 1)[-1] for key in folders}
            below = {key for key, entry in self._entries.items() if entry.side in ids} - found
            found |= below
            folders = {key for key in below if self._entries[key].content == FOLDER}
        return found

    def _path(self, raw: Mapping[str, Any]) -> str:
        """The item's path, library first. The delta names only its parent, so folders are remembered."""
        parts = [str(raw["name"])]
        parent = str(raw.get("parentReference", {}).get("id", ""))
        while (entry := self._entries.get(self._key(parent))) is not None and entry.content == FOLDER:
            parts.append(entry.details)
            parent = entry.side
        return "/".join([self.place, *reversed(parts)])

    def _named(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The library's own columns under the names that people see."""
        if self._columns is None:
            columns = self.tenant.values(f"/drives/{self.drive['id']}/list/columns")
            self._columns = own_columns(columns)
        return column_values(fields, self._columns)

    def _root_digest(self) -> str:
        permissions = list(self.tenant.values(f"/drives/{self.drive['id']}/root/permissions"))
        return self.permissions.of(permissions, self.site).digest

    def _delta_path(self) -> str:
        return f"/drives/{self.drive['id']}/root/delta"

    def _key(self, item_id: str) -> str:
        return f"{self.drive['id']}/{item_id}"

    def _again(self, keys: Iterable[str]) -> Iterator[DriveItem]:
        """The items that failed last time, as they are now."""
        for key in keys:
            try:
                raw = self.tenant.get(f"/drives/{self.drive['id']}/items/{key.rsplit('/', 1)[-1]}")
            except Missing:
                continue
            yield from self._files({"value": [raw]})

    def _remembered(self, failed: Iterable[str] = ()) -> dict[str, Any]:
        """What the state keeps of the items."""
        writer = ListingWriter()
        for entry in self._entries.values():
            writer.add(entry)
        return {"listing": writer.cursor(), "failed": sorted(self._failed.union(failed))}


def own_columns(columns: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Internal column name → the name that people see, without SharePoint's own columns."""
    return {
        str(column["name"]): str(column.get("displayName") or column["name"])
        for column in columns
        if not (column.get("hidden") or column.get("readOnly")) and column["name"] not in ("Title", "FileLeafRef")
    }


def column_values(fields: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """The fields of those columns. Choices with several values become lists, people and look-ups their text."""
    values: dict[str, Any] = {}
    for name, shown in columns.items():
        value = fields.get(name)
        if isinstance(value, list):
            value = [item.get("LookupValue", item) if isinstance(item, Mapping) else item for item in value]
        elif isinstance(value, Mapping):
            value = value.get("LookupValue") or value.get("Url") or value.get("Label") or value
        if (known := plain(value)) is not None:
            values[shown] = known
    if "_UIVersionString" in fields:
        values["version"] = str(fields["_UIVersionString"])
    return values


def moment(text: Any) -> datetime | None:
    """A time as Graph writes it; None if there is none."""
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def _people(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Who made the item, and who changed it last."""
    found = {}
    for key, name in (("createdBy", "authors"), ("lastModifiedBy", "modified_by")):
        person = raw.get(key, {}).get("user", {})
        if shown := person.get("email") or person.get("displayName"):
            found[name] = shown
    return found


def _entries(state: State, source: str) -> Iterator[ListedVersion]:
    return read_cursor(state.get("listing") or None, source).entries()
