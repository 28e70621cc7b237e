"""Amazon Redshift: documents from declared queries, one a row or a group of rows.

A run with nothing changed reads one narrow row a document: its id, when it changed last, how many rows it has, and who
may read it. That shows changes, deletions and changed access alike, whatever the clocks say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from connectors.common import (
    Access,
    AccessPolicy,
    ListingDiff,
    SourceItem,
    default_access,
    is_included,
    read_cursor,
    stamp,
)
from connectors.redshift.client import RedshiftLogin, Session
from connectors.redshift.rows import Comments, Row, RowDocuments, access, attributes, filled, render
from core.errors import CredentialError, SourceError, Throttled, Unreachable
from core.types import AttributeValue, Batch, Cursor, Document, DocumentRef, Failure, Principal

# Over this many changed documents, reading everything in one go is cheaper than asking for each.
_ONE_BY_ONE = 500
_COMMENTS = """
    SELECT a.attname, d.description FROM pg_catalog.pg_description d
    JOIN pg_catalog.pg_class c ON d.objoid = c.oid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
    WHERE n.nspname = %s AND c.relname = %s"""


class RedshiftSettings(RedshiftLogin):
    """A source of kind "redshift".

    Attributes:
        row_limit: A query with more rows is refused, since it is probably a mistake.
        overlap_s: Documents that changed this shortly before a run are read again in the next one, in case more rows
            come with the same time.
    """

    documents: tuple[RowDocuments, ...] = Field(min_length=1)
    row_limit: int = Field(default=1_000_000, gt=0)
    overlap_s: int = Field(default=3_600, ge=0)

    @model_validator(mode="after")
    def _names_differ(self) -> RedshiftSettings:
        names = [spec.name for spec in self.documents]
        if len(set(names)) != len(names):
            raise ValueError(f"two entries of documents have the same name: {', '.join(names)}")
        return self


@dataclass(frozen=True, slots=True)
class RowItem(SourceItem):
    """A document before it is written: its access cells, and its rows if they were read already."""

    spec: RowDocuments | None = None
    number: str = ""
    effective: Access = field(default_factory=Access)
    rows: tuple[Row, ...] | None = None
    shape: str = ""

    @property
    def digest(self) -> str:
        """Changes when documents are written in another way."""
        return self.shape


class RedshiftConnector:
    """Reads a warehouse over two connections: one lists, one fetches what changed."""

    def __init__(self, settings: RedshiftSettings) -> None:
        self.name = settings.name
        self._settings = settings
        self._lister = Session(settings)
        self._fetcher = Session(settings)
        self._policy = AccessPolicy(
            default=default_access(settings.allow, settings.public), deny=frozenset(settings.deny)
        )
        self._comments: dict[str, Comments] = {}
        self._shape = ""

    def changes(self, cursor: Cursor | None) -> Iterator[Batch]:
        """New, changed and deleted documents since `cursor`."""
        remembered = read_cursor(cursor, self.name)
        try:
            self._prepare()
            extra = remembered.extra or {}
            since = extra.get("newest") if extra.get("shape") == self._shape else {}
            newest: dict[str, str] = {}
            comparison: ListingDiff[RowItem, RowItem] = ListingDiff(
                self.name, self, stamp(self._policy.digest, self._shape)
            )
            items = self._items(since or {}, newest)
            yield from comparison.batches(items, remembered, lambda: {"shape": self._shape, "newest": newest})
        finally:
            self._lister.close()
            self._fetcher.close()

    def listing(self) -> Iterator[DocumentRef]:
        """Every document with its access list."""
        try:
            self._prepare()
            for item in self._items(None, {}):
                yield item.effective.ref(f"{self.name}:{item.key}")
        finally:
            self._lister.close()

    def memberships(self) -> Mapping[str, frozenset[Principal]]:
        """None: the warehouse's groups are those of its own users."""
        return {}

    def first(self) -> Document | Failure | None:
        """The first document of the first query."""
        self._prepare()
        item = next(self._items(None, {}), None)
        return None if item is None else self.document(item, item)

    def notes(self) -> list[str]:
        """What stands in the way of reading the warehouse safely."""
        _, rows = self._fetcher.rows("SELECT usesuper FROM pg_catalog.pg_user WHERE usename = CURRENT_USER")
        if (row := next(rows, None)) is not None and row[0]:
            return ["Its user is a superuser, for whom row-level security doesn't count; use one that may only SELECT."]
        return []

    def details(self, item: RowItem) -> RowItem:
        """All is known from the listing."""
        return item

    def document(self, item: RowItem, details: RowItem) -> Document | Failure:
        """The document's rows, written as text."""
        assert item.spec is not None
        document_id = f"{self.name}:{item.key}"
        try:
            rows = item.rows or self._rows_of(item.spec, item.number)
        except (CredentialError, Unreachable, Throttled):
            raise
        except SourceError as error:
            return Failure(document_id, item.key, str(error), retry=True)
        if not rows:
            return Failure(
                document_id, item.key, "Its rows vanished while it was read; the next sync sees.", retry=True
            )
        title = filled(item.spec.title, rows[0])
        body = render(item.spec, rows, title, self._comments.get(item.spec.table, Comments())).encode()
        if len(body) > self._settings.max_bytes:
            reason = (
                f"The rows make {len(body):,} bytes, more than max_bytes ({self._settings.max_bytes:,}) of the source "
                f"{self.name}; raise it in debrief.yaml, or make smaller groups in the query."
            )
            return Failure(document_id, title, reason)
        metadata: dict[str, AttributeValue] = attributes(item.spec, rows)
        if item.spec.table:
            metadata.setdefault("table", item.spec.table)
        return Document(
            id=document_id,
            source=self.name,
            title=title,
            url=filled(item.spec.url, rows[0]) or f"redshift://{self._settings.database}/{item.key}",
            body=body,
            media_type="text/markdown",
            name=f"{item.spec.name}.md",
            updated_at=item.updated_at,
            allow=item.effective.allow,
            deny=item.effective.deny,
            metadata=metadata,
        )

    def _prepare(self) -> None:
        """What the database says of the tables, and with it what the documents depend on besides their rows."""
        for spec in self._settings.documents:
            self._read_comments(spec.table)
        self._shape = stamp(repr(self._settings.documents), repr(sorted(self._comments.items())))

    def _items(self, since: Mapping[str, str] | None, newest: dict[str, str]) -> Iterator[RowItem]:
        """Every document of every query, in the order of the keys.

        Args:
            since: Per query, the newest time of change at the last run; None if only ids and access are wanted.
            newest: Is filled with the newest ones of today.
        """
        for spec in sorted(self._settings.documents, key=lambda spec: f"{spec.name}/"):
            if spec.updated_at and (since is None or self._is_little(spec, since.get(spec.name, ""))):
                items = self._listed(spec, newest)
            else:
                items = self._read(spec, newest)
            for item in items:
                if is_included(item.key, self._settings.include, self._settings.exclude):
                    yield item

    def _is_little(self, spec: RowDocuments, since: str) -> bool:
        """Whether so few rows changed since then that their documents can be asked for one by one."""
        if not since:
            return False
        begin = datetime.fromisoformat(since) - timedelta(seconds=self._settings.overlap_s)
        sql = f"SELECT COUNT(*) FROM ({spec.query}) AS rows_ WHERE {spec.updated_at} > %s"
        _, rows = self._lister.rows(sql, (begin,))
        return bool(next(rows)[0] <= _ONE_BY_ONE)

    def _listed(self, spec: RowDocuments, newest: dict[str, str]) -> Iterator[RowItem]:
        """One narrow row a document."""
        nothing = "CAST(NULL AS VARCHAR)"
        users, groups = spec.allow_users or nothing, spec.allow_groups or nothing
        sql = (
            f"SELECT CAST({spec.id} AS VARCHAR), MAX({spec.updated_at}), COUNT(*), "
            f"MIN({users}), MAX({users}), COUNT({users}), MIN({groups}), MAX({groups}), COUNT({groups}) "
            f"FROM ({spec.query}) AS rows_ WHERE {spec.id} IS NOT NULL GROUP BY 1 ORDER BY 1"
        )
        now = self._now()
        for _, row in self._streamed(spec, sql):
            number, changed, count, first_users, last_users, users_said, first_groups, last_groups, groups_said = row
            cells = [(first_users, first_groups), (last_users, last_groups)]
            if {users_said, groups_said} - {0, count}:
                # Some of its rows say who may read them and some don't.
                cells.append((None, None))
            newest[spec.name] = max(newest.get(spec.name, ""), _stored(changed))
            yield RowItem(
                f"{spec.name}/{number}",
                self._content(changed, count, now),
                effective=(effective := self._policy.of("", access(spec, cells))),
                side=effective.digest,
                updated_at=_utc(changed),
                spec=spec,
                number=str(number),
                shape=self._shape,
            )

    def _read(self, spec: RowDocuments, newest: dict[str, str]) -> Iterator[RowItem]:
        """All rows, put together by id while they stream by."""
        order = ", ".join([f"CAST({spec.id} AS VARCHAR)", *spec.order_by])
        sql = f"SELECT * FROM ({spec.query}) AS rows_ WHERE {spec.id} IS NOT NULL ORDER BY {order}"
        now = self._now()
        rows = (dict(zip(names, row, strict=True)) for names, row in self._streamed(spec, sql))
        for number, found in groupby(rows, key=lambda row: str(row[spec.id])):
            group = tuple(found)
            cells = [(row.get(spec.allow_users), row.get(spec.allow_groups)) for row in group]
            changed = None
            content = stamp(*(str(value) for row in group for value in row.values()))
            if spec.updated_at:
                changed = max((row[spec.updated_at] for row in group if row[spec.updated_at] is not None), default=None)
                content = self._content(changed, len(group), now)
                newest[spec.name] = max(newest.get(spec.name, ""), _stored(changed))
            yield RowItem(
                f"{spec.name}/{number}",
                content,
                effective=(effective := self._policy.of("", access(spec, cells))),
                side=effective.digest,
                updated_at=_utc(changed),
                spec=spec,
                number=number,
                rows=group,
                shape=self._shape,
            )

    def _content(self, changed: Any, count: int, now: datetime) -> str:
        """The stamp of a document whose rows changed then."""
        content = stamp(str(changed), str(count))
        moment = _utc(changed)
        is_fresh = moment is not None and abs(now - moment) < timedelta(seconds=self._settings.overlap_s)
        return stamp(content, now.isoformat()) if is_fresh else content

    def _rows_of(self, spec: RowDocuments, number: str) -> tuple[Row, ...]:
        order = f" ORDER BY {', '.join(spec.order_by)}" if spec.order_by else ""
        sql = f"SELECT * FROM ({spec.query}) AS rows_ WHERE CAST({spec.id} AS VARCHAR) = %s{order}"
        names, rows = self._fetcher.rows(sql, (number,))
        return tuple(dict(zip(names, row, strict=True)) for row in rows)

    def _streamed(self, spec: RowDocuments, sql: str) -> Iterator[tuple[list[str], list[Any]]]:
        """The rows of a long result, each with the column names."""
        count = 0
        for names, rows in self._lister.stream(sql):
            count += len(rows)
            if count > self._settings.row_limit:
                raise SourceError(
                    f"The query {spec.name!r} of the source {self.name} has more than {self._settings.row_limit:,} "
                    "rows; narrow it, or raise row_limit."
                )
            for row in rows:
                yield names, row

    def _read_comments(self, table: str) -> None:
        if table and table not in self._comments:
            schema, _, name = table.rpartition(".")
            found = dict(self._lister.rows(_COMMENTS, (schema or "public", name))[1])
            self._comments[table] = Comments(found.pop(None, ""), found)

    def _now(self) -> datetime:
        """The server's time: its clock is the one that wrote the rows."""
        _, rows = self._lister.rows("SELECT GETDATE()")
        return _utc(next(rows)[0]) or datetime.now(UTC)


def open_redshift(settings: RedshiftSettings, root: Path) -> RedshiftConnector:
    """The connector of a warehouse; it connects when it is first read."""
    return RedshiftConnector(settings)


def _utc(value: Any) -> datetime | None:
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _stored(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else ""
