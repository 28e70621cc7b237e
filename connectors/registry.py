"""The kinds of sources. A new kind is a module, a line here, and a stand-in; the contract tests pick it up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.common import KindSettings
from connectors.confluence import ConfluenceSettings, open_confluence
from connectors.files import FilesSettings, open_files
from connectors.redshift import RedshiftSettings, open_redshift
from connectors.s3 import S3Settings, open_s3
from connectors.sharepoint import SharePointSettings, open_sharepoint
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
        needs: What must be granted for it, in the words of the system's administrators.
    """

    settings: type[KindSettings]
    open: Callable[[Any, Path], Connector]
    needs: tuple[str, ...] = ()


KINDS: dict[str, Kind] = {
    "files": Kind(FilesSettings, open_files, ("The user that Debrief runs as may read the folder and all below it.",)),
    "s3": Kind(
        S3Settings,
        open_s3,
        (
            "s3:ListBucket on the bucket",
            "s3:GetObject on its objects (with kms:Decrypt on their key, if they are encrypted with one)",
            "s3:GetObjectTagging on its objects, if they have tags",
        ),
    ),
    "sharepoint": Kind(
        SharePointSettings,
        open_sharepoint,
        (
            "an application in Microsoft Entra with a certificate, and an administrator's consent to:",
            "Microsoft Graph: Sites.FullControl.All (Graph tells of changed permissions only with it), or "
            "Sites.Selected granted for chosen sites",
            "Microsoft Graph: GroupMember.Read.All and User.ReadBasic.All",
            "SharePoint: Sites.FullControl.All, or Sites.Selected, to read the members of the sites' own groups",
        ),
    ),
    "totango": Kind(
        TotangoSettings, open_totango, ("an app token of a user with a global role, of the right region (us or eu)",)
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
    ),
    "redshift": Kind(
        RedshiftSettings,
        open_redshift,
        (
            "a user of its own: USAGE on the schemas and SELECT on the tables of the queries, and no superuser",
            "with iam: redshift:GetClusterCredentials for that user and database, or "
            "redshift-serverless:GetCredentials on the work group",
        ),
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
