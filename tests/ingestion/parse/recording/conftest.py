from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("faster_whisper", reason="the extra 'recordings' isn't installed")

from core.llm.speech import STANDARD
from core.settings import ParsingSettings
from ingestion.parse import ParserPool

# The person's own, before a test sets another folder.
MODEL = Path(os.environ.get("DEBRIEF_MODELS") or Path.home() / ".cache" / "debrief" / "models") / STANDARD

needs_speech = pytest.mark.skipif(
    not (MODEL / "model.bin").is_file() or shutil.which("espeak-ng") is None,
    reason="no speech model (make speech), or no espeak-ng (apt-get install espeak-ng)",
)
SAID = [
    ("Maria", "Good morning. We agreed that Maria sends the new sensor list on Friday."),
    ("Peter", "I will call the customer about the open invoice. The click rate fell from six to four percent."),
]


@pytest.fixture(scope="session")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ParserPool]:
    """A pool that hears with the real model, and keeps nothing."""
    settings = ParsingSettings.model_validate({"recordings": {"model": str(MODEL)}})
    with ParserPool(settings) as pool:
        yield pool


@pytest.fixture(scope="session")
def deaf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ParserPool]:
    """A pool whose model is never opened: for what ends before anything is heard."""
    folder = tmp_path_factory.mktemp("model")
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (folder / name).touch()
    settings = ParsingSettings.model_validate({"recordings": {"model": str(folder), "max_hours": 0.01}})
    with ParserPool(settings) as pool:
        yield pool
