"""What a recording's process does: one request probes a file, or writes down what is said in a stretch of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av.error
import ctranslate2  # noqa: F401 - loaded before the fork
import faster_whisper
import numpy as np
from faster_whisper.vad import VadOptions, get_speech_timestamps

from core.errors import ParseError
from core.isolation import worker
from ingestion.parse.recording.sound import RATE, probe, samples
from ingestion.parse.recording.voices import VoiceEncoder

if TYPE_CHECKING:
    from faster_whisper.transcribe import Segment
    from numpy.typing import NDArray

_Said = tuple[float, float, str]  # begin, end in seconds, text

# A stretch ends in a pause of this length, looked for in its last part.
_PAUSE_MS = 400
_LAST_PART = 0.7
# Where voices are told apart, an utterance ends with its sentence, or where nobody speaks for so long.
_SILENCE_S = 0.7
_ENDS = (".", "?", "!", "…", "。")


def serve() -> None:
    """Answers requests until stdin closes."""
    worker.serve(_answered)


def _answered(head: bytes, _: bytes) -> bytes:
    request = json.loads(head)
    try:
        reply = _probed(request) if request["do"] == "probe" else _heard(request)
    except ParseError as error:
        reply = {"error": str(error)}
    except av.error.FFmpegError as error:
        reply = {"error": f"it is damaged and can't be read as a recording ({error.strerror}); get a fresh copy"}
    return json.dumps(reply, ensure_ascii=False).encode()


def _probed(request: dict[str, Any]) -> dict[str, Any]:
    media = probe(request["path"])
    return {"seconds": media.seconds, "video": media.video}


def _heard(request: dict[str, Any]) -> dict[str, Any]:
    """The utterances of a stretch, and where the next one begins (None at the recording's end)."""
    begin, most = float(request["begin_s"]), float(request["most_s"])
    sound = samples(request["path"], begin, most)
    if len(sound) < RATE // 10:
        return {"said": [], "language": "", "next_s": None}
    options = VadOptions(min_silence_duration_ms=_PAUSE_MS, speech_pad_ms=200)
    speech = get_speech_timestamps(sound, options)
    whole = len(sound) < int(most * RATE)
    end = len(sound) if whole else _pause(speech, len(sound))
    next_s = None if whole else begin + end / RATE
    if not any(part["start"] < end for part in speech):
        return {"said": [], "language": "", "next_s": next_s}
    said, language = _utterances(sound[:end], request, options)
    shifted = [[round(a + begin, 2), round(b + begin, 2), text] for a, b, text in said]
    voices = _voices(sound, said, request["voices"]) if request["voices"] else ""
    return {"said": shifted, "language": language, "next_s": next_s, "voices": voices}


def _pause(speech: list[dict[str, int]], length: int) -> int:
    """The middle of the last pause, so that no word is cut in two; the end when nobody pauses."""
    for before, after in zip(reversed(speech[:-1]), reversed(speech[1:]), strict=True):
        middle = (before["end"] + after["start"]) // 2
        if middle < _LAST_PART * length:
            break
        return middle
    if speech and _LAST_PART * length < speech[-1]["end"] < length - RATE:
        return (speech[-1]["end"] + length) // 2
    return length


def _voices(sound: NDArray[np.float32], said: list[_Said], model: str) -> str:
    """The utterances' voices, row by row as 16-bit floats in base64."""
    encoder = VoiceEncoder(Path(model))
    rows = encoder.encode([sound[int(begin * RATE) : int(end * RATE)] for begin, end, _ in said])
    return base64.b64encode(rows.astype(np.float16).tobytes()).decode()


def _utterances(sound: NDArray[np.float32], request: dict[str, Any], options: VadOptions) -> tuple[list[_Said], str]:
    """(Begin, end in seconds, text) of each utterance, and the language's code."""
    model = faster_whisper.WhisperModel(
        request["model"], device="cpu", compute_type="int8", cpu_threads=request["threads"], local_files_only=True
    )
    # Text from before isn't given on: a model that has begun to repeat itself would go on for the rest.
    segments, facts = model.transcribe(
        sound, language=request["language"] or None, vad_filter=True, vad_parameters=options,
        condition_on_previous_text=False, hotwords=request["words"] or None, beam_size=request["beam"],
        word_timestamps=bool(request["voices"]),
    )  # fmt: skip
    parts = (part for segment in segments for part in _sentences(segment))
    return [(begin, end, text.strip()) for begin, end, text in parts if text.strip()], facts.language


def _sentences(segment: Segment) -> Iterator[_Said]:
    """The segment cut behind sentences and in silences, where its words have times: who speaks changes there."""
    words = segment.words or []
    if not words:
        yield segment.start, segment.end, segment.text
        return
    first = 0
    for n, word in enumerate(words):
        following = words[n + 1] if n + 1 < len(words) else None
        if following is None or word.word.endswith(_ENDS) or following.start - word.end > _SILENCE_S:
            yield words[first].start, word.end, "".join(w.word for w in words[first : n + 1])
            first = n + 1
