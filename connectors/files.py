"""A folder tree: every file a document, with sidecars and prefix access lists as in a Kendra bucket."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from connectors.common import (
    AccessPolicy,
    KindSettings,
    ListingDiff,
    SourceItem,
    default_access,
    is_included,
    read_cursor,
    stamp,
)
from connectors.common.access import parse_prefix_file
from connectors.common.sidecar import MAX_BYTES, NO_SIDECAR, SUFFIX, SidecarDetails, parse_sidecar, read_json
from core.errors import CredentialError, SourceError, Unreachable
from core.media_names import transcripts_of
from core.types import Batch, Companion, Cursor, Document, DocumentRef, Failure, Principal

# Files that say something about other files, and are no documents themselves.
_RESERVED = frozenset({"acl.json", "_library.json"})
# A file that changed this shortly before it was read may change again without its time stamp showing it.
_RACY_S = 2.0


class FilesSettings(KindSettings):
    """A source of kind "files".

    Attributes:
        path: The folder; relative paths start at the folder of debrief.yaml.
        base_url: Where people open the files; a file's path is appended. Empty: file:// addresses.
        acl_file: Access lists by path prefix, relative to `path`; used if it is there.
    """

    path: Path
    base_url: str = ""
    acl_file: str = "acl.json"


@dataclass(frozen=True, slots=True)
class FileItem(SourceItem):
    """A file and, if there is one, its sidecar; of a recording the transcript beside it, too."""

    path: str = ""
    side_path: str = ""
    transcript_path: str = ""


class FilesConnector:
    """Reads a folder tree. Links that lead out of it are not followed; hidden files are no documents."""

    def __init__(self, settings: FilesSettings, root: Path, now: Callable[[], float] = time.time) -> None:
        self.name = settings.name
        self._now = now
        self._settings = settings
        self._root = root
        self._policy = AccessPolicy()

    def changes(self, cursor: Cursor | None) -> Iterator[Batch]:
        """New, changed and deleted files since `cursor`."""
        remembered = read_cursor(cursor, self.name)
        self._policy = self._read_policy()
        comparison = ListingDiff(self.name, self, self._policy.digest)
        # A first run is the long one, and people want to know how long; walking the folder costs next to nothing.
        total = sum(1 for _ in self._items()) if cursor is None else 0
        for batch in comparison.batches(self._items(), remembered):
            yield replace(batch, total=total)

    def listing(self) -> Iterator[DocumentRef]:
        """Every file with its access list."""
        self._policy = self._read_policy()
        for item in self._items():
            if item.hidden:
                raise SourceError(item.hidden)
            yield self.details(item).effective.ref(f"{self.name}:{item.key}")

    def memberships(self) -> Mapping[str, frozenset[Principal]]:
        """None: a folder knows no groups of its own."""
        return {}

    def first(self) -> Document | Failure | None:
        """The first file."""
        self._policy = self._read_policy()
        item = next((item for item in self._items() if not item.hidden), None)
        return None if item is None else self.document(item, self.details(item))

    def notes(self) -> list[str]:
        """Nothing to say of a folder."""
        return []

    def details(self, item: FileItem) -> SidecarDetails:
        """The file's sidecar and access list."""
        sidecar = NO_SIDECAR
        if item.side_path:
            if os.path.islink(item.side_path) and not self._leads_inside(item.side_path):
                raise SourceError(f"{item.side_path} is a link that leads out of the source's folder; copy it in.")
            sidecar = parse_sidecar(_read_small(item.side_path), item.side_path)
        return SidecarDetails(sidecar, self._policy.of(item.key, sidecar.access))

    def document(self, item: FileItem, details: SidecarDetails) -> Document | Failure:
        """The file, read."""
        document_id = f"{self.name}:{item.key}"
        limit = self._settings.max_bytes
        if item.size > limit:
            reason = (
                f"The file has {item.size:,} bytes, more than max_bytes ({limit:,}) of the source {self.name}; "
                "raise it in debrief.yaml, or exclude the file."
            )
            return Failure(document_id, item.key, reason)
        transcript: Companion | None = None
        try:
            body = Path(item.path).read_bytes()
            if item.transcript_path:
                transcript = Companion(Path(item.transcript_path).name, Path(item.transcript_path).read_bytes())
        except OSError as error:
            reason = f"The file {item.path} can't be read ({error.strerror}); let this process's user read it."
            return Failure(document_id, item.key, reason, retry=True)
        sidecar = details.sidecar
        name = item.key.rsplit("/", 1)[-1]
        return Document(
            id=document_id,
            source=self.name,
            title=sidecar.title,
            url=sidecar.url or self._url(item),
            body=body,
            media_type="" if "." in name else sidecar.media_type,
            name=name,
            updated_at=item.updated_at,
            allow=details.effective.allow,
            deny=details.effective.deny,
            metadata={"path": item.key, **sidecar.attributes},
            transcript=transcript,
        )

    def _url(self, item: FileItem) -> str:
        if self._settings.base_url:
            return f"{self._settings.base_url.rstrip('/')}/{quote(item.key)}"
        return Path(item.path).as_uri()

    def _read_policy(self) -> AccessPolicy:
        default = default_access(self._settings.allow, self._settings.public)
        path = self._root / self._settings.acl_file
        prefixes = {}
        if path.is_file():
            prefixes = parse_prefix_file(read_json(_read_small(str(path)), str(path)), str(path))
        return AccessPolicy(prefixes, default, frozenset(self._settings.deny))

    def _items(self) -> Iterator[FileItem]:
        if not self._root.is_dir():
            raise Unreachable(
                f"The folder {self._root} of the source {self.name} doesn't exist; correct its path, or mount it."
            )
        for item in self._walk(str(self._root), "", frozenset({os.path.realpath(self._root)})):
            if item.hidden or self._is_wanted(item.key, item.updated_at):
                yield item

    def _is_wanted(self, key: str, updated_at: datetime | None) -> bool:
        """Whether the settings take the file in, by its path and age."""
        days = self._settings.max_age_days
        if days is not None and updated_at is not None:
            oldest = datetime.fromtimestamp(self._now(), UTC) - timedelta(days=days)
            if updated_at < oldest:
                return False
        return is_included(key, self._settings.include, self._settings.exclude)

    def _walk(self, folder: str, prefix: str, inside: frozenset[str]) -> Iterator[FileItem]:
        """The files below `folder`, in the order of their paths.

        Args:
            inside: The real paths of the folders that we are in; a link back to one of them would never end.
        """
        try:
            with os.scandir(folder) as scan:
                entries = {entry.name: entry for entry in scan if not entry.name.startswith(".")}
        except OSError as error:
            if not prefix:
                raise CredentialError(
                    f"The folder {folder} can't be listed ({error.strerror}); let this process's user read it.",
                    "insufficient",
                ) from error
            reason = f"The folder {folder} can't be listed ({error.strerror}); let this process's user read it."
            yield FileItem(prefix, "", hidden=reason)
            return
        transcripts = self._transcripts(prefix, entries)
        parts = frozenset(transcripts.values())
        names = sorted((_shown(name) + ("/" if _is_folder(entry) else ""), name) for name, entry in entries.items())
        for sort_name, name in names:
            path = entries[name].path
            key = prefix + sort_name
            if sort_name.rstrip("/") != name:
                reason = f"The name {key} is not UTF-8, so it can't be written down or cited; rename it."
                yield FileItem(key, "", hidden=reason)
                continue
            if entries[name].is_symlink() and not self._leads_inside(path):
                continue
            if sort_name.endswith("/"):
                real = os.path.realpath(path)
                if real not in inside:
                    yield from self._walk(path, key, inside | {real})
            elif not (name.endswith(SUFFIX) or name in _RESERVED | parts or key == self._settings.acl_file):
                side, transcript = (entries.get(other) for other in (name + SUFFIX, transcripts.get(name, "")))
                item = _item(key, path, side.path if side is not None else "", self._now())
                if item is not None and transcript is not None:
                    item = _with_transcript(item, transcript.path, self._now())
                if item is not None:
                    yield item

    def _transcripts(self, prefix: str, entries: Mapping[str, os.DirEntry[str]]) -> dict[str, str]:
        """Recording → the transcript that is part of its document, for those that the same people may read."""
        found = transcripts_of([name for name, entry in entries.items() if not _is_folder(entry)])
        return {
            recording: transcript
            for recording, transcript in found.items()
            if transcript + SUFFIX not in entries
            and self._policy.of(prefix + transcript) == self._policy.of(prefix + recording)
            and all(self._is_read(prefix, entries[name]) for name in (recording, transcript))
        }

    def _is_read(self, prefix: str, entry: os.DirEntry[str]) -> bool:
        """Whether the file would be fetched by itself: else nothing may be left to it, or made part of it."""
        try:
            status = entry.stat()
        except OSError:
            return False
        inside = not entry.is_symlink() or self._leads_inside(entry.path)
        wanted = self._is_wanted(prefix + entry.name, datetime.fromtimestamp(status.st_mtime, UTC))
        return inside and wanted and status.st_size <= self._settings.max_bytes and _shown(entry.name) == entry.name

    def _leads_inside(self, path: str) -> bool:
        root = os.path.realpath(self._root)
        return os.path.realpath(path).startswith(root + os.sep)


def open_files(settings: FilesSettings, root: Path) -> FilesConnector:
    """The connector of a folder tree; `root` is where relative paths start."""
    path = settings.path.expanduser()
    return FilesConnector(settings, path if path.is_absolute() else (root / path).resolve())


def _item(key: str, path: str, side_path: str, now: float) -> FileItem | None:
    """The file as an item; None if it is gone by now or is neither a file nor a folder (a pipe, a device)."""
    try:
        status = os.stat(path)
        side = _stamp(os.stat(side_path), now) if side_path else ""
    except OSError:
        return None
    if not os.path.isfile(path):
        return None
    updated_at = datetime.fromtimestamp(status.st_mtime, UTC)
    return FileItem(key, _stamp(status, now), side, status.st_size, updated_at, path=path, side_path=side_path)


def _with_transcript(item: FileItem, path: str, now: float) -> FileItem:
    """The recording's item, which changes when its transcript does; as it is if that is gone by now."""
    try:
        stamped = _stamp(os.stat(path), now)
    except OSError:
        return item
    return replace(item, content=stamp(item.content, stamped), transcript_path=path)


def _stamp(status: os.stat_result, now: float) -> str:
    """Changes when the file does: also when a copy keeps the old modification time, since ctime can't be set."""
    changed = stamp(str(status.st_mtime_ns), str(status.st_ctime_ns), str(status.st_size))
    # Two edits within one tick of the file system's clock look the same, so a very fresh file is read once more.
    is_racy = abs(now - status.st_mtime) < _RACY_S or abs(now - status.st_ctime) < _RACY_S
    return f"{changed}{int(now * 1000):x}" if is_racy else changed


def _shown(name: str) -> str:
    """The name as text: bytes that aren't UTF-8 are spelled out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _read_small(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(f"{path} can't be read ({error.strerror}); let this process's user read it.") from error
    if len(content) > MAX_BYTES:
        raise SourceError(f"{path} is over {MAX_BYTES:,} bytes, too big for metadata; shorten it.")
    return content
