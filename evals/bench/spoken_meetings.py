"""What minutes lose when a meeting is heard, not read: `python -m evals.bench.spoken_meetings DIR [--only 31 41]`.

Each transcript with a NN_gold.yaml is spoken by espeak-ng and heard; the meeting app's step makes minutes of the
written transcript, of the recording alone, and of the recording with its transcript beside it. Printed are the shares
of the labelled items that each tells, and how many of the written one's items the heard one tells too.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from apps.language.app_file import AppFile
from core.settings import ParsingSettings, load_settings
from core.text.detect import detect_language
from core.types import Companion
from evals.measures.spoken_meetings import FIELDS, Tally, count, matched, outcomes_in, outcomes_of, transcript_beside
from ingestion.parse import ParserPool
from retrieval.models import Embedder, open_embedder
from samples.spoken import spoken, turns_of, write

_WAYS = ("written", "heard", "both")


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one JSON line a meeting, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=(), help="The numbers of these meetings alone.")
    chosen = parser.parse_args(arguments)
    embedder = open_embedder(load_settings())
    tallies = {way: Tally() for way in _WAYS}
    kept = dict.fromkeys(FIELDS, 0)
    written = dict.fromkeys(FIELDS, 0)
    with ParserPool(ParsingSettings()) as pool:
        for gold in sorted(chosen.folder.glob("*_gold.yaml")):
            transcript = transcript_beside(gold)
            turns = turns_of(transcript.read_bytes(), transcript.name)
            if not turns or (chosen.only and gold.name.partition("_")[0] not in chosen.only):
                continue
            minutes = _minutes(pool, transcript, turns)
            labels = yaml.safe_load(gold.read_text(encoding="utf-8")) or {}
            for way, tally in tallies.items():
                count(tally, labels, minutes[way], embedder)
            _compare(minutes, kept, written, embedder)
            print(json.dumps({"meeting": transcript.name, **_numbers(minutes)}), flush=True)
    print(json.dumps({way: tally.figures() for way, tally in tallies.items()}))
    print(json.dumps({"written items": written, "told by the heard one, too": kept}))


def _minutes(pool: ParserPool, transcript: Path, turns: Sequence[tuple[str, str]]) -> dict[str, Mapping[str, Any]]:
    """The minutes by each way."""
    language = detect_language(" ".join(words for _, words in turns))
    with tempfile.TemporaryDirectory(prefix="debrief-bench-") as folder:
        # The name has the day of the meeting in it, if any.
        file = Path(folder) / f"{transcript.stem}.ogg"
        write(file, spoken(turns, language))
        body = file.read_bytes()
    beside = Companion(transcript.name, transcript.read_bytes())
    return {
        "written": outcomes_of(transcript),
        "heard": outcomes_in(AppFile(file.name, pool.parse(body, file.name))),
        "both": outcomes_in(AppFile(file.name, pool.parse(body, file.name, transcript=beside))),
    }


def _compare(
    minutes: Mapping[str, Mapping[str, Any]], kept: dict[str, int], written: dict[str, int], embedder: Embedder
) -> None:
    for kind, name in FIELDS.items():
        wanted = [_label(item, kind) for item in minutes["written"][name]]
        written[kind] += len(wanted)
        kept[kind] += len(matched(wanted, minutes["heard"][name], embedder))


def _label(item: Mapping[str, Any], kind: str) -> Any:
    """A told item in the form of a labelled one; owners differ, since a voice has no name."""
    return {"task": item["task"], "owner": "", "due": item["due"]} if kind == "tasks" else str(item["text"])


def _numbers(minutes: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    return {way: {kind: len(told[name]) for kind, name in FIELDS.items()} for way, told in minutes.items()}


if __name__ == "__main__":
    main()
