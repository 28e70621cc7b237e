"""All systems in turn, each in a process of its own, and one table.

    python -m evals.peers --data ../shared/data/anthropic_docs [--systems debrief txtai] [--rounds 3] [--json]

In each round every system runs once, so that whatever else the machine does meets all of them; speeds are medians over
the rounds, memory is the most of any.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from rich.table import Table

from core.console import err, out, print_json
from core.errors import DebriefError
from evals.peers.system import SYSTEMS, Measurement

# Nothing is downloaded and nothing is reported while a system is measured; no library asks before it forks.
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "TOKENIZERS_PARALLELISM": "true",
}
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class PeerFailed(DebriefError):
    """A compared system could not be measured."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a table, or with --json one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="A folder in the BEIR layout.")
    parser.add_argument("--queries", type=Path)
    parser.add_argument("--qrels", type=Path)
    parser.add_argument("--systems", nargs="+", choices=list(SYSTEMS), default=list(SYSTEMS))
    parser.add_argument("--documents", type=int, default=0, help="Only so many, the judged ones first.")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="Threads of each model; 0: all cores.")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    options = ["--data", str(chosen.data), "--documents", str(chosen.documents), "--threads", str(chosen.threads)]
    for name in ("queries", "qrels"):
        if getattr(chosen, name) is not None:
            options += [f"--{name}", str(getattr(chosen, name))]
    runs: dict[str, list[Measurement]] = {}
    for number in range(chosen.rounds):
        for name in chosen.systems:
            begun = os.getloadavg()[0]
            try:
                measured = run(name, options, chosen.threads)
            except PeerFailed as error:
                err.print(str(error), style="red", markup=False)
                continue
            runs.setdefault(name, []).append(measured)
            err.print(
                f"round {number + 1}, {name}: {measured.documents_per_s:.1f} documents/s, "
                f"p50 {measured.p50_ms:.1f} ms, nDCG@10 {measured.ndcg:.3f}, {measured.peak_mb:,.0f} MB "
                f"(load before: {begun:.1f})"
            )
    results = [middle(measured) for measured in runs.values()]
    if chosen.json:
        print_json({"machine": machine(), "data": str(chosen.data), "systems": [asdict(result) for result in results]})
    elif results:
        print_table(results)
    if len(runs) < len(chosen.systems):
        raise SystemExit(1)


def run(name: str, options: Sequence[str], threads: int) -> Measurement:
    """One system in a fresh process.

    Raises:
        PeerFailed: it ended without a measurement; with the last line it said.
    """
    environment = {key: value for key, value in os.environ.items() if key not in _THREADS} | _OFFLINE
    if threads:
        environment |= dict.fromkeys(_THREADS, str(threads))
    command = [sys.executable, "-m", "evals.peers.system", name, *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or "nothing").splitlines()[-1]
        remedy = "install the extra with `pip install -e .[peers]`" if "ModuleNotFoundError" in said else "run it alone"
        raise PeerFailed(f"{name} could not be measured ({said}); {remedy}, or leave it out with --systems.")
    return Measurement(**json.loads(done.stdout.strip().splitlines()[-1]))


def middle(rounds: Sequence[Measurement]) -> Measurement:
    """The median of speeds and times over several rounds of one system, and the most memory."""
    return replace(
        rounds[0],
        documents_per_s=statistics.median(one.documents_per_s for one in rounds),
        tokens_per_s=statistics.median(one.tokens_per_s for one in rounds),
        p50_ms=statistics.median(one.p50_ms for one in rounds),
        p95_ms=statistics.median(one.p95_ms for one in rounds),
        peak_mb=max(one.peak_mb for one in rounds),
    )


def machine() -> str:
    """What ran, in a few words."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def print_table(results: Sequence[Measurement]) -> None:
    """One row a system."""
    first = results[0]
    out.print(f"{first.documents:,} documents, {first.questions} questions; {machine()}; load {os.getloadavg()[0]:.1f}")
    table = Table(
        "system", "passages", "documents/s", "tokens/s", "query p50 ms", "p95 ms", "nDCG@10", "peak MB", "setup"
    )
    for one in results:
        table.add_row(
            one.system,
            f"{one.passages:,}",
            f"{one.documents_per_s:.1f}",
            f"{one.tokens_per_s:,.0f}",
            f"{one.p50_ms:.1f}",
            f"{one.p95_ms:.1f}",
            f"{one.ndcg:.3f} ± {one.ndcg_error:.3f}",
            f"{one.peak_mb:,.0f}",
            one.setup,
        )
    out.print(table)


if __name__ == "__main__":
    main()
