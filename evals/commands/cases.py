"""`debrief eval add | review | cases | gaps`: from people's questions to cases, and to documents that are missing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from core.console import err, out, print_json
from core.database import open_database
from core.errors import DatasetError
from core.settings import load_settings
from core.spreadsheet import csv_text
from evals.commands.measures import eval_app
from evals.suite import accept_case, add_case, load_suite, reject_case, suite_file
from evals.suite.feedback import GAP_COLUMNS, case_from_trace, find_gaps

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Suite = Annotated[str, typer.Option("--suite", help="The suite's name; default: evaluation.suite.")]


def register(_app: typer.Typer) -> None:
    """The commands below are already on `debrief eval`; importing this module put them there."""


@eval_app.command("add")
def add(
    from_trace: Annotated[
        str, typer.Option("--from-trace", help="The trace of an answer, as `debrief ask` prints it.")
    ],
    *,
    suite: Suite = "",
    fact: Annotated[list[str] | None, typer.Option("--fact", help="What a right answer says.")] = None,
    document: Annotated[list[str] | None, typer.Option("--document", help="A document that answers.")] = None,
    outcome: Annotated[str, typer.Option(help="What a right answer is: answered, no_evidence, refused …")] = "",
    tag: Annotated[list[str] | None, typer.Option("--tag", help="A tag of the case.")] = None,
) -> None:
    """Makes a case of an answer. It doesn't count before `debrief eval review`."""
    settings = load_settings()
    file = suite_file(settings, suite or settings.evaluation.suite)
    case = case_from_trace(
        open_database(settings), from_trace, facts=fact or (), documents=document or (), outcome=outcome, tags=tag or ()
    )
    add_case(file, case)
    out.print(f"Added {case.id} to {file}, not reviewed yet; `debrief eval review {case.id} --accept` makes it count.")


@eval_app.command("review")
def review(
    case_id: Annotated[str, typer.Argument(help="The case; default: all that wait.")] = "",
    *,
    suite: Suite = "",
    accept: Annotated[bool, typer.Option("--accept", help="It is right: it counts from now on.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="It is no good: remove it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Shows the cases that wait for a review, or accepts or rejects one."""
    settings = load_settings()
    file = suite_file(settings, suite or settings.evaluation.suite)
    cases = load_suite(file)
    waiting = [c for c in cases if (c.id == case_id if case_id else not c.reviewed)]
    if case_id and not waiting:
        raise DatasetError(f"{file} has no case {case_id!r}; `debrief eval review` lists those that wait.")
    if accept or reject:
        if not case_id or (accept and reject):
            raise DatasetError("Name one case, with --accept or with --reject.")
        if accept:
            accept_case(file, case_id)
        else:
            reject_case(file, case_id)
        out.print(f"{case_id} {'counts from now on' if accept else 'is removed'} ({file}).")
        return
    if as_json:
        print_json({"cases": [c.model_dump(mode="json") for c in waiting]})
        return
    for case in waiting:
        out.print(f"[bold]{case.id}[/] {escape(case.question)} ({case.user}, {case.origin})")
        out.print(f"  expects {case.outcome}: {escape(', '.join(case.expected_facts) or 'no facts')}")
        out.print(f"  from {escape(', '.join(case.expected_documents) or 'no document')}")
    if not waiting:
        out.print("No case waits for a review.")


@eval_app.command("cases")
def cases_(suite: Suite = "", as_json: AsJson = False) -> None:
    """Checks a suite's file and counts its cases by tag, language and outcome."""
    settings = load_settings()
    cases = load_suite(suite_file(settings, suite or settings.evaluation.suite))
    counts = {
        "cases": len(cases),
        "reviewed": sum(c.reviewed for c in cases),
        "outcomes": Counter(c.outcome for c in cases),
        "languages": Counter(c.language for c in cases),
        "tags": Counter(tag for c in cases for tag in c.tags),
    }
    if as_json:
        print_json(counts)
        return
    out.print(f"{counts['cases']} cases, {counts['reviewed']} reviewed")
    for name in ("outcomes", "languages", "tags"):
        counter = counts[name]
        assert isinstance(counter, Counter)
        out.print(f"{name}: " + ", ".join(f"{key} {n}" for key, n in counter.most_common()))


@eval_app.command("gaps")
def gaps(
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write the list to this file.")] = None,
    days: Annotated[int, typer.Option(help="Questions of so many days.", min=1)] = 90,
    as_json: AsJson = False,
) -> None:
    """Groups unanswered and badly rated questions by topic: which documents are missing or bad, and whose they are."""
    settings = load_settings()
    found = find_gaps(settings, open_database(settings), days)
    if csv_file is not None:
        csv_file.parent.mkdir(parents=True, exist_ok=True)
        csv_file.write_text(csv_text(GAP_COLUMNS, (gap.row() for gap in found)), encoding="utf-8", newline="")
        err.print(f"Wrote {csv_file}")
    if as_json:
        print_json({"gaps": found})
    elif csv_file is None:
        table = Table("topic", "kind", "questions", "nearest or bad document", "owner", "example")
        for gap in found:
            table.add_row(
                escape(gap.topic),
                gap.kind,
                str(gap.count),
                escape(gap.title),
                escape(gap.owner),
                escape(gap.examples[0]),
            )
        out.print(table if found else "No question went unanswered or was rated badly.")
