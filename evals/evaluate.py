"""One evaluation from end to end: open, run, compare, judge the gates, report. Command and schedule both call it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from assistant.ask import open_assistant
from core.database import open_database
from core.errors import DatasetError
from core.identity import load_directory
from core.llm import open_chat_models
from core.settings import Settings
from evals.compare import compare
from evals.environment import environment
from evals.gates import failed_gates, load_gates
from evals.history import History, Run
from evals.judge import Judge
from evals.report import Report
from evals.runner import Progress, Runner, summarise
from evals.subject import AssistantSubject, World, known_documents
from evals.suites import Case, chosen_cases, load_suite, suite_file
from retrieval.generations import open_generations

SUITE = "suite"
_TREND = 12


def evaluate(
    settings: Settings,
    suite: str = "",
    *,
    baseline: str = "last",
    tags: Sequence[str] = (),
    resume: str = "",
    progress: Progress = lambda *_: None,
) -> Report:
    """Runs a suite, or goes on with the run `resume`, and keeps it in the history.

    Args:
        baseline: "last", a run's id, or "" for none.

    Raises:
        DatasetError: the suite, the gates or a named run is wrong or missing.
        IndexMissing: nothing has been synced yet.
    """
    engine = open_database(settings)
    history = History(engine)
    taken_up = history.run(resume) if resume else None
    suite = taken_up.suite if taken_up else suite or settings.evaluation.suite
    file = suite_file(settings, suite)
    tags = tags or tuple(taken_up.environment.get("filter", ())) if taken_up else tags
    cases = chosen_cases(load_suite(file), tags)
    if not cases:
        raise DatasetError(f"No reviewed case of {file} has the tags {', '.join(tags)}; leave out --filter.")
    gates = load_gates(settings)
    before = _baseline(history, suite, baseline)
    runner = open_runner(settings, engine, history)
    facts = {**environment(settings, file), "filter": list(tags)}
    if taken_up is not None and _matters(taken_up.environment) != _matters(facts):
        raise DatasetError(
            f"Run {taken_up.id} can't be resumed: index, settings, cases or code have changed since; start a new one."
        )
    run = taken_up or history.start(SUITE, suite, facts)
    results = runner.run(run.id, cases, progress)
    earlier = history.results(before.id) if before is not None else {}
    differences = compare(earlier, results)
    failed = failed_gates(gates, results, differences, filtered=bool(tags))
    verdict = {
        "passed": not failed,
        "failed": [f.message for f in failed],
        "baseline": before.id if before else "",
        "worse": [d.metric for d in differences if d.verdict == "worse"],
    }
    run = history.finish(run.id, summarise(results.values()), verdict)
    return Report(run, results, before, earlier, differences, failed, trend(history, run))


def open_runner(settings: Settings, engine: sa.Engine, history: History) -> Runner:
    """The product as a subject, with what scorers know of the index and of people."""
    assistant = open_assistant(settings)
    documents = known_documents(open_generations(settings).read().chunks())
    models = open_chat_models(settings.llm)
    return Runner(
        AssistantSubject(assistant, _apps(settings)),
        World(documents, load_directory(settings, engine)),
        history,
        judge=Judge(models).score if models is not None else None,
        threads=settings.evaluation.threads,
    )


def stored_report(history: History, run: Run, baseline: Run | None, settings: Settings) -> Report:
    """The report of a run that is in the history, compared with another."""
    results = history.results(run.id)
    earlier = history.results(baseline.id) if baseline is not None else {}
    differences = compare(earlier, results)
    filtered = bool(run.environment.get("filter"))
    failed = failed_gates(load_gates(settings), results, differences, filtered=filtered)
    return Report(run, results, baseline, earlier, differences, failed, trend(history, run))


def trend(history: History, run: Run) -> list[Run]:
    """The finished runs of the same suite and filter up to this one, the oldest first."""
    same = [
        r
        for r in history.latest(run.suite, kind=run.kind, limit=100)
        if r.environment.get("filter") == run.environment.get("filter") and r.started_at <= run.started_at
    ]
    return same[:_TREND][::-1]


def check_cases(cases: Sequence[Case], documents: Sequence[str]) -> list[str]:
    """Documents that cases name and a synced source doesn't have, in sentences."""
    known, sources = set(documents), {d.partition(":")[0] for d in documents}
    return [
        f"{case.id}: {name} isn't in the index"
        for case in cases
        for name in (*case.expected_documents, *case.stale_documents, *case.forbidden_documents)
        if name not in known and name.partition(":")[0] in sources
    ]


def _baseline(history: History, suite: str, wanted: str) -> Run | None:
    if not wanted:
        return None
    if wanted != "last":
        return history.run(wanted)
    return next(iter(history.latest(suite, kind=SUITE, limit=1)), None)


def _matters(facts: object) -> dict[str, object]:
    return {k: v for k, v in facts.items() if k != "code"} if isinstance(facts, dict) else {}


def _apps(settings: Settings) -> list[str]:
    folders = [Path(__file__).resolve().parent.parent / "apps" / "library"]
    folders += [settings.path(settings.apps_dir)] if settings.apps_dir is not None else []
    return [file.stem for folder in folders for file in sorted(folder.glob("*.yaml"))]
