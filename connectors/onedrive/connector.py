"""OneDrive through Microsoft Graph: a person's drive is a library with its change feed, as in SharePoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import Field, StringConstraints

from connectors.common import stamp
from connectors.graph.access import Permissions, SiteRef
from connectors.graph.client import GraphTenant, Missing, TenantSettings
from connectors.graph.drive import Library
from connectors.graph.parts import Part, PartsConnector
from core.errors import CredentialError
from core.types import Failure, Principal

Address = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^@\s/]+@[^@\s/]+$")]


class OneDriveSettings(TenantSettings):
    """A source of kind "onedrive".

    Attributes:
        users: Addresses of the people whose drives are read; nobody's is read unasked.
        folders: Only what lies below these ("Projects", "Shared/Offers"), in each drive; empty: everything.
        links_are_public: True opens documents with an "anyone" or "people in the organisation" link to everyone.
        refresh_days: So often everything is compared again: only with Sites.FullControl.All is a change of who may
            read told as it happens.
        workers: Items read at the same time.
    """

    users: tuple[Address, ...] = Field(min_length=1)
    folders: tuple[str, ...] = ()
    links_are_public: bool = False
    refresh_days: int = Field(default=1, ge=0)
    workers: int = Field(default=4, ge=1, le=16)


class OneDriveConnector(PartsConnector):
    """Reads people's drives."""

    def __init__(self, settings: OneDriveSettings, tenant: GraphTenant) -> None:
        super().__init__(settings.name, Permissions(tenant, settings.links_are_public))
        self._settings = settings
        self._tenant = tenant

    def memberships(self) -> Mapping[str, frozenset[Principal]]:
        """The people in the Microsoft Entra groups that occur in the access lists read so far."""
        return self._permissions.memberships(())

    def notes(self) -> list[str]:
        """What works less well than it could."""
        if self._settings.refresh_days:
            return []
        return ["With refresh_days: 0 somebody whose share was ended may go on reading; write 1."]

    def parts(self) -> Iterator[Part | Failure]:
        """Each person's drive."""
        for user in dict.fromkeys(address.lower() for address in self._settings.users):
            try:
                yield self._library(user)
            except Missing:
                reason = (
                    f"There is no OneDrive of {user}; it may never have been opened, or the person has left. Correct "
                    f"`users` of the source {self.name}."
                )
                yield Failure(f"{self.name}:{user}/", user, reason, retry=True)
            except CredentialError as error:
                if error.problem != "insufficient":
                    raise
                yield Failure(f"{self.name}:{user}/", user, str(error), retry=True)

    def _library(self, user: str) -> Library:
        settings = self._settings
        drive = self._tenant.get(f"/users/{quote(user)}/drive")
        owner = drive.get("owner", {}).get("user", {})
        site = SiteRef(str(drive["id"]), str(drive.get("webUrl", "")), f"OneDrive: {owner.get('displayName') or user}")
        return Library(
            tenant=self._tenant,
            permissions=self._permissions,
            settings=settings,
            site=site,
            drive=drive,
            workers=settings.workers,
            refresh_days=settings.refresh_days,
            scope=stamp(
                repr((settings.include, settings.exclude, settings.max_bytes, settings.max_age_days)),
                repr((sorted(settings.deny), settings.links_are_public, settings.folders)),
            ),
            place=user,
            folders=settings.folders,
        )


def open_onedrive(settings: OneDriveSettings, root: Path) -> OneDriveConnector:
    """The connector of people's drives."""
    return OneDriveConnector(settings, GraphTenant(settings, root, "Files.Read.All and GroupMember.Read.All"))
