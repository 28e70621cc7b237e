"""Precision and recall of the comparison of reports, on pairs of real files whose differences are known.

`python -m evals.measures.comparison [--pairs 100] [--seed 7] [--files docx,pdf]`. A report of tables and text is made
up and edited at known places; both versions are written as files of each format, parsed as an app's inputs are, and
compared. Every change that is found is either one of the edits or too much.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.table import Table

from apps.compare import ReportChange, compare, read_report
from core.console import out, print_json
from evals.measures.report_files import FORMATS
from evals.measures.report_pairs import DIRECTIONS, Edit, report_pair
from ingestion.parse import parse

# What fits into one file of the format: tables, and whether text goes with them.
_HOLDS = {"csv": (1, False)}


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """Over all pairs of one format, counted by edit.

    Attributes:
        amounts: Share of the found changes of numbers whose difference is right.
        verdicts: Share of the found changes of figures with a known direction that are rightly better or worse.
        missed, wrong: Some edits that weren't found, and some that were found and never made.
    """

    format: str
    pairs: int
    edits: int
    found: int
    precision: float
    recall: float
    amounts: float
    verdicts: float
    recall_by_edit: dict[str, float]
    missed: list[Edit]
    wrong: list[Edit]


def evaluate_comparison(kind: str, pairs: int, seed: int) -> ComparisonReport:
    """Makes `pairs` pairs of files and compares what is found with what was edited."""
    tables, with_text = _HOLDS.get(kind, (3, True))
    wanted_all, seen_all, common_all = Counter[Edit](), Counter[Edit](), Counter[Edit]()
    amounts, verdicts = Counter[bool](), Counter[bool]()
    for n in range(pairs):
        rng = random.Random(f"{kind} {seed} {n}")
        pair = report_pair(rng, tables, with_text)
        reports = [
            read_report(parse(FORMATS[kind](draft, rng), f"{name}.{kind}"))
            for name, draft in (("before", pair.before), ("after", pair.after))
        ]
        changes = compare(reports[0], reports[1], {}).changes
        seen, wanted = Counter(_edit(c) for c in changes), Counter(pair.edits)
        wanted_all.update(wanted)
        seen_all.update(seen)
        common_all.update(seen & wanted)
        for change in changes:
            label, column = change.label, change.label.rpartition(", ")[2]
            if change.part == "cell" and label in pair.amounts:
                amounts[change.difference == pair.amounts[label]] += 1
                if column in DIRECTIONS and pair.amounts[label]:
                    better = pair.amounts[label] * DIRECTIONS[column] > 0
                    verdicts[change.verdict == ("better" if better else "worse")] += 1
    by_edit, hits = (
        Counter(f"{kind} {part}" for kind, part, _ in edits.elements()) for edits in (wanted_all, common_all)
    )
    return ComparisonReport(
        format=kind,
        pairs=pairs,
        edits=wanted_all.total(),
        found=seen_all.total(),
        precision=round(common_all.total() / max(seen_all.total(), 1), 4),
        recall=round(common_all.total() / max(wanted_all.total(), 1), 4),
        amounts=_share(amounts),
        verdicts=_share(verdicts),
        recall_by_edit={name: round(hits[name] / n, 4) for name, n in sorted(by_edit.items())},
        missed=sorted((wanted_all - common_all).elements())[:10],
        wrong=sorted((seen_all - common_all).elements())[:10],
    )


def _share(counted: Counter[bool]) -> float:
    return round(counted[True] / max(counted.total(), 1), 4)


def _edit(change: ReportChange) -> Edit:
    if change.part == "sentence":
        return (change.kind, change.part, change.after or change.before)
    return (change.kind, change.part, change.label)


def main(arguments: Sequence[str]) -> None:
    """Prints a table, or with `--json` the reports."""
    parser = argparse.ArgumentParser(prog="python -m evals.measures.comparison", description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=100, help="pairs of each format")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--files", default=",".join(FORMATS), help="formats, separated by commas")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    kinds = given.files.split(",")
    unknown = [k for k in kinds if k not in FORMATS]
    if unknown:
        parser.error(f"there is no format {unknown[0]!r}; there are {', '.join(FORMATS)}")
    reports = [evaluate_comparison(kind, given.pairs, given.seed) for kind in kinds]
    if given.json:
        print_json({report.format: asdict(report) for report in reports})
        return
    table = Table("format", "pairs", "edits", "precision", "recall", "amounts", "better or worse")
    for r in reports:
        table.add_row(
            r.format, str(r.pairs), str(r.edits), *(f"{v:.3f}" for v in (r.precision, r.recall, r.amounts, r.verdicts))
        )
    out.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
