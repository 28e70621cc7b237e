"""The evaluation's finished runs as the Quality page reads them. A finished run never changes, so it is read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from chat_ui.parts import components, session
from evals.suite import EvaluationRun, History, Result
from evals.suite.compare import Difference, compare

MOST_RUNS = 40
_READ = 400


def all_runs() -> list[EvaluationRun]:
    """The finished runs of suites and foreign sets, the newest first."""
    return History(session.database()).latest(limit=_READ)


def series_name(run: EvaluationRun) -> str:
    """Runs of one name can be compared: they asked the same kind of cases."""
    tags = run.environment.get("filter") or ()
    kind = "" if run.kind == "suite" else f"{run.kind}: "
    return f"{kind}{run.suite}" + (f", only {', '.join(tags)}" if tags else "")


@st.cache_resource(show_spinner=False, max_entries=2 * MOST_RUNS)
def results(run_id: str) -> Mapping[str, Result]:
    """A finished run's results by case."""
    return History(session.database()).results(run_id)


@st.cache_resource(show_spinner=False, max_entries=20)
def differences(before: str, now: str) -> Sequence[Difference]:
    """What changed between two finished runs, metric by metric."""
    return compare(results(before), results(now))


def started(run: EvaluationRun) -> str:
    """When the run began, as the person's clock shows it."""
    return components.local(run.started_at)


def run_label(run: EvaluationRun) -> str:
    """A run in a list to choose from."""
    failed = run.verdict.get("failed", [])
    return f"{started(run)} · {run.id[:6]} · " + (
        f"{components.many(len(failed), 'gate')} failed" if failed else "passed"
    )
