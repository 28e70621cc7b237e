"""How well transcripts as people speak are told: decisions, tasks with owner and day, open questions.

`debrief eval meetings DIR`: each `NN_gold.yaml` belongs to the file `NN_*` beside it. An item is right when it means
what a labelled one means; each of both is used once, the likest first. Meaning is the cosine of the configured
embedding, blended with the shared words, since the packaged model knows English only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from apps.language.app_file import AppFile
from apps.run.context import Context, Model, Tools
from apps.steps.extract_meeting import ExtractMeeting, extract_meeting
from core.errors import AppError, DatasetError
from core.text.words import folded, terms
from core.types import User
from ingestion.parse import parse
from retrieval.models import Embedder

FIELDS = {"decisions": "decisions", "tasks": "action_items", "questions": "open_questions"}
_GOLD = {"decisions": "decisions", "tasks": "actions", "questions": "questions"}
# What cosine, shared words, owner and day count; from this sum on two items mean the same. Of 40 doubtful pairs that a
# person judged the rule agrees on 36: it misses 3 that mean the same and takes 1 that doesn't.
_COSINE, _WORDS, _PERSON, _DAY, _ENOUGH = 0.6, 0.4, 0.1, 0.1, 0.38
_TITLES = frozenset("herr frau hr fr dr mr mrs ms mme m prof don doña".split())


@dataclass
class Tally:
    """Counts over all meetings, and the pairs that were found to mean the same."""

    labelled: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FIELDS, 0))
    found: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FIELDS, 0))
    pairs: dict[str, list[tuple[Any, Any]]] = field(default_factory=lambda: {kind: [] for kind in FIELDS})

    def figures(self) -> dict[str, float | None]:
        """The shares; None where there is nothing to take a share of."""
        tasks = self.pairs["tasks"]
        dated = [(gold, item) for gold, item in tasks if gold.get("due")]
        shares: dict[str, float | None] = {}
        for kind in FIELDS:
            shares[f"{kind}_recall"] = _share(len(self.pairs[kind]), self.labelled[kind])
            shares[f"{kind}_precision"] = _share(len(self.pairs[kind]), self.found[kind])
        shares["owners_right"] = _share(sum(same_person(g["owner"], i["owner"]) for g, i in tasks), len(tasks))
        shares["due_right"] = _share(sum(str(g["due"]) == i["due"] for g, i in dated), len(dated))
        return shares


def evaluate_spoken(folder: Path, embedder: Embedder, model: Model | None = None) -> dict[str, Any]:
    """The figures over the folder's meetings, and by file what was missed and what was found besides.

    Args:
        model: Takes the minutes; without one the rules do.

    Raises:
        DatasetError: the folder has no gold file, or a gold file has no transcript beside it.
    """
    golds = sorted(folder.glob("*_gold.yaml"))
    if not golds:
        raise DatasetError(f"{folder} has no NN_gold.yaml; give the folder of transcripts with their gold files.")
    tally, files = Tally(), {}
    for gold in golds:
        transcript = transcript_beside(gold)
        labels = yaml.safe_load(gold.read_text(encoding="utf-8")) or {}
        files[transcript.name] = count(tally, labels, outcomes_of(transcript, model), embedder)
    return {"meetings": len(golds), **tally.figures(), "files": files}


def outcomes_of(transcript: Path, model: Model | None = None) -> Mapping[str, Any]:
    """What the step makes of one file; nothing where it refuses to read it."""
    return outcomes_in(AppFile(transcript.name, parse(transcript.read_bytes(), transcript.name)), model)


def outcomes_in(source: AppFile, model: Model | None = None) -> Mapping[str, Any]:
    """What the step makes of a file that is read already; nothing where it refuses to."""
    try:
        context = Context(User("eval@debrief.example"), tools=Tools(model=model))
        return extract_meeting(ExtractMeeting(source=source), context)
    except AppError:
        return {kind: [] for kind in FIELDS.values()}


def transcript_beside(gold: Path) -> Path:
    """The file that a gold file belongs to."""
    number = gold.name.removesuffix("_gold.yaml")
    found = [p for p in sorted(gold.parent.glob(f"{number}_*")) if p != gold]
    if not found:
        raise DatasetError(
            f"{gold} has no transcript beside it; name it {number}_NAME.vtt, .srt, .txt, .json or .docx."
        )
    return found[0]


def count(tally: Tally, labels: Mapping[str, Any], result: Mapping[str, Any], embedder: Embedder) -> dict[str, Any]:
    """Adds one meeting; tells what was missed and what was found that nobody labelled."""
    told: dict[str, Any] = {}
    for kind, name in FIELDS.items():
        wanted, items = labels.get(_GOLD[kind]) or [], result[name]
        pairs = matched(wanted, items, embedder)
        tally.labelled[kind] += len(wanted)
        tally.found[kind] += len(items)
        tally.pairs[kind] += [(wanted[n], items[m]) for n, m in pairs]
        told[kind] = {
            "right": [f"{_said(wanted[n])} = {_said(items[m])}" for n, m in pairs],
            "missed": [_said(g) for n, g in enumerate(wanted) if n not in {p[0] for p in pairs}],
            "besides": [_said(i) for m, i in enumerate(items) if m not in {p[1] for p in pairs}],
        }
    return told


def matched(wanted: Sequence[Any], items: Sequence[Any], embedder: Embedder) -> list[tuple[int, int]]:
    """(gold, item) that mean the same, the likest first, each once."""
    if not wanted or not items:
        return []
    one, other = [_text(g) for g in wanted], [_text(i) for i in items]
    cosines = embedder.encode_texts(one) @ embedder.encode_texts(other).T
    likest = sorted(
        ((_COSINE * float(cosines[n, m]) + _WORDS * _shared(a, b) + _alike(wanted[n], items[m]), n, m)
         for n, a in enumerate(one) for m, b in enumerate(other)),
        reverse=True,
    )  # fmt: skip
    pairs: list[tuple[int, int]] = []
    for score, n, m in likest:
        if score >= _ENOUGH and n not in {p[0] for p in pairs} and m not in {p[1] for p in pairs}:
            pairs.append((n, m))
    return pairs


def same_person(wanted: str, told: str) -> bool:
    """Whether two written names can be one person: "Herr Wolff" and "Wolff", "Dirk" and "Dirk Haas"."""
    one, other = ({w.strip(".") for w in folded(name).split()} - _TITLES for name in (wanted, told))
    return bool(one & other)


def _alike(wanted: Any, item: Mapping[str, Any]) -> float:
    """What the same owner and the same day add."""
    if not isinstance(wanted, Mapping):
        return 0.0
    same_day = bool(item["due"]) and str(wanted.get("due")) == item["due"]
    return _PERSON * same_person(str(wanted["owner"]), str(item["owner"])) + _DAY * same_day


def _text(item: Any) -> str:
    return item if isinstance(item, str) else str(item["task"])


def _said(item: Any) -> str:
    if isinstance(item, str) or not item.get("owner"):
        return _text(item)
    return f"{item['owner']}: {item['task']} | {item.get('due') or '–'}"


def _shared(one: str, other: str) -> float:
    """The share of the gold's content words that the item has, by their first five letters."""
    wanted = {w[:5] for w in terms(one)}
    return len(wanted & {w[:5] for w in terms(other)}) / len(wanted) if wanted else 0.0


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None
