"""nDCG@10 by chunk size and overlap: `python -m evals.bench.chunking [--sizes 90 180 270] [--overlaps 0 30]`.

Each pair of settings indexes each set at hand through the real pipeline; vectors are kept in one cache between runs.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from rich.table import Table

from core.console import err, out
from core.settings import ChunkingSettings, Settings
from evals.data import RetrievalSet, load_retrieval_set
from evals.measures.retrieval import evaluate_retrieval

_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def main() -> None:
    """Prints a table with one row for each pair of size and overlap."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sizes", type=int, nargs="+", default=[90, 135, 180, 270])
    arguments.add_argument("--overlaps", type=int, nargs="+", default=[0, 30])
    chosen = arguments.parse_args()
    sets = _sets()
    if not sets:
        out.print(f"There are no retrieval sets in {_DATA}; nothing to measure.")
        return
    table = Table("words", "overlap", "chunks", *(one.name for one in sets), "mean")
    pairs = [(size, overlap) for size in chosen.sizes for overlap in chosen.overlaps]
    with tempfile.TemporaryDirectory() as folder:
        for number, (size, overlap) in enumerate(pairs, 1):
            chunking = ChunkingSettings(size_words=size, overlap_words=overlap)
            reports = [evaluate_retrieval(one, Settings(root=Path(folder), chunking=chunking)) for one in sets]
            found = [report.stages["weighted"].measures["ndcg@10"] for report in reports]
            average = sum(measured.value for measured in found) / len(found)
            chunks = sum(report.chunks for report in reports)
            row = (str(size), str(overlap), str(chunks), *(str(measured) for measured in found), f"{average:.4f}")
            table.add_row(*row)
            err.print(f"{number} of {len(pairs)}: {'  '.join(row)}")
    out.print(table)


def _sets() -> list[RetrievalSet]:
    sets = []
    if (_DATA / "anthropic_docs").is_dir():
        sets.append(load_retrieval_set(_DATA / "anthropic_docs"))
    if (_DATA / "mtrag").is_dir():
        queries = Path("human_rewrite_queries.jsonl")
        sets.append(load_retrieval_set(_DATA / "mtrag", queries, Path("human_qrels.tsv")))
    return sets


if __name__ == "__main__":
    main()
