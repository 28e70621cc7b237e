"""`Recordings`: a recording's bytes → its transcript. Each stretch is kept as soon as it is heard.

A recording is hours long and a process may end at any moment: what was heard stays under the data folder by the
recording's digest, and the next run goes on behind it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ParseError, TooLarge
from core.isolation import Bounds, ProcessPool, Stopped
from core.llm.speech import speech_folder
from core.types import Parsed
from ingestion.parse.draft import Budget, Draft, ParseLimits
from ingestion.parse.media import suffix
from ingestion.parse.recording.turns import Utterance, add_turns, clock

if TYPE_CHECKING:
    from core.settings import RecordingSettings

log = logging.getLogger(__name__)

PIECE_S = 300.0
# Of a piece's own length: what its process may take; a slow machine hears about as fast as people speak.
_PATIENCE = 8
_MEMORY_MB = 4_000  # of addresses; resident are about 600
_MEDIA, _WHOLE = "media", "whole"
# What was begun and never went on is given up after so long.
_GIVEN_UP_S = 14 * 86_400.0


@dataclass(frozen=True, slots=True)
class _Heard:
    said: tuple[Utterance, ...]
    language: str
    next_s: float | None


class Recordings:
    """Transcribes recordings one at a time, with all cores; safe to use from several threads at once."""

    def __init__(self, settings: RecordingSettings, kept: Path | None = None) -> None:
        """`kept` is where what was heard stays, and the media; None keeps nothing."""
        self._settings, self._kept = settings, kept
        self._processes = ProcessPool("ingestion.parse.recording.listen", 1, _log_replaced)

    def parse(self, body: bytes, name: str, progress: Callable[[float], None] = lambda _: None) -> Parsed:
        """What was said, in paragraphs with their times; `progress` is told the share that is heard.

        Raises:
            Unsupported: the extra or the speech model is missing.
            TooLarge: it is over a limit.
            ParseError: it is damaged, silent, or took too long (`retry` is then True).
        """
        shown = name or "The file"
        try:
            return self._parsed(body, name, progress)
        except ParseError as error:
            failure = type(error)(f"{shown}: {error}".rstrip(".") + ".")
            failure.retry = error.retry
            raise failure from error

    def close(self) -> None:
        """Stops the process."""
        self._processes.close()

    def _parsed(self, body: bytes, name: str, progress: Callable[[float], None]) -> Parsed:
        model = speech_folder(self._settings.model)
        if len(body) > self._settings.max_bytes:
            raise TooLarge(
                f"it has {len(body):,} bytes, over the limit of {self._settings.max_bytes:,}; "
                "cut it, or raise parsing.recordings.max_bytes"
            )
        key = hashlib.sha256(body).hexdigest()[:32]
        with self._folder(key) as folder:
            media = folder / f"{_MEDIA}.{suffix(name) or 'bin'}"
            if not media.is_file() or media.stat().st_size != len(body):
                _write(media, body)
            facts = self._ask({"do": "probe", "path": str(media)}, 60.0)
            length = float(facts["seconds"])
            if length > self._settings.max_hours * 3600:
                raise TooLarge(
                    f"it is {clock(length)} long, over the limit of {self._settings.max_hours:g} hours; "
                    "cut it, or raise parsing.recordings.max_hours"
                )
            pieces = list(self._pieces(folder, media, model, length, progress))
            if not self._settings.keep_media:
                media.unlink()
            _write(folder / _WHOLE, self._way(model).encode())
        said = [utterance for piece in pieces for utterance in piece.said]
        if not said:
            raise ParseError(f"nobody speaks in its {clock(length)}; nothing can be found in it")
        draft = Draft(Budget(ParseLimits()))
        add_turns(draft, said)
        spoken = [piece.language for piece in pieces if piece.language]
        language = max(spoken, key=spoken.count)
        kept = {"recording": key} if self._kept else {}
        kind = "video" if facts["video"] else "audio"
        return draft.parsed(
            "", {"duration": clock(max(length, said[-1].end_s)), "medium": kind, "language": language, **kept}
        )

    def _pieces(
        self, folder: Path, media: Path, model: Path, length: float, progress: Callable[[float], None]
    ) -> Iterator[_Heard]:
        """Stretch after stretch: from the folder what was heard before, else from the process."""
        settings = self._settings
        request = {
            "do": "listen", "path": str(media), "model": str(model), "language": settings.language,
            "words": ", ".join(settings.words), "beam": settings.beam, "most_s": PIECE_S,
            "threads": settings.threads or os.cpu_count() or 1,
        }  # fmt: skip
        way = self._way(model)
        begin: float | None = 0.0
        since, heard_s = time.monotonic(), 0.0
        while begin is not None:
            file = folder / f"{way}-{int(begin * 1000):010d}.json"
            piece = _read(file)
            if piece is None:
                reply = self._ask({**request, "begin_s": begin}, PIECE_S * _PATIENCE)
                _write(file, json.dumps(reply, ensure_ascii=False).encode())
                piece = _piece(reply)
                heard_s += (length if piece.next_s is None else piece.next_s) - begin
                rate = heard_s / max(0.001, time.monotonic() - since)
                done = clock(length if piece.next_s is None else piece.next_s)
                log.info("heard %s of %s, %.1f times as fast as it was spoken", done, clock(length), rate)
            yield piece
            if piece.next_s is not None and piece.next_s <= begin:
                return
            begin = piece.next_s
            progress(1.0 if begin is None else min(1.0, begin / length) if length else 0.0)

    def _way(self, model: Path) -> str:
        """Names how it is heard: another model, language or list of words hears other words."""
        settings = self._settings
        chosen = repr([model.name, settings.language, settings.words, settings.beam, PIECE_S])
        return hashlib.sha256(chosen.encode()).hexdigest()[:8]

    def _ask(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        try:
            outcome = self._processes.run(json.dumps(request).encode(), b"", Bounds(timeout_s, _MEMORY_MB))
        except Stopped as error:
            failure = ParseError(f"the process that listens stopped ({error}); sync again to go on where it was")
            failure.retry = True
            raise failure from error
        if outcome.ended == "time":
            failure = ParseError("listening to it took too long; sync again to go on where it was")
            failure.retry = True
            raise failure
        if outcome.ended != "done" or not outcome.reply:
            raise ParseError(f"listening to it failed ({outcome.ended}): it is probably damaged; get a fresh copy")
        reply: dict[str, Any] = json.loads(outcome.reply)
        if "error" in reply:
            raise ParseError(reply["error"])
        return reply

    @contextmanager
    def _folder(self, key: str) -> Iterator[Path]:
        if self._kept is None:
            with tempfile.TemporaryDirectory(prefix="debrief-recording-") as passing:
                yield Path(passing)
            return
        folder = self._kept / key
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield folder


def heard(kept: Path, key: str) -> list[Utterance]:
    """What was said in a recording by its key, as it was heard last; empty when nothing is kept."""
    if not _is_key(key):
        return []
    try:
        way = (kept / key / _WHOLE).read_text(encoding="ascii")
    except OSError:
        return []
    pieces = [_read(file) for file in sorted((kept / key).glob(f"{way}-*.json"))]
    return [utterance for piece in pieces if piece for utterance in piece.said]


def media_of(kept: Path, key: str) -> Path | None:
    """The kept media file of a recording by its key; None when there is none."""
    if not _is_key(key):
        return None
    return next(iter(sorted((kept / key).glob(f"{_MEDIA}.*"))), None)


def _is_key(text: str) -> bool:
    return len(text) == 32 and text.isalnum()


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


def _write(file: Path, body: bytes) -> None:
    """Writes the file whole or not at all, readable by this user alone."""
    new = file.with_name(file.name + ".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(body)
    new.replace(file)


def _read(file: Path) -> _Heard | None:
    try:
        return _piece(json.loads(file.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _piece(reply: dict[str, Any]) -> _Heard:
    said = tuple(Utterance(float(a), float(b), str(text)) for a, b, text in reply["said"])
    return _Heard(said, str(reply["language"]), reply["next_s"])


def _log_replaced(reason: str) -> None:
    log.warning("a process that listens was replaced: %(reason)s", {"reason": reason})
