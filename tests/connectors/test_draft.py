"""Entries drafted from addresses and from the environment hold what their kind's settings ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.draft import drafted
from connectors.registry import check_sources
from core.errors import SettingsError
from core.settings import Settings, SourceSettings

SITE = "https://contoso.sharepoint.com/sites"


@pytest.mark.parametrize(
    ("addresses", "environment", "kinds", "holds"),
    [
        ([f"{SITE}/a", f"{SITE}/b/", f"{SITE}/a"], {}, ["sharepoint"], {"sites": [f"{SITE}/a", f"{SITE}/b"]}),
        ([f"{SITE}/a", "https://other.sharepoint.com"], {}, ["sharepoint", "sharepoint"], {"sites": [f"{SITE}/a"]}),
        (["s3://Reports.bucket/2026/"], {}, ["s3"], {"bucket": "Reports.bucket", "prefixes": ["2026/"]}),
        (["https://contoso.atlassian.net/wiki/spaces/HR"], {}, ["confluence"], {"url": "https://contoso.atlassian.net/wiki"}),
        (["https://c.lightning.force.com/x"], {}, ["salesforce"], {"url": "https://c.my.salesforce.com"}),
        (["Ana@x.com", "bo@x.com"], {}, ["onedrive"], {"users": ["ana@x.com", "bo@x.com"]}),
        (["/srv/Our notes", "/mnt/our-notes"], {}, ["files", "files"], {"path": "/srv/Our notes"}),
        ([], {"CONFLUENCE_URL": "x", "SMARTSHEET_ACCESS_TOKEN": "y"}, ["confluence", "smartsheet"], {"url": "${CONFLUENCE_URL}"}),
        ([], {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"}, ["sharepoint"], {"tenant": "${AZURE_TENANT_ID}"}),
        ([], {"AZURE_TENANT_ID": "t"}, [], {}),
    ],
)  # fmt: skip
def test_addresses_become_entries(addresses: list, environment: dict, kinds: list, holds: dict) -> None:
    found = drafted(addresses, environment)
    assert [entry["kind"] for entry in found] == kinds
    assert not holds or holds.items() <= found[0].items()
    named = [{key: value for key, value in entry.items() if key != "_host"} for entry in found]
    # As the settings' file resolves it.
    resolved = [{k: "https://wiki.x" if v == "${CONFLUENCE_URL}" else v for k, v in entry.items()} for entry in named]
    sources = tuple(SourceSettings(**entry) for entry in resolved)
    check_sources(Settings(sources=sources, file=Path("/debrief.yaml"), root=Path("/")))
    assert not any(value in str(named) for value in environment.values() if len(value) > 1), "secrets stand by name"


@pytest.mark.parametrize(
    "address", ["https://example.com/x", "https://c-my.sharepoint.com/personal/ana", "", "ftp://x"]
)
def test_what_names_no_system_is_said(address: str) -> None:
    with pytest.raises(SettingsError):
        drafted([address], {})
