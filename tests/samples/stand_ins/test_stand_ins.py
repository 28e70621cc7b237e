"""The stand-ins by themselves: the sample workspace through all connectors, faults from outside, restarts."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from connectors.registry import check_sources, open_source
from core.errors import SourceError
from core.settings import Settings, SourceSettings, load_settings
from core.types import Connector
from samples.stand_ins import Ports, graph, run_stand_ins, s3, totango
from tests.connectors.harness import run

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def workspace(project_root: Path) -> Path:
    return project_root / "samples" / "workspace"


def sharepoint(url: str) -> Connector:
    keys = {"tenant": "x", "client_id": "x", "client_secret": graph.CLIENT_SECRET, "graph_endpoint": url}
    source = SourceSettings(name="sharepoint", kind="sharepoint", **keys)
    return open_source(source, Settings(sources=(source,)))


def test_every_source_of_the_sample_is_read_without_a_failure(
    project_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [socket.create_server(("127.0.0.1", 0)) for _ in vars(Ports())]
    ports = Ports(*(listener.getsockname()[1] for listener in free))
    for listener in free:
        listener.close()
    monkeypatch.setenv("DEBRIEF_SAMPLE_S3", f"http://127.0.0.1:{ports.s3}")
    monkeypatch.setenv("DEBRIEF_SAMPLE_GRAPH", f"http://127.0.0.1:{ports.graph}")
    monkeypatch.setenv("DEBRIEF_SAMPLE_TOTANGO", f"http://127.0.0.1:{ports.totango}")
    monkeypatch.setenv("DEBRIEF_SAMPLE_CONFLUENCE", f"http://127.0.0.1:{ports.confluence}")
    monkeypatch.setenv("DEBRIEF_SAMPLE_SALESFORCE", f"http://127.0.0.1:{ports.salesforce}")
    monkeypatch.setenv("DEBRIEF_SAMPLE_SMARTSHEET", f"http://127.0.0.1:{ports.smartsheet}")
    monkeypatch.setenv("DEBRIEF_SAMPLE_REDSHIFT_PORT", str(ports.redshift))
    settings = load_settings(project_root / "debrief.yaml")
    check_sources(settings)
    with run_stand_ins(ports):
        for source in settings.sources:
            connector = open_source(source, settings)
            found = run(connector)
            assert found.documents and not found.failures, source.name
            assert all(document.allow for document in found.documents.values()), source.name
            assert run(open_source(source, settings), found.cursor).is_empty() or source.kind == "files", source.name


def test_a_stand_in_that_was_restarted_looks_unchanged(workspace: Path) -> None:
    with graph.start(workspace / "sharepoint") as server:
        first = run(sharepoint(server.url))
    with graph.start(workspace / "sharepoint") as server:
        assert run(sharepoint(server.url), first.cursor).is_empty()


def test_faults_can_be_ordered_from_outside(workspace: Path) -> None:
    def call(url: str, method: str = "GET", body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(url, data, method=method)) as answer:
            return json.loads(answer.read())

    with totango.start(workspace / "totango") as server:
        control = f"{server.url}/_stand_in/faults"
        assert (
            call(control, "POST", {"kind": "throttle", "path": "/api", "seconds": 7})["pending"][0]["kind"]
            == "throttle"
        )
        with pytest.raises(urllib.error.HTTPError) as raised:
            call(f"{server.url}/api/v3/activity-types/")
        assert raised.value.code == 429 and raised.value.headers["Retry-After"] == "7"
        assert call(control)["pending"] == []
        with pytest.raises(urllib.error.HTTPError, match="kind must be one of"):
            call(control, "POST", {"kind": "sulk"})


def test_a_touchpoint_that_is_written_can_be_read(workspace: Path) -> None:
    import httpx

    with totango.start(workspace / "totango") as server:
        headers = {"app-token": totango.APP_TOKEN}
        form = {"account_id": "ACC-1001", "content": "Called.", "subject": "A call", "activity_type_id": "renewal"}
        made = httpx.post(f"{server.url}/api/v3/touchpoints/", data=form, headers=headers).json()
        unknown = httpx.post(f"{server.url}/api/v3/tasks", json={"account_id": "?"}, headers=headers)
        assert unknown.status_code == 400 and unknown.json()["_error"] == "Account not found"
        source = SourceSettings(name="t", kind="totango", app_token=totango.APP_TOKEN, endpoint_url=server.url)
        documents = run(open_source(source, Settings(sources=(source,)))).documents
        assert documents[f"t:touchpoint/{made['note']['id']}"].title == "A call"


def test_a_port_in_use_is_one_sentence(workspace: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SourceError, match=f"Port {port} is in use"):
            s3.start(workspace / "s3", port)
