"""What is kept of recordings: the media for the player, and what was heard, until no document stands on them."""

from __future__ import annotations

from pathlib import Path

from core.settings import Settings
from ingestion.parse.recording.transcribe import heard
from ingestion.parse.recording.turns import Utterance
from ingestion.parse.recording.written import folder_of, forget_all_but, media_of
from ingestion.state import SyncState

KEY = "recording"  # the attribute of a document that names its recording


def recordings_folder(settings: Settings) -> Path:
    """Where they are kept."""
    return settings.data_path / "recordings"


def media_file(settings: Settings, key: object) -> Path | None:
    """The kept media of a document's recording; None when there is none."""
    return media_of(recordings_folder(settings), str(key or ""))


def utterances(settings: Settings, key: object) -> list[Utterance]:
    """What was said in a kept recording, in order; empty when nothing is kept."""
    return heard(recordings_folder(settings), str(key or ""))


def recording_folder(settings: Settings, key: object) -> Path | None:
    """Where a document's recording is kept; None for what is no key."""
    return folder_of(recordings_folder(settings), str(key or ""))


def forget_recordings(settings: Settings, state: SyncState) -> int:
    """Deletes what is kept of recordings without a document in the index; how many there were."""
    folder = recordings_folder(settings)
    if not folder.is_dir():
        return 0
    return forget_all_but(folder, frozenset(str(record.attributes.get(KEY, "")) for record in state.indexed()))
