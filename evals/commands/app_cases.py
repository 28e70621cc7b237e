"""`debrief apps eval`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from assistant.app_runs.named_apps import named_app
from assistant.app_runs.tools import writing_model
from assistant.commands.apps import AsJson, apps_app, samples_in
from core.console import out, print_json
from core.llm import open_chat_models
from core.settings import load_settings


def register(_app: typer.Typer) -> None:
    """The command below is already on `debrief apps`; importing this module put it there."""


@apps_app.command("eval")
def evaluate(
    name: Annotated[str, typer.Argument(help="An app's name, or its file.")],
    data: Annotated[Path, typer.Option("--data", help="A folder with documents, and cases.yaml if you like.")],
    as_json: AsJson = False,
) -> None:
    """Runs an app's tests, or cases of your own, on your documents with your model, and judges what it makes."""
    from evals.measures.app_cases import cases_in, evaluate_cases

    settings = load_settings()
    app = named_app(name, settings)
    samples = samples_in(settings, data.resolve())
    scores = evaluate_cases(app, cases_in(app, data), samples, writing_model(settings), open_chat_models(settings.llm))
    judged = [one for score in scores for one in score.judged]
    facts: dict[str, Any] = {
        "app": app.name,
        "version": app.version,
        "cases": len(scores),
        "passed": sum(score.passed for score in scores),
        "judged": sum(one.holds is not None for one in judged),
        "held": sum(one.holds is True for one in judged),
        "unscored": sum(one.holds is None for one in judged),
    }
    if as_json:
        print_json({**facts, "results": [{**asdict(s), "passed": s.passed} for s in scores]})
    else:
        for score in scores:
            out.print(f"{'ok  ' if score.passed else 'FAIL'} {escape(score.name)} ({score.seconds:.2f} s)")
            lines = [*score.problems, *(f"{_WORDS[j.holds]}: {j.statement} ({j.reason})" for j in score.judged)]
            for line in lines:
                out.print(f"     {escape(line)}")
        out.print(
            "{passed} of {cases} cases passed; {held} of {judged} judged hold, {unscored} unscored".format(**facts)
        )
    if facts["passed"] < facts["cases"]:
        raise typer.Exit(1)


_WORDS = {True: "holds", False: "doesn't hold", None: "unscored"}
