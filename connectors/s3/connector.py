"""An S3 bucket: every object a document, with sidecars and prefix access lists as Kendra and Q Business have them.

A sync lists the prefixes (1,000 keys a request) and fetches only objects whose ETag or time differs from last time.
An object whose newest version is a delete marker isn't listed, so it counts as deleted.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import Field

from connectors.common import AccessPolicy, ListingDiff, SourceItem, default_access, is_included, read_cursor, stamp
from connectors.common.access import parse_prefix_file
from connectors.common.aws import AwsSettings, aws_error, is_missing, open_client
from connectors.common.sidecar import MAX_BYTES, NO_SIDECAR, SUFFIX, SidecarDetails, parse_sidecar, read_json
from connectors.s3.events import Notifications
from connectors.s3.listing import S3Object, apart, beside, disjoint, sidecar_order
from core.errors import CredentialError, SourceError
from core.types import Batch, Cursor, Document, DocumentRef, Failure, Principal

_PAGE_KEYS = 1_000
_BODY_ATTEMPTS = 3
_ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})


class S3Settings(AwsSettings):
    """A source of kind "s3".

    Attributes:
        prefixes: Only keys that begin with one of these.
        metadata_prefix: Where sidecars lie ("metadata/"); empty means beside their documents.
        acl_file: Key of the prefix ACL file; used if it is there.
        base_url: Where people open the objects; the key is appended. Empty: the object's s3:// address.
        workers: How many objects are fetched at the same time.
        queue_url: An SQS queue that gets the bucket's events; then a sync looks only at what they name.
        full_listing_hours: So often the bucket is listed as a whole nevertheless, in case an event was lost.
    """

    bucket: str
    prefixes: tuple[str, ...] = ()
    metadata_prefix: str = ""
    acl_file: str = "acl.json"
    base_url: str = ""
    workers: int = Field(default=8, ge=1, le=64)
    queue_url: str = ""
    full_listing_hours: float = Field(default=24.0, gt=0)


@dataclass(frozen=True, slots=True)
class S3Item(SourceItem):
    """An object and, if there is one, its sidecar's key."""

    side_key: str = ""
    storage_class: str = "STANDARD"


class S3Connector:
    """Reads a bucket through a boto3 client."""

    def __init__(self, settings: S3Settings, client: Any, notifications: Notifications | None = None) -> None:
        self.name = settings.name
        self._settings = settings
        self._client = client
        self._notifications = notifications
        self._policy = AccessPolicy()

    def changes(self, cursor: Cursor | None) -> Iterator[Batch]:
        """New, changed and deleted objects since `cursor`."""
        remembered = read_cursor(cursor, self.name, sidecar_order)
        self._policy = self._read_policy()
        workers = self._settings.workers
        comparison = ListingDiff(self.name, self, self._policy.digest, order=sidecar_order, workers=workers)
        extra: dict[str, Any] = {"listed_at": int(time.time())}
        if self._notifications is None:
            yield from comparison.batches(self._items(), remembered)
            return
        before = remembered.extra or {}
        self._notifications.acknowledge(before.get("receipts", ()))
        touched = self._notifications.receive()
        extra["receipts"] = touched.receipts
        is_recent = time.time() - before.get("listed_at", 0) < self._settings.full_listing_hours * 3_600
        if cursor is None or touched.overflow or not is_recent or remembered.policy != self._policy.digest:
            yield from comparison.batches(self._items(), remembered, lambda: extra)
        else:
            extra["listed_at"] = before["listed_at"]
            yield from comparison.named(self._named(touched.keys), remembered, extra)

    def listing(self) -> Iterator[DocumentRef]:
        """Every object with its access list; reads each sidecar."""
        self._policy = self._read_policy()
        for item in self._items():
            yield self.details(item).effective.ref(f"{self.name}:{item.key}")

    def memberships(self) -> Mapping[str, frozenset[Principal]]:
        """None: a bucket knows no groups of its own."""
        return {}

    def first(self) -> Document | Failure | None:
        """The first object."""
        self._policy = self._read_policy()
        item = next(self._items(), None)
        return None if item is None else self.document(item, self.details(item))

    def notes(self) -> list[str]:
        """What stands in the way of reading the bucket well."""
        if self._settings.acl_file and not self._policy.prefixes:
            return [f"There is no prefix access list s3://{self._settings.bucket}/{self._settings.acl_file}."]
        return []

    def details(self, item: S3Item) -> SidecarDetails:
        """The object's sidecar and access list."""
        sidecar = NO_SIDECAR
        if item.side_key:
            where = f"s3://{self._settings.bucket}/{item.side_key}"
            content = self._small(item.side_key)
            if content is None:
                raise SourceError(f"{where} vanished while it was read; the next sync reads the document again.")
            sidecar = parse_sidecar(content, where)
        return SidecarDetails(sidecar, self._policy.of(item.key, sidecar.access))

    def document(self, item: S3Item, details: SidecarDetails) -> Document | Failure:
        """The object, fetched; its metadata and tags too."""
        document_id = f"{self.name}:{item.key}"
        limit = self._settings.max_bytes
        if item.size > limit:
            reason = (
                f"The object has {item.size:,} bytes, more than max_bytes ({limit:,}) of the source {self.name}; "
                "raise it in debrief.yaml, or exclude the object."
            )
            return Failure(document_id, item.key, reason)
        if item.storage_class in _ARCHIVED:
            reason = f"The object is archived ({item.storage_class}), so it can't be read; restore it, or exclude it."
            return Failure(document_id, item.key, reason)
        try:
            response, body = self._fetch(item.key)
            tags = self._tags(item.key, response)
        except CredentialError as error:
            if error.problem != "insufficient":
                raise
            return Failure(document_id, item.key, str(error), retry=True)
        except SourceError as error:
            return Failure(document_id, item.key, str(error), retry=True)
        sidecar = details.sidecar
        name = item.key.rsplit("/", 1)[-1]
        said_type = sidecar.media_type or str(response.get("ContentType") or "")
        own = {name: _decoded(value) for name, value in response.get("Metadata", {}).items()}
        version = response.get("VersionId")
        return Document(
            id=document_id,
            source=self.name,
            title=sidecar.title,
            url=sidecar.url or self._url(item.key),
            body=body,
            # The file name decides when it has a suffix: uploads are often called application/octet-stream.
            media_type="" if "." in name else said_type,
            name=name,
            updated_at=item.updated_at,
            allow=details.effective.allow,
            deny=details.effective.deny,
            metadata={
                "path": item.key,
                **({"version_id": version} if version and version != "null" else {}),
                **tags,
                **own,
                **sidecar.attributes,
            },
        )

    def _fetch(self, key: str) -> tuple[Mapping[str, Any], bytes]:
        """The object's answer and its body, which may break off and is then fetched again."""
        from botocore.exceptions import BotoCoreError, ClientError

        bucket = self._settings.bucket
        grant = f"s3:GetObject on arn:aws:s3:::{bucket}/{key}"
        for attempt in range(1, _BODY_ATTEMPTS + 1):
            try:
                response = self._client.get_object(Bucket=bucket, Key=key)
                # As a context manager itself it would hand out the raw stream, without its checks.
                with closing(response["Body"]) as stream:
                    return response, stream.read()
            except (ClientError, BotoCoreError, OSError) as error:
                if isinstance(error, ClientError) or attempt == _BODY_ATTEMPTS:
                    raise aws_error(error, self.name, f"read s3://{bucket}/{key}", grant) from error
        raise AssertionError("unreachable")

    def _tags(self, key: str, response: Mapping[str, Any]) -> dict[str, str]:
        """The object's tags; asked for only when the object has some."""
        from botocore.exceptions import BotoCoreError, ClientError

        if not response.get("TagCount"):
            return {}
        bucket = self._settings.bucket
        try:
            answer = self._client.get_object_tagging(Bucket=bucket, Key=key)
        except (ClientError, BotoCoreError) as error:
            grant = f"s3:GetObjectTagging on arn:aws:s3:::{bucket}/*"
            raise aws_error(error, self.name, f"read the tags of s3://{bucket}/{key}", grant) from error
        return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}

    def _small(self, key: str) -> bytes | None:
        """A sidecar's or ACL file's content; None if there is none.

        Raises:
            SourceError: it is too big, or can't be read; a plain one if only this object can't.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        bucket = self._settings.bucket
        try:
            with closing(self._client.get_object(Bucket=bucket, Key=key)["Body"]) as stream:
                content: bytes = stream.read(MAX_BYTES + 1)
        except (ClientError, BotoCoreError) as error:
            if is_missing(error):
                return None
            wrapped = aws_error(
                error, self.name, f"read s3://{bucket}/{key}", f"s3:GetObject on arn:aws:s3:::{bucket}/*"
            )
            if isinstance(wrapped, CredentialError) and wrapped.problem == "insufficient":
                raise SourceError(str(wrapped)) from error
            raise wrapped from error
        if len(content) > MAX_BYTES:
            raise SourceError(f"s3://{bucket}/{key} is over {MAX_BYTES:,} bytes, too big for metadata; shorten it.")
        return content

    def _read_policy(self) -> AccessPolicy:
        settings = self._settings
        where = f"s3://{settings.bucket}/{settings.acl_file}"
        content = self._small(settings.acl_file) if settings.acl_file else None
        prefixes = {}
        if content is not None:
            prefixes = parse_prefix_file(read_json(content, where), where, start=f"s3://{settings.bucket}/")
        return AccessPolicy(prefixes, default_access(settings.allow, settings.public), frozenset(settings.deny))

    def _items(self) -> Iterator[S3Item]:
        settings = self._settings
        for prefix in disjoint(settings.prefixes):
            pairs = beside(self._objects(prefix))
            if settings.metadata_prefix:
                sidecars = self._objects(settings.metadata_prefix + prefix)
                pairs = apart(self._objects(prefix), sidecars, settings.metadata_prefix)
            for found, side in pairs:
                item = self._item(found, side)
                if item is not None:
                    yield item

    def _named(self, keys: Iterable[str]) -> Iterator[tuple[str, S3Item | None, bool]]:
        """The documents that the keys belong to: key, item (None: gone), and whether the object itself was touched."""
        prefix = self._settings.metadata_prefix
        sidecars = {key for key in keys if key.endswith(SUFFIX)}
        documents = {key.removeprefix(prefix).removesuffix(SUFFIX): False for key in sidecars}
        documents |= dict.fromkeys(set(keys) - sidecars, True)
        roots = disjoint(self._settings.prefixes)
        for key in sorted(documents, key=sidecar_order):
            if not key.startswith(roots):
                continue
            found = self._looked_up(key)
            item = self._item(found, self._looked_up(prefix + key + SUFFIX)) if found is not None else None
            yield key, item, documents[key]

    def _looked_up(self, key: str) -> S3Object | None:
        """The object as the listing shows it. A look at it alone would date it by another clock."""
        first = next(self._objects(key, 1), None)
        return first if first is not None and first.key == key else None

    def _item(self, found: S3Object, side: S3Object | None) -> S3Item | None:
        """The object as an item; None if it isn't a document, or the settings leave it out."""
        is_fresh = self._oldest is None or found.updated_at is None or found.updated_at >= self._oldest
        if not (is_fresh and self._is_document(found)):
            return None
        return S3Item(
            found.key,
            found.stamp,
            side.stamp if side is not None else "",
            found.size,
            found.updated_at,
            side_key=side.key if side is not None else "",
            storage_class=found.storage_class,
        )

    @property
    def _oldest(self) -> datetime | None:
        days = self._settings.max_age_days
        return None if days is None else datetime.now(UTC) - timedelta(days=days)

    def _is_document(self, found: S3Object) -> bool:
        settings = self._settings
        if found.key.endswith("/") or found.key == settings.acl_file:
            return False
        if settings.metadata_prefix and found.key.startswith(settings.metadata_prefix):
            return False
        return is_included(found.key, settings.include, settings.exclude)

    def _objects(self, prefix: str, most: int | None = None) -> Iterator[S3Object]:
        """The listing of one prefix, page by page."""
        from botocore.exceptions import BotoCoreError, ClientError

        bucket = self._settings.bucket
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": most or _PAGE_KEYS, "MaxItems": most}
        )
        try:
            for page in pages:
                for found in page.get("Contents", ()):
                    yield S3Object(
                        found["Key"],
                        stamp(found["ETag"], found["LastModified"].isoformat(), str(found["Size"])),
                        found["Size"],
                        found["LastModified"],
                        found.get("StorageClass", "STANDARD"),
                    )
        except (ClientError, BotoCoreError) as error:
            grant = f"s3:ListBucket on arn:aws:s3:::{bucket}"
            raise aws_error(error, self.name, f"list s3://{bucket}/{prefix}", grant) from error

    def _url(self, key: str) -> str:
        base = self._settings.base_url.rstrip("/")
        return f"{base}/{quote(key)}" if base else f"s3://{self._settings.bucket}/{quote(key)}"


def open_s3(settings: S3Settings, root: Path) -> S3Connector:
    """The connector of a bucket."""
    notifications = None
    if settings.queue_url:
        client = open_client("sqs", settings)
        notifications = Notifications(client, settings.queue_url, settings.bucket, settings.name)
    return S3Connector(settings, open_client("s3", settings, settings.workers), notifications)


def _decoded(value: str) -> str:
    """Object metadata as text: what isn't ASCII comes as "=?UTF-8?B?…?="."""
    return str(make_header(decode_header(value))) if "=?" in value else value
