"""Who is in which Microsoft Entra group, nested groups included, whoever has signed in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from connectors.sharepoint.access import addresses_of
from connectors.sharepoint.client import GraphTenant, Missing, TenantSettings
from core.settings import GraphSettings
from core.types import Principal


def group_members(settings: GraphSettings, root: Path, groups: Iterable[str]) -> dict[str, frozenset[Principal]]:
    """Group (object id) → the people in it. A group that is gone has none.

    Raises:
        SourceError: Microsoft Graph can't be asked.
    """
    tenant = GraphTenant(
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
    return {group: frozenset(_people(tenant, group)) for group in groups}


def _people(tenant: GraphTenant, group: str) -> set[Principal]:
    people: set[Principal] = set()
    try:
        for member in tenant.values(f"/groups/{group}/transitiveMembers"):
            if str(member.get("@odata.type", "")).endswith(".user"):
                people |= addresses_of(member)
    except Missing:
        return set()
    return people
