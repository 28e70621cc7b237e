"""Runs a suite: cases in parallel threads, each result kept at once, so that a broken-off run goes on where it was."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace

from core.errors import DebriefError, IdentityError
from evals.metrics import Measured, mean
from evals.suite.history import History, Result
from evals.suite.scorers import SCORERS, Sample, Score, Scorer
from evals.suite.subject import Subject, World
from evals.suite.suites import Case

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Runner:
    """What a run needs.

    Attributes:
        judge: Gives more scores by asking a language model; None when none is configured.
    """

    subject: Subject
    world: World
    history: History
    scorers: Sequence[Scorer] = SCORERS
    judge: Scorer | None = None
    threads: int = 0

    def run(self, run_id: str, cases: Sequence[Case], progress: Progress = lambda *_: None) -> dict[str, Result]:
        """The results of all cases; those that the run has already are kept, except for errors.

        Args:
            progress: Called with the cases done, their number and the last one's id.
        """
        done = {i: r for i, r in self.history.results(run_id).items() if r.state != "error"}
        todo = [case for case in cases if case.id not in done]
        progress(len(cases) - len(todo), len(cases), "")
        pool = ThreadPoolExecutor(self.threads or min(4, os.cpu_count() or 1))
        try:
            futures = {pool.submit(self.score, case): case for case in todo}
            for number, future in enumerate(as_completed(futures), start=len(cases) - len(todo) + 1):
                result = future.result()
                self.history.add(run_id, result)
                done[result.case_id] = result
                progress(number, len(cases), result.case_id)
        finally:
            # Ctrl-C leaves what is done in the history, and `--resume` takes it up.
            pool.shutdown(wait=False, cancel_futures=True)
        return {case.id: done[case.id] for case in cases}

    def score(self, case: Case) -> Result:
        """One case's result. What the system refuses is an error of the case, never the end of the run."""
        case = self.world.resolved(case)
        about = Result(case.id, "not_run", case.question, case.user, (*case.tags, case.language), expected=case.outcome)
        missing = self._missing(case)
        if missing:
            return replace(about, message=missing)
        try:
            user = self.world.directory.user(case.user)
            observed = self.subject.observe(case, user)
        except IdentityError as error:
            return replace(about, message=str(error))
        except DebriefError as error:
            return replace(about, state="error", message=str(error))
        sample = Sample(case, user, observed, self.world)
        scores = [score for scorer in self.scorers for score in scorer(sample)]
        if self.judge is not None:
            scores.extend(self.judge(sample))
        return replace(
            about,
            state="scored",
            outcome=observed.answer.outcome,
            answer=observed.answer.text,
            trace_id=observed.answer.trace_id,
            scores=tuple(scores),
        )

    def _missing(self, case: Case) -> str:
        wanted = case.sources_wanted()
        if wanted and not wanted & self.world.sources:
            return f"the source {' or '.join(sorted(wanted))} isn't synced here"
        return self.subject.missing(case)


def summarise(found: Iterable[Result]) -> dict[str, Measured]:
    """Each metric's mean with its standard error, over the cases that have it; precision and recall of abstaining."""
    results = list(found)
    values: dict[str, list[float]] = {}
    for result in results:
        for score in result.scores:
            if score.value is not None:
                values.setdefault(score.metric, []).append(score.value)
    summary = {metric: mean(rows) for metric, rows in values.items()}
    scored = [r for r in results if r.state == "scored"]
    abstained = [r for r in scored if r.outcome in {"no_evidence", "refused"}]
    should = [r for r in scored if r.expected in {"no_evidence", "refused"}]
    summary["abstention_precision"] = mean([float(r.expected in {"no_evidence", "refused"}) for r in abstained])
    summary["abstention_recall"] = mean([float(r.outcome in {"no_evidence", "refused", "partly"}) for r in should])
    if "seconds" in values:
        ordered = sorted(values["seconds"])
        for name, share in (("seconds_p50", 0.5), ("seconds_p95", 0.95)):
            summary[name] = Measured(
                ordered[min(len(ordered) - 1, int(share * len(ordered)))], float("nan"), len(ordered)
            )
    errors = [r for r in results if r.state == "error"]
    if results:
        summary["errors"] = Measured(float(len(errors)), float("nan"), len(results))
    return {name: measured for name, measured in summary.items() if measured.n}


def by_tag(found: Iterable[Result], metric: str) -> dict[str, Measured]:
    """A metric's mean for each tag and language that at least two of its cases have, the largest groups first."""
    values: dict[str, list[float]] = {}
    for result in found:
        value = result.value(metric)
        for tag in dict.fromkeys(result.tags) if value is not None else ():
            values.setdefault(tag, []).append(value if value is not None else 0.0)
    kept = {tag: mean(rows) for tag, rows in values.items() if len(rows) > 1}
    return dict(sorted(kept.items(), key=lambda item: (-item[1].n, item[0])))


def unscored(found: Iterable[Result]) -> list[tuple[str, Score]]:
    """The scores without a value, with their case: a judge that failed."""
    return [(r.case_id, s) for r in found for s in r.scores if s.value is None]
