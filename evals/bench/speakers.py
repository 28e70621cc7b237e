"""How well voices are told apart: `python -m evals.bench.speakers [TRANSCRIPT …] [--heard]`.

Each transcript is spoken by espeak-ng with a voice for each speaker. Printed are how many speakers were found, and the
share of the time in which a speaker is told as another one (each found speaker stands for the one who says most of
it). Without --heard the turns are taken as they are spoken, so only voices are measured; with it the speech model
hears the recording and cuts it into sentences.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import ModelError
from core.llm.speech import voice_file
from core.settings import ParsingSettings
from core.text.detect import detect_language
from ingestion.parse import ParserPool
from ingestion.parse.recording.sound import RATE, samples
from ingestion.parse.recording.speakers import speaker_numbers
from ingestion.parse.recording.transcribe import heard
from ingestion.parse.recording.voices import VoiceEncoder
from samples.spoken import RATE as SPOKEN_RATE
from samples.spoken import spoken, spoken_turns, turns_of, write

Stretch = tuple[float, float, str]  # begin, end in seconds, speaker


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one JSON line a transcript."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("transcripts", type=Path, nargs="+")
    parser.add_argument("--heard", action="store_true")
    parser.add_argument("--turns", type=int, default=30, help="At most so many turns of each.")
    chosen = parser.parse_args(arguments)
    for transcript in chosen.transcripts:
        turns = turns_of(transcript.read_bytes(), transcript.name)[: chosen.turns]
        language = detect_language(" ".join(words for _, words in turns))
        truth = stretches(turns, language)
        with tempfile.TemporaryDirectory(prefix="debrief-bench-") as folder:
            file = Path(folder) / "call.ogg"
            write(file, spoken(turns, language))
            found = _heard(file) if chosen.heard else _by_voice(file, truth)
        report = {"transcript": transcript.name, "language": language, **confusion(truth, found)}
        print(json.dumps(report), flush=True)


def stretches(turns: Sequence[tuple[str, str]], language: str) -> list[Stretch]:
    """When each turn of the spoken transcript is, and whose."""
    found, at = [], 0.0
    for (speaker, _), sound in zip(turns, spoken_turns(turns, language), strict=True):
        length = len(sound) / SPOKEN_RATE
        found.append((at, at + length, speaker))
        at += length
    return found


def confusion(truth: Sequence[Stretch], found: Sequence[Stretch]) -> dict[str, float | int]:
    """How many spoke, how many were found, and the share of the spoken time that went to the wrong one."""
    shared: Counter[tuple[str, str]] = Counter()
    for begin, end, speaker in truth:
        for start, stop, name in found:
            shared[name, speaker] += round(1000 * max(0.0, min(end, stop) - max(begin, start)))
    spoken_for = {name: max((n, s) for (other, s), n in shared.items() if other == name)[1] for name, _ in shared}
    wrong = sum(n for (name, speaker), n in shared.items() if spoken_for[name] != speaker)
    return {
        "speakers": len({speaker for _, _, speaker in truth}),
        "found": len({name for _, _, name in found}),
        "confused": round(wrong / max(1, sum(shared.values())), 3),
    }


def _by_voice(file: Path, truth: Sequence[Stretch]) -> list[Stretch]:
    model = voice_file()
    if model is None:
        raise ModelError("The model of voices isn't there; fetch it with `make speech`.")
    sound = samples(str(file), 0.0, truth[-1][1])
    voices = VoiceEncoder(model).encode([sound[int(a * RATE) : int(b * RATE)] for a, b, _ in truth])
    numbers = speaker_numbers(voices, [end - begin for begin, end, _ in truth])
    if truth:
        _print_distances(voices, [speaker for _, _, speaker in truth])
    return [(a, b, str(number)) for (a, b, _), number in zip(truth, numbers, strict=True)]


def _print_distances(voices: np.ndarray, speakers: Sequence[str]) -> None:
    """The mean cosine of two turns of one speaker, and of two speakers: how clearly they can be told apart."""
    cosines = voices @ voices.T
    same = np.array([[one == other for other in speakers] for one in speakers])
    off = ~np.eye(len(speakers), dtype=bool)
    one, two = cosines[same & off], cosines[~same]
    if len(one) and len(two):
        print(json.dumps({"cosine_same": round(float(one.mean()), 3), "cosine_other": round(float(two.mean()), 3)}))


def _heard(file: Path) -> list[Stretch]:
    with (
        tempfile.TemporaryDirectory(prefix="debrief-bench-") as kept,
        ParserPool(ParsingSettings(), kept=Path(kept)) as pool,
    ):
        parsed = pool.parse(file.read_bytes(), file.name)
        said = heard(Path(kept), str(parsed.metadata["recording"]))
    return [(u.begin_s, u.end_s, u.speaker) for u in said]


if __name__ == "__main__":
    main()
