from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflows.house import House


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(tmp_path / "debrief.yaml"))
    return House(tmp_path)
