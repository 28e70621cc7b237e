"""Who is in which Microsoft Entra group, nested groups included, whoever has signed in."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from connectors.graph.access import addresses_of
from connectors.graph.client import GraphTenant, Missing, TenantSettings
from core.settings import GraphSettings
from core.types import Principal


def group_members(settings: GraphSettings, root: Path, groups: Iterable[str]) -> dict[str, frozenset[Principal]]:
    """Group (object id) → the people in it. A group that is gone has none.

    Raises:
        SourceError: Microsoft Graph can't be asked.
    """
    tenant = _tenant(settings, root)
    return {group: frozenset(_people(tenant, group)) for group in groups}


def group_names(settings: GraphSettings, root: Path, groups: Iterable[str]) -> dict[str, str]:
    """Group (object id) → what it is called. A group that is gone has no name.

    Raises:
        SourceError: Microsoft Graph can't be asked.
    """
    tenant, found = _tenant(settings, root), {}
    for group in groups:
        with suppress(Missing):
            found[group] = str(tenant.get(f"/groups/{group}?$select=displayName").get("displayName", ""))
    return found


def _tenant(settings: GraphSettings, root: Path) -> GraphTenant:
    return GraphTenant(
        TenantSettings(
            name="auth-graph",
            kind="sharepoint",
            tenant=settings.tenant,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            graph_endpoint=settings.graph_endpoint,
        ),
        root,
    )


def _people(tenant: GraphTenant, group: str) -> set[Principal]:
    people: set[Principal] = set()
    try:
        for member in tenant.values(f"/groups/{group}/transitiveMembers"):
            if str(member.get("@odata.type", "")).endswith(".user"):
                people |= addresses_of(member)
    except Missing:
        # A group that is gone has nobody in it; of one that was there a moment ago not all are known.
        if people:
            raise
    return people
