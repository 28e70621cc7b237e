"""The kinds of sources. A new kind is a module, a line here, and a stand-in; the contract tests pick it up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.common import KindSettings
from connectors.confluence import ConfluenceSettings, open_confluence
from connectors.files import FilesSettings, open_files
from connectors.onedrive import OneDriveSettings, open_onedrive
from connectors.outlook import OutlookSettings, open_outlook
from connectors.redshift import RedshiftSettings, open_redshift
from connectors.s3 import S3Settings, open_s3
from connectors.salesforce import SalesforceSettings, open_salesforce
from connectors.sharepoint import SharePointSettings, open_sharepoint
from connectors.smartsheet import SmartsheetSettings, open_smartsheet
from connectors.teams import TeamsSettings, open_teams
from connectors.totango import TotangoSettings, open_totango
from core.errors import SettingsError
from core.nearest import nearest
from core.settings import Settings, SourceSettings, validate
from core.types import Connector


@dataclass(frozen=True)
class Kind:
    """A kind of source.

    Attributes:
        settings: The model of its keys.
        open: Makes the connector of checked settings and the folder where relative paths start.
        asks: What a form asks for: key → what it is called there. Every other key may be given besides.
        needs: What must be granted for it, in the words of the system's administrators.
    """

    settings: type[KindSettings]
    open: Callable[[Any, Path], Connector]
    needs: tuple[str, ...] = ()
    asks: Mapping[str, str] = field(default_factory=dict)


_TENANT = {
    "tenant": "Tenant",
    "client_id": "Application (client) id",
    "certificate_file": "File with private key and certificate",
    "client_secret": "Client secret, without a certificate",
}

KINDS: dict[str, Kind] = {
    "files": Kind(
        FilesSettings,
        open_files,
        ("The user that Debrief runs as may read the folder and all below it.",),
        asks={"path": "Folder", "base_url": "Web address under which people open the files"},
    ),
    "s3": Kind(
        S3Settings,
        open_s3,
        (
            "s3:ListBucket on the bucket",
            "s3:GetObject on its objects (with kms:Decrypt on their key, if they are encrypted with one)",
            "s3:GetObjectTagging on its objects, if they have tags",
        ),
        asks={
            "bucket": "Bucket",
            "prefixes": "Only keys that begin with",
            "region": "Region",
            "role_arn": "Role to assume",
            "endpoint_url": "Address, if it isn't AWS",
            "access_key_id": "Access key id",
            "secret_access_key": "Secret access key",
        },
    ),
    "sharepoint": Kind(
        SharePointSettings,
        open_sharepoint,
        (
            "an application in Microsoft Entra with a certificate, and an administrator's consent to:",
            "Microsoft Graph: Sites.Selected, granted (full control) for each site that is read and named in `sites`; "
            "or Sites.FullControl.All for all of them (only with full control does Graph tell of changed permissions)",
            "Microsoft Graph: GroupMember.Read.All and User.ReadBasic.All",
            "SharePoint: Sites.Selected, or Sites.FullControl.All, to read the members of the sites' own groups",
        ),
        asks={**_TENANT, "sites": "Only these sites"},
    ),
    "onedrive": Kind(
        OneDriveSettings,
        open_onedrive,
        (
            "an application in Microsoft Entra with a certificate or a secret, and an administrator's consent to:",
            "Microsoft Graph: Files.Read.All, GroupMember.Read.All and User.ReadBasic.All",
            "Microsoft Graph: Sites.FullControl.All besides, if ended shares are to count at the next sync and not "
            "only after refresh_days",
        ),
        asks={
            **_TENANT,
            "users": "People whose OneDrive is read, by address",
            "folders": "Only these folders of each",
        },
    ),
    "outlook": Kind(
        OutlookSettings,
        open_outlook,
        (
            "an application in Microsoft Entra with a certificate or a secret, limited to these mailboxes (role based "
            "access control for applications, in Exchange Online), and an administrator's consent to:",
            "Microsoft Graph: Mail.Read, MailboxSettings.Read, User.Read.All and GroupMember.Read.All",
        ),
        asks={
            **_TENANT,
            "mailboxes": "Mailboxes, by address",
            "folders": "Folders of each (Inbox/Projects)",
        },
    ),
    "teams": Kind(
        TeamsSettings,
        open_teams,
        (
            "an application in Microsoft Entra with a certificate or a secret, and an administrator's consent to:",
            "Microsoft Graph: Channel.ReadBasic.All, ChannelMessage.Read.All, ChannelMember.Read.All, "
            "GroupMember.Read.All and User.Read.All",
            "for chats: Chat.Read.All; for transcripts: OnlineMeetings.Read.All and OnlineMeetingTranscript.Read.All, "
            "with an application access policy of Teams for the organisers",
        ),
        asks={
            **_TENANT,
            "teams": "Teams whose channels are read (* for all)",
            "chats": "Chats, by id",
            "transcripts_of": "People whose meetings' transcripts are read, by address",
        },
    ),
    "totango": Kind(
        TotangoSettings,
        open_totango,
        ("an app token of a user with a global role, of the right region (us or eu)",),
        asks={
            "app_token": "App token",
            "user_attributes": "Attributes with the address of who may read an account",
            "group_attributes": "Attributes with a group that may",
            "readers": "Who may read everything besides",
        },
    ),
    "confluence": Kind(
        ConfluenceSettings,
        open_confluence,
        (
            "an account of its own that may view the spaces and, in each, every restricted page that is to be found",
            "in the cloud: its API token, of the scopes read:confluence-content.all, read:confluence-space.summary, "
            "read:confluence-user, read:confluence-groups and read:space:confluence",
            "Data Center 9.1 or later: its personal access token, and administration of each space (only an "
            "administrator of a space is told who may view it)",
        ),
        asks={
            "url": "Address of the wiki",
            "email": "Account's address, in the cloud",
            "token": "API token, or personal access token",
            "spaces": "Only these spaces, by key",
            "space_readers": "Who may view spaces that are open to everybody with an account",
        },
    ),
    "salesforce": Kind(
        SalesforceSettings,
        open_salesforce,
        (
            "a connected app with the scope api: client credentials with a user to run as, or JWT with a certificate",
            "that user: API Enabled, View All Data, View Setup and Configuration, View Roles and Role Hierarchy, and "
            "every field that is to be found",
        ),
        asks={
            "url": "Address of the organisation (My Domain)",
            "client_id": "Consumer key of the connected app",
            "client_secret": "Consumer secret",
            "username": "User, with a private key",
            "private_key": "Private key, instead of the secret",
            "objects": "Objects to read (Account, Case, Knowledge__kav, Project__c)",
        },
    ),
    "smartsheet": Kind(
        SmartsheetSettings,
        open_smartsheet,
        (
            "an access token of an account of its own, with which each sheet or its workspace is shared as admin (only "
            "an admin is told with whom a sheet is shared)",
            "group admin, to be told who is in a group",
        ),
        asks={
            "token": "Access token",
            "endpoint_url": "Address, if it isn't api.smartsheet.com",
            "sheets": "Only these sheets, by id",
        },
    ),
    "redshift": Kind(
        RedshiftSettings,
        open_redshift,
        (
            "a user of its own: USAGE on the schemas and SELECT on the tables of the queries, and no superuser",
            "with iam: redshift:GetClusterCredentials for that user and database, or "
            "redshift-serverless:GetCredentials on the work group",
        ),
        asks={"host": "Host", "database": "Database", "user": "User", "password": "Password"},
    ),
}


def open_source(source: SourceSettings, settings: Settings) -> Connector:
    """The connector of a source. Nothing is read yet.

    Raises:
        SettingsError: a key is unknown, missing or wrong for the source's kind.
    """
    checked = _checked(source, settings)
    return KINDS[source.kind].open(checked, settings.root)


def check_sources(settings: Settings) -> None:
    """Checks every source's keys, and that no two share a name.

    Raises:
        SettingsError: naming the first wrong key, the file and the remedy.
    """
    seen: set[str] = set()
    for source in settings.sources:
        if source.name in seen:
            raise SettingsError(f"{settings.file}: two sources are named {source.name!r}; rename one of them.")
        seen.add(source.name)
        _checked(source, settings)


def _checked(source: SourceSettings, settings: Settings) -> KindSettings:
    kind = KINDS.get(source.kind)
    if kind is None:
        hint = nearest(source.kind, KINDS, "kinds")
        raise SettingsError(f"{settings.file}: the source {source.name!r} has kind {source.kind!r}; {hint}")
    return validate(kind.settings, source.model_dump(), settings.file, prefix=f"source {source.name!r}: ")
