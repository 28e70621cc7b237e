"""A language model as judge, and how well it agrees with people.

A judge that can't be reached, or whose reply can't be read, leaves the case unscored; it is never counted as wrong.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import DatasetError, ModelError
from core.llm import ChatModels, Spending
from evals.data import read_jsonl
from evals.suite.scorers import Sample, Score
from prompts import load_prompt

DIMENSIONS = ("correctness", "completeness", "groundedness", "helpfulness")
_LOWEST, _HIGHEST = 1, 5
_SOURCE_CHARS = 12_000
_DRAWS = 2_000
Points = np.ndarray[Any, np.dtype[np.float64]]
_THOUGHT = re.compile(r"<think>.*?(?:</think>|$)", re.DOTALL)


class Unreadable(ModelError):
    """The judge replied something else than the scores."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a judge's scores of one dimension compare with people's, over `n` answers.

    Attributes:
        spearman: Rank correlation; NaN if either gives everything the same points.
        kappa: Cohen's, with quadratic weights; NaN if all scores are the same.
        kappa_low, kappa_high: Its 95% interval, by bootstrap over the answers.
        bias: Mean of (judge − people), in points.
    """

    dimension: str
    n: int
    exact: float
    within_one: float
    spearman: float
    kappa: float
    kappa_low: float
    kappa_high: float
    bias: float


class Judge:
    """Asks the model of `llm.tasks.judge`, or `llm.model`."""

    def __init__(self, models: ChatModels) -> None:
        self._models = models

    def score(self, sample: Sample) -> Iterator[Score]:
        """judge_<dimension>, 0..1 (1 point is 0, 5 are 1)."""
        case = sample.case
        expected = "; ".join(case.expected_facts) or f"the outcome {case.outcome}"
        sources = "\n\n".join(f"{p.chunk.title}\n{p.chunk.text}" for p in sample.answer.passages)
        try:
            points, reason = self.judge(case.question, expected, sample.answer.text, sources)
        except ModelError as error:
            for dimension in DIMENSIONS:
                yield Score(f"judge_{dimension}", None, f"unscored: {error}")
            return
        for dimension, value in points.items():
            yield Score(f"judge_{dimension}", (value - _LOWEST) / (_HIGHEST - _LOWEST), reason)

    def judge(self, question: str, expected: str, answer: str, sources: str) -> tuple[dict[str, int], str]:
        """Points 1..5 by dimension, and the reason.

        Raises:
            ModelError: no model answered, or not with the scores (`Unreadable`).
        """
        fence = f"===={secrets.token_hex(6)}"  # Unknown to whoever wrote the documents.
        messages = load_prompt("judge").render(
            fence=fence, question=question, expected=expected, answer=answer, sources=sources[:_SOURCE_CHARS]
        )
        reply = self._models.complete("judge", messages, Spending())
        try:
            return parse_reply(reply)
        except Unreadable as error:
            again = [*messages, ("assistant", reply), ("user", f"{error} Reply with the JSON object and nothing else.")]
            return parse_reply(self._models.complete("judge", again, Spending()))


def parse_reply(reply: str) -> tuple[dict[str, int], str]:
    """The points in a judge's reply: those of its last JSON object, after whatever it thinks or drafts before.

    Raises:
        Unreadable: there is none, or it lacks a dimension or has a score out of range.
    """
    raw = next(reversed(_objects(_THOUGHT.sub("", reply))), None)
    if raw is None:
        raise Unreadable(
            f"The judge replied no JSON object ({reply[:80]!r}); choose a stronger model for llm.tasks.judge."
        )
    points = {}
    for dimension in DIMENSIONS:
        value = raw.get(dimension)
        if isinstance(value, bool) or not isinstance(value, int) or not _LOWEST <= value <= _HIGHEST:
            raise Unreadable(f"The judge gave {dimension} {value!r} instead of 1 to 5; choose a stronger model.")
        points[dimension] = value
    return points, str(raw.get("reason", ""))


def _objects(text: str) -> list[dict[str, Any]]:
    """The JSON objects in a text, in order."""
    found: list[dict[str, Any]] = []
    place = text.find("{")
    while place >= 0:
        try:
            value, end = json.JSONDecoder().raw_decode(text, place)
            found += [value] if isinstance(value, dict) else []
        except json.JSONDecodeError:
            end = place + 1
        place = text.find("{", end)
    return found


@dataclass(frozen=True, slots=True)
class HumanScored:
    """An answer that people have scored: one line of a calibration file."""

    question: str
    answer: str
    expected: str
    sources: str
    points: Mapping[str, int]


def load_calibration(file: Path) -> list[HumanScored]:
    """The lines {"question", "answer", "expected"?, "sources"?, "scores": {dimension: 1..5}}.

    Raises:
        DatasetError: a line lacks a field or has a score out of range; it names file, line and field.
    """
    rows = []
    for number, raw in read_jsonl(file / "answers.jsonl" if file.is_dir() else file):
        scores = raw.get("scores")
        if not isinstance(scores, dict) or not scores:
            raise DatasetError(f'{file}:{number}: scores: write an object such as {{"correctness": 4}}.')
        for dimension, value in scores.items():
            if dimension not in DIMENSIONS or not isinstance(value, int) or not _LOWEST <= value <= _HIGHEST:
                raise DatasetError(
                    f"{file}:{number}: scores.{dimension}: found {value!r}; the dimensions are "
                    f"{', '.join(DIMENSIONS)}, with whole numbers from 1 to 5."
                )
        for field in ("question", "answer"):
            if not isinstance(raw.get(field), str):
                raise DatasetError(f"{file}:{number}: {field}: the text is missing; add it.")
        sources = raw.get("sources", "")
        text = "\n\n".join(map(str, sources)) if isinstance(sources, list) else str(sources)
        rows.append(HumanScored(raw["question"], raw["answer"], str(raw.get("expected", "")), text, scores))
    if not rows:
        raise DatasetError(f"{file} holds no answer; write one JSON object a line.")
    return rows


def calibrate(
    rows: Sequence[HumanScored], judge: Judge, progress: Callable[[int, int], None] = lambda *_: None
) -> tuple[list[Agreement], list[str]]:
    """The agreement by dimension, and why answers stayed unscored."""
    pairs: dict[str, list[tuple[int, int]]] = {}
    lost = []
    for number, row in enumerate(rows, start=1):
        try:
            points, _ = judge.judge(row.question, row.expected, row.answer, row.sources)
        except ModelError as error:
            lost.append(str(error))
            continue
        finally:
            progress(number, len(rows))
        for dimension, human in row.points.items():
            pairs.setdefault(dimension, []).append((human, points[dimension]))
    return [agreement(dimension, found) for dimension, found in pairs.items()], lost


def agreement(dimension: str, pairs: Sequence[tuple[int, int]]) -> Agreement:
    """How (person's, judge's) points compare.

    Source: Cohen, "Weighted kappa", Psychological Bulletin 70, 1968; Spearman, American Journal of Psychology 15, 1904.
    """
    human, model = np.array(pairs, dtype=float).T
    apart = human - model
    draws = np.random.default_rng(0).integers(0, len(pairs), (_DRAWS, len(pairs)))
    kappas = [_kappa(human[draw], model[draw]) for draw in draws]
    known = [k for k in kappas if not np.isnan(k)]
    low, high = np.percentile(known, [2.5, 97.5]) if known else (np.nan, np.nan)
    return Agreement(
        dimension,
        len(pairs),
        float(np.mean(apart == 0)),
        float(np.mean(np.abs(apart) <= 1)),
        _spearman(human, model),
        _kappa(human, model),
        float(low),
        float(high),
        float(np.mean(-apart)),
    )


def _kappa(human: Points, model: Points) -> float:
    """Quadratically weighted kappa of two (n,) arrays; NaN where chance alone would agree."""
    expected = float(np.mean((human[:, None] - model[None, :]) ** 2))
    return 1 - float(np.mean((human - model) ** 2)) / expected if expected else float("nan")


def _spearman(human: Points, model: Points) -> float:
    if np.ptp(human) == 0 or np.ptp(model) == 0:
        return float("nan")
    return float(np.corrcoef(_ranks(human), _ranks(model))[0, 1])


def _ranks(points: Points) -> Points:
    """Ranks from 1; equal points share the mean of theirs."""
    _, place, counts = np.unique(points, return_inverse=True, return_counts=True)
    shared: Points = np.cumsum(counts) - (counts - 1) / 2
    return shared[place]
