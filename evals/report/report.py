"""A run as Markdown: the verdict first, then what got worse, then every metric, then the cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.tables import table_cell
from evals.metrics import Measured
from evals.suite import EvaluationRun, Result, by_tag
from evals.suite.compare import Difference
from evals.suite.everyday import NOT_ANSWERED, PLAINLY, RIGHTLY, WRONG
from evals.suite.gates import Failed
from evals.suite.runner import summarise, unscored
from evals.suite.scorers import LOWER_IS_BETTER

# The metric that stands for a case's quality in the table by tag and in the choice of the worst cases.
QUALITY = ("no_leak", "outcome", "fact_coverage", "no_contradiction", "citation_precision", "citation_recall",
           "groundedness", "source_correct", "source_current", "assertions", "routing", "recall@5")  # fmt: skip
_NAMED = 8
# What makes a case right for whoever asked; a fault of the first kind is named as it is met.
_RIGHT = ("no_leak", "outcome", "fact_coverage", "no_contradiction", "assertions", "routing")
_FAULTS = {
    "no_leak": "showed something closed",
    "fact_coverage": "lacked every fact",
    "no_contradiction": "said something false",
    "routing": "went the wrong way",
}
_DECLINED, _ANSWERED = ("no_evidence", "refused"), ("answered", "partly")


@dataclass(frozen=True)
class Report:
    """Everything that a report shows.

    Attributes:
        other_mode: The newest run of the suite with another model, or with none, and its results.
    """

    run: EvaluationRun
    results: Mapping[str, Result]
    baseline: EvaluationRun | None = None
    baseline_results: Mapping[str, Result] = field(default_factory=dict)
    differences: Sequence[Difference] = ()
    failed: Sequence[Failed] = ()
    earlier: Sequence[EvaluationRun] = ()
    other_mode: tuple[EvaluationRun, Mapping[str, Result]] | None = None

    @property
    def changed_settings(self) -> list[tuple[str, str, str]]:
        """What is another than in the baseline, of all that can change a result."""
        if self.baseline is None:
            return []
        before, now = self.baseline.environment, self.run.environment
        return [
            (key, str(before.get(key, "")), str(now.get(key, "")))
            for key in dict.fromkeys([*now, *before])
            if before.get(key) != now.get(key)
        ]


def case_quality(result: Result) -> float:
    """0..1: the mean of the case's quality scores; a leak makes it 0."""
    values = [v for metric in QUALITY if (v := result.value(metric)) is not None]
    if result.state == "error" or result.value("no_leak") == 0.0:
        return 0.0
    return sum(values) / len(values) if values else 1.0


def worst_cases(results: Mapping[str, Result], count: int = _NAMED) -> list[Result]:
    """The cases that went worst, those without a fault left out."""
    scored = [r for r in results.values() if r.state != "not_run" and case_quality(r) < 1]
    return sorted(scored, key=lambda r: (case_quality(r), r.case_id))[:count]


def verdict_line(report: Report) -> str:
    """The run in one sentence."""
    states = [r.state for r in report.results.values()]
    worse = [d.metric for d in report.differences if d.verdict == "worse"]
    parts = [
        f"{states.count('scored')} cases scored",
        f"{states.count('not_run')} not run",
        f"{states.count('error')} failed to run",
    ]
    said = f"{report.run.suite}: {', '.join(parts)}; "
    said += f"{len(report.failed)} gates failed" if report.failed else "all gates reached"
    if report.baseline is not None:
        said += f"; worse than {report.baseline.id} beyond noise: {', '.join(worse) or 'nothing'}"
    return said + "."


def in_words(report: Report) -> list[str]:
    """What a person would ask first: how much wasn't right and why, and what people with their own words get."""
    scored = [r for r in report.results.values() if r.state == "scored"]
    wrong = [r for r in scored if any((r.value(metric) or 0.0) < 1 for metric in _RIGHT if r.value(metric) is not None)]
    ended = [r for r in wrong if r.value("outcome") == 0.0]
    refused = sum(r.outcome in _DECLINED and r.expected in _ANSWERED for r in ended)
    answered = sum(r.outcome in _ANSWERED and r.expected in _DECLINED for r in ended)
    faults = [
        (refused, "were refused though the answer is there"),
        (answered, "were answered though the answer isn't there"),
        (len(ended) - refused - answered, "ended in another way than they should"),
    ]
    faults += [(sum((r.value(metric) == 0.0) for r in wrong), said) for metric, said in _FAULTS.items()]
    lines = [f"{len(wrong)} of {len(scored)} cases weren't right" + _listed(faults) + "."]
    plain = [v for r in scored if r not in wrong and (v := r.value("answered_plainly")) is not None]
    if plain.count(0.0):
        lines.append(f"{plain.count(0.0)} more were right, but only as findings, without a plain answer.")
    summary = report.run.summary
    if RIGHTLY in summary:
        rightly, plainly = summary[RIGHTLY], summary[PLAINLY]
        lines.append(
            f"Of {rightly.n} everyday questions in people's own words {_count(rightly)} were answered rightly, "
            f"{_count(plainly)} of them plainly; {_count(summary[WRONG])} answers were wrong."
        )
    if NOT_ANSWERED in summary:
        others = summary[NOT_ANSWERED]
        lines.append(f"Of {others.n} questions without an answer {_count(others)} weren't answered.")
    return lines


def _listed(faults: Sequence[tuple[int, str]]) -> str:
    said = [f"{count} {text}" for count, text in faults if count]
    return f": {', '.join(said)}" if said else ""


def _count(share: Measured) -> int:
    return round(share.value * share.n)


def markdown(report: Report) -> str:
    """The whole report."""
    run = report.run
    lines = [
        f"# Evaluation {run.id}",
        "",
        verdict_line(report),
        "",
        *in_words(report),
        "",
        f"Started {run.started_at:%Y-%m-%d %H:%M} UTC.",
    ]
    if report.failed:
        lines += ["", "## Gates that failed", ""]
        for failed in report.failed:
            lines.append(f"- **{failed.message}**" + _cases(failed.cases, report.results))
    worse = [d for d in report.differences if d.verdict == "worse"]
    if worse:
        lines += ["", f"## Worse than {report.baseline.id if report.baseline else ''}", ""]
        for d in worse:
            lines.append(f"- **{d.metric}** {d.before:.3f} → {d.now:.3f} (95%: {d.low:+.3f} to {d.high:+.3f})")
            lines += [
                f"  - {c.case_id}: {c.before:.2f} → {c.now:.2f}, traces {c.trace_before or '–'} → {c.trace_now or '–'}"
                f"; {cell(c.explanation)}"
                for c in d.fell[:_NAMED]
            ]
    lines += ["", "## Metrics", "", *metric_table(run.summary, report.differences)]
    lines += side_by_side(report)
    lines += ["", "## By tag", "", "| tag | cases | outcome | fact_coverage |", "|---|--:|--:|--:|"]
    covered = by_tag(report.results.values(), "fact_coverage")
    for tag, measured in by_tag(report.results.values(), "outcome").items():
        fact = covered.get(tag)
        lines.append(f"| {table_cell(tag)} | {measured.n} | {measured} | {fact if fact else '–'} |")
    lines += ["", "## Worst cases", ""]
    for result in worst_cases(report.results):
        faults = [
            f"{s.metric} {s.value:.2f}: {cell(s.explanation)}" for s in result.scores if _is_fault(s.metric, s.value)
        ]
        lines.append(f"- **{result.case_id}** {cell(result.question)} (trace {result.trace_id or '–'})")
        lines += [f"  - {fault}" for fault in faults] or [f"  - {cell(result.message)}"]
    lines += _left_out(report)
    lines += ["", "## What was measured", "", "| | now | baseline |", "|---|---|---|"]
    before = report.baseline.environment if report.baseline else {}
    lines += [f"| {k} | {cell(str(v))} | {cell(str(before.get(k, '')))} |" for k, v in run.environment.items()]
    return "\n".join(lines) + "\n"


def metric_table(summary: Mapping[str, Measured], differences: Sequence[Difference] = ()) -> list[str]:
    """The metrics with their standard error and n, and the change since the baseline."""
    changes = {d.metric: d for d in differences}
    lines = ["| metric | mean ± standard error | n | change (95%) |", "|---|--:|--:|---|"]
    for metric, measured in summary.items():
        d = changes.get(metric)
        change = f"{d.change:+.3f} ({d.low:+.3f} to {d.high:+.3f}) {d.verdict}" if d else ""
        less = " (less is better)" if metric in LOWER_IS_BETTER or metric.startswith("seconds") else ""
        lines.append(f"| {table_cell(metric)}{less} | {measured} | {measured.n} | {change} |")
    return lines


def side_by_side(report: Report) -> list[str]:
    """The metrics of both modes over the cases that both have, as a section; nothing without another mode's run."""
    if report.other_mode is None:
        return []
    other, theirs = report.other_mode
    both = [name for name in report.results if name in theirs and theirs[name].state == "scored"]
    now, then = summarise(report.results[name] for name in both), summarise(theirs[name] for name in both)
    models = [cell(str(run.environment.get("model", ""))) for run in (report.run, other)]
    lines = ["", f"## Beside {other.id} of {other.started_at:%Y-%m-%d}, {len(both)} cases that both have", ""]
    lines += [f"| metric | {models[0]} | {models[1]} |", "|---|--:|--:|"]
    return lines + [f"| {table_cell(name)} | {now[name]} | {then.get(name, '–')} |" for name in now]


def cell(text: str, limit: int = 200) -> str:
    """Text on one line that doesn't break a table."""
    line = table_cell(text)
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _left_out(report: Report) -> list[str]:
    lines: list[str] = []
    reasons: dict[str, list[str]] = {}
    for r in report.results.values():
        if r.state != "scored":
            reasons.setdefault(f"{'not run' if r.state == 'not_run' else 'failed'}: {r.message}", []).append(r.case_id)
    if reasons:
        lines += ["", "## Not counted", "", *(f"- {cell(why)} ({', '.join(ids)})" for why, ids in reasons.items())]
    lost = unscored(report.results.values())
    if lost:
        lines += ["", "## Unscored", "", *(f"- {case} {s.metric}: {cell(s.explanation)}" for case, s in lost)]
    return lines


def _cases(ids: Sequence[str], results: Mapping[str, Result]) -> str:
    named = [f"{i} (trace {results[i].trace_id or '–'})" for i in ids[:_NAMED] if i in results]
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return f": {', '.join(named)}{more}" if named else ""


def _is_fault(metric: str, value: float | None) -> bool:
    return metric in QUALITY and value is not None and value < 1
