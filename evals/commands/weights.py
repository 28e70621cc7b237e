"""`debrief weights …`: try weights on judged questions before they are saved, or have some proposed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.markup import escape
from rich.table import Table

from core.console import err, out, print_json, progress
from core.settings import Settings, load_settings
from evals.data import load_retrieval_set
from evals.metrics import Measured
from retrieval.query import Weights, load_weights, parse_weights
from retrieval.query.weights import BUILT_IN, LEVELS, LIMIT

weights_app = typer.Typer(no_args_is_help=True, help="Metadata weights: show, preview and tune them.")

_SHOWN_MOVES = 12

Data = Annotated[Path, typer.Option("--data", help="A folder with corpus.jsonl, queries.jsonl and qrels.tsv.")]
Queries = Annotated[Path | None, typer.Option("--queries", help="Another queries file of that folder.")]
Qrels = Annotated[Path | None, typer.Option("--qrels", help="Another qrels file of that folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to `debrief`."""
    app.add_typer(weights_app, name="weights")


@weights_app.command("show")
def show(as_json: AsJson = False) -> None:
    """Prints the published multipliers and the weights that are in force."""
    settings = load_settings()
    current = _current(settings)
    rules = {name: [rule.model_dump() for rule in found] for name, found in current.rules.items()}
    if as_json:
        print_json({"levels": LEVELS, "limit": LIMIT, "weights": rules})
        return
    out.print("Levels: " + ", ".join(f"{name} ×{factor:g}" for name, factor in LEVELS.items()))
    out.print(f"All weights together multiply or divide a score by at most {LIMIT:g}.")
    for name, found in rules.items():
        out.print(f"{escape(name)}: {escape(str(found))}")
    if settings.retrieval.weights_file is None:
        out.print("These are the built-in weights; name a file under retrieval.weights_file to add your own.")


@weights_app.command("preview")
def preview_command(
    file: Annotated[Path, typer.Argument(help="The weights to try.")],
    *,
    data: Data,
    queries: Queries = None,
    qrels: Qrels = None,
    document: Annotated[list[str] | None, typer.Option("--document", help="Show this document's ranks.")] = None,
    as_json: AsJson = False,
) -> None:
    """Shows what the weights of FILE would do to a judged set, compared with those in force. Saves nothing."""
    from evals.fitting import preview
    from evals.fitting.weights import collect

    settings = load_settings()
    before = _current(settings)
    after = parse_weights(BUILT_IN).overridden_by(load_weights(file))
    judged = load_retrieval_set(data, queries, qrels)
    with progress() as bar:
        task = bar.add_task("index", total=None, rate="")
        candidates = collect(judged, settings, lambda s, n, t: bar.update(task, description=s, completed=n, total=t))
    result = preview(candidates, before, after, document or ())
    if as_json:
        print_json(result)
        return
    table = Table("measure", "in force", "with the file")
    for name, measured in result.before.items():
        table.add_row(name, str(measured), str(result.after[name]))
    out.print(f"{judged.name}: {result.questions} questions")
    out.print(table)
    out.print(result.words())
    out.print(f"Difference in nDCG@10: {result.gain.value:+.4f} ± {result.gain.error:.4f} ({_verdict(result.gain)}).")
    if not result.moves:
        out.print("None of these documents changes its rank.")
        return
    moved = Table("document", "question", "rank before", "after", "relevant")
    for move in result.moves[:_SHOWN_MOVES]:
        ranks = (str(rank or "–") for rank in (move.before, move.after))
        moved.add_row(escape(move.document), escape(move.question[:60]), *ranks, "yes" if move.relevant else "no")
    out.print(moved)
    if len(result.moves) > _SHOWN_MOVES:
        err.print(f"… and {len(result.moves) - _SHOWN_MOVES} smaller moves; --json lists them all.")


@weights_app.command("tune")
def tune_command(
    data: Data,
    queries: Queries = None,
    qrels: Qrels = None,
    out_file: Annotated[Path | None, typer.Option("--out", help="Write the proposal to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Proposes weights for a judged set, and says by cross-validation whether they are worth having."""
    from evals.fitting import tune
    from evals.fitting.weights import collect

    settings = load_settings()
    judged = load_retrieval_set(data, queries, qrels)
    with progress() as bar:
        task = bar.add_task("index", total=None, rate="")

        def report(stage: str, done: int, total: int) -> None:
            bar.update(task, description=stage, completed=done, total=total)

        proposal = tune(collect(judged, settings, report), report)
    text = yaml.safe_dump(dict(proposal.weights), sort_keys=True, allow_unicode=True) if proposal.weights else ""
    if out_file is not None:
        out_file.write_text(text, encoding="utf-8")
    if as_json:
        print_json(proposal)
        return
    out.print(f"nDCG@10 without weights {proposal.before}; on the questions it was fitted to {proposal.fitted}.")
    out.print(
        f"On questions that the fit hadn't seen: {proposal.gain.value:+.4f} ± {proposal.gain.error:.4f} "
        f"({_verdict(proposal.gain)})."
    )
    out.print("The proposal:" if text else "The proposal is to have no weights.")
    out.print(escape(text), end="")
    if text and not proposal.worth_it:
        err.print("The gain is within noise: keep the weights as they are, or judge more questions.")


def _current(settings: Settings) -> Weights:
    file = settings.retrieval.weights_file
    own = load_weights(settings.path(file)) if file is not None else None
    return parse_weights(BUILT_IN).overridden_by(own)


def _verdict(gain: Measured) -> str:
    if abs(gain.value) <= 2 * gain.error or gain.value == 0:
        return "within noise"
    return "better" if gain.value > 0 else "worse"
