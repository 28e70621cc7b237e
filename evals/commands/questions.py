"""`debrief eval questions`: what a person sees of the answers to everyday questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.markup import escape
from rich.table import Table

from core.console import err, out, print_json, progress
from core.database import open_database
from core.errors import DatasetError
from core.settings import load_settings
from evals.commands.measures import eval_app
from evals.data import read_jsonl
from evals.measures.question_file import EverydayQuestion
from evals.measures.questions import (
    AskedEveryday,
    AskServer,
    ask_questions,
    ask_server,
    question_figures,
    read_back,
)
from evals.suite.foreign import record_run

_SHARES = (
    "answered_rightly", "answered_plainly", "wrong", "abstained_though_answerable",
    "abstained_rightly", "wrongly_answered", "precision",
)  # fmt: skip


_server: dict[str, Callable[[str], AskServer]] = {}


def register(_app: typer.Typer, server: Callable[[str], AskServer]) -> None:
    """The command below is already on `debrief eval`. `server` says how a server at an address is asked."""
    _server["at"] = server


@eval_app.command("questions")
def questions(
    file: Annotated[Path, typer.Argument(help="Everyday questions with what must be shown, one JSON object a line.")],
    *,
    details: Annotated[Path | None, typer.Option("--details", help="Write each case to this file as a line.")] = None,
    user: Annotated[str, typer.Option("--user", help="Who asks where a line names nobody.")] = "",
    limit: Annotated[int, typer.Option(help="Only so many questions, the first ones; 0: all.", min=0)] = 0,
    model: Annotated[str, typer.Option("--model", help="Instead of llm.model, such as `local`; `none` quotes.")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the file of --details.")] = False,
    url: Annotated[str, typer.Option("--url", help="Ask the server at this address; its key is in $DEBRIEF_KEY.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Asks everyday questions over the configured index and prints how many a person would call answered."""
    from assistant.open import open_assistant
    from evals.measures.question_file import files_attached, load_questions, people_asking
    from ingestion.parse import ParserPool

    lines = load_questions(file)[: limit or None]
    settings = load_settings()
    if model:
        settings = settings.model_copy(
            update={"llm": settings.llm.model_copy(update={"model": "" if model == "none" else model})}
        )
    done = _already(details, [question for _, question in lines]) if resume else []
    left = [question for _, question in lines if question.id not in {case.question.id for case in done}]
    if url:
        _of_server(url, [question for question in left if not question.attachments], details, done, as_json=as_json)
        return
    engine = open_database(settings)
    people = people_asking(file, lines, settings, engine, user)
    with ParserPool(settings.parsing) as parsers:
        files = files_attached(file, lines, parsers.parse)
    with _written(details, done) as report, progress() as bar:
        task = bar.add_task("questions", total=len(left), rate="")
        asked = ask_questions(
            open_assistant(settings, purpose="evaluation"),
            engine,
            left,
            people,
            lambda done, total, case: bar.update(task, completed=done, total=total, rate=case),
            files=files,
        )
        cases = [*done, *_noted(asked, report)]
    figures = question_figures(cases)
    record_run(settings, "questions", file.stem, figures, asked=file)
    if as_json:
        print_json(figures)
        return
    _print_figures(figures)
    _print_not_right(cases)


def _of_server(
    url: str, left: Sequence[EverydayQuestion], details: Path | None, done: list[AskedEveryday], *, as_json: bool
) -> None:
    """Asks a running server, and prints the same; the figures aren't recorded, as its settings aren't known here."""
    with _written(details, done) as report, progress() as bar:
        task = bar.add_task("questions", total=len(left), rate="")
        told = lambda n, total, case: bar.update(task, completed=n, total=total, rate=case)  # noqa: E731
        cases = [*done, *_noted(ask_server(_server["at"](url), left, told), report)]
    figures = question_figures(cases)
    if as_json:
        print_json(figures)
        return
    _print_figures(figures)
    _print_not_right(cases)


@eval_app.command("answerable")
def answerable(
    file: Annotated[Path, typer.Argument(help="Judged questions with their passages, one JSON object a line.")],
    *,
    limit: Annotated[int, typer.Option(help="Only so many questions, the first ones; 0: all.", min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Asks of each question whether its passages answer it and prints how often that is right."""
    from assistant.answers.quoting.confidence import abstention_model
    from evals.measures.answerable import answerable_report, by_language, judge_questions, load_judged
    from retrieval.models.embed import open_embedder

    asked, settings = load_judged(file)[: limit or None], load_settings()
    with progress() as bar:
        task = bar.add_task("questions", total=len(asked), rate="")
        judged = judge_questions(
            asked,
            open_embedder(settings),
            abstention_model(settings.embedding.model),
            settings.answer,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    figures = answerable_report(judged)
    record_run(settings, "answerable", file.stem, figures, asked=file)
    if as_json:
        print_json({**figures, "by_language": by_language(judged)})
        return
    table = Table("measure", "all", *by_language(judged))
    for name in figures:
        table.add_row(name, str(figures[name]), *(str(own.get(name, "–")) for own in by_language(judged).values()))
    out.print(table)


def _already(file: Path | None, questions: Sequence[EverydayQuestion]) -> list[AskedEveryday]:
    """The cases that stand in the file of an earlier call."""
    if file is None:
        raise DatasetError("--resume goes on with a file of cases; name it with --details.")
    known = {question.id: question for question in questions}
    rows = [row for _, row in read_jsonl(file)] if file.is_file() else []
    return [read_back(known[row["id"]], row) for row in rows if row["id"] in known]


@contextmanager
def _written(file: Path | None, done: Sequence[AskedEveryday]) -> Iterator[TextIO | None]:
    if file is None:
        yield None
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        opened = file.open("a" if done else "w", encoding="utf-8")
    except OSError as error:
        raise DatasetError(f"--details: {file} can't be written ({error.strerror}); name another file.") from error
    with opened:
        yield opened
    err.print(f"Wrote {file}", markup=False)


def _noted(asked: Iterable[AskedEveryday], report: TextIO | None) -> Iterator[AskedEveryday]:
    """The cases as they come; each is in the file before the next question is asked."""
    for case in asked:
        if report is not None:
            print(json.dumps(case.as_json(), ensure_ascii=False), file=report, flush=True)
        yield case


def _print_figures(figures: Mapping[str, Any]) -> None:
    n, unanswerable = figures["n_answerable"], figures["n"] - figures["n_answerable"]
    parts = []
    if n:
        right, plainly, wrong, refused = (round(n * figures[name]) for name in _SHARES[:4])
        parts.append(
            f"{n - right} of {n} answerable questions weren't answered rightly: {refused} were refused or sent "
            f"elsewhere, {wrong} got a wrong answer. {plainly} of the {right} right ones are said plainly."
        )
    if unanswerable:
        wrongly = round(unanswerable * figures["wrongly_answered"])
        parts.append(f"{wrongly} of {unanswerable} without an answer were answered all the same.")
    table = Table("kind", "n", "answerable", *(name.replace("_", " ") for name in _SHARES), "median s", "p95 s")
    for kind, row in (*figures["by_kind"].items(), ("all", figures)):
        table.add_row(escape(kind), str(row["n"]), str(row["n_answerable"]), *_cells(row))
    out.print(table)
    out.print(" ".join(parts))


def _cells(row: Mapping[str, Any]) -> Iterator[str]:
    for name in (*_SHARES, "median_s", "p95_s"):
        value = row[name]
        yield "–" if value is None else f"{value:.2f}"


def _print_not_right(cases: Sequence[AskedEveryday]) -> None:
    for case in cases:
        if case.verdict not in {"right", "right_partly", "rightly_abstained"}:
            said = " ".join((case.error or case.answer.text).split())[:100]
            verdict = case.verdict.replace("_", " ")
            out.print(f"{case.question.id} {verdict}: {case.question.asked[-1][:80]} → {said}", markup=False)
