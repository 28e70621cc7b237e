"""`debrief eval data`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from core.console import err, out, print_json, progress
from core.errors import DatasetError, IdentityError
from core.settings import load_settings
from core.types import User
from evals.commands.measures import AsJson, eval_app

if TYPE_CHECKING:
    from evals.measures.data import DataJudgement


def register(_app: typer.Typer) -> None:
    """The command below is already on `debrief eval`; importing this module put it there."""


@eval_app.command("data")
def data(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A folder with questions.jsonl and data: databases/*.sql, or CSV, Excel, SQLite."),
    ] = None,
    *,
    verified: Annotated[
        bool, typer.Option("--verified", help="The verified questions over the configured tables, instead of a folder.")
    ] = False,
    model: Annotated[
        bool, typer.Option("--model", help="Let the configured language model read the questions, too.")
    ] = False,
    details: Annotated[
        Path | None, typer.Option(help="A file for each question with its query, SQL and judgement.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Asks questions over tables and prints how often the result is right, and what can't be answered refused."""
    if verified == (folder is not None):
        raise DatasetError("Name a folder of questions, or say --verified for those of the configured tables.")
    judged, report = _verified() if folder is None else _folder(folder, model)
    if details is not None:
        details.write_text(
            "".join(
                f"{'right' if j.right else 'WRONG'}\t{j.asked.id}\t{j.asked.database}\t{j.asked.question}\n"
                f"  {j.answer.words or j.answer.problem}\n"
                for j in judged
            ),
            encoding="utf-8",
        )
        err.print(f"Wrote {details}.", markup=False)
    if as_json:
        print_json(report)
        return
    table = Table("measure", "value")
    for name, value in report.items():
        table.add_row(escape(name), str(value))
    out.print(table)


def _folder(folder: Path, model: bool) -> tuple[list[DataJudgement], dict[str, float]]:
    from core.llm import open_chat_models
    from evals.measures.data import data_report, evaluate_data

    settings = load_settings() if model else None
    models = open_chat_models(settings.llm, settings.data_path) if settings is not None else None
    with progress() as bar:
        task = bar.add_task("ask", total=None, rate="")
        judged = evaluate_data(folder, models, lambda done, total: bar.update(task, completed=done, total=total))
    return judged, data_report(judged)


def _verified() -> tuple[list[DataJudgement], dict[str, float]]:
    from core.database import open_database
    from core.identity import person_named
    from evals.measures.data import evaluate_verified, verified_report
    from warehouse.configured import opened

    settings = load_settings()
    engine = open_database(settings)

    def person(email: str) -> User | None:
        try:
            return person_named(settings, email, engine) if email else None
        except IdentityError:
            return None  # has left

    judged = evaluate_verified(opened(settings), person)
    return judged, verified_report(judged)
