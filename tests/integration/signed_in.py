"""A server where people sign in through an identity provider, for the tests that need more than one person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.integration.browser import Served, free_port, serving, sync, write_workspace
from tests.integration.oidc_stand_in import Provider

SETTINGS = """\
company: Northgate
data_dir: data
auth: {mode: oidc, groups_claim: roles, admin_groups: [it], users_file: users.yaml}
sources:
  - {name: handbook, kind: files, path: docs}
"""
SECRETS = """\
[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "only-for-this-test-run-0123456789"
client_id = "{client_id}"
client_secret = "{client_secret}"
server_metadata_url = "{url}/.well-known/openid-configuration"
client_kwargs = {{ scope = "openid profile email" }}
"""


@contextmanager
def serving_signed_in(folder: Path, provider: Provider, users: str, documents: Mapping[str, str]) -> Iterator[Served]:
    """The pages over the documents, for the people of the provider, until the block ends."""
    port = free_port()
    write_workspace(folder, SETTINGS, users, documents)
    provider.redirect_uri = f"http://127.0.0.1:{port}/oauth2callback"
    (folder / ".streamlit").mkdir()
    secrets = SECRETS.format(
        port=port, client_id=provider.client_id, client_secret=provider.client_secret, url=provider.url
    )
    (folder / ".streamlit" / "secrets.toml").write_text(secrets, encoding="utf-8")
    sync(folder)
    with serving(folder, port) as running:
        yield running
