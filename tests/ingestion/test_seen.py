"""Objects in the recording of an indexed document."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("av", reason="the extra 'vision' isn't installed")

from core.errors import QuestionError
from core.settings import Settings
from ingestion.seen import detect_in_document, seen
from tests.vision.test_detect import ColourDetector, asked
from vision.detectors.protocol import PerFrame


def test_a_result_is_kept_with_the_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from samples import seen as samples

    monkeypatch.setattr(samples, "SECONDS", 2)
    samples.make(tmp_path / "set")
    key = "a" * 32
    folder = tmp_path / "data" / "recordings" / key
    folder.mkdir(parents=True)
    (tmp_path / "set" / "ball.mp4").rename(folder / "media.mp4")
    known = {"calls:a.mp4": SimpleNamespace(attributes={"recording": key}, source="calls")}
    known["calls:b.md"] = SimpleNamespace(attributes={}, source="calls")
    state = SimpleNamespace(record=known.get)
    settings = Settings(data_dir=tmp_path / "data")
    monkeypatch.setattr("vision.detectors.opened._opened", lambda settings, name: PerFrame(ColourDetector()))
    blueprint = asked(ball={"prompt": "a red ball", "threshold": 0.5})
    result = detect_in_document(settings, state, "calls:a.mp4", blueprint, detector="x")  # type: ignore[arg-type]
    assert result["fields"]["ball"]["values"] and seen(folder) == {"test": result}
    (folder / "seen-broken.json").write_text("{")
    assert list(seen(folder)) == ["test"]
    for document, said in (("calls:b.md", "no recording that is kept"), ("calls:c", "There is no document")):
        with pytest.raises(QuestionError, match=said):
            detect_in_document(settings, state, document, blueprint, detector="x")  # type: ignore[arg-type]
