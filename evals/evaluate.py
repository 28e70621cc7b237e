"""One evaluation from end to end: open, run, compare, judge the gates, report. Command and schedule both call it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from apps.publish import load_apps
from assistant.app_runs import open_tools
from assistant.ask import Assistant
from assistant.open import open_assistant
from core.database import open_database
from core.errors import DatasetError
from core.identity import load_directory
from core.llm import ModelUsage, is_local, open_chat_models
from core.settings import Settings
from evals.report import Report
from evals.suite import Case, EvaluationRun, History, Result, Runner, chosen_cases, load_suite, suite_file
from evals.suite.app_runs import AppRuns
from evals.suite.compare import compare
from evals.suite.environment import digest, environment
from evals.suite.everyday import everyday_figures
from evals.suite.gates import failed_gates, load_gates
from evals.suite.judge import Judge
from evals.suite.runner import Progress, summarise
from evals.suite.subject import AssistantSubject, World, known_documents
from ingestion.parse import ParserPool
from retrieval.engines import open_generations
from retrieval.retriever import Retriever

SUITE = "suite"
EVALUATION = "evaluation"  # what its calls of models are counted under
_TREND = 12


def evaluate(
    settings: Settings,
    suite: str = "",
    *,
    baseline: str = "last",
    tags: Sequence[str] = (),
    resume: str = "",
    model: str = "",
    sample: int = 0,
    progress: Progress = lambda *_: None,
) -> Report:
    """Runs a suite, or goes on with the run `resume`, and keeps it in the history.

    Args:
        baseline: "last" with the same model and sample, a run's id, or "" for none.
        resume: A run's id, or "last" for the newest that broke off with everything as it is now, if there is one.
        model: Instead of llm.model.
        sample: Only so many cases, always the same ones; 0 is all.

    Raises:
        DatasetError: the suite, the gates or a named run is wrong or missing.
        IndexMissing: nothing has been synced yet.
    """
    settings = _with_model(settings, model)
    engine = open_database(settings)
    history = History(engine)
    taken_up = history.run(resume) if resume not in {"", "last"} else None
    suite = taken_up.suite if taken_up else suite or settings.evaluation.suite
    file = suite_file(settings, suite)
    tags = tags or tuple(taken_up.environment.get("filter", ())) if taken_up else tags
    cases = chosen_cases(load_suite(file), tags)
    if not cases:
        raise DatasetError(f"No reviewed case of {file} has the tags {', '.join(tags)}; leave out --filter.")
    cases = _sampled(cases, sample)
    gates = load_gates(settings)
    facts = {**environment(settings, file), "filter": list(tags), **({"sample": sample} if sample else {})}
    before = _baseline(history, suite, baseline, facts)
    if resume == "last":
        taken_up = _broken_off(history, suite, facts)
    if taken_up is not None and _matters(taken_up.environment) != _matters(facts):
        raise DatasetError(
            f"Run {taken_up.id} can't be resumed: index, settings, apps or cases have changed since; start a new one."
        )
    run = taken_up or history.start(SUITE, suite, facts)
    assistant = open_assistant(settings, purpose=EVALUATION)
    with ExitStack() as stack:
        runner = open_runner(settings, engine, history, assistant, file=file, stack=stack)
        results = _finished(runner, run, cases, progress)
    everyday = {} if tags or sample else everyday_figures(settings, engine, assistant, progress)
    earlier = history.results(before.id) if before is not None else {}
    differences = compare(earlier, results)
    failed = failed_gates(gates, results, differences, everyday, filtered=bool(tags or sample))
    verdict = {
        "passed": not failed,
        "failed": [f.message for f in failed],
        "baseline": before.id if before else "",
        "worse": [d.metric for d in differences if d.verdict == "worse"],
    }
    run = history.finish(run.id, {**summarise(results.values()), **everyday}, verdict)
    return Report(run, results, before, earlier, differences, failed, trend(history, run), other_mode(history, run))


def _with_model(settings: Settings, model: str) -> Settings:
    """The settings for a run with another model; one on this machine answers one question at a time."""
    if model:
        settings = settings.model_copy(update={"llm": settings.llm.model_copy(update={"model": model})})
    if not is_local(settings.llm.model):
        return settings
    return settings.model_copy(update={"evaluation": settings.evaluation.model_copy(update={"threads": 1})})


def _sampled(cases: Sequence[Case], count: int) -> list[Case]:
    """As many of the cases, spread by chance that is the same each time."""
    chosen = sorted(cases, key=lambda case: digest([case.id.encode()]))[: count or None]
    return [case for case in cases if case in chosen]


def _broken_off(history: History, suite: str, facts: Mapping[str, Any]) -> EvaluationRun | None:
    runs = history.latest(suite, kind=SUITE, finished=False)
    same = (run for run in runs if run.finished_at is None and _matters(run.environment) == _matters(facts))
    return next(same, None)


def other_mode(history: History, run: EvaluationRun) -> tuple[EvaluationRun, Mapping[str, Result]] | None:
    """The newest run of the same suite with another model, or with none, and its results."""
    for other in history.latest(run.suite, kind=SUITE, limit=_TREND):
        if other.environment.get("model") != run.environment.get("model") and other.started_at <= run.started_at:
            return other, history.results(other.id)
    return None


def _finished(runner: Runner, run: EvaluationRun, cases: Sequence[Case], progress: Progress) -> dict[str, Result]:
    try:
        return runner.run(run.id, cases, progress)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"Run {run.id} broke off; go on with: debrief eval run --resume {run.id}") from None


def open_runner(
    settings: Settings,
    engine: sa.Engine,
    history: History,
    assistant: Assistant,
    *,
    file: Path,
    stack: ExitStack,
) -> Runner:
    """The product as a subject, with what scorers know of the index and of people.

    Args:
        file: The suite's; the files of its cases are named from its folder.
        stack: Closes the processes that read those files.
    """
    retriever = assistant.path.retriever if isinstance(assistant.path.retriever, Retriever) else None
    parsers = stack.enter_context(ParserPool(settings.parsing))
    apps = AppRuns(
        load_apps(settings)[0], open_tools(settings, assistant, retriever), parsers.parse, file.parent, settings.company
    )
    documents = known_documents(open_generations(settings).read().chunks())
    models = open_chat_models(settings.llm, settings.data_path, ModelUsage(engine, EVALUATION))
    return Runner(
        AssistantSubject(assistant, apps),
        World(documents, load_directory(settings, engine)),
        history,
        judge=Judge(models).score if models is not None else None,
        threads=settings.evaluation.threads,
    )


def stored_report(history: History, run: EvaluationRun, baseline: EvaluationRun | None, settings: Settings) -> Report:
    """The report of a run that is in the history, compared with another."""
    results = history.results(run.id)
    earlier = history.results(baseline.id) if baseline is not None else {}
    differences = compare(earlier, results)
    filtered = bool(run.environment.get("filter") or run.environment.get("sample"))
    failed = failed_gates(load_gates(settings), results, differences, run.summary, filtered=filtered)
    return Report(run, results, baseline, earlier, differences, failed, trend(history, run), other_mode(history, run))


def trend(history: History, run: EvaluationRun) -> list[EvaluationRun]:
    """The finished runs of the same suite and filter up to this one, the oldest first."""
    same = [
        r
        for r in history.latest(run.suite, kind=run.kind, limit=100)
        if _kind(r.environment) == _kind(run.environment) and r.started_at <= run.started_at
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


def _baseline(history: History, suite: str, wanted: str, facts: Mapping[str, Any]) -> EvaluationRun | None:
    if not wanted:
        return None
    if wanted != "last":
        return history.run(wanted)
    runs = history.latest(suite, kind=SUITE, limit=100)
    return next((run for run in runs if _kind(run.environment)[1:] == _kind(facts)[1:]), None)


def _kind(facts: Mapping[str, Any]) -> tuple[object, ...]:
    """Filter, model and sample: what has to be the same for figures to be one series."""
    return facts.get("filter"), facts.get("model"), facts.get("sample", 0)


def _matters(facts: object) -> dict[str, object]:
    return {k: v for k, v in facts.items() if k != "code"} if isinstance(facts, dict) else {}
