"""How well and how fast recordings are heard: `python -m evals.bench.recordings [TRANSCRIPT.vtt …] [--beam 2]`.

Each transcript is spoken by espeak-ng with a voice for each speaker, and heard by the speech model. Printed are the
word error rate (substitutions, deletions and insertions over the words spoken; figures and case as they are written
count as one) and the seconds of listening for each second of speech. A robot's voice is harder than a person's.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from core.settings import ParsingSettings
from core.text.detect import detect_language
from ingestion.parse import ParserPool
from samples.spoken import RATE, spoken, turns_of, write

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "workspace" / "files" / "transcripts"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one JSON line a transcript."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("transcripts", type=Path, nargs="*", help="Default: those of the sample.")
    parser.add_argument("--beam", type=int, default=2)
    parser.add_argument("--turns", type=int, default=30, help="At most so many turns of each.")
    chosen = parser.parse_args(arguments)
    settings = ParsingSettings.model_validate({"recordings": {"beam": chosen.beam}})
    with ParserPool(settings) as pool, tempfile.TemporaryDirectory(prefix="debrief-bench-") as folder:
        for transcript in chosen.transcripts or sorted(SAMPLES.glob("*.vtt")):
            turns = turns_of(transcript.read_bytes(), transcript.name)[: chosen.turns]
            said = " ".join(words for _, words in turns)
            language = detect_language(said)
            sound = spoken(turns, language)
            file = Path(folder) / "call.ogg"
            write(file, sound)
            begun = time.monotonic()
            parsed = pool.parse(file.read_bytes(), file.name)
            took, length = time.monotonic() - begun, len(sound) / RATE
            found = " ".join(section.text for section in parsed.sections)
            print(
                json.dumps(
                    {
                        "transcript": transcript.name,
                        "language": language,
                        "heard_as": parsed.metadata["language"],
                        "seconds": round(length),
                        "words": len(words_of(said)),
                        "word_error_rate": round(errors(words_of(said), words_of(found)) / len(words_of(said)), 3),
                        "real_time_factor": round(took / length, 3),
                    }
                ),
                flush=True,
            )


def words_of(text: str) -> list[str]:
    """Words and figures in small letters, without punctuation."""
    return re.findall(r"\w+", re.sub(r"(?<=\d)[.,:](?=\d)", "", text.casefold()))


def errors(spoken_words: Sequence[str], heard_words: Sequence[str]) -> int:
    """The edit distance in words."""
    row = list(range(len(heard_words) + 1))
    for n, word in enumerate(spoken_words, 1):
        before, row[0] = row[0], n
        for m, other in enumerate(heard_words, 1):
            before, row[m] = row[m], min(row[m] + 1, row[m - 1] + 1, before + (word != other))
    return row[-1]


if __name__ == "__main__":
    main()
