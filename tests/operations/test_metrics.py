"""What Prometheus is told, and who may read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from core import metrics
from core.settings import SourceSettings, load_settings
from operations.figures import Figures
from tests.ingestion.sync_world import World


def figures(text: bytes) -> dict[str, float]:
    lines = [line for line in text.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_answers_and_calls_are_counted_without_who_and_what() -> None:
    before = figures(metrics.text())
    metrics.answered("answered", "app:brief", {"answer": 0.3}, 0.7)
    metrics.called("m1", "answer", "stop", input_tokens=100, output_tokens=20, cost=0.5)
    after = figures(metrics.text())

    def grown(name: str) -> float:
        return round(after[name] - before.get(name, 0), 6)

    assert grown('debrief_questions_total{outcome="answered",route="app"}') == 1
    assert grown('debrief_stage_seconds_bucket{le="0.5",stage="answer"}') == 1
    assert grown('debrief_stage_seconds_bucket{le="0.25",stage="answer"}') == 0
    assert grown('debrief_answer_seconds_sum{route="app"}') == 0.7
    assert grown('debrief_model_tokens_total{kind="input",model="m1"}') == 100
    assert grown('debrief_model_cost_total{model="m1"}') == 0.5
    assert "brief" not in {label for name in after for label in name.split('"')}


def test_sources_and_index_are_looked_up(tmp_path: Path) -> None:
    world = World(tmp_path / "data")
    world.source.put("a.txt", "One text.")
    world.source.put("b.txt", "corrupt")
    world.sync()
    sources = (SourceSettings(name="files", kind="fake"), SourceSettings(name="new", kind="fake"))
    settings = world.settings.model_copy(update={"data_dir": tmp_path / "data", "sources": sources})
    there = figures(metrics.text(Figures(settings, world.engine)))
    assert there['debrief_documents{outcome="indexed",source="files"}'] == 1
    assert there['debrief_documents{outcome="failed",source="files"}'] == 1
    assert there['debrief_sync_failed{source="files"}'] == there['debrief_sync_failed{source="new"}'] == 0
    assert 'debrief_sync_lag_seconds{source="new"}' not in there


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    (tmp_path / "debrief.yaml").write_text("metrics: {token: '${METRICS_TOKEN:-}'}")
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(tmp_path / "debrief.yaml"))
    monkeypatch.setenv("METRICS_TOKEN", "only-for-this-test")
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.routing import Route

    from chat_ui import server

    server._engine.cache_clear()
    doors = Middleware(server.Doors, key="the page's key", secure=False, hosts=("testserver",))
    return TestClient(Starlette(routes=[Route("/metrics", server.figures)], middleware=[doors]))


def test_only_the_token_opens_them(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    found = client.get("/metrics", headers={"Authorization": "Bearer only-for-this-test"})
    assert found.status_code == 200 and "debrief_index_chunks 0.0" in found.text
    (tmp_path / "debrief.yaml").write_text("company: Acme")
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    assert load_settings().metrics.token is None
