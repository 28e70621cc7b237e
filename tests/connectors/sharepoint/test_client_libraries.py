"""Defects of the client libraries that the connectors code around. When one of these tests fails, the library has
mended it, and the code named beside it can go."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.exceptions
import msal
import pytest
import requests
import urllib3
from office365.delta_collection import DeltaCollection
from office365.graph_client import GraphClient
from office365.runtime.client_request_exception import ClientRequestException
from office365.runtime.http.request_options import RequestOptions
from office365.runtime.retry import retry_after_delay

from connectors.graph.client import GRAPH, StandInAdapter
from samples.stand_ins import graph, redshift, s3
from samples.stand_ins.graph import GraphStandIn
from samples.stand_ins.tenant import Library

pytestmark = pytest.mark.integration


@pytest.fixture
def server() -> Iterator[GraphStandIn]:
    with graph.start() as running:
        yield running


@pytest.fixture
def library(server: GraphStandIn) -> Library:
    library = server.tenant.add_library(server.tenant.add_site("team"))
    server.tenant.put(library, "a.txt", b"text")
    return library


@pytest.fixture
def session(server: GraphStandIn) -> requests.Session:
    session = requests.Session()
    session.mount("https://", StandInAdapter(server.url))
    return session


@pytest.fixture
def client(session: requests.Session) -> GraphClient:
    app = msal.ConfidentialClientApplication(
        "app",
        client_credential=graph.CLIENT_SECRET,
        authority="https://login.microsoftonline.com/contoso.example",
        http_client=session,
    )
    calls: list[int] = []

    def token() -> Any:
        calls.append(1)
        return app.acquire_token_for_client(["https://graph.microsoft.com/.default"])

    client = GraphClient(token, "contoso.example").with_transport(session=session)
    client.calls = calls
    return client


@pytest.mark.parametrize("paged", [True, False])
def test_office365_loses_the_delta_link(client: GraphClient, library: Library, paged: bool) -> None:
    """GraphTenant.pages drives the pages by their links."""
    changes = client.drives[library.id].root.delta
    found = (changes.paged().get() if paged else changes.get_all()).execute_query()
    assert isinstance(found, DeltaCollection) and len(found) > 0
    assert not found.has_next and found.delta_token is None


def test_office365_keeps_every_page_that_it_walks_through(
    client: GraphClient, server: GraphStandIn, library: Library
) -> None:
    """GraphTenant.pages holds one page at a time, and can be left and taken up again at a link."""
    for number in range(250):
        server.tenant.put(library, f"{number}.txt", b"text")
    found = client.drives[library.id].root.delta.paged().get().execute_query()
    first = len(found)
    assert first < 250 and found.has_next
    assert sum(1 for _ in found) == len(found) == 252  # 251 files and the root
    assert not any(name for name in dir(found) if "link" in name.lower() and not name.startswith("_"))


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the library would have slept."""
    found: list[float] = []
    monkeypatch.setattr("office365.runtime.retry.sleep", found.append)
    return found


@pytest.mark.parametrize("automatic", [True, False])
def test_office365_ignores_retry_after_unless_told(
    client: GraphClient, server: GraphStandIn, library: Library, waits: list[float], automatic: bool
) -> None:
    """http_retry honours it. `with_auto_retry` says that it does, too."""
    server.faults.add("throttle", "/drives", seconds=60)
    if automatic:
        client.with_auto_retry(max_retry=2).drives[library.id].get().execute_query()
    else:
        client.drives[library.id].get().execute_query_retry(max_retry=2)
    assert len(waits) == 1 and waits[0] < 60


def test_office365_waits_for_a_day_if_it_is_told_to(
    client: GraphClient, server: GraphStandIn, library: Library, waits: list[float]
) -> None:
    """http_retry.Backoff.patience_s gives up, so that the other sources have their turn."""
    server.faults.add("throttle", "/drives", seconds=86_400)
    client.drives[library.id].get()
    client.execute_query_retry(max_retry=2, failure_callback=lambda _, error: retry_after_delay(error))
    assert waits == [86_400]


def test_office365_never_asks_again_for_an_address(
    client: GraphClient, server: GraphStandIn, library: Library, waits: list[float]
) -> None:
    """GraphTenant._asked does."""
    server.faults.add("throttle", "/drives", seconds=1)
    with pytest.raises(ClientRequestException):
        client.with_auto_retry().pending_request().execute_request_direct(
            RequestOptions(f"{GRAPH}/drives/{library.id}")
        )
    assert waits == []


def test_office365_asks_for_a_token_at_every_request(client: GraphClient, library: Library) -> None:
    """GraphTenant._token lets msal keep it."""
    for _ in range(3):
        client.pending_request().execute_request_direct(RequestOptions(f"{GRAPH}/sites/getAllSites"))
    assert len(client.calls) == 3


def test_office365_raises_value_error_for_a_refused_sign_in(session: requests.Session) -> None:
    """GraphTenant._token raises CredentialError before it comes to that."""
    refused = GraphClient(lambda: {"error": "invalid_client"}, "contoso.example").with_transport(session=session)
    with pytest.raises(ValueError):
        refused.pending_request().execute_request_direct(RequestOptions(f"{GRAPH}/sites/getAllSites"))


def test_office365_takes_scopes_and_token_cache_and_does_nothing_with_them() -> None:
    """GraphTenant passes a callback instead."""
    source = inspect.getsource(GraphClient)
    for name in ("_scopes", "_token_cache"):
        assert source.count(f"self.{name}") == 1


def test_office365_says_410_by_its_code(client: GraphClient, library: Library) -> None:
    """GraphTenant._wrapped makes `Gone` of it."""
    library.oldest_token = 10
    with pytest.raises(ClientRequestException) as raised:
        client.pending_request().execute_request_direct(
            RequestOptions(f"{GRAPH}/drives/{library.id}/root/delta?token=0.1")
        )
    assert raised.value.code == "resyncRequired" and raised.value.response.status_code == 410


def test_msal_passes_no_timeout(server: GraphStandIn) -> None:
    """client._WithTimeout adds it."""
    seen: list[dict[str, Any]] = []

    class Session(requests.Session):
        def request(self, *arguments: Any, **keys: Any) -> requests.Response:
            seen.append(keys)
            return super().request(*arguments, **keys)

    session = Session()
    session.mount("https://", StandInAdapter(server.url))
    app = msal.ConfidentialClientApplication(
        "app",
        client_credential=graph.CLIENT_SECRET,
        authority="https://login.microsoftonline.com/contoso.example",
        http_client=session,
    )
    assert "access_token" in app.acquire_token_for_client(["https://graph.microsoft.com/.default"])
    assert seen and all(keys.get("timeout") is None for keys in seen)


def test_msal_refuses_a_local_authority() -> None:
    """client.StandInAdapter keeps the real host names."""
    with pytest.raises(ValueError):
        msal.ConfidentialClientApplication("app", client_credential="x", authority="http://127.0.0.1:9/contoso.example")


def test_botocore_hands_out_the_raw_stream_as_a_context_manager() -> None:
    """S3Connector closes the body itself, since the raw stream's errors aren't botocore's."""
    with s3.start() as server:
        client = s3.client(server.url)
        client.create_bucket(Bucket="broken", CreateBucketConfiguration={"LocationConstraint": s3.REGION})
        client.put_object(Bucket="broken", Key="a", Body=b"x" * 1_000)
        server.faults.add("cut", "/broken/a", times=2)
        with (
            pytest.raises(urllib3.exceptions.HTTPError) as raised,
            client.get_object(Bucket="broken", Key="a")["Body"] as stream,
        ):
            stream.read()
        assert not isinstance(raised.value, botocore.exceptions.BotoCoreError)
        with pytest.raises(botocore.exceptions.BotoCoreError):
            client.get_object(Bucket="broken", Key="a")["Body"].read()


def test_redshift_connector_reads_a_whole_result_into_memory(tmp_path: Path) -> None:
    """redshift_client.Session.stream keeps a cursor on the server instead."""
    import redshift_connector

    with redshift.start() as server:
        keys = {"host": "127.0.0.1", "port": server.port, "database": redshift.DATABASE, "ssl": False}
        with redshift_connector.connect(**keys, user=redshift.USER, password=redshift.PASSWORD) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT generate_series(1, 20000)")
            assert cursor.fetchone() == [1]
            # All rows but the first are already here.
            assert len(cursor._cached_rows) == 19_999
            # What the server says comes as a dictionary.
            with pytest.raises(redshift_connector.ProgrammingError) as raised:
                cursor.execute("SELECT nothing")
            assert raised.value.args[0]["C"] == "42703"
