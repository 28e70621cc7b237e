"""`Recordings`: a recording's bytes → its transcript. Each stretch is kept as soon as it is heard.

A recording is hours long and a process may end at any moment: what was heard stays under the data folder by the
recording's digest, and the next run goes on behind it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import ParseError, TooLarge
from core.isolation import Bounds, ProcessPool, Stopped
from core.llm.speech import speech_folder, voice_file
from core.media_names import suffix
from core.types import Parsed, Section
from ingestion.parse.draft import Budget, Draft, ParseLimits
from ingestion.parse.pdf.ocr import line_reader
from ingestion.parse.recording.beside import utterances_of
from ingestion.parse.recording.kept_file import write
from ingestion.parse.recording.names import changes, renamed
from ingestion.parse.recording.shown import EVERY_S, SIZE, Slide, kept_slides, read_slides
from ingestion.parse.recording.speakers import with_speakers
from ingestion.parse.recording.turns import Utterance, add_turns, clock, speakers_of
from ingestion.parse.recording.written import folder_of, keep_media, keep_said, kept_said
from vision.video import Video

if TYPE_CHECKING:
    from core.settings import RecordingSettings

log = logging.getLogger(__name__)

PIECE_S = 300.0
# Of a piece's own length: what its process may take; a slow machine hears about as fast as people speak.
_PATIENCE = 8
_MEMORY_MB = 4_000  # of addresses; resident are about 600


@dataclass(frozen=True, slots=True)
class _Heard:
    """One stretch; `voices` has a base64 row of 16-bit floats for all utterances, or nothing."""

    said: tuple[Utterance, ...]
    language: str
    next_s: float | None
    voices: str = ""


class Recordings:
    """Transcribes recordings one at a time, with all cores; safe to use from several threads at once."""

    def __init__(self, settings: RecordingSettings, kept: Path | None = None) -> None:
        """`kept` is where what was heard stays, and the media; None keeps nothing."""
        self._settings, self._kept = settings, kept
        self._processes = ProcessPool("ingestion.parse.recording.listen", 1, _log_replaced)

    def parse(
        self,
        body: bytes,
        name: str,
        progress: Callable[[float], None] = lambda _: None,
        transcript: Parsed | None = None,
    ) -> Parsed:
        """What was said, in paragraphs with their times; `progress` is told the share that is heard.

        Args:
            transcript: What lies beside it. With turns and times it is taken instead of listening.

        Raises:
            Unsupported: the extra or the speech model is missing.
            TooLarge: it is over a limit.
            ParseError: it is damaged, silent, or took too long (`retry` is then True).
        """
        shown = name or "The file"
        written = utterances_of(transcript) if transcript else []
        try:
            if written:
                return self._with_transcript(body, name, written)
            return self._listened(body, name, progress)
        except ParseError as error:
            failure = type(error)(f"{shown}: {error}".rstrip(".") + ".")
            failure.retry = error.retry
            raise failure from error

    def close(self) -> None:
        """Stops the process."""
        self._processes.close()

    def _with_transcript(self, body: bytes, name: str, said: Sequence[Utterance]) -> Parsed:
        """The words of the transcript, the recording to play; two with the same media may have other transcripts."""
        said_digest = hashlib.sha256(repr(said).encode()).digest()
        key = hashlib.sha256(hashlib.sha256(body).digest() + said_digest).hexdigest()[:32]
        with self._folder(key) as folder:
            facts = self._facts(keep_media(folder, body, suffix(name)))
            return self._whole(folder, key, said, facts, "")

    def _listened(self, body: bytes, name: str, progress: Callable[[float], None]) -> Parsed:
        model = speech_folder(self._settings.model)
        self._check_size(body)
        key = hashlib.sha256(body).hexdigest()[:32]
        with self._folder(key) as folder:
            media = keep_media(folder, body, suffix(name))
            facts = self._facts(media)
            length = float(facts["seconds"])
            pieces = list(self._pieces(folder, media, model, length, progress))
            said = corrected(_told_apart(pieces), self._settings.corrections)
            if not said:
                raise ParseError(f"nobody speaks in its {clock(length)}; nothing can be found in it")
            spoken = [piece.language for piece in pieces if piece.language]
            return self._whole(folder, key, said, facts, max(spoken, key=spoken.count))

    def _whole(self, folder: Path, key: str, said: Sequence[Utterance], facts: dict[str, Any], language: str) -> Parsed:
        """The recording as a document, and what is kept of it."""
        slides = self._slides(folder) if facts["video"] and self._settings.slides else []
        if not self._settings.keep_media:
            for media in folder.glob("media.*"):
                media.unlink()
        keep_said(folder, said)
        said = renamed(said, changes(folder))
        draft = Draft(Budget(ParseLimits()))
        add_turns(draft, said, slides)
        length = max(float(facts["seconds"]), said[-1].end_s)
        told = {"duration": clock(length), "medium": "video" if facts["video"] else "audio"}
        told |= {"language": language} if language else {}
        told |= {"recording": key} if self._kept else {}
        return draft.parsed("", {**told, "speakers": speakers_of(said)} if speakers_of(said) else told)

    def _slides(self, folder: Path) -> list[Slide]:
        """What stands on its slides; [] without the extra `ocr`, or where its pictures can't be read."""
        read = line_reader()
        media = next(iter(folder.glob("media.*")), None)
        if read is None or media is None:
            return []

        def made() -> list[Slide]:
            with Video(media) as video:
                return read_slides(video.frames(EVERY_S, SIZE), read)

        try:
            return kept_slides(folder, made)
        except ParseError as error:
            log.warning("the pictures of a recording can't be read: %s", type(error).__name__)
            return []

    def _check_size(self, body: bytes) -> None:
        if len(body) > self._settings.max_bytes:
            raise TooLarge(
                f"it has {len(body):,} bytes, over the limit of {self._settings.max_bytes:,}; "
                "cut it, or raise parsing.recordings.max_bytes"
            )

    def _facts(self, media: Path) -> dict[str, Any]:
        """Length and kind of the file."""
        facts = self._ask({"do": "probe", "path": str(media)}, 60.0)
        length = float(facts["seconds"])
        if length > self._settings.max_hours * 3600:
            raise TooLarge(
                f"it is {clock(length)} long, over the limit of {self._settings.max_hours:g} hours; "
                "cut it, or raise parsing.recordings.max_hours"
            )
        return facts

    def _pieces(
        self, folder: Path, media: Path, model: Path, length: float, progress: Callable[[float], None]
    ) -> Iterator[_Heard]:
        """Stretch after stretch: from the folder what was heard before, else from the process."""
        settings = self._settings
        voices = voice_file() if settings.speakers else None
        request = {
            "do": "listen", "path": str(media), "model": str(model), "language": settings.language,
            "words": ", ".join(settings.words), "beam": settings.beam, "most_s": PIECE_S,
            "threads": settings.threads or os.cpu_count() or 1, "voices": str(voices or ""),
        }  # fmt: skip
        way = self._way(model, voices is not None)
        begin: float | None = 0.0
        since, heard_s = time.monotonic(), 0.0
        while begin is not None:
            file = folder / f"{way}-{int(begin * 1000):010d}.json"
            piece = _read(file)
            if piece is None:
                reply = self._ask({**request, "begin_s": begin}, PIECE_S * _PATIENCE)
                write(file, json.dumps(reply, ensure_ascii=False).encode())
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

    def _way(self, model: Path, voices: bool) -> str:
        """Names how it is heard: another model, language or list of words hears other words."""
        settings = self._settings
        chosen = [
            model.name,
            settings.language,
            settings.words,
            settings.beam,
            PIECE_S,
            *(["voices"] if voices else []),
        ]
        return hashlib.sha256(repr(chosen).encode()).hexdigest()[:8]

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
    """What was said in a recording by its key, under the names that people gave; empty when nothing is kept."""
    folder = folder_of(kept, key)
    return renamed(kept_said(folder), changes(folder)) if folder is not None else []


def with_rest(recording: Parsed, transcript: Parsed, name: str) -> Parsed:
    """The recording's document with the text of a file beside it that was no transcript: nothing of it is lost."""
    rest = tuple(
        Section(s.text, (name, *s.heading_path), s.page, s.locator, s.kind, s.rows) for s in transcript.sections
    )
    return Parsed((*recording.sections, *rest), recording.title, recording.metadata, recording.warnings)


def corrected(said: Sequence[Utterance], corrections: Mapping[str, str]) -> list[Utterance]:
    """The utterances with what is misheard again and again put right: whole words, in whatever case."""
    for wrong, right in corrections.items():
        found = re.compile(rf"(?<!\w){re.escape(wrong)}(?!\w)", re.IGNORECASE)
        plain = right.replace("\\", r"\\")  # a backslash is a backslash, and no reference
        said = [replace(u, text=found.sub(plain, u.text)) for u in said]
    return list(said)


def _told_apart(pieces: Sequence[_Heard]) -> list[Utterance]:
    """All that was said, with its speakers where every stretch has voices."""
    said = [utterance for piece in pieces for utterance in piece.said]
    if not said or not all(piece.voices for piece in pieces if piece.said):
        return said
    raw = b"".join(base64.b64decode(piece.voices) for piece in pieces)
    voices = np.frombuffer(raw, np.float16).astype(np.float32).reshape(len(said), -1)
    return with_speakers(said, voices)


def _read(file: Path) -> _Heard | None:
    try:
        return _piece(json.loads(file.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _piece(reply: dict[str, Any]) -> _Heard:
    said = tuple(Utterance(float(a), float(b), str(text)) for a, b, text in reply["said"])
    return _Heard(said, str(reply["language"]), reply["next_s"], str(reply.get("voices", "")))


def _log_replaced(reason: str) -> None:
    log.warning("a process that listens was replaced: %(reason)s", {"reason": reason})
