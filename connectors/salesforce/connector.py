"""Salesforce: a record with what stands below it is a document.

Each run lists the ids, owners and times of all records and reads the share tables: a share, a role, a permission
changes no record, and what was deleted stands in no list for longer than 15 days. The fields of a record are asked for
only when its time, or that of something below it, is another one; 200 records a request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.common import Access, ListingDiff, SourceItem, default_access, is_included, read_cursor, stamp
from connectors.salesforce import rendering
from connectors.salesforce.client import Missing, Salesforce, quoted
from connectors.salesforce.people import People
from connectors.salesforce.rendering import Locale, moment, title_of
from connectors.salesforce.settings import ChildSettings, ObjectSettings, SalesforceSettings
from connectors.salesforce.shape import Shape, shape_of
from connectors.salesforce.sharing import CLOSED, Model, Sharing
from core.errors import SourceError
from core.types import Batch, Cursor, Document, DocumentRef, Failure, Principal

Row = Mapping[str, Any]
_PORTION = 200


@dataclass(frozen=True, slots=True)
class Record(SourceItem):
    """A record; with its fields if they are needed."""

    kind: str = ""
    id: str = ""
    row: Row | None = None
    below: tuple[tuple[Shape, tuple[Row, ...]], ...] = ()
    effective: Access = field(default_factory=Access)

    @property
    def digest(self) -> str:
        """All is in the stamp of the content."""
        return ""


@dataclass(frozen=True)
class Kind:
    """A kind of record while it is read.

    Attributes:
        below: Of each kind of children: shape, the field that names the parent, parent → the times of its own.
        closed: Ids of articles with a category, of which no interface tells who sees it.
    """

    settings: ObjectSettings
    shape: Shape
    model: Model
    below: tuple[tuple[Shape, ChildSettings, Mapping[str, list[str]]], ...] = ()
    closed: frozenset[str] = frozenset()

    @property
    def digest(self) -> str:
        """Changes when what is shown does."""
        return stamp(self.shape.digest, *(one.digest for one, *_ in self.below), json.dumps(self.settings.set))

    @property
    def always(self) -> tuple[str, ...]:
        """The fields that each query asks for."""
        article = ("KnowledgeArticleId", "Language") if self.settings.is_article else ()
        return ("SystemModstamp", *self.model.needs, *article)


class SalesforceConnector:
    """Reads an organisation, one kind of record after the other."""

    def __init__(self, settings: SalesforceSettings, salesforce: Salesforce) -> None:
        self.name = settings.name
        self._settings = settings
        self._salesforce = salesforce
        prefix = f"{settings.name}/" if settings.group_prefix is None else settings.group_prefix
        self._people = People(salesforce, settings.identity, settings.profiles)
        self._sharing = Sharing(salesforce, self._people, prefix)
        self._default = default_access(settings.allow, settings.public).allow
        self._locale: Locale | None = None
        self._shapes: dict[str, Shape] = {}
        self._notes: dict[str, None] = {}

    def changes(self, cursor: Cursor | None) -> Iterator[Batch]:
        """New, changed and deleted records since `cursor`."""
        remembered = read_cursor(cursor, self.name)
        known = {entry.key: entry.content for entry in remembered.entries()}
        comparison: ListingDiff[Record, Record] = ListingDiff(self.name, self, ordered=False)
        yield from comparison.batches(self._records(known), remembered)

    def listing(self) -> Iterator[DocumentRef]:
        """Every record with its access list."""
        for record in self._records(None):
            yield record.effective.ref(f"{self.name}:{record.key}")

    def memberships(self) -> Mapping[str, frozenset[Principal]]:
        """The people of the groups that occur in the access lists read so far."""
        return self._sharing.memberships()

    def first(self) -> Document | Failure | None:
        """The first record."""
        record = next(self._records({}), None)
        return None if record is None else self.document(record, record)

    def notes(self) -> list[str]:
        """What works less well than it could."""
        notes = list(self._notes)
        if hidden := self._people.without_address():
            notes.append(f"{hidden} people have no {self._settings.identity}, so they find nothing; fill it in.")
        if kinds := ", ".join(sorted(self._people.unknown_groups)):
            notes.append(f"Records are shared with groups of the kind {kinds}, whose members can't be read: closed.")
        return notes

    def details(self, item: Record) -> Record:
        """Came with the listing."""
        return item

    def document(self, item: Record, details: Record) -> Document | Failure:
        """The record as HTML."""
        document_id = f"{self.name}:{item.key}"
        row = item.row
        if row is None:
            reason = "The record was gone when its fields were asked for; it is looked for again at the next sync."
            return Failure(document_id, item.key, reason, retry=True)
        shape, locale = self._shapes[item.kind], self._zone()
        title = title_of(shape, row)
        body = rendering.page(shape, row, item.below, locale).encode()
        if len(body) > self._settings.max_bytes:
            reason = (
                f"The record has {len(body):,} bytes, more than max_bytes ({self._settings.max_bytes:,}) of the source "
                f"{self.name}; raise it in debrief.yaml, or name its `fields`."
            )
            return Failure(document_id, title, reason)
        own = next(one for one in self._settings.objects if one.name == item.kind)
        said = {"document_type": shape.label.lower(), "path": f"{item.kind}/{title}", "record_id": item.id}
        return Document(
            id=document_id,
            source=self.name,
            title=title,
            url=f"{self._settings.url.rstrip('/')}/lightning/r/{item.kind}/{item.id}/view",
            body=body,
            media_type="text/html",
            name=f"{item.id}.html",
            created_at=moment(row.get("CreatedDate")),
            updated_at=item.updated_at,
            allow=item.effective.allow,
            deny=item.effective.deny,
            metadata={**rendering.metadata(shape, row), **said, **own.set},
        )

    def _zone(self) -> Locale:
        if self._locale is None:
            row = next(self._salesforce.rows("SELECT Id, TimeZoneSidKey FROM Organization"), {})
            try:
                zone = ZoneInfo(str(row.get("TimeZoneSidKey") or "UTC"))
            except (ZoneInfoNotFoundError, ValueError):
                zone = ZoneInfo("UTC")
            self._locale = Locale(zone, self._settings.currency)
        return self._locale

    def _records(self, known: Mapping[str, str] | None) -> Iterator[Record]:
        """Every record.

        Args:
            known: Key → its stamp, for which the fields aren't needed; None: they are for none.
        """
        for settings in self._settings.objects:
            kind = self._kind(settings)
            portion: list[Record] = []
            for record in self._listed(kind):
                if self._is_too_old(record.updated_at):
                    continue
                if known is None or (known.get(record.key) == record.content and not self._is_fresh(record.updated_at)):
                    yield record
                    continue
                portion.append(record)
                if len(portion) == _PORTION:
                    yield from self._filled(kind, portion)
                    portion = []
            yield from self._filled(kind, portion)

    def _listed(self, kind: Kind) -> Iterator[Record]:
        """The records without their fields."""
        own, shape, digest = kind.settings, kind.shape, kind.digest
        fields = ", ".join(dict.fromkeys(["Id", *kind.always, shape.title]))
        where = f" WHERE {own.condition}" if own.condition else ""
        for row in self._salesforce.rows(f"SELECT {fields} FROM {own.name}{where}", bulk=True):
            record_id = str(row["Id"])
            if not is_included(f"{own.name}/{title_of(shape, row)}", self._settings.include, self._settings.exclude):
                continue
            times = [str(moment(row["SystemModstamp"]))]
            for _, _, at in kind.below:
                times += sorted(at.get(record_id, ()))
            access = self._access(kind, row)
            changed = max((when for one in times if (when := moment(one.rpartition(" / ")[2]))), default=None)
            yield Record(
                key=_key(own, row),
                content=stamp(record_id, digest, *times),
                side=access.digest,
                updated_at=changed,
                kind=own.name,
                id=record_id,
                effective=access,
            )

    def _filled(self, kind: Kind, portion: list[Record]) -> Iterator[Record]:
        """The same records with their fields and what stands below them."""
        if not portion:
            return
        ids = [record.id for record in portion]
        rows: dict[str, dict[str, Any]] = {}
        for fields in kind.shape.selects([*kind.always, *kind.shape.besides]):
            for found in self._salesforce.rows(f"SELECT {fields} FROM {kind.settings.name} WHERE Id IN {quoted(ids)}"):
                rows.setdefault(str(found["Id"]), {}).update(found)
        below = [self._below(shape, child, at, ids) for shape, child, at in kind.below]
        for record in portion:
            own = tuple((shape, tuple(lying.get(record.id, ()))) for shape, lying in below)
            row = rows.get(record.id)
            content = record.content
            if self._is_fresh(record.updated_at):
                content = stamp(content, json.dumps([row, [lying for _, lying in own]], sort_keys=True, default=str))
            yield replace(record, content=content, row=row, below=own)

    def _below(
        self, shape: Shape, child: ChildSettings, at: Mapping[str, list[str]], parents: list[str]
    ) -> tuple[Shape, dict[str, list[Row]]]:
        found: dict[str, list[Row]] = {}
        wanted = [one for one in parents if one in at]
        always = (child.parent, "CreatedDate", "CreatedBy.Name")
        for fields in shape.selects(always) if wanted else ():
            soql = f"SELECT {fields} FROM {child.name} WHERE {child.parent} IN {quoted(wanted)}"
            for row in self._salesforce.rows(soql):
                found.setdefault(str(row.get(child.parent)), []).append(row)
        for rows in found.values():
            rows.sort(key=lambda row: (str(row.get("CreatedDate")), str(row["Id"])))
        return shape, found

    def _access(self, kind: Kind, row: Row) -> Access:
        if kind.model.default == CLOSED or str(row["Id"]) in kind.closed:
            allow = frozenset(kind.settings.allow) or self._default
        else:
            allow = self._sharing.of(kind.model, row)
        return Access(allow, frozenset(self._settings.deny))

    def _is_fresh(self, changed: datetime | None) -> bool:
        """Whether it may change once more within the same second."""
        overlap = timedelta(seconds=self._settings.overlap_s)
        return bool(changed and overlap and changed >= self._salesforce.now() - overlap)

    def _is_too_old(self, changed: datetime | None) -> bool:
        days = self._settings.max_age_days
        return days is not None and changed is not None and changed < datetime.now(UTC) - timedelta(days=days)

    def _kind(self, settings: ObjectSettings) -> Kind:
        model = self._sharing.model(settings.name, settings.follows_hierarchy)
        shape = shape_of(self._salesforce, self._people, settings.name, settings.fields, model.readers)
        if shape is None:
            raise SourceError(
                f"The source {self.name} finds no {settings.name} in Salesforce; correct `objects` in debrief.yaml, or "
                "let its user read it."
            )
        if model.why:
            self._note(f"Who may read {settings.name} can't be told ({model.why}): closed but for `allow`.")
        if shape.left_out:
            some = ", ".join([*shape.left_out[:3], *(["…"] if shape.left_out[3:] else [])])
            self._note(
                f"{len(shape.left_out)} fields of {settings.name} are left out ({some}), since some who may read the "
                "records may not read them; see `profiles`."
            )
        self._shapes[settings.name] = shape
        below = [found for child in settings.below if (found := self._children(settings, child, model))]
        return Kind(settings, shape, model, tuple(below), self._with_category(settings))

    def _children(
        self, settings: ObjectSettings, child: ChildSettings, model: Model
    ) -> tuple[Shape, ChildSettings, Mapping[str, list[str]]] | None:
        """What stands below: shape, settings, parent → "id / time" of its own; None if others may read it."""
        if not self._sharing.follows(child.name, settings.name, model):
            self._note(f"{child.name} is left out of {settings.name}: it has readers of its own; name it in `objects`.")
            return None
        shape = shape_of(self._salesforce, self._people, child.name, child.fields, model.readers, besides=child.parent)
        if shape is None:
            self._note(f"There is no {child.name} in Salesforce, or its user may not see it.")
            return None
        at: dict[str, list[str]] = {}
        soql = f"SELECT Id, {child.parent}, SystemModstamp FROM {child.name}"
        for row in self._salesforce.rows(soql, bulk=True):
            at.setdefault(str(row[child.parent]), []).append(f"{row['Id']} / {moment(row['SystemModstamp'])}")
        return shape, child, at

    def _with_category(self, settings: ObjectSettings) -> frozenset[str]:
        if not settings.is_article:
            return frozenset()
        table = f"{settings.name.removesuffix('__kav')}__DataCategorySelection"
        try:
            rows = list(self._salesforce.rows(f"SELECT Id, ParentId FROM {table}"))
        except Missing:
            return frozenset()
        if rows:
            self._note(
                f"{len(rows)} articles have a category; who sees a category no interface tells, so they are closed but "
                f"for `allow` of {settings.name}."
            )
        return frozenset(str(row["ParentId"]) for row in rows)

    def _note(self, sentence: str) -> None:
        self._notes[sentence] = None


def open_salesforce(settings: SalesforceSettings, root: Path) -> SalesforceConnector:
    """The connector of an organisation."""
    return SalesforceConnector(settings, Salesforce(settings, settings.bulk_threshold))


def _key(settings: ObjectSettings, row: Row) -> str:
    """What stays the same: of an article, whose versions are records each, its own number and its language."""
    if settings.is_article:
        return f"{settings.name}/{row['KnowledgeArticleId']}/{row['Language']}"
    return f"{settings.name}/{row['Id']}"
