"""What a deployment of a size needs, by arithmetic from figures that were measured (`capacity.yaml`).

No model of queues: processor time of the busiest hour at two thirds of the cores, and sizes that grow with the chunks.
What lies beyond the largest size at which a figure was measured is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from math import ceil
from pathlib import Path
from typing import Any

import yaml

from core.errors import SettingsError

# The busiest hour has this share of a day's questions: offices ask in ten hours, and most after nine and after two.
_BUSIEST_HOUR = 0.18
# Cores are planned to be busy so much: beyond that waiting times grow quickly.
_BUSY = 2 / 3
# While a sync writes there is one copy of the index more than are kept.
_COPIES_MORE = 1
_HOUR, _DAY, _DAYS_A_MONTH = 3600.0, 86400.0, 30.4


@dataclass(frozen=True)
class Size:
    """What is to be carried.

    Attributes:
        documents: In the index.
        questions: A day.
        model: `embedding.model`: "english" or "multilingual".
        changed: The share 0..1 of the documents that change in a day.
        kept: `retrieval.keep_generations`.
        days: How long traces and conversations are kept.
    """

    documents: int
    questions: int
    model: str = "english"
    changed: float = 0.01
    kept: int = 3
    days: int = 90


@dataclass(frozen=True)
class Need:
    """One line: how much of what, and what it rests on.

    Attributes:
        beyond: How many times larger than anything that was measured; below 1 it is within.
    """

    what: str
    amount: float
    unit: str
    rests_on: str
    beyond: float


def coefficients(file: Path | None = None) -> Mapping[str, Any]:
    """The measured figures, those of a file in the place of ours.

    Raises:
        SettingsError: the file can't be read, or lacks one.
    """
    ours: dict[str, Any] = yaml.safe_load(files("operations").joinpath("capacity.yaml").read_text("utf-8"))
    if file is None:
        return ours
    try:
        theirs = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(
            f"{file} can't be read ({error}); begin with a copy of operations/capacity.yaml."
        ) from error
    if not isinstance(theirs, dict) or (lacking := sorted(ours.keys() - theirs.keys())):
        lacking = lacking if isinstance(theirs, dict) else sorted(ours)
        raise SettingsError(f"{file} lacks {', '.join(lacking)}; begin with a copy of operations/capacity.yaml.")
    return theirs


def needs(size: Size, known: Mapping[str, Any]) -> list[Need]:
    """What the deployment needs, a line each.

    Raises:
        SettingsError: no figure for the model, or a figure that is none.
    """
    by_model = known["embedded_per_core_s"]
    if size.model not in by_model:
        raise SettingsError(
            f"Nothing was measured for the model {size.model}; choose {' or '.join(sorted(by_model))}, "
            "or measure it and add it to embedded_per_core_s in your --coefficients."
        )
    embedding = by_model[size.model]
    chunks = size.documents * _value(known["chunks_per_document"])
    prepared_s = size.documents * _value(known["document_cpu_s"])
    embedded_s = chunks / _value(embedding)
    first_build = (prepared_s + embedded_s) / _HOUR
    daily = size.changed * (prepared_s + embedded_s) / _HOUR
    asked_s = size.questions * _BUSIEST_HOUR * _value(known["answer_cpu_s"]) / _HOUR
    index = chunks * _value(known["index_bytes_per_chunk"])
    lines: Sequence[tuple[str, float, str, Mapping[str, Any], float]] = (
        ("chunks", chunks, "", known["chunks_per_document"], chunks),
        ("cores for questions", max(1, ceil(asked_s / _BUSY)), "cores", known["answer_cpu_s"], chunks),
        ("first sync", first_build, "core hours", embedding, chunks),
        ("a day's sync", daily, "core hours", embedding, chunks),
        ("writing all anew", chunks / _value(known["written_per_s"]) / _HOUR, "hours", known["written_per_s"], chunks),
        (
            "memory of the index",
            chunks * _value(known["memory_bytes_per_chunk"]),
            "B",
            known["memory_bytes_per_chunk"],
            chunks,
        ),
        ("memory of a page's process", _value(known["page_memory_bytes"]), "B", known["page_memory_bytes"], 1),
        ("disk of the index", index * (size.kept + _COPIES_MORE), "B", known["index_bytes_per_chunk"], chunks),
        (
            "disk of known vectors",
            chunks * _value(known["vector_cache_bytes_per_chunk"]),
            "B",
            known["vector_cache_bytes_per_chunk"],
            chunks,
        ),
        (
            "disk of traces and conversations",
            size.questions * size.days * _value(known["trace_bytes_per_question"]),
            "B",
            known["trace_bytes_per_question"],
            size.questions * size.days,
        ),
    )
    return [
        Need(what, amount, unit, str(c["from"]), reached / float(c["up_to"]))
        for what, amount, unit, c, reached in lines
    ]


def cost(lines: Sequence[Need], prices: Mapping[str, float]) -> float:
    """What a month costs in the prices' currency.

    Args:
        prices: Of a core and of a GB of memory an hour, of a GB of disk a month.
    """
    hours = _DAYS_A_MONTH * _DAY / _HOUR
    by_what = {line.what: line.amount for line in lines}
    cores = by_what["cores for questions"] + by_what["a day's sync"] / 24
    memory = sum(line.amount for line in lines if line.what.startswith("memory")) / 1e9
    disk = sum(line.amount for line in lines if line.what.startswith("disk")) / 1e9
    return hours * (cores * prices["core"] + memory * prices["memory"]) + disk * prices["disk"]


def _value(coefficient: Mapping[str, Any]) -> float:
    try:
        value = float(coefficient["value"])
    except (TypeError, KeyError, ValueError):
        value = 0.0
    if value <= 0:
        raise SettingsError(
            f"A figure of the coefficients is no positive number: {coefficient}; write value, up_to and from."
        )
    return value
