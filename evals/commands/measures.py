"""`debrief eval …`: how good the product is, measured on judged data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from core.console import err, out, print_json, progress
from core.settings import load_settings
from evals.data import load_retrieval_set
from evals.suite.foreign import record_run

eval_app = typer.Typer(no_args_is_help=True, help="Measure parsing, retrieval and answers on judged data.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of the evaluation."""
    app.add_typer(eval_app, name="eval")


@eval_app.command("retrieval")
def retrieval(
    data: Annotated[Path, typer.Option("--data", help="A folder with corpus.jsonl, queries.jsonl and qrels.tsv.")],
    queries: Annotated[Path | None, typer.Option("--queries", help="Another queries file of that folder.")] = None,
    qrels: Annotated[Path | None, typer.Option("--qrels", help="Another qrels file of that folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Indexes a judged set and prints how well each stage of the search finds what it should."""
    from evals.measures.retrieval import MEASURES, evaluate_retrieval

    judged, settings = load_retrieval_set(data, queries, qrels), load_settings()
    with progress() as bar:
        task = bar.add_task("index", total=None, rate="")
        report = evaluate_retrieval(
            judged,
            settings,
            lambda stage, done, total: bar.update(task, description=stage, completed=done, total=total),
        )
    final = list(report.stages.values())[-1]
    name = " ".join([report.name, *(f.stem for f in (queries,) if f is not None)])
    record_run(settings, "retrieval", name, {**final.measures, "median_ms": final.median_ms})
    if report.unknown:
        err.print(f"{report.unknown} judgements name documents that the corpus lacks; they count as not found.")
    if as_json:
        print_json(report.as_json())
        return
    table = Table("stage", *MEASURES, "median ms")
    for name, stage in report.stages.items():
        table.add_row(name, *(str(stage.measures[m]) for m in MEASURES), f"{stage.median_ms:.1f}")
    out.print(
        f"{report.name}: {report.questions} questions, {report.documents} documents, {report.chunks} chunks, "
        f"indexed in {report.index_seconds} s"
    )
    out.print(table)


@eval_app.command("answers")
def answers(
    data: Annotated[Path, typer.Option("--data", help="A folder in the BEIR layout with answers, or TAT-QA's file.")],
    queries: Annotated[Path | None, typer.Option("--queries", help="Another queries file of that folder.")] = None,
    qrels: Annotated[Path | None, typer.Option("--qrels", help="Another qrels file of that folder.")] = None,
    language: Annotated[list[str] | None, typer.Option("--lang", help="Only these languages of the set.")] = None,
    as_json: AsJson = False,
) -> None:
    """Asks a set's questions over its documents and prints how good the answers are, each language by itself."""
    from evals.measures.answer_sets import load_answer_sets
    from evals.measures.answers import evaluate_sets

    sets, settings = load_answer_sets(data, queries, qrels, language or ()), load_settings()
    with progress() as bar:
        task = bar.add_task("index", total=None, rate="")
        reports = evaluate_sets(
            sets,
            settings,
            lambda stage, done, total: bar.update(task, description=stage, completed=done, total=total),
        )
    for report in reports:
        record_run(settings, "answers", f"{report['set']} {report['language']}".strip(), report)
    if as_json:
        print_json(reports[0] if len(reports) == 1 else {"sets": reports})
        return
    for report in reports:
        table = Table("measure", str(report["set"]))
        for name, value in report.items():
            if name not in {"set", "language"}:
                table.add_row(name, str(value))
        out.print(table)


@eval_app.command("guardrails")
def guardrails(
    data: Annotated[Path, typer.Option("--data", help="The folder that holds injection/ and pii/.")],
    as_json: AsJson = False,
) -> None:
    """Attacks the assistant with injected instructions, with and without a hostile model, and measures redaction."""
    from evals.measures.guardrails import evaluate_guardrails
    from retrieval.models import open_embedder

    settings = load_settings()
    report = evaluate_guardrails(data, settings, open_embedder(settings))
    record_run(settings, "guardrails", data.resolve().name, report)
    if as_json:
        print_json(report)
        return
    for part, figures in report.items():
        table = Table(part, "value")
        for name, value in figures.items():
            table.add_row(name, str(value))
        out.print(table)


@eval_app.command("meetings")
def meetings(
    folder: Annotated[Path, typer.Argument(help="Transcripts, each with its NN_gold.yaml beside it.")],
    model: Annotated[str, typer.Option(help="A language model that takes the minutes, such as `local`.")] = "",
    as_json: AsJson = False,
) -> None:
    """Reads transcripts and prints how many of their decisions, tasks and open questions are told rightly."""
    from assistant.app_runs.tools import ModelWriter
    from core.llm import open_chat_models
    from evals.measures.spoken_meetings import evaluate_spoken
    from retrieval.models import open_embedder

    settings = load_settings()
    models = open_chat_models(settings.llm.model_copy(update={"model": model}), settings.data_path)
    report = evaluate_spoken(folder, open_embedder(settings), ModelWriter(models) if models else None)
    record_run(settings, "meetings", folder.resolve().name, {k: v for k, v in report.items() if k != "files"})
    if as_json:
        print_json(report)
        return
    table = Table("measure", f"{report['meetings']} meetings")
    for name, value in report.items():
        if name not in {"meetings", "files"}:
            table.add_row(name, "–" if value is None else f"{value:.3f}")
    out.print(table)


@eval_app.command("parsing")
def parsing(
    manifest: Annotated[Path, typer.Option("--manifest", help="A file with one JSON object for each file to parse.")],
    as_json: AsJson = False,
) -> None:
    """Parses a manifest's files and prints what was found, by format. Exit code 1 if a parser crashed."""
    from core.settings import settings_or_defaults
    from evals.measures.parsing import evaluate_parsing, load_manifest, print_report
    from ingestion.parse import ParserPool

    rows, settings = load_manifest(manifest), settings_or_defaults()
    with ParserPool(settings.parsing) as pool, progress() as bar:
        task = bar.add_task("parse", total=len(rows), rate="")
        report = evaluate_parsing(rows, pool, lambda done, total: bar.update(task, completed=done, total=total))
    record_run(settings, "parsing", manifest.resolve().parent.name, report.as_json())
    if as_json:
        print_json(report.as_json())
    else:
        print_report(report)
    if report.as_json()["crashed"]:
        raise typer.Exit(1)


@eval_app.command("comparison")
def comparison(
    data: Annotated[Path, typer.Argument(help="A folder with N_before.*, N_after.* and N_gold.yaml of each pair.")],
    as_json: AsJson = False,
) -> None:
    """Compares pairs of reports whose template changed: what a person reads of what changed, and what isn't so."""
    from evals.measures.changed_templates import evaluate_pairs
    from retrieval.models import open_embedder

    settings = load_settings()
    report = evaluate_pairs(data, open_embedder(settings))
    figures = {name: value for name, value in report.items() if name != "pairs"}
    record_run(settings, "comparison", data.resolve().name, figures)
    if as_json:
        print_json(report)
        return
    table = Table("pair", "changes found", "figures right", "false", "missed, wrong or false")
    for pair in report["pairs"]:
        wrong = [
            *pair.missed,
            *(f for f in pair.wrong_figures if f not in pair.missed),
            *(f"! {f}" for f in pair.false),
        ]
        table.add_row(
            pair.name, f"{pair.found} of {pair.changes}", f"{pair.right} of {pair.figures}", str(len(pair.false)),
            escape("\n".join(wrong)),
        )  # fmt: skip
    out.print(table)
    out.print(", ".join(f"{name} {value}" for name, value in figures.items()))
