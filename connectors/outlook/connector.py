"""Outlook through Microsoft Graph: chosen folders of chosen mailboxes, each read by whose mailbox it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from connectors.common import Access
from connectors.graph.access import Permissions, addresses_of
from connectors.graph.client import GraphTenant, Missing
from connectors.graph.parts import Part, PartsConnector
from connectors.outlook.mailbox import PREFER, MailFolders
from connectors.outlook.settings import Mailbox, OutlookSettings
from core.errors import CredentialError, SourceError
from core.types import Failure, Principal

# https://learn.microsoft.com/graph/api/resources/mailfolder: by these names in every language.
_WELL_KNOWN = {"inbox": "inbox", "archive": "archive", "sent items": "sentitems"}
_OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class OutlookConnector(PartsConnector):
    """Reads mailboxes."""

    def __init__(self, settings: OutlookSettings, tenant: GraphTenant) -> None:
        super().__init__(settings.name, Permissions(tenant, links_are_public=False))
        self._settings = settings
        self._tenant = tenant
        self._notes: dict[str, str] = {}

    def memberships(self) -> Mapping[str, frozenset[Principal]]:
        """The people in the Microsoft Entra groups that read a mailbox."""
        return self._permissions.memberships(())

    def notes(self) -> list[str]:
        """Which mailboxes nobody reads, and why."""
        return list(self._notes.values())

    def parts(self) -> Iterator[Part | Failure]:
        """Each mailbox with its folders."""
        for mailbox in self._settings.mailboxes:
            try:
                yield self._mailbox(mailbox)
            except CredentialError as error:
                if error.problem != "insufficient":
                    raise
                yield self._failure(mailbox, str(error))
            except Missing:
                yield self._failure(
                    mailbox, f"There is no mailbox {mailbox.address}; correct `mailboxes` of the source {self.name}."
                )
            except NoFolder as error:
                yield self._failure(mailbox, str(error))

    def _failure(self, mailbox: Mailbox, reason: str) -> Failure:
        return Failure(f"{self.name}:{mailbox.address}/", mailbox.address, reason, retry=True)

    def _mailbox(self, mailbox: Mailbox) -> MailFolders:
        settings = self._settings
        return MailFolders(
            key=f"mailbox:{mailbox.address}",
            settings=settings,
            access=Access(self._readers(mailbox), frozenset(settings.deny)),
            refresh_days=settings.refresh_days,
            workers=settings.workers,
            tenant=self._tenant,
            address=mailbox.address,
            folders=self._folders(mailbox),
            attachments=settings.attachments,
        )

    def _readers(self, mailbox: Mailbox) -> frozenset[Principal]:
        """Whose mailbox it is, and whom the settings name."""
        said = {self._principal(reader) for reader in mailbox.readers}
        person = self._tenant.get(f"/users/{quote(mailbox.address)}?$select=mail,userPrincipalName,accountEnabled")
        try:
            purpose = self._tenant.get(f"/users/{quote(mailbox.address)}/mailboxSettings/userPurpose").get("value")
        except CredentialError as error:
            if error.problem != "insufficient":
                raise
            purpose = None
        if purpose == "user":
            # Who has left reads no more, whatever their mailbox is kept for.
            owner = addresses_of(person) if person.get("accountEnabled") is True else set()
            return frozenset(said | owner)
        if not said:
            fact = f"it is a {purpose} mailbox" if purpose else "whose it is can't be read (MailboxSettings.Read)"
            self._notes[mailbox.address] = (
                f"Nobody reads what lies in {mailbox.address}: {fact}, and Graph doesn't tell who may open it; name "
                "its `readers` in the settings."
            )
        return frozenset(said)

    def _principal(self, reader: Principal) -> Principal:
        kind, _, name = reader.partition(":")
        if kind == "user":
            return reader.lower()
        if _OBJECT_ID.fullmatch(name):
            self._permissions.groups.add(name.lower())
            return f"group:{name.lower()}"
        return reader

    def _folders(self, mailbox: Mailbox) -> dict[str, str]:
        """Folder id → its path, of the chosen folders."""
        found: dict[str, str] = {}
        for path in mailbox.folders or self._settings.folders:
            folder, shown = self._folder(mailbox.address, [part for part in path.split("/") if part])
            found[folder] = shown
            if self._settings.subfolders:
                found.update(self._below(mailbox.address, folder, shown))
        return found

    def _folder(self, address: str, names: list[str]) -> tuple[str, str]:
        """Id and path of a folder by the names on the way to it."""
        base = f"/users/{quote(address)}/mailFolders"
        here, shown = base, ""
        for name in names:
            folders = self._tenant.values(f"{here}?$top=100&$select=id,displayName", PREFER)
            folder = next((f for f in folders if str(f["displayName"]).casefold() == name.casefold()), None)
            if folder is None and not shown and name.casefold() in _WELL_KNOWN:
                folder = self._tenant.get(f"{base}/{_WELL_KNOWN[name.casefold()]}?$select=id,displayName", PREFER)
            if folder is None:
                raise NoFolder(
                    f"The mailbox {address} has no folder {'/'.join(names)}; it may have been renamed. Correct "
                    f"`folders` of the source {self.name}."
                )
            shown = f"{shown}/{folder['displayName']}".strip("/")
            found = str(folder["id"])
            here = f"{base}/{quote(found)}/childFolders"
        if not shown:
            raise NoFolder(f"An empty folder is named for {address}; correct `folders` of the source {self.name}.")
        return found, shown

    def _below(self, address: str, folder: str, shown: str) -> dict[str, str]:
        found: dict[str, str] = {}
        pending = [(folder, shown)]
        while pending:
            parent, path = pending.pop()
            children: Iterable[Any] = self._tenant.values(
                f"/users/{quote(address)}/mailFolders/{quote(parent)}/childFolders?$top=100&$select=id,displayName",
                PREFER,
            )
            for child in children:
                if str(child["id"]) not in found:
                    found[str(child["id"])] = f"{path}/{child['displayName']}"
                    pending.append((str(child["id"]), found[str(child["id"])]))
        return found


class NoFolder(SourceError):
    """A chosen folder isn't there."""


def open_outlook(settings: OutlookSettings, root: Path) -> OutlookConnector:
    """The connector of mailboxes."""
    grant = "Mail.Read, MailboxSettings.Read, User.Read.All and GroupMember.Read.All (for these mailboxes)"
    return OutlookConnector(settings, GraphTenant(settings, root, grant))
