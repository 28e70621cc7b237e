"""Entries of sources drafted from addresses that people have at hand, and from what the environment holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from core.errors import SettingsError

Entry = dict[str, Any]
# What a drafted secret is called, and under which names the systems' own tools keep what else is needed.
_TENANT = {"tenant": "AZURE_TENANT_ID", "client_id": "AZURE_CLIENT_ID", "client_secret": "AZURE_CLIENT_SECRET"}


def drafted(addresses: Iterable[str], environment: Mapping[str, str]) -> list[Entry]:
    """An entry for each system that the addresses name; sites of one tenant are one entry.

    Args:
        addresses: Of sites, buckets (s3://…), wikis, organisations, people (for OneDrive), or folders. None: what
            the environment points to.

    Raises:
        SettingsError: an address names no system that can be read.
    """
    entries: list[Entry] = []
    for address in addresses:
        entry = _entry(address.strip())
        same = next((e for e in entries if _joins(e, entry)), None)
        if same is None:
            entries.append(entry)
        else:
            key = _LISTS[same["kind"]]
            same[key] = [*same[key], *(value for value in entry[key] if value not in same[key])]
    entries = entries or _from_environment(environment)
    for entry in entries:
        entry["name"] = _free(entry["name"], [e["name"] for e in entries if e is not entry])
    return entries


_LISTS = {"sharepoint": "sites", "onedrive": "users"}


def _joins(one: Entry, other: Entry) -> bool:
    return one["kind"] == other["kind"] in _LISTS and one.get("_host") == other.get("_host")


def _entry(address: str) -> Entry:
    parts = urlsplit(address)
    host, path = parts.netloc.lower(), parts.path.rstrip("/")
    if parts.scheme == "s3" and host:
        prefix = {"prefixes": [f"{path.strip('/')}/"]} if path.strip("/") else {}
        return {"name": _name(host), "kind": "s3", "bucket": parts.netloc, **prefix}
    if host.endswith("-my.sharepoint.com"):
        raise SettingsError(f"{address} is somebody's OneDrive; name the person by address instead.")
    if host.endswith(".sharepoint.com"):
        sites = {"sites": [f"https://{host}{path}"]} if path else {"sites": []}
        return {"name": "sharepoint", "kind": "sharepoint", "_host": host, **_named(_TENANT), **sites}
    if host.endswith(".atlassian.net"):
        return {
            "name": "wiki", "kind": "confluence", "url": f"https://{host}/wiki",
            "email": "${CONFLUENCE_EMAIL}", "token": "${CONFLUENCE_TOKEN}",
        }  # fmt: skip
    if host.endswith((".my.salesforce.com", ".lightning.force.com")):
        url = f"https://{host.replace('.lightning.force.com', '.my.salesforce.com')}"
        secrets = {"client_id": "${SALESFORCE_CLIENT_ID}", "client_secret": "${SALESFORCE_CLIENT_SECRET}"}
        return {
            "name": "crm",
            "kind": "salesforce",
            "url": url,
            **secrets,
            "objects": ["Account", "Opportunity", "Case"],
        }
    if re.fullmatch(r"[^@\s/]+@[^@\s/]+", address):
        return {"name": "drives", "kind": "onedrive", **_named(_TENANT), "users": [address.lower()]}
    if address and not parts.scheme:
        return {"name": _name(path.rsplit("/", 1)[-1] or "files"), "kind": "files", "path": address}
    raise SettingsError(
        f"{address!r} names no system that can be read; give a site of SharePoint, s3://BUCKET, a wiki of Atlassian, "
        "an organisation of Salesforce, a person's address for OneDrive, or a folder."
    )


def _from_environment(environment: Mapping[str, str]) -> list[Entry]:
    """What the environment's own names point to; nothing if there is none of them."""
    found: list[Entry] = []
    if all(environment.get(name) for name in _TENANT.values()):
        found.append({"name": "sharepoint", "kind": "sharepoint", **_named(_TENANT), "sites": []})
    if environment.get("CONFLUENCE_URL"):
        found.append(
            {
                "name": "wiki", "kind": "confluence", "url": "${CONFLUENCE_URL}", "email": "${CONFLUENCE_EMAIL}",
                "token": "${CONFLUENCE_TOKEN}",
            }
        )  # fmt: skip
    if environment.get("SMARTSHEET_ACCESS_TOKEN"):
        found.append({"name": "sheets", "kind": "smartsheet", "token": "${SMARTSHEET_ACCESS_TOKEN}"})
    return found


def _named(keys: Mapping[str, str]) -> dict[str, str]:
    return {key: f"${{{name}}}" for key, name in keys.items()}


def _name(text: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-") or "source"


def _free(name: str, taken: Iterable[str]) -> str:
    used, number = set(taken), 2
    free = name
    while free in used:
        free, number = f"{name}-{number}", number + 1
    return free
