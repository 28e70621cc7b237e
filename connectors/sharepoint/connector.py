"""SharePoint Online through Microsoft Graph: libraries, pages and lists of all sites or of chosen ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from connectors.common import stamp
from connectors.graph.access import Permissions, SiteRef
from connectors.graph.client import GraphTenant, Missing, TenantSettings
from connectors.graph.drive import Library
from connectors.graph.parts import Part, PartsConnector
from connectors.sharepoint.pages import ListItems, Pages
from core.errors import CredentialError, SourceError
from core.types import Failure, Principal


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


class SharePointConnector(PartsConnector):
    """Reads the sites of a tenant."""

    def __init__(self, settings: SharePointSettings, tenant: GraphTenant) -> None:
        super().__init__(settings.name, Permissions(tenant, settings.links_are_public))
        self._settings = settings
        self._tenant = tenant

    def memberships(self) -> Mapping[str, frozenset[Principal]]:
        """The sites' own groups and the Microsoft Entra groups that occur in the access lists read so far."""
        return self._permissions.memberships(self._sites())

    def notes(self) -> list[str]:
        """What stands in the way of reading the tenant well."""
        if self._tenant.reads_site_groups:
            return []
        return [
            "It signs in with a client secret, which SharePoint's own interface doesn't take: the members of the "
            "sites' groups aren't known, so what those may read, nobody may. Give it a certificate_file."
        ]

    def parts(self) -> Iterator[Part | Failure]:
        """The sites' libraries, pages and lists."""
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


def open_sharepoint(settings: SharePointSettings, root: Path) -> SharePointConnector:
    """The connector of a tenant."""
    return SharePointConnector(settings, GraphTenant(settings, root))


def _site(found: Mapping[str, Any]) -> SiteRef:
    return SiteRef(str(found["id"]), str(found["webUrl"]), str(found.get("displayName") or found.get("name", "")))
