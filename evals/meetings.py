"""How much of a meeting the `extract_meeting` step keeps, on transcripts with summaries that people wrote.

`python -m evals.meetings FOLDER`. Each transcript (JSON) has turns, summaries of the whole and of single queries, and
for the queries which turns hold the evidence. What the step chooses is compared with the first turns of the meeting
and with random ones, at the same number of words.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from apps.meeting.outcomes import find_outcomes
from apps.meeting.terms import terms
from apps.meeting.topics import find_topics
from apps.meeting.turns import Meeting, Sentence, read_meeting
from core.console import print_json
from core.errors import DatasetError
from core.types import Parsed, Section

_DRAWS = 20


@dataclass(frozen=True, slots=True)
class Score:
    """Means over the meetings.

    Attributes:
        coverage: Share of the gold summaries' content words that the chosen sentences have.
        evidence_precision: Share of the chosen sentences that stand in turns marked as evidence of a query.
        queries_hit: Share of the queries of whose evidence at least one turn was chosen.
        words: How many words were chosen.
    """

    coverage: float
    evidence_precision: float
    queries_hit: float
    words: float


def evaluate_meetings(folder: Path) -> dict[str, Score]:
    """The step, lead-n and random on every transcript of the folder.

    Raises:
        DatasetError: the folder has no transcripts.
    """
    found = sorted(folder.glob("*.json"))
    if not found:
        raise DatasetError(f"{folder} has no transcripts (*.json); give the folder that holds them.")
    scores: dict[str, list[Score]] = {"extract_meeting": [], "lead": [], "random": []}
    for file in found:
        raw = json.loads(file.read_text(encoding="utf-8"))
        meeting = _meeting(raw, file.name)
        chosen = _chosen(meeting)
        budget = sum(len(s.text.split()) for s in chosen)
        everything = [s for t in meeting.turns for s in t.sentences if terms(s.text)]
        scores["extract_meeting"].append(_score(chosen, raw))
        scores["lead"].append(_score(_until(everything, budget), raw))
        draws = []
        for seed in range(_DRAWS):
            shuffled = list(everything)
            random.Random(seed).shuffle(shuffled)
            draws.append(_score(_until(shuffled, budget), raw))
        scores["random"].append(_mean(draws))
    return {name: _mean(values) for name, values in scores.items()}


def _meeting(raw: dict[str, Any], name: str) -> Meeting:
    """The transcript as its file would be parsed; turn n of the data is turn n + 1 here."""
    sections = tuple(Section(f"{t['speaker']}: {t['text'] or '…'}", kind="turn") for t in raw["turns"])
    return read_meeting(Parsed(sections), name)


def _chosen(meeting: Meeting) -> list[Sentence]:
    """The sentences of topics, and those that decisions, actions and questions stand in; each once."""
    outcomes = find_outcomes(meeting)
    told = {(i.turn, i.text) for part in (outcomes.decisions, outcomes.actions, outcomes.questions) for i in part}
    kept = {(s.turn, s.text) for topic in find_topics(meeting, 0, outcomes.told) for s in topic.sentences}
    return [s for t in meeting.turns for s in t.sentences if (s.turn, s.text) in kept | told]


def _score(chosen: Sequence[Sentence], raw: dict[str, Any]) -> Score:
    said = {w for s in chosen for w in terms(s.text)}
    golds = [set(terms(q["answer"])) for q in (*raw["summary_queries"], *raw["specific_queries"])]
    spans = [_turns(q["relevant_text_span"]) for q in raw["specific_queries"] if q["relevant_text_span"]]
    evidence = {n for span in spans for n in span}
    turns = [s.turn - 1 for s in chosen]
    return Score(
        coverage=_share([len(g & said) / len(g) for g in golds if g]),
        evidence_precision=_share([float(n in evidence) for n in turns]),
        queries_hit=_share([float(any(n in span for n in turns)) for span in spans]),
        words=float(sum(len(s.text.split()) for s in chosen)),
    )


def _turns(spans: Sequence[Sequence[str]]) -> set[int]:
    return {n for begin, end in spans for n in range(int(begin), int(end) + 1)}


def _until(sentences: Sequence[Sentence], budget: int) -> list[Sentence]:
    taken: list[Sentence] = []
    words = 0
    for sentence in sentences:
        if words >= budget:
            break
        taken.append(sentence)
        words += len(sentence.text.split())
    return taken


def _mean(scores: Sequence[Score]) -> Score:
    rows = [asdict(s) for s in scores]
    return Score(**{k: round(sum(r[k] for r in rows) / len(rows), 4) for k in rows[0]})


def _share(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


if __name__ == "__main__":
    print_json({name: asdict(score) for name, score in evaluate_meetings(Path(sys.argv[1])).items()})
