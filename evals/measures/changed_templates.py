"""How much of what changed between two reports a person reads, on pairs that other people wrote.

A folder holds `N_before.*`, `N_after.*` and `N_gold.yaml` for each pair. The library's comparison is run as an app, and
its overview is judged line by line, so the same figure in another unit or under another name counts only if it is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.language import AppFile
from apps.publish.catalogue import LIBRARY
from apps.publish.load import load_app
from apps.run import Context, Tools
from apps.runner import finish
from core.errors import DatasetError
from core.types import User
from ingestion.parse import parse
from retrieval.models.embed import Embedder

_APP = "health_check_comparison.yaml"


class GoldFigure(BaseModel):
    """A figure of both reports as each writes it; `label` is a pattern, `verdict` empty where nobody can know it."""

    model_config = ConfigDict(extra="forbid")

    label: str
    before: str
    after: str
    verdict: Literal["", "better", "worse"] = ""


class GoldPair(BaseModel):
    """What changed.

    Attributes:
        figures: Those whose value changed; each is a change as well.
        changes: The others: patterns that one line of the overview must have together.
        also: Patterns of lines that are right and need not be there.
    """

    model_config = ConfigDict(extra="forbid")

    figures: list[GoldFigure] = Field(default_factory=list)
    changes: list[list[str]] = Field(default_factory=list)
    also: list[str] = Field(default_factory=list)


@dataclass(frozen=True)
class PairResult:
    """One pair's counts, and by name what was missed and what was told that isn't so."""

    name: str
    changes: int
    found: int
    figures: int
    right: int
    missed: tuple[str, ...]
    wrong_figures: tuple[str, ...]
    false: tuple[str, ...]


def evaluate_pairs(folder: Path, embedder: Embedder | None) -> dict[str, Any]:
    """The shares over all pairs, and each pair by itself.

    Raises:
        DatasetError: the folder has no pair, or one lacks a file or has a wrong one.
    """
    results = [_judged(*pair, embedder) for pair in _pairs(folder)]
    return {
        "changes_found": _share(sum(r.found for r in results), sum(r.changes for r in results)),
        "figures_right": _share(sum(r.right for r in results), sum(r.figures for r in results)),
        "false_statements": sum(len(r.false) for r in results),
        "pairs": results,
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0


def _pairs(folder: Path) -> Iterator[tuple[str, Path, Path, GoldPair]]:
    golds = sorted(folder.glob("*_gold.yaml"))
    if not golds:
        raise DatasetError(f"{folder} has no pair: put N_before.*, N_after.* and N_gold.yaml there.")
    for file in golds:
        name = file.name.removesuffix("_gold.yaml")
        try:
            gold = GoldPair.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
        except (yaml.YAMLError, ValidationError) as error:
            raise DatasetError(f"{file} is no list of changes: {error}") from error
        yield name, _report(folder, f"{name}_before"), _report(folder, f"{name}_after"), gold


def _report(folder: Path, stem: str) -> Path:
    found = sorted(folder.glob(f"{stem}.*"))
    if len(found) != 1:
        raise DatasetError(f"{folder} has {len(found)} files called {stem}.*, and a pair needs one.")
    return found[0]


def _judged(name: str, before: Path, after: Path, gold: GoldPair, embedder: Embedder | None) -> PairResult:
    files = {key: AppFile(f.name, parse(f.read_bytes(), f.name)) for key, f in (("before", before), ("after", after))}
    context = Context(User("evaluation@example.com"), Tools(embedder=embedder))
    result = finish(load_app(LIBRARY / _APP, packaged=True), files, context)
    overview, changes = result.output("overview"), result.output("changes")
    if overview is None or changes is None:
        raise DatasetError(f"The pair {name} in {before.parent} couldn't be compared: {result.error}")
    # A change with an amount is a figure's.
    return judged(name, gold, _lines(overview.text), [c for c in changes.value if c["difference"] is not None])


def judged(name: str, gold: GoldPair, lines: Sequence[str], figures: Sequence[Mapping[str, Any]]) -> PairResult:
    """The overview's lines and the changes of figures against what changed."""
    told = {f"{g.label}: {g.before} → {g.after}": any(_tells(g, line) for line in lines) for g in gold.figures}
    told |= {" … ".join(c): any(_has(c, line) for line in lines) for c in gold.changes}
    right = {f"{g.label}: {g.before} → {g.after}": any(_is(g, row) for row in figures) for g in gold.figures}
    false = [line for line in lines if not _is_so(gold, line)]
    false += [
        f"{row['label']}: {row['before']} → {row['after']}, {row['verdict']}" for row in figures if _is_wrong(gold, row)
    ]
    return PairResult(
        name,
        changes=len(told),
        found=sum(told.values()),
        figures=len(right),
        right=sum(right.values()),
        missed=tuple(what for what, found in told.items() if not found),
        wrong_figures=tuple(what for what, found in right.items() if not found),
        false=tuple(dict.fromkeys(false)),
    )


def _lines(markdown: str) -> list[str]:
    """The statements of the overview: its list items."""
    return [line[2:].replace("*", "") for line in markdown.splitlines() if line.startswith("- ")]


def _tells(figure: GoldFigure, line: str) -> bool:
    return (
        _has([figure.label], line)
        and _number(figure.before) in _digits(line)
        and _number(figure.after) in _digits(line)
    )


def _is(figure: GoldFigure, row: Mapping[str, Any]) -> bool:
    """Whether a row has the figure: both values as they are written, and the verdict where there is one."""
    if not _same_values(figure, row):
        return False
    return row["verdict"] == figure.verdict if figure.verdict else True


def _same_values(figure: GoldFigure, row: Mapping[str, Any]) -> bool:
    named = _has([figure.label], f"{row['label']} {row['before']} {row['after']}")
    values = ((figure.before, row["before"]), (figure.after, row["after"]))
    return named and all(_number(gold) in _digits(str(told)) for gold, told in values)


def _is_so(gold: GoldPair, line: str) -> bool:
    """Whether a line tells something that changed, or where a figure that changed now stands."""
    if any(_has([pattern], line) for pattern in gold.also) or any(_has(c, line) for c in gold.changes):
        return True
    return any(_has([f.label], line) and _number(f.after) in _digits(line) for f in gold.figures)


def _is_wrong(gold: GoldPair, row: Mapping[str, Any]) -> bool:
    """Whether a row says that something moved which didn't, or that it moved the other way."""
    same = [f for f in gold.figures if _same_values(f, row)]
    if not same:
        line = f"{row['label']} {row['before']} → {row['after']}"
        return row["verdict"] != "same" and not any(_has(c, line) for c in gold.changes)
    return row["verdict"] in ("better", "worse") and all(f.verdict not in ("", row["verdict"]) for f in same)


def _has(patterns: Sequence[str], line: str) -> bool:
    return all(re.search(pattern, line, re.IGNORECASE) for pattern in patterns)


def _number(text: str) -> str:
    """The digits of a number as it is written: "1.926 m³" and "1,926" are both 1926."""
    digits = _digits(text)
    return digits[0] if digits else text


def _digits(text: str) -> list[str]:
    return [_plain(number) for number in re.findall(r"\d[\d.,'’\u202f\u00a0]*", text)]


def _plain(number: str) -> str:
    """The digits without the zeros at the end of one or two decimals."""
    decimals = re.sub(r"[.,](\d{1,2})\D*$", lambda match: "," + match[1].rstrip("0"), number)
    return re.sub(r"\D", "", decimals)
