"""How well decisions, actions and open questions of meetings are found: precision, recall and F1 of each kind.

`python -m evals.measures.meeting_outcomes`, over `evals/datasets/meetings/*.yaml`. An item is right when it has at
least half of the content words of a labelled one, each of both being used once. Words are compared by their first five
letters, as a label says "send" where the meeting says "sends".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from apps.language.app_file import AppFile
from apps.run.context import Context
from apps.steps.extract_meeting import ExtractMeeting, extract_meeting
from core.console import print_json
from core.text.words import terms
from core.types import Parsed, User
from ingestion.parse import parse

FOLDER = Path(__file__).parents[1] / "datasets" / "meetings"
KINDS = {"decisions": "decisions", "actions": "action_items", "questions": "open_questions"}
_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class FoundItems:
    """How many items of one kind there are, were found, and of those were right."""

    labelled: int
    found: int
    right: int

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, which is 2 × right over all items of both sides."""
        return 2 * self.right / (self.labelled + self.found) if self.labelled + self.found else 0.0


def evaluate_outcomes(file: Path) -> dict[str, Any]:
    """Per kind the counts, precision, recall and F1; of the right actions the share with the right owner and day."""
    pairs: dict[str, list[tuple[Any, Any]]] = {kind: [] for kind in KINDS}
    labelled, found = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    for labels in yaml.safe_load(file.read_text(encoding="utf-8")):
        result = outcomes_of(labels)
        for kind, field in KINDS.items():
            labelled[kind] += len(labels[kind])
            found[kind] += len(result[field])
            pairs[kind] += _pairs(labels[kind], result[field])
    report: dict[str, Any] = {}
    for kind in KINDS:
        counts = FoundItems(labelled[kind], found[kind], len(pairs[kind]))
        report[kind] = asdict(counts) | {
            "precision": _share(counts.right, counts.found),
            "recall": _share(counts.right, counts.labelled),
            "f1": round(counts.f1, 3),
        }
    actions = pairs["actions"]
    report["owner"] = _share(sum(label["owner"] == item["owner"] for label, item in actions), len(actions))
    report["due"] = _share(sum(str(label.get("due", "")) == item["due"] for label, item in actions), len(actions))
    return report


def outcomes_of(labels: Mapping[str, Any]) -> dict[str, Any]:
    """What the step makes of one labelled meeting."""
    return extract_meeting(
        ExtractMeeting(source=AppFile(labels["name"], _parsed(labels["name"], labels["text"]))),
        Context(User("eval@debrief.example")),
    )


def _parsed(name: str, text: str) -> Parsed:
    """The file as it would be uploaded: a transcript's lines become cues, ten seconds each."""
    if name.endswith(".vtt"):
        cues = [
            f"{n // 6:02d}:{n % 6}0.000 --> {n // 6:02d}:{n % 6}9.000\n<v {speaker}>{said}</v>"
            for n, (speaker, said) in enumerate(line.split(": ", 1) for line in text.strip().splitlines())
        ]
        text = "\n\n".join(["WEBVTT", *cues])
    return parse(text.encode(), name)


def _pairs(labels: Sequence[Any], items: Sequence[Mapping[str, Any]]) -> list[tuple[Any, Any]]:
    """Labelled and found items that say the same, the surest first, each once."""
    alike = sorted(
        ((_alike(label if isinstance(label, str) else label["what"], item), n, m)
         for n, label in enumerate(labels) for m, item in enumerate(items)),
        key=lambda row: -row[0],
    )  # fmt: skip
    pairs: list[tuple[Any, Any]] = []
    used: tuple[set[int], set[int]] = (set(), set())
    for share, n, m in alike:
        if share >= _ENOUGH and n not in used[0] and m not in used[1]:
            pairs.append((labels[n], items[m]))
            used[0].add(n)
            used[1].add(m)
    return pairs


def _alike(label: str, item: Mapping[str, Any]) -> float:
    wanted = {w[:5] for w in terms(label)}
    return len(wanted & {w[:5] for w in terms(f"{item['text']} {item['task']}")}) / len(wanted)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0.0


if __name__ == "__main__":
    print_json({file.stem: evaluate_outcomes(file) for file in sorted(FOLDER.glob("*.yaml"))})
