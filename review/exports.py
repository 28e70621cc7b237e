"""A job's labels for others: JSON Lines, CSV, Ground Truth's output manifest, Label Studio's JSON; and as cases.

Formats: "Output data" of the Ground Truth documentation (text classification), and Label Studio's JSON of tasks with
annotations. Reviewers are named by number: their addresses stay here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from core import audit
from core.database import Engine, utc_now
from core.errors import DatasetError, ReviewError
from core.spreadsheet import csv_text
from core.types import User
from evals.suite.feedback import case_from_trace
from evals.suite.review import add_case
from review.consolidate import Way
from review.results import Results
from review.spec import Value

FORMATS = ("jsonl", "csv", "groundtruth", "labelstudio")


def exported(results: Results, form: str, way: Way) -> str:
    """The labels in the format.

    Raises:
        ReviewError: there is no such format, or it has no place for labels of this kind.
    """
    made: dict[str, Callable[[Results, Way], str]] = {
        "jsonl": _jsonl, "csv": _csv, "groundtruth": _ground_truth, "labelstudio": _label_studio
    }  # fmt: skip
    if form not in made:
        raise ReviewError(f"There is no format {form!r}; choose one of {', '.join(FORMATS)}.")
    return made[form](results, way)


def _rows(results: Results, way: Way) -> Iterator[dict[str, Any]]:
    names = _numbered(results)
    for number, outcome in results.outcomes(way).items():
        item = results.items[number]
        yield {
            "job": results.job.job, "number": number, "origin": item.origin, "question": item.question,
            "text": item.text, "label": outcome.value, "way": outcome.way, "sure": outcome.sure,
            "labels": {names[label.reviewer]: label.value for label in outcome.labels},
            "notes": [label.note for label in outcome.labels if label.note],
        }  # fmt: skip


def _numbered(results: Results) -> dict[str, str]:
    people = sorted({label.reviewer for label in results.given})
    return {person: f"reviewer-{number}" for number, person in enumerate(people, 1)}


def _jsonl(results: Results, way: Way) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in _rows(results, way))


def _csv(results: Results, way: Way) -> str:
    names = list(_numbered(results).values())
    header = ["number", "origin", "question", "text", "label", "way", "sure", *names, "notes"]
    rows = [
        [
            *(row[key] for key in header[:4]), _words(row["label"]), row["way"], row["sure"],
            *(_words(row["labels"].get(name)) for name in names), " / ".join(row["notes"]),
        ]
        for row in _rows(results, way)
    ]  # fmt: skip
    return csv_text(header, rows)


def _words(value: Value | None) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _ground_truth(results: Results, way: Way) -> str:
    label = results.job.label
    if label.kind not in ("choice", "scale", "ranking"):
        raise ReviewError(f"The manifest of Ground Truth has one class an item; a job of {label.kind} goes as jsonl.")
    classes = list(map(str, label.offered()))
    lines = []
    for row in _rows(results, way):
        line: dict[str, Any] = {"source": row["text"], "source-ref": row["origin"]}
        if row["label"] is not None:
            line[results.job.job] = classes.index(str(row["label"]))
            line[f"{results.job.job}-metadata"] = {
                "class-name": str(row["label"]), "confidence": row["sure"], "type": "groundtruth/text-classification",
                "job-name": f"labeling-job/{results.job.job}", "human-annotated": "yes",
                "creation-date": utc_now().strftime("%Y-%m-%dT%H:%M:%S.%f"),
            }  # fmt: skip
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    return "".join(lines)


def _label_studio(results: Results, way: Way) -> str:
    names, kind = _numbered(results), results.job.label.kind
    tasks = []
    for number, outcome in results.outcomes(way).items():
        item = results.items[number]
        annotations = [
            {
                "completed_by": int(names[label.reviewer].rpartition("-")[2]),
                "result": _result(kind, label.value, item.text),
            }
            for label in outcome.labels
        ]
        data = {"text": item.text, "question": item.question, "origin": item.origin}
        tasks.append({"id": number, "data": data, "annotations": annotations})
    return json.dumps(tasks, ensure_ascii=False, indent=1)


def _result(kind: str, value: Value | None, text: str) -> list[dict[str, Any]]:
    about = {"from_name": "label", "to_name": "text"}
    if kind == "spans" and isinstance(value, list):
        return [
            {
                **about,
                "type": "labels",
                "value": {"start": a, "end": b, "text": text[int(a) : int(b)], "labels": [name]},
            }
            for a, b, name in map(list, value)
        ]
    if kind == "text":
        return [{**about, "type": "textarea", "value": {"text": [value]}}]
    if kind == "scale":
        return [{**about, "type": "rating", "value": {"rating": value}}]
    chosen = value if isinstance(value, list) else [value]
    return [{**about, "type": "choices", "value": {"choices": [str(v) for v in chosen]}}]


def make_cases(results: Results, file: Path, right: Value, way: Way, *, engine: Engine, lead: User) -> list[str]:
    """Cases of the answers that came out as `right`, each with the job and item as its origin; their ids.

    What is a case already is passed over, and so is what the lead may not read.
    """
    made: list[str] = []
    for number, outcome in results.outcomes(way).items():
        origin = results.items[number].origin
        if outcome.value != right or not origin.startswith("trace:"):
            continue
        case = case_from_trace(engine, origin.removeprefix("trace:"), tags=("review",))
        told = f"review:{results.job.job}/{number} {outcome.way} {outcome.sure:g}"
        try:
            add_case(file, case.model_copy(update={"origin": told, "reviewed": True}))
        except DatasetError as error:
            if "already" not in str(error):
                raise
            continue
        made.append(case.id)
    audit.record(engine, lead, "made cases of review", results.job.job, f"{len(made)} cases")
    return made
