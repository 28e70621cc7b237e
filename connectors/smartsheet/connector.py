"""Smartsheet: a sheet with its discussions is a document, an attached file is another one.

Each run lists all sheets and reads the shares, discussions and attachments of each: none of them changes a sheet's
version. A sheet's rows are fetched only when its version, or what was said about it, changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import Field

from connectors.common import Access, ListingDiff, SourceItem, is_included, read_cursor, stamp
from connectors.smartsheet.client import Missing, Smartsheet, SmartsheetLogin
from connectors.smartsheet.sheet import Discussion, discussion_of, moment, page
from core.errors import CredentialError, SourceError, Throttled, Unreachable
from core.types import Batch, Cursor, Document, DocumentRef, Failure, Principal

Json = Mapping[str, Any]

# All of them may look at a sheet; a level that isn't known gives nothing.
_LEVELS = frozenset(("VIEWER", "COMMENTER", "EDITOR", "EDITOR_SHARE", "ADMIN", "OWNER"))
_ROWS = 5_000


class SmartsheetSettings(SmartsheetLogin):
    """A source of kind "smartsheet".

    Attributes:
        sheets: Ids of the sheets to read; none: all that the account may see.
        group_prefix: What names of Smartsheet's groups begin with here; left out: the source's name and a slash.
        workers: Sheets fetched at the same time.
    """

    sheets: tuple[int, ...] = ()
    attachments: bool = True
    discussions: bool = True
    group_prefix: str | None = None
    workers: int = Field(default=2, ge=1, le=8)


@dataclass(frozen=True, slots=True)
class SheetItem(SourceItem):
    """A sheet, or a file attached to it (`file`), without what is in it."""

    sheet: Json = field(default_factory=dict)
    file: Json | None = None
    discussions: tuple[Discussion, ...] = ()
    effective: Access = field(default_factory=Access)

    @property
    def name(self) -> str:
        """What people call it."""
        return str((self.file or self.sheet).get("name") or self.key)

    @property
    def digest(self) -> str:
        """Changes when the metadata do."""
        return stamp(str(self.sheet.get("name")), self.name)


class SmartsheetConnector:
    """Reads the sheets that an account may see."""

    def __init__(self, settings: SmartsheetSettings, smartsheet: Smartsheet) -> None:
        self.name = settings.name
        self._settings = settings
        self._smartsheet = smartsheet
        self._prefix = f"{settings.name}/" if settings.group_prefix is None else settings.group_prefix
        self._groups: dict[str, str] = {}
        self._unread: set[str] = set()
        self._closed: set[str] = set()
        self._unknown: set[str] = set()

    def changes(self, cursor: Cursor | None) -> Iterator[Batch]:
        """New, changed and deleted sheets and files since `cursor`."""
        comparison: ListingDiff[SheetItem, SheetItem] = ListingDiff(
            self.name, self, ordered=False, workers=self._settings.workers
        )
        yield from comparison.batches(self._items(), read_cursor(cursor, self.name))

    def listing(self) -> Iterator[DocumentRef]:
        """Every sheet and file with its access list."""
        for item in self._items():
            yield item.effective.ref(f"{self.name}:{item.key}")

    def memberships(self) -> Mapping[str, frozenset[Principal]]:
        """The people of the groups that occur in the access lists read so far."""
        return {f"{self._prefix}{name}": self._members(group) for group, name in sorted(self._groups.items())}

    def first(self) -> Document | Failure | None:
        """The first sheet."""
        item = next(self._items(), None)
        return None if item is None else self.document(item, item)

    def notes(self) -> list[str]:
        """What works less well than it could."""
        notes = []
        if self._unread:
            some = ", ".join(sorted(self._unread)[:3])
            notes.append(f"Nobody is in {len(self._unread)} groups that can't be read ({some}); make it a group admin.")
        if self._closed:
            some = ", ".join(sorted(self._closed)[:3])
            notes.append(f"Of {len(self._closed)} sheets ({some}) only the owner may read, since it isn't their admin.")
        if self._unknown:
            notes.append(f"Shares of the kind {', '.join(sorted(self._unknown))} aren't known; they give nothing.")
        return notes

    def details(self, item: SheetItem) -> SheetItem:
        """Came with the listing."""
        return item

    def document(self, item: SheetItem, details: SheetItem) -> Document | Failure:
        """The sheet as HTML, or the file."""
        document_id = f"{self.name}:{item.key}"
        try:
            body = self._page(item) if item.file is None else self._file(item)
        except CredentialError as error:
            if error.problem != "insufficient":
                raise
            return Failure(document_id, item.name, str(error), retry=True)
        except (Throttled, Unreachable, SourceError) as error:
            return Failure(document_id, item.name, str(error), retry=True)
        size = max(len(body), item.size)
        if size > self._settings.max_bytes:
            reason = (
                f"It has {size:,} bytes, more than max_bytes ({self._settings.max_bytes:,}) of the source {self.name}; "
                "raise it in debrief.yaml, or exclude it."
            )
            return Failure(document_id, item.name, reason)
        sheet = str(item.sheet.get("name") or "")
        metadata = {"path": sheet if item.file is None else f"{sheet}/{item.name}", "document_type": "sheet"}
        if item.file is not None:
            metadata = {"path": metadata["path"], "attached_to": sheet}
        return Document(
            id=document_id,
            source=self.name,
            title=item.name,
            url=str(item.sheet.get("permalink") or self._settings.endpoint_url),
            body=body,
            media_type="text/html" if item.file is None else str(item.file.get("mimeType") or ""),
            name=f"{item.name}.html" if item.file is None else item.name,
            created_at=moment((item.file or item.sheet).get("createdAt")),
            updated_at=item.updated_at,
            allow=details.effective.allow,
            deny=details.effective.deny,
            metadata=metadata,
        )

    def _items(self) -> Iterator[SheetItem]:
        settings = self._settings
        for sheet in self._smartsheet.values("/sheets", include="sheetVersion,ownerInfo"):
            name, changed = str(sheet.get("name") or sheet["id"]), moment(sheet.get("modifiedAt"))
            is_wanted = not settings.sheets or int(sheet["id"]) in settings.sheets
            if not is_wanted or self._is_too_old(changed):
                continue
            access = self._access(sheet)
            path = f"/sheets/{sheet['id']}"
            if is_included(name, settings.include, settings.exclude):
                yield self._sheet(sheet, path, changed, access)
            if not settings.attachments:
                continue
            for file in self._smartsheet.values(f"{path}/attachments"):
                where = f"{name}/{file.get('name')}"
                if file.get("attachmentType") == "FILE" and is_included(where, settings.include, settings.exclude):
                    yield SheetItem(
                        key=f"file/{sheet['id']}/{file['id']}",
                        content=stamp(str(file["id"]), str(file.get("createdAt"))),
                        side=stamp(access.digest, where),
                        size=int(file.get("sizeInKb") or 0) * 1_024,
                        updated_at=moment(file.get("createdAt")),
                        sheet=sheet,
                        file=file,
                        effective=access,
                    )

    def _sheet(self, sheet: Json, path: str, changed: datetime | None, access: Access) -> SheetItem:
        said: tuple[Discussion, ...] = ()
        if self._settings.discussions:
            found = self._smartsheet.values(f"{path}/discussions", include="comments")
            said = tuple(sorted(map(discussion_of, found), key=lambda one: one.id))
        marks = [mark for one in said for mark in (one.id, one.title, *one.changed)]
        moments = [when for one in said for comment in one.comments if (when := moment(comment.get("createdAt")))]
        return SheetItem(
            key=f"sheet/{sheet['id']}",
            content=stamp(str(sheet.get("version")), str(sheet.get("modifiedAt")), *marks),
            side=stamp(access.digest, str(sheet.get("name"))),
            updated_at=max([*moments, changed]) if changed else changed,
            sheet=sheet,
            discussions=said,
            effective=access,
        )

    def _is_too_old(self, changed: datetime | None) -> bool:
        days = self._settings.max_age_days
        return days is not None and changed is not None and changed < datetime.now(UTC) - timedelta(days=days)

    def _access(self, sheet: Json) -> Access:
        """Whom the sheet is shared with, by itself and by its workspace."""
        shares = self._shares(sheet, "WORKSPACE")
        if not any(share.get("scope") == "ITEM" for share in shares):
            shares += self._shares(sheet, None)
        allow = {found for share in shares if (found := self._principal(share))}
        if owner := str(sheet.get("owner") or "").strip().lower():
            allow.add(f"user:{owner}")
        return Access(frozenset(allow), frozenset(self._settings.deny))

    def _shares(self, sheet: Json, scope: str | None) -> list[Json]:
        about = {"assetType": "sheet", "assetId": sheet["id"], "sharingInclude": scope}
        try:
            return list(self._smartsheet.values("/shares", **about, maxItems=500))
        except CredentialError as error:
            if error.problem != "insufficient":
                raise
            self._closed.add(str(sheet.get("name") or sheet["id"]))
            return []

    def _principal(self, share: Json) -> Principal:
        kind, level = str(share.get("type") or "").upper(), str(share.get("accessLevel") or "").upper()
        if level not in _LEVELS:
            self._unknown.add(level or "without a level")
            return ""
        if kind == "USER" and share.get("email"):
            return f"user:{str(share['email']).strip().lower()}"
        if kind == "GROUP" and share.get("groupId"):
            group = str(share["groupId"])
            self._groups[group] = str(share.get("name") or group)
            return f"group:{self._prefix}{self._groups[group]}"
        self._unknown.add(kind or "without a kind")
        return ""

    def _members(self, group: str) -> frozenset[Principal]:
        try:
            found = self._smartsheet.get(f"/groups/{group}")
        except (Missing, CredentialError) as error:
            if isinstance(error, CredentialError) and error.problem != "insufficient":
                raise
            self._unread.add(self._groups[group])
            return frozenset()
        addresses = (str(member.get("email") or "").strip().lower() for member in found.get("members") or ())
        return frozenset(f"user:{address}" for address in addresses if address)

    def _page(self, item: SheetItem) -> bytes:
        path = f"/sheets/{item.sheet['id']}"
        rows: dict[str, Json] = {}
        sheet: Json = {}
        number, total = 1, 1
        while len(rows) < total:
            answer = self._smartsheet.get(path, page=number, pageSize=_ROWS)
            sheet, total = sheet or answer, int(answer.get("totalRowCount") or 0)
            found = {str(row["id"]): row for row in answer.get("rows") or ()}
            if not found.keys() - rows.keys() and len(rows) < total:
                raise SourceError(
                    f"The source {self.name} reads {len(rows):,} of {total:,} rows of {item.name}; it is read again at "
                    "the next sync."
                )
            rows |= found
            number += 1
        return page(item.name, sheet, list(rows.values()), item.discussions).encode()

    def _file(self, item: SheetItem) -> bytes:
        assert item.file is not None
        if item.size > self._settings.max_bytes:
            return b""  # what is too large to keep isn't fetched
        found = self._smartsheet.get(f"/sheets/{item.sheet['id']}/attachments/{item.file['id']}")
        return self._smartsheet.download(str(found["url"]))


def open_smartsheet(settings: SmartsheetSettings, root: Path) -> SmartsheetConnector:
    """The connector of an account."""
    return SmartsheetConnector(settings, Smartsheet(settings))
