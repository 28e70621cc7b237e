"""The kinds of sources. A new kind is a module, a line here, and a stand-in; the contract tests pick it up."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.files import FilesSettings, open_files
from connectors.kind import KindSettings
from connectors.redshift import RedshiftSettings, open_redshift
from connectors.s3 import S3Settings, open_s3
from connectors.sharepoint import SharePointSettings, open_sharepoint
from connectors.totango import TotangoSettings, open_totango
from core.errors import SettingsError
from core.settings import Settings, SourceSettings, validate
from core.types import Connector


@dataclass(frozen=True)
class Kind:
    """What a kind of source needs: the model of its settings, and how it is opened (settings, root of paths)."""

    settings: type[KindSettings]
    open: Callable[[Any, Path], Connector]


KINDS: dict[str, Kind] = {
    "files": Kind(FilesSettings, open_files),
    "s3": Kind(S3Settings, open_s3),
    "redshift": Kind(RedshiftSettings, open_redshift),
    "totango": Kind(TotangoSettings, open_totango),
    "sharepoint": Kind(SharePointSettings, open_sharepoint),
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
        near = difflib.get_close_matches(source.kind, KINDS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(KINDS)}."
        raise SettingsError(f"{settings.file}: the source {source.name!r} has kind {source.kind!r}; {hint}")
    return validate(kind.settings, source.model_dump(), settings.file, prefix=f"source {source.name!r}: ")
