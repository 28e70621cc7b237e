"""How well files are turned into text: a manifest of files with the strings that a parser must find.

Each row of the manifest is a JSON object with `file` (relative to the manifest) and, if wanted, `format`, `class`,
`needs`, `must_contain`, `must_not_contain` (lists of strings) and `reference_text` (a path or the text itself).

What is compared is what the index gets: title, headings and the text of all sections. Both sides are cleaned as at
parsing (Unicode NFC, invisible characters out); then Markdown's table marks ("|", "| --- |") and all white space are
taken out, since the order of words counts and not their layout. Upper and lower case count. Overlap with a reference
is counted over words in lower case: recall is the share of the reference's words that were found, F1 also counts
words too many.

Each file ends as parsed, as reported (with a reason) or as crashed: neither. A file whose process died is reported,
since the reason and the other files are safe; `contained` counts those.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any, Literal

from rich.table import Table

from core.console import out
from core.errors import DatasetError
from core.types import Parsed
from ingestion.parse import ParserPool, ParserUsage
from ingestion.parse.draft import clean

GRADED_CLASSES = ("normal", "multilingual", "encoding")
_TABLE_RULE = re.compile(r"^\|(?: --- \|)+$", re.MULTILINE)
Outcome = Literal["parsed", "reported", "crashed"]


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """One file of the manifest and what a parser must find in it."""

    file: Path
    name: str
    format: str
    kind: str  # the manifest's "class"
    needs: str
    must_contain: tuple[str, ...]
    must_not_contain: tuple[str, ...]
    reference: str

    @property
    def graded(self) -> bool:
        """Whether the row counts for the goal: readable without a password, OCR or drawing charts."""
        return self.kind in GRADED_CLASSES and self.needs.strip().lower() not in ("ocr", "chart", "charts")


@dataclass(frozen=True, slots=True)
class FileScore:
    """What became of one file. Times in seconds, memory in MiB; recall and F1 only with a reference."""

    file: str
    format: str
    kind: str
    graded: bool
    outcome: Outcome
    reason: str
    wanted: int
    found: int
    missing: tuple[str, ...]
    unwanted: tuple[str, ...]
    recall: float | None
    f1: float | None
    seconds: float
    peak_mb: float
    contained: bool
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsingReport:
    """All files' scores and their sums."""

    scores: tuple[FileScore, ...]
    by_format: dict[str, dict[str, Any]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The report under the keys that `debrief eval parsing --json` promises."""
        graded = [score for score in self.scores if score.graded]
        return {
            **_sums(self.scores),
            "graded": {
                key: value for key, value in _sums(graded).items() if key in ("files", "wanted", "found", "share")
            },
            "by_format": self.by_format,
            "details": self.scores,
        }


def load_manifest(path: Path) -> list[ParsedFile]:
    """The manifest's rows.

    Raises:
        DatasetError: no such file, a line that isn't a JSON object, a wrong type, or a file that isn't there.
    """
    if not path.is_file():
        raise DatasetError(f"There is no manifest at {path}; name a file with one JSON object a line.")
    rows: list[ParsedFile] = []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8.") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            rows.append(_row(path, number, line))
    if not rows:
        raise DatasetError(f"The manifest {path} has no rows; add one JSON object a line.")
    return rows


def evaluate_parsing(
    rows: Sequence[ParsedFile], pool: ParserPool, on_file: Callable[[int, int], None] = lambda done, total: None
) -> ParsingReport:
    """Parses every file in a process of its own and scores what came out."""
    scores: list[FileScore] = []
    with ThreadPoolExecutor(pool.workers) as threads:
        for score in threads.map(lambda row: _score(row, pool), rows):
            scores.append(score)
            on_file(len(scores), len(rows))
    formats = sorted({score.format for score in scores})
    by_format = {name: _sums([score for score in scores if score.format == name]) for name in formats}
    return ParsingReport(tuple(scores), by_format)


def print_report(report: ParsingReport) -> None:
    """The table by format, then what is missing and why."""
    shown = ("files", "parsed", "reported", "crashed", "wanted", "found", "recall", "f1", "median_ms", "max_peak_mb")
    table = Table("format", *(name.replace("_", " ") for name in shown))
    sums = report.as_json()
    for name, values in [*report.by_format.items(), ("all", sums)]:
        table.add_row(name, *("" if values[key] is None else str(values[key]) for key in shown))
    out.print(table)
    graded = sums["graded"]
    out.print(f"{graded['found']} of {graded['wanted']} strings found in the {graded['files']} files that count.")
    for score in report.scores:
        if score.reason:
            out.print(f"{score.outcome}: {score.reason}", markup=False)
        for text in score.missing:
            out.print(f"missing in {score.file}: {text!r}", markup=False)
        for text in score.unwanted:
            out.print(f"unwanted in {score.file}: {text!r}", markup=False)


def comparable(text: str) -> str:
    """`text` as it is compared: cleaned, without table marks and white space."""
    text = _TABLE_RULE.sub("", clean(text))
    return "".join(text.replace("|", "").replace("\\", "").split())


def overlap(text: str, reference: str) -> tuple[float, float]:
    """Recall and F1 of the words of `text` against those of `reference`."""
    have, want = _words(text), _words(reference)
    shared = sum((have & want).values())
    if not shared:
        return (1.0, 1.0) if not want else (0.0, 0.0)
    recall, precision = shared / sum(want.values()), shared / sum(have.values())
    return recall, 2 * recall * precision / (recall + precision)


def extracted_text(parsed: Parsed) -> str:
    """Everything of a document that the index gets: title, headings, text."""
    parts = [parsed.title]
    path: tuple[str, ...] = ()
    for section in parsed.sections:
        parts.extend(heading for at, heading in enumerate(section.heading_path) if path[at : at + 1] != (heading,))
        path = section.heading_path
        parts.append(section.text)
    return "\n".join(parts)


def _score(row: ParsedFile, pool: ParserPool) -> FileScore:
    try:
        measured = pool.measure(row.file.read_bytes(), row.file.name)
    except Exception as error:  # the evaluation is about what goes wrong: nothing may end it
        reason = f"{type(error).__name__}: {error}"
        return _file_score(row, "crashed", ParserUsage(None, None, 0.0, 0.0), reason)
    if measured.parsed is None:
        return _file_score(row, "reported" if measured.error else "crashed", measured, str(measured.error or ""))
    return _file_score(row, "parsed", measured, "")


def _file_score(row: ParsedFile, outcome: Outcome, measured: ParserUsage, reason: str) -> FileScore:
    text = extracted_text(measured.parsed) if measured.parsed else ""
    plain = comparable(text)
    missing = tuple(wanted for wanted in row.must_contain if comparable(wanted) not in plain)
    recall, f1 = overlap(text, row.reference) if row.reference and measured.parsed else (None, None)
    return FileScore(
        file=row.name,
        format=row.format,
        kind=row.kind,
        graded=row.graded,
        outcome=outcome,
        reason=reason,
        wanted=len(row.must_contain),
        found=len(row.must_contain) - len(missing),
        missing=missing,
        unwanted=tuple(bad for bad in row.must_not_contain if comparable(bad) in plain),
        recall=None if recall is None else round(recall, 3),
        f1=None if f1 is None else round(f1, 3),
        seconds=round(measured.seconds, 4),
        peak_mb=round(measured.peak_mb, 1),
        contained=measured.contained,
        warnings=measured.parsed.warnings if measured.parsed else (),
    )


def _sums(scores: Sequence[FileScore]) -> dict[str, Any]:
    wanted, found = sum(score.wanted for score in scores), sum(score.found for score in scores)
    recalls = [score.recall for score in scores if score.recall is not None]
    f1s = [score.f1 for score in scores if score.f1 is not None]
    return {
        "files": len(scores),
        "wanted": wanted,
        "found": found,
        "share": round(found / wanted, 4) if wanted else None,
        "unwanted": sum(len(score.unwanted) for score in scores),
        "parsed": sum(score.outcome == "parsed" for score in scores),
        "reported": sum(score.outcome == "reported" for score in scores),
        "crashed": sum(score.outcome == "crashed" for score in scores),
        "contained": sum(score.contained for score in scores),
        "recall": round(mean(recalls), 3) if recalls else None,
        "f1": round(mean(f1s), 3) if f1s else None,
        "median_ms": round(1_000 * median(score.seconds for score in scores), 1) if scores else None,
        "max_seconds": max((score.seconds for score in scores), default=None),
        "max_peak_mb": max((score.peak_mb for score in scores), default=None),
    }


def _row(path: Path, number: int, line: str) -> ParsedFile:
    where = f"{path}, line {number}"
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{where} is not JSON ({error}); write one JSON object a line.") from error
    if not isinstance(values, dict) or not isinstance(values.get("file"), str) or not values["file"]:
        raise DatasetError(f'{where} names no file; give it a key "file" with a path relative to the manifest.')
    lists: dict[str, tuple[str, ...]] = {}
    for key in ("must_contain", "must_not_contain"):
        items = values.get(key) or []
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise DatasetError(f"{where}: '{key}' is {type(items).__name__}; make it a list of strings.")
        lists[key] = tuple(items)
    texts: dict[str, str] = {}
    for key in ("format", "class", "reference_text"):
        text = values.get(key) or ""
        if not isinstance(text, str):
            raise DatasetError(f"{where}: '{key}' is {type(text).__name__}; make it a string.")
        texts[key] = text
    file = path.parent / values["file"]
    if not file.is_file():
        raise DatasetError(f"{where}: there is no file {file}; correct the path or remove the row.")
    needs = values.get("needs") or ""
    reference = texts["reference_text"]
    return ParsedFile(
        file,
        values["file"],
        texts["format"] or file.suffix.lstrip(".").lower() or "none",
        texts["class"] or "normal",
        ", ".join(map(str, needs)) if isinstance(needs, list) else str(needs),
        lists["must_contain"],
        lists["must_not_contain"],
        _reference(path.parent / reference, reference),
    )


def _reference(path: Path, text: str) -> str:
    """The reference: the file it names, or the text itself."""
    try:
        return path.read_text(encoding="utf-8", errors="replace") if text and path.is_file() else text
    except OSError:  # a text too long to be a path
        return text


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", clean(text).casefold()))
