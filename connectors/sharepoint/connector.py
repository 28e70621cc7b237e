"""SharePoint Online through Microsoft Graph: libraries, pages and lists of all sites or of chosen ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from pydantic import Field

from connectors.common import read_cursor, stamp
from connectors.sharepoint.access import Permissions, SiteRef
from connectors.sharepoint.client import GraphTenant, Missing, TenantSettings
from connectors.sharepoint.drive import FOLDER, Library, State
from connectors.sharepoint.pages import ListItems, Pages
from core.errors import CredentialError, SourceError
from core.types import Batch, Cursor, Document, DocumentRef, Failure, Principal

_VERSION = 1


class SharePointSettings(TenantSettings):
    """A source of kind "sharepoint".

    Attributes:
        sites: Addresses ("https://contoso.sharepoint.com/sites/team"); none means all sites of the tenant.
        lists: Titles of lists to read, "*" for all; none by default.
        links_are_public: True opens documents with an "anyone" or "people in the organisation" link to everyone;
            otherwise such a link grants nothing, since it is meant for whom it was sent to.
        refresh_days: So often everything is compared again, in case a change was never told; 0 means never.
        workers: Items read at the same time, within Graph's budget of requests.
    """

    sites: tuple[str, ...] = ()
    pages: bool = True
    libraries: bool = True
    lists: tuple[str, ...] = ()
    links_are_public: bool = False
    refresh_days: int = Field(default=7, ge=0)
    workers: int = Field(default=4, ge=1, le=16)


class SitePart(Protocol):
    """A library, a site's pages, or a list."""

    key: str

    def changes(self, state: State | None) -> Iterator[tuple[Batch, State | None]]:
        """Batches, each with where to resume after it, or None."""
        ...

    def refs(self) -> Iterator[DocumentRef]:
        """Every document with its access list."""
        ...

    def first(self) -> Document | Failure | None:
        """Some document; None if there is none."""
        ...


class SharePointConnector:
    """Reads a tenant part by part. The cursor keeps each part's own state."""

    def __init__(self, settings: SharePointSettings, tenant: GraphTenant) -> None:
        self.name = settings.name
        self._settings = settings
        self._tenant = tenant
        self._permissions = Permissions(tenant, settings.links_are_public)

    def changes(self, cursor: Cursor | None) -> Iterator[Batch]:
        """What changed in any library, page or list since `cursor`."""
        states, groups = self._read(cursor)
        self._permissions.groups |= groups
        present: set[str] = set()
        for part in self._parts():
            if isinstance(part, Failure):
                # Which parts a site has that can't be read now isn't known, so no part counts as gone.
                present |= set(states)
                yield Batch(failures=(part,))
                continue
            present.add(part.key)
            for batch, state in part.changes(states.get(part.key)):
                if state is not None:
                    states[part.key] = state
                yield replace(batch, cursor=self._cursor(states) if state is not None else None)
        deleted: list[str] = []
        for key in sorted(set(states) - present):
            deleted.extend(self._ids_of(key, states.pop(key)))
        yield Batch(deleted=tuple(deleted), cursor=self._cursor(states))

    def listing(self) -> Iterator[DocumentRef]:
        """Every document with its access list; one or two requests for each."""
        for part in self._parts():
            if isinstance(part, Failure):
                raise SourceError(part.reason)
            yield from part.refs()

    def memberships(self) -> Mapping[str, frozenset[Principal]]:
        """The sites' own groups and the Microsoft Entra groups that occur in the access lists read so far."""
        return self._permissions.memberships(self._sites())

    def first(self) -> Document | Failure | None:
        """The first document of the first part that has one."""
        for part in self._parts():
            found = part if isinstance(part, Failure) else part.first()
            if found is not None:
                return found
        return None

    def notes(self) -> list[str]:
        """What stands in the way of reading the tenant well."""
        if self._tenant.reads_site_groups:
            return []
        return [
            "It signs in with a client secret, which SharePoint's own interface doesn't take: the members of the "
            "sites' groups aren't known, so what those may read, nobody may. Give it a certificate_file."
        ]

    def _parts(self) -> Iterator[SitePart | Failure]:
        settings = self._settings
        common: dict[str, Any] = {"tenant": self._tenant, "permissions": self._permissions, "settings": settings}
        scope = stamp(
            repr((settings.include, settings.exclude, settings.max_bytes, settings.max_age_days)),
            repr((sorted(settings.deny), settings.links_are_public)),
        )
        for site in self._sites():
            here = {**common, "site": site, "workers": settings.workers}
            try:
                drives = list(self._tenant.values(f"/sites/{site.id}/drives")) if settings.libraries else []
                lists = list(self._tenant.values(f"/sites/{site.id}/lists")) if settings.lists else []
            except CredentialError as error:
                if error.problem != "insufficient":
                    raise
                yield Failure(f"{self.name}:{site.name}/", site.name, str(error), retry=True)
                continue
            for drive in drives:
                yield Library(**here, drive=drive, refresh_days=settings.refresh_days, scope=scope)
            if settings.pages:
                yield Pages(**here)
            for known in lists:
                if "*" in settings.lists or known.get("displayName") in settings.lists:
                    yield ListItems(**here, known=known)

    def _sites(self) -> Iterator[SiteRef]:
        if not self._settings.sites:
            for found in self._tenant.values("/sites/getAllSites"):
                if not found.get("isPersonalSite"):
                    yield _site(found)
            return
        for url in self._settings.sites:
            parts = urlsplit(url)
            path = parts.path.rstrip("/")
            try:
                yield _site(self._tenant.get(f"/sites/{parts.netloc}" + (f":{path}" if path else "")))
            except Missing as error:
                raise SourceError(
                    f"There is no site {url}; correct `sites` of the source {self.name} in debrief.yaml."
                ) from error

    def _ids_of(self, key: str, state: State) -> Iterator[str]:
        """The documents of a part that is no longer there."""
        for entry in read_cursor(state.get("listing"), self.name).entries():
            if entry.content != FOLDER:
                yield f"{self.name}:{entry.key}"

    def _cursor(self, states: Mapping[str, State]) -> Cursor:
        return json.dumps({"v": _VERSION, "parts": states, "groups": sorted(self._permissions.groups)})

    def _read(self, cursor: Cursor | None) -> tuple[dict[str, State], set[str]]:
        if cursor is None:
            return {}, set()
        try:
            text = json.loads(cursor)
            if text["v"] != _VERSION:
                raise ValueError(f"version {text['v']}")
            return dict(text["parts"]), set(text["groups"])
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(
                f"The remembered state of the source {self.name} can't be read ({error}); "
                f"run: debrief sync {self.name} --full"
            ) from error


def open_sharepoint(settings: SharePointSettings, root: Path) -> SharePointConnector:
    """The connector of a tenant."""
    return SharePointConnector(settings, GraphTenant(settings, root))


def _site(found: Mapping[str, Any]) -> SiteRef:
    return SiteRef(str(found["id"]), str(found["webUrl"]), str(found.get("displayName") or found.get("name", "")))
