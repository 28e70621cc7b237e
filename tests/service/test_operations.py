"""Sources, syncs and evaluations by REST, and what a server follows while it runs, without being started anew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE
from types import SimpleNamespace

import httpx
import pytest
from starlette.testclient import TestClient

from apps.publish.load import AppText
from apps.publish.versions import publish
from core import audit
from core.settings import load_settings
from ingestion.state import Counts, SyncState
from ingestion.sync.alive import under_way
from service.app import rest_app
from service.parts import open_parts
from tests.service.conftest import ANA, CARD, Served

Call = Callable[..., httpx.Response]
SUITE = {"id": "one", "question": "What does it cost?", "user": ANA, "tags": ["money"], "reviewed": True}


def test_administrators_see_how_sources_stand_and_what_a_sync_did(ana: Call, ben: Call) -> None:
    handbook = ana("GET", "/sources").json()["items"][0]
    assert (handbook["name"], handbook["standing"], handbook["syncing"]) == ("handbook", "good", False)
    assert handbook["outcomes"] == {"indexed": 2} and "last good copy" in handbook["told"]
    run = ana("GET", f"/sync-runs/{handbook['last_run']}").json()
    assert run["state"] == "SUCCEEDED" and run["counts"]["added"] == 2
    report = ana("GET", f"/sync-runs/{run['id']}/documents", params={"outcome": "indexed", "limit": 1}).json()
    rest = ana("GET", f"/sync-runs/{run['id']}/documents", params={"cursor": report["next"]}).json()
    assert [d["id"] for d in report["items"] + rest["items"]] == ["handbook:plans.md", "handbook:travel.md"]
    assert ana("GET", f"/sync-runs/{run['id']}/documents", params={"outcome": "lost"}).status_code == 422
    assert ana("GET", "/sync-runs/999").status_code == 404
    for path in ("/sources", "/sync-runs", f"/sync-runs/{run['id']}", f"/sync-runs/{run['id']}/documents"):
        refused = ben("GET", path)
        assert refused.status_code == 403 and "admins" in refused.json()["detail"]
    assert ben("POST", "/sync-runs", json={}).status_code == 403
    unknown = ana("POST", "/sync-runs", json={"sources": ["handbok"]})
    assert unknown.status_code == 422 and "did you mean 'handbook'" in unknown.json()["detail"]


@pytest.mark.integration
def test_a_sync_is_started_once_and_the_new_index_is_searched(served: Served, ana: Call) -> None:
    folder = served.parts.settings.root
    (folder / "docs" / "parking.md").write_text("# Parking\n\nThe car park closes at eleven at night.\n")
    sent = {"json": {"sources": ["handbook"]}, "headers": {"Idempotency-Key": "sync-after-parking"}}
    started = ana("POST", "/sync-runs", **sent)
    assert started.status_code == 202, started.text
    (run,) = started.json()["runs"]
    assert ana("POST", "/sync-runs", **sent).json() == started.json()
    end = time.monotonic() + 60
    while ana("GET", f"/sync-runs/{run['id']}").json()["state"] == "SYNCING" and time.monotonic() < end:
        time.sleep(0.2)
    assert ana("GET", f"/sync-runs/{run['id']}").json()["counts"]["added"] == 1
    assert "eleven" in ana("POST", "/ask", json={"question": "When does the car park close?"}).json()["text"]
    assert audit.recorded(served.parts.engine, actions=["started sync"])[0].subject == "handbook"
    assert len(audit.recorded(served.parts.engine, actions=["started sync"])) == 1
    state = SyncState(served.parts.engine)
    with under_way(served.parts.settings, served.parts.engine):
        other = state.start("board")
        busy = ana("POST", "/sync-runs", json={})
    state.finish(other, "STOPPED", Counts(), "")
    assert busy.status_code == 409 and "A sync of board is running" in busy.json()["detail"]


@pytest.mark.integration
def test_a_run_whose_process_was_killed_blocks_nothing(served: Served, ana: Call) -> None:
    dying = """
        import os, signal
        from core.database import open_database
        from core.settings import load_settings
        from ingestion.state import SyncState
        from ingestion.sync.alive import under_way
        settings = load_settings()
        engine = open_database(settings)
        with under_way(settings, engine):
            print(SyncState(engine).start("board").id, flush=True)
            input()
    """
    file = served.parts.settings.file
    environment = {**os.environ, "DEBRIEF_SETTINGS": str(file)}
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(dying)], env=environment, stdin=PIPE, stdout=PIPE, text=True
    )
    assert process.stdout is not None
    run = process.stdout.readline().strip()
    assert ana("GET", f"/sync-runs/{run}").json()["state"] == "SYNCING", "its process lives"
    assert ana("POST", "/sync-runs", json={}).status_code == 409
    process.kill()
    process.wait()
    assert ana("GET", f"/sync-runs/{run}").json()["state"] == "ABORTED"
    assert ana("POST", "/sync-runs", json={"sources": ["handbook"]}).status_code == 202


@pytest.fixture
def evaluating(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A suite, and what stands in for `debrief`: it runs until it is stopped."""
    script = tmp_path / "debrief"
    script.write_text('#!/bin/sh\necho "$@" > "$(dirname "$0")/asked"\nexec sleep 60\n')
    script.chmod(0o755)
    monkeypatch.setattr("evals.suite.process.sys", SimpleNamespace(executable=str(tmp_path / "python")))
    yield tmp_path / "asked"
    served.parts.evaluation().stop()


def test_an_evaluation_is_started_by_administrators_one_at_a_time(
    ana: Call, ben: Call, served: Served, evaluating: Path
) -> None:
    cases = served.parts.settings.root / "cases"
    cases.mkdir(exist_ok=True)
    (cases / "own.jsonl").write_text(json.dumps(SUITE) + "\n")
    assert ben("POST", "/evaluations", json={}).status_code == 403
    unknown = ana("POST", "/evaluations", json={"suite": "none"})
    assert unknown.status_code == 422 and "There is no suite 'none'" in unknown.json()["detail"]
    untagged = ana("POST", "/evaluations", json={"tags": ["nothing"]})
    assert untagged.status_code == 422 and "has the tags nothing" in untagged.json()["detail"]
    started = ana("POST", "/evaluations", json={"tags": ["money"]})
    assert started.status_code == 202 and started.json() == {
        "suite": "own", "cases": 1, "done": 0, "running": True, "problem": ""
    }  # fmt: skip
    second = ana("POST", "/evaluations", json={})
    assert second.status_code == 409 and "running already" in second.json()["detail"]
    assert ana("GET", "/evaluations/running").json()["running"]
    assert audit.recorded(served.parts.engine, actions=["started evaluation"])[0].user == ANA
    assert ana("GET", "/evaluations/none").status_code == 404


def test_a_server_alone_follows_weights_sources_guardrails_and_apps(served: Served) -> None:
    """What `debrief api` serves: its own parts over the same folder."""
    folder = served.parts.settings.root
    settings = load_settings(folder / "debrief.yaml")
    before = (folder / "debrief.yaml").read_text()
    parts = open_parts(settings)
    try:
        with TestClient(rest_app(parts, served.callers)) as client:
            client.headers.update(served.bearer(ANA))
            ask = {"question": "What does the premium plan cost?"}
            assert "480" in client.post("/api/v1/ask", json=ask).json()["text"]
            (folder / "guardrails.yaml").write_text("phrases: [{match: [premium plan], message: Ask sales.}]\n")
            (folder / "debrief.yaml").write_text(before + "guardrails_file: guardrails.yaml\n")
            assert "Ask sales" in client.post("/api/v1/ask", json=ask).json()["text"]
            found = client.post("/api/v1/search", json={"question": "hotel rooms and the premium plan"}).json()
            assert not any(p["why"]["boosts"] for p in found["passages"])
            (folder / "weights.yaml").write_text("source: {handbook: very_high}\n")
            (folder / "debrief.yaml").write_text(before + "retrieval: {weights_file: weights.yaml}\n")
            found = client.post("/api/v1/search", json={"question": "hotel rooms and the premium plan"}).json()
            assert any(p["why"]["boosts"] for p in found["passages"])
            (folder / "debrief.yaml").write_text(before.replace("name: board,", "name: boardroom,"))
            assert [s["name"] for s in client.get("/api/v1/sources").json()["items"]] == ["handbook", "boardroom"]
            second = AppText(CARD.replace("greeting_card", "second_card"))
            publish(served.parts.engine, second, "second_card", (), ANA, unverified=True)
            listed = client.get("/api/v1/apps", params={"limit": 200}).json()["items"]
            assert "second_card" in [app["name"] for app in listed]
            (folder / "debrief.yaml").write_text("sources: {wrong")
            assert "480" in client.post("/api/v1/ask", json=ask).json()["text"]
    finally:
        (folder / "debrief.yaml").write_text(before)
        parts.parser().close()
