"""What was found in the pictures of an indexed recording: kept with it, shown on its page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import QuestionError
from core.settings import Settings
from ingestion.parse.recording.kept_file import write
from ingestion.recordings import KEY, media_file, recording_folder
from ingestion.state import SyncState
from vision.blueprint import Blueprint
from vision.detect import detect
from vision.detectors.opened import open_detector
from vision.video import Video

_PREFIX = "seen-"


def detect_in_document(
    settings: Settings,
    state: SyncState,
    document: str,
    blueprint: Blueprint,
    *,
    detector: str = "",
    progress: Callable[[float], None] = lambda _: None,
) -> dict[str, Any]:
    """What the blueprint asks for, found in a document's recording; kept until no document stands on the recording.

    Raises:
        QuestionError: there is no such document, or its recording isn't kept here.
    """
    record = state.record(document)
    if record is None:
        raise QuestionError(f"There is no document {document!r}; `debrief docs list` names them.")
    media = media_file(settings, record.attributes.get(KEY))
    folder = recording_folder(settings, record.attributes.get(KEY))
    if media is None or folder is None:
        raise QuestionError(
            f"{document} has no recording that is kept here; set parsing.recordings.keep_media, then run `debrief sync "
            f"{record.source} --full`."
        )
    with Video(media) as video:
        result = detect(video, blueprint, open_detector(settings.vision, blueprint, detector), progress)
    write(folder / f"{_PREFIX}{blueprint.name}.json", json.dumps(result, ensure_ascii=False).encode())
    return result


def seen(folder: Path) -> dict[str, dict[str, Any]]:
    """Blueprint's name → its result, of a recording's folder."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(folder.glob(f"{_PREFIX}*.json")):
        try:
            found[file.stem.removeprefix(_PREFIX)] = json.loads(file.read_bytes())
        except (OSError, ValueError):
            continue
    return found
