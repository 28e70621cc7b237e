"""Where the speech model is: a folder that faster-whisper reads, on this machine."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from core.errors import Unsupported
from core.llm.local.store import models_folder

STANDARD = "whisper-base"
REPOSITORY = "Systran/faster-whisper-base"  # the same model, on a hub
VOICES = "voice-encoder"
FILES = ("model.bin", "config.json", "tokenizer.json", "vocabulary.json")


def speech_folder(name: str = "") -> Path:
    """The folder of the model `name`: a path, a name in the models' folder, or "" for the standard one.

    Raises:
        Unsupported: the extra isn't installed or the model isn't there; the message says how to get them.
    """
    if importlib.util.find_spec("faster_whisper") is None:
        raise Unsupported("it is a recording; to search what is said in it, install the extra 'recordings'")
    folder = Path(name).expanduser() if "/" in name else models_folder() / (name or STANDARD)
    # A model's words stand in vocabulary.json or, in older ones, in vocabulary.txt.
    missing = [file for file in FILES[:3] if not (folder / file).is_file()]
    if missing:
        raise Unsupported(
            f"it is a recording, and the speech model isn't there ({folder / missing[0]}); "
            "fetch it with `debrief model get speech`, or set parsing.recordings.model to a model's folder"
        )
    return folder


def voice_file() -> Path | None:
    """The model that tells voices apart, where it is (`make speech`); None without it."""
    file = models_folder() / VOICES / "model.safetensors"
    return file if file.is_file() else None
