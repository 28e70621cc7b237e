"""The warehouse of the settings, and the options that its commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from core.database import open_database as open_state
from core.errors import SettingsError
from core.settings import Settings
from warehouse.ask import Warehouse, open_warehouse

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
AsUser = Annotated[str, typer.Option("--user", help="Who asks; default: auth.development_user.")]


def opened(settings: Settings) -> Warehouse:
    """The warehouse of the settings. Raises SettingsError: they name none."""
    warehouse = open_warehouse(settings, open_state(settings))
    if warehouse is None:
        raise SettingsError(f"{settings.file.name} has no `warehouse: layer`; `debrief data draft` writes a first one.")
    return warehouse
