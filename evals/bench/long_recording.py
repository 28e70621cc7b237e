"""A long recording, killed and gone on with: `python -m evals.bench.long_recording TRANSCRIPT [--places 4]`.

The transcript is spoken at some places of an otherwise silent recording. A process that hears it is ended with kill -9
once a third of the stretches is kept; a second one goes on. Printed are the greatest memory of each with what it
started (resident, megabytes), how many stretches were kept, and whether any of them was heard again.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.text.detect import detect_language
from samples.spoken import RATE, spoken, turns_of, write

_HEAR = """
import sys
from pathlib import Path
from core.settings import RecordingSettings
from ingestion.parse.recording.transcribe import Recordings
recordings = Recordings(RecordingSettings(beam=1), Path(sys.argv[2]))
file = Path(sys.argv[1])
print(recordings.parse(file.read_bytes(), file.name).metadata["duration"])
recordings.close()
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("transcript", type=Path)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--places", type=int, default=4)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="debrief-bench-") as folder:
        file, kept = Path(folder) / "long.mp3", Path(folder) / "kept"
        speech_s = _write(file, chosen.transcript, chosen.hours, chosen.places)
        stretches = round(chosen.hours * 12)
        killed_mb, _ = _heard(file, kept, stop_at=stretches // 3)
        before = {piece: piece.stat().st_mtime_ns for piece in kept.rglob("*-*.json")}
        begun = time.monotonic()
        mb, said = _heard(file, kept)
        again = [piece for piece, at in before.items() if piece.stat().st_mtime_ns != at]
        report = {
            "duration": said.strip(), "speech_s": round(speech_s), "file_mb": round(file.stat().st_size / 1e6),
            "kept_at_kill": len(before), "kept": len(list(kept.rglob("*-*.json"))), "heard_again": len(again),
            "peak_mb_killed": killed_mb, "peak_mb": mb, "seconds_of_the_rest": round(time.monotonic() - begun),
        }  # fmt: skip
        print(json.dumps(report))


def _write(file: Path, transcript: Path, hours: float, places: int) -> float:
    """Writes the recording; how many seconds of it are speech."""
    turns = turns_of(transcript.read_bytes(), transcript.name)
    speech = spoken(turns, detect_language(" ".join(words for _, words in turns)))
    sound = np.zeros(int(hours * 3600 * RATE), np.int16)
    for place in range(places):
        begin = int(place * len(sound) / places)
        sound[begin : begin + len(speech)] = speech[: len(sound) - begin]
    write(file, sound)
    return places * len(speech) / RATE


def _heard(file: Path, kept: Path, stop_at: int | None = None) -> tuple[int, str]:
    """(Greatest memory in MB, what was printed) of a process that hears; killed once so many stretches are kept."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HEAR, str(file), str(kept)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    most = 0
    while process.poll() is None:
        most = max(most, sum(map(_resident_kb, [process.pid, *_children(process.pid)])))
        if stop_at is not None and len(list(kept.rglob("*-*.json"))) >= stop_at:
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.2)
    said = process.communicate()[0]
    return most // 1000, said


def _children(pid: int) -> Iterator[int]:
    """All processes below one."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = task.read_text().split()
        except OSError:
            continue
        for child in map(int, found):
            yield child
            yield from _children(child)


def _resident_kb(pid: int) -> int:
    """Memory that is the process's alone: what a fork shares with its parent isn't counted twice."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


if __name__ == "__main__":
    main()
