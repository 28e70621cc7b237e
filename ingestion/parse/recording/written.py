"""What stays of recordings in the data folder, by their keys: the media, each stretch heard, and all that was said."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from ingestion.parse.recording.kept_file import write
from ingestion.parse.recording.turns import Utterance

_MEDIA, _WHOLE = "media", "whole"
# What was begun and never went on is given up after so long.
_GIVEN_UP_S = 14 * 86_400.0


def keep_media(folder: Path, body: bytes, suffix: str) -> Path:
    """The file of a recording's bytes in its folder, written if it isn't there."""
    media = folder / f"{_MEDIA}.{suffix or 'bin'}"
    if not media.is_file() or media.stat().st_size != len(body):
        write(media, body)
    return media


def keep_said(folder: Path, said: Sequence[Utterance]) -> None:
    """Writes down all that was said: the recording is whole now."""
    rows = [[u.begin_s, u.end_s, u.text, u.speaker] for u in said]
    write(folder / _WHOLE, json.dumps(rows, ensure_ascii=False).encode())


def kept_said(folder: Path) -> list[Utterance]:
    """All that was said, as it was heard; empty when it isn't whole."""
    try:
        rows = json.loads((folder / _WHOLE).read_bytes())
        return [Utterance(float(a), float(b), str(text), str(speaker)) for a, b, text, speaker in rows]
    except (OSError, ValueError, TypeError):
        return []


def folder_of(kept: Path, key: str) -> Path | None:
    """The folder of a recording by its key; None for what is no key."""
    return kept / key if len(key) == 32 and key.isalnum() else None


def media_of(kept: Path, key: str) -> Path | None:
    """The kept media file of a recording by its key; None when there is none."""
    folder = folder_of(kept, key)
    return None if folder is None else next(iter(sorted(folder.glob(f"{_MEDIA}.*"))), None)


def forget_all_but(kept: Path, keys: frozenset[str]) -> int:
    """Deletes what is kept of other recordings, but not what is still being heard; how many there were."""
    gone = []
    for folder in kept.iterdir():
        begun = folder.is_dir() and not (folder / _WHOLE).exists()
        if folder.name not in keys and not (begun and time.time() - folder.stat().st_mtime < _GIVEN_UP_S):
            gone.append(folder)
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return len(gone)
