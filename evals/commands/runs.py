"""`debrief eval run | history | diff | report | judge`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from core.console import err, out, print_json, progress
from core.database import open_database
from core.errors import ModelError
from core.settings import load_settings
from evals.commands.measures import eval_app
from evals.evaluate import evaluate, stored_report
from evals.report import Report, markdown, verdict_line
from evals.report.delivery import deliver
from evals.report.page import page
from evals.report.report import in_words, worst_cases
from evals.suite import History

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(_app: typer.Typer) -> None:
    """The commands below are already on `debrief eval`; importing this module put them there."""


@eval_app.command("run")
def run(
    suite: Annotated[str, typer.Argument(help="The suite's name; default: evaluation.suite.")] = "",
    *,
    baseline: Annotated[str, typer.Option(help="'last', a run's id, or 'none'.")] = "last",
    tags: Annotated[list[str] | None, typer.Option("--filter", help="Only cases with this tag or language.")] = None,
    resume: Annotated[
        str, typer.Option(help="Go on with the run with this id; 'last': with the newest that broke off, or anew.")
    ] = "",
    model: Annotated[str, typer.Option(help="Instead of llm.model, such as `local`.")] = "",
    sample: Annotated[int, typer.Option(min=0, help="Only so many cases, always the same; 0: all.")] = 0,
    html: Annotated[Path | None, typer.Option(help="Also write the report as a page.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Also post and mail it as configured, for cron.")] = False,
    as_json: AsJson = False,
) -> None:
    """Runs a suite and compares it with the baseline. Exit code 1 if a gate fails."""
    settings = load_settings()
    with progress() as bar:
        task = bar.add_task("cases", total=None, rate="")
        try:
            report = evaluate(
                settings,
                suite,
                baseline="" if baseline == "none" else baseline,
                tags=tuple(tags or ()),
                resume=resume,
                model=model,
                sample=sample,
                progress=lambda done, total, case: bar.update(task, completed=done, total=total, rate=case),
            )
        except KeyboardInterrupt as stopped:
            bar.stop()
            err.print(str(stopped))
            raise typer.Exit(130) from None
    if html is not None:
        _write(html, page(report))
    for problem in deliver(report, settings) if send else ():
        err.print(problem)
    if as_json:
        print_json(as_plain(report))
    else:
        print_report(report)
    if report.failed:
        raise typer.Exit(1)


@eval_app.command("history")
def history(
    suite: Annotated[str, typer.Argument(help="Only this suite or set.")] = "",
    limit: Annotated[int, typer.Option(help="How many, the newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Lists the evaluations, foreign sets included; one without an end can be resumed."""
    runs = History(open_database(load_settings())).latest(suite, limit=limit, finished=False)
    if as_json:
        print_json({"runs": runs})
        return
    table = Table("id", "started", "kind", "suite", "state", "figures")
    for one in runs:
        shown = [f"{name} {m.value:.3f}" for name, m in list(one.summary.items())[:6]]
        state = "broken off" if not one.finished_at else "failed" if one.verdict.get("failed") else "done"
        table.add_row(one.id, f"{one.started_at:%Y-%m-%d %H:%M}", one.kind, escape(one.suite), state, ", ".join(shown))
    out.print(table)


@eval_app.command("diff")
def diff(
    before: Annotated[str, typer.Argument(help="A run's id.")],
    now: Annotated[str, typer.Argument(help="Another's.")],
    as_json: AsJson = False,
) -> None:
    """Compares two runs: what changed beyond noise, and which cases and settings did it."""
    settings = load_settings()
    kept = History(open_database(settings))
    report = stored_report(kept, kept.run(now), kept.run(before), settings)
    figures = changed_figures(report)
    if as_json:
        print_json({**as_plain(report), "figures": figures})
        return
    for key, was, is_now in report.changed_settings:
        out.print(f"{key}: {escape(was)} → {escape(is_now)}")
    if report.results:
        _print_differences(report)
        return
    # Foreign sets are kept without their cases, so nothing says what of a change is noise.
    for metric, (was_value, is_value) in figures.items():
        out.print(f"{metric}: {was_value:.4f} → {is_value:.4f} ({is_value - was_value:+.4f})")
    if not figures:
        out.print("No figure differs.")


@eval_app.command("report")
def report_(
    run_id: Annotated[str, typer.Argument(help="The run's id; default: the last one.")] = "",
    *,
    baseline: Annotated[str, typer.Option(help="A run's id; default: the one it was compared with.")] = "",
    html: Annotated[Path | None, typer.Option(help="Write the page to this file instead of printing Markdown.")] = None,
) -> None:
    """Prints a run's report as Markdown, or writes it as one HTML file that needs nothing else."""
    settings = load_settings()
    kept = History(open_database(settings))
    found = kept.run(run_id) if run_id else next(iter(kept.latest(kind="suite", limit=1)), None)
    if found is None:
        found = kept.run("")
    before = baseline or str(found.verdict.get("baseline", ""))
    report = stored_report(kept, found, kept.run(before) if before else None, settings)
    if html is None:
        print(markdown(report))
    else:
        _write(html, page(report))


@eval_app.command("judge")
def judge(
    data: Annotated[Path, typer.Option("--data", help="Answers with people's scores, one JSON object a line.")],
    as_json: AsJson = False,
) -> None:
    """Measures how well the model that judges agrees with people."""
    from core.llm import open_chat_models
    from evals.suite.environment import environment
    from evals.suite.judge import Judge, calibrate, load_calibration

    settings = load_settings()
    rows, models = load_calibration(data), open_chat_models(settings.llm, settings.data_path)
    if models is None:
        raise ModelError("No language model is configured; set llm.model, or llm.tasks.judge beside it.")
    with progress() as bar:
        task = bar.add_task("answers", total=len(rows), rate="")
        found, lost = calibrate(rows, Judge(models), lambda done, _total: bar.update(task, completed=done))
    figures = {f"{a.dimension}_{m}": v for a in found for m, v in asdict(a).items() if m not in {"dimension", "n"}}
    History(open_database(settings)).record_run("judge", data.name, environment(settings), figures)
    if as_json:
        print_json({"agreement": found, "unscored": lost})
        return
    table = Table("dimension", "n", "exact", "within one", "Spearman", "weighted kappa (95%)", "bias")
    for a in found:
        table.add_row(
            a.dimension,
            str(a.n),
            f"{a.exact:.2f}",
            f"{a.within_one:.2f}",
            f"{a.spearman:.2f}",
            f"{a.kappa:.2f} ({a.kappa_low:.2f} to {a.kappa_high:.2f})",
            f"{a.bias:+.2f}",
        )
    out.print(table)
    for why in lost:
        err.print(f"unscored: {escape(why)}")


def changed_figures(report: Report) -> dict[str, tuple[float, float]]:
    """The means that both runs have and that differ: metric → (before, now)."""
    before = report.baseline.summary if report.baseline is not None else {}
    return {
        metric: (before[metric].value, measured.value)
        for metric, measured in report.run.summary.items()
        if metric in before and before[metric].value != measured.value
    }


def as_plain(report: Report) -> dict[str, object]:
    """The report for `--json` and for webhooks; no answer's text is in it."""
    return {
        "run": report.run,
        "verdict": verdict_line(report),
        "in_words": in_words(report),
        "passed": not report.failed,
        "failed": report.failed,
        "baseline": report.baseline.id if report.baseline else None,
        "differences": [{**asdict(d), "change": d.change} for d in report.differences],
        "cases": {
            i: {
                "state": r.state,
                "trace_id": r.trace_id,
                "message": r.message,
                "scores": {s.metric: s.value for s in r.scores},
            }
            for i, r in report.results.items()
        },
    }


def print_report(report: Report) -> None:
    """The verdict, the metrics, what got worse and the worst cases."""
    table = Table("metric", "mean ± standard error", "n")
    for metric, measured in report.run.summary.items():
        table.add_row(metric, str(measured), str(measured.n))
    out.print(table)
    _print_differences(report)
    for result in worst_cases(report.results):
        faults = [f"{s.metric} {s.value:.2f}" for s in result.scores if s.value == 0 and s.metric != "seconds"]
        out.print(f"{result.case_id} {escape(result.question[:80])}: {', '.join(faults)} (trace {result.trace_id})")
    for failed in report.failed:
        out.print(f"[bold red]Gate:[/] {escape(failed.message)}: {', '.join(failed.cases[:12])}")
    out.print(verdict_line(report))
    for line in in_words(report):
        out.print(line)
    out.print(f"Run {report.run.id}; `debrief eval report {report.run.id}` has all of it.")


def _print_differences(report: Report) -> None:
    for d in report.differences:
        if d.verdict == "same":
            continue
        out.print(f"{d.metric} {d.verdict}: {d.before:.3f} → {d.now:.3f} (95%: {d.low:+.3f} to {d.high:+.3f})")
        for c in d.fell[:8] if d.verdict == "worse" else ():
            traces = f"traces {c.trace_before or '–'} → {c.trace_now or '–'}"
            out.print(f"  {c.case_id}: {c.before:.2f} → {c.now:.2f} ({traces}) {escape(c.explanation[:120])}")
    if report.baseline is not None and all(d.verdict == "same" for d in report.differences):
        out.print(f"Nothing differs from {report.baseline.id} beyond noise.")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    err.print(f"Wrote {file}")
