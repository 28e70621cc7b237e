"""How much of a meeting the `extract_meeting` step keeps, on transcripts with summaries that people wrote.

`python -m evals.measures.meetings FOLDER`, each half of the files by itself. Each transcript (JSON) has turns,
summaries of the whole and of single queries, and for the queries which turns hold the evidence. What the step chooses
is compared with the first turns of the meeting and with random ones, at the same number of words.
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
from apps.meeting.topics import find_topics
from apps.meeting.turns import Meeting, SpokenSentence, read_meeting
from core.console import print_json
from core.errors import DatasetError
from core.text.words import terms
from core.types import Parsed, Section

_DRAWS = 20


@dataclass(frozen=True, slots=True)
class MeetingScore:
    """Means over the meetings.

    Attributes:
        coverage: Share of the gold summaries' content words that the chosen sentences have.
        evidence_precision: Share of the chosen sentences that stand in turns marked as evidence of a query.
        queries_hit: Share of the queries of whose evidence at least one turn was chosen.
        evidence_recall: Share of all evidence turns that were chosen. One-word turns count, so short sentences win.
        answers_told: Share of a query's gold content words that the sentences chosen from its own evidence have. Unlike
            the hit it doesn't saturate: of a span of 300 turns, one is not enough.
        words: How many words were chosen.
    """

    coverage: float
    evidence_precision: float
    queries_hit: float
    evidence_recall: float
    answers_told: float
    words: float


def evaluate_meetings(folder: Path, half: int | None = None) -> dict[str, MeetingScore]:
    """The step, lead-n and random on the transcripts of the folder.

    Args:
        half: 0: the files 0, 2, 4 … in the order of their names, on which choices were made; 1: the others; None: all.

    Raises:
        DatasetError: the folder has no transcripts.
    """
    found = sorted(folder.glob("*.json"))
    found = found if half is None else found[half::2]
    if not found:
        raise DatasetError(f"{folder} has no transcripts (*.json); give the folder that holds them.")
    scores: dict[str, list[MeetingScore]] = {"extract_meeting": [], "lead": [], "random": []}
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


def _chosen(meeting: Meeting) -> list[SpokenSentence]:
    """The sentences of topics, and those that decisions, actions and questions stand in; each once."""
    outcomes = find_outcomes(meeting)
    told = {(i.turn, i.text) for part in (outcomes.decisions, outcomes.actions, outcomes.questions) for i in part}
    kept = {(s.turn, s.text) for topic in find_topics(meeting, 0, outcomes.told) for s in topic.sentences}
    return [s for t in meeting.turns for s in t.sentences if (s.turn, s.text) in kept | told]


def _score(chosen: Sequence[SpokenSentence], raw: dict[str, Any]) -> MeetingScore:
    said = {w for s in chosen for w in terms(s.text)}
    golds = [set(terms(q["answer"])) for q in (*raw["summary_queries"], *raw["specific_queries"])]
    spans = [_turns(q["relevant_text_span"]) for q in raw["specific_queries"] if q["relevant_text_span"]]
    evidence = {n for span in spans for n in span}
    turns = [s.turn - 1 for s in chosen]
    return MeetingScore(
        coverage=_share([len(g & said) / len(g) for g in golds if g]),
        evidence_precision=_share([float(n in evidence) for n in turns]),
        queries_hit=_share([float(any(n in span for n in turns)) for span in spans]),
        evidence_recall=len(set(turns) & evidence) / len(evidence) if evidence else 0.0,
        answers_told=_share([_told(chosen, q) for q in raw["specific_queries"] if q["relevant_text_span"]]),
        words=float(sum(len(s.text.split()) for s in chosen)),
    )


def _told(chosen: Sequence[SpokenSentence], query: dict[str, Any]) -> float:
    span, gold = _turns(query["relevant_text_span"]), set(terms(query["answer"]))
    said = {w for s in chosen if s.turn - 1 in span for w in terms(s.text)}
    return len(gold & said) / len(gold) if gold else 0.0


def _turns(spans: Sequence[Sequence[str]]) -> set[int]:
    return {n for begin, end in spans for n in range(int(begin), int(end) + 1)}


def _until(sentences: Sequence[SpokenSentence], budget: int) -> list[SpokenSentence]:
    taken: list[SpokenSentence] = []
    words = 0
    for sentence in sentences:
        if words >= budget:
            break
        taken.append(sentence)
        words += len(sentence.text.split())
    return taken


def _mean(scores: Sequence[MeetingScore]) -> MeetingScore:
    rows = [asdict(s) for s in scores]
    return MeetingScore(**{k: round(sum(r[k] for r in rows) / len(rows), 4) for k in rows[0]})


def _share(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _print(folder: Path) -> None:
    halves = {"chosen on": evaluate_meetings(folder, 0), "reported on": evaluate_meetings(folder, 1)}
    print_json({half: {name: asdict(score) for name, score in scores.items()} for half, scores in halves.items()})


if __name__ == "__main__":
    _print(Path(sys.argv[1]))
