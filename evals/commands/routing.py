"""`debrief eval routing`: how well messages find the app that fits them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from assistant.routing.router import AppRouter
from core.console import err, out, print_json
from core.settings import load_settings
from evals.commands.measures import eval_app
from evals.suite.foreign import record_run

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(_app: typer.Typer) -> None:
    """The commands below are already on `debrief eval`; importing this module put them there."""


@eval_app.command("routing")
def routing(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="A folder with train*.jsonl and a file per split; default: the apps' own requests."
        ),
    ] = None,
    split: Annotated[str, typer.Option("--split", help="The split's name, for example val or test.")] = "val",
    requests: Annotated[
        str,
        typer.Option(
            "--requests",
            help="Without --data: developed, checked, fresh, varied, later, trades, or a file of requests.",
        ),
    ] = "developed",
    as_json: AsJson = False,
) -> None:
    """Learns intents from a set's training examples and prints how well its split finds them."""
    if data is None:
        _own_apps(requests, as_json)
        return
    from evals.measures.intents import load_intent_set
    from evals.measures.routing import evaluate_routing
    from retrieval.models import open_embedder

    judged = load_intent_set(data, split)
    err.print(f"Learning {len(judged.train)} examples, then deciding {len(judged.split)} requests …")
    settings = load_settings()
    report = evaluate_routing(judged, open_embedder(settings))
    record_run(settings, "routing", f"{report.name} {split}", report)
    if as_json:
        print_json(asdict(report))
        return
    outside = "no out-of-scope requests" if report.oos_recall is None else f"out-of-scope recall {report.oos_recall}"
    out.print(
        f"{report.name}: accuracy {report.accuracy}, macro F1 {report.macro_f1}, {outside}, ECE {report.ece}; "
        f"median {report.p50_ms} ms beyond the embedding ({report.embed_ms} ms)"
    )


def _own_apps(requests: str, as_json: bool) -> None:
    from apps.publish import load_apps
    from evals.measures.app_routing import evaluate_app_routing, own_requests
    from retrieval.models import open_embedder

    settings = load_settings()
    found, wrong = load_apps(settings)
    for error in wrong:
        err.print(f"Left out: {error}", markup=False)
    report = evaluate_app_routing(AppRouter(found, open_embedder(settings)), own_requests(requests))
    record_run(settings, "routing", f"apps {requests}".strip(), report)
    if as_json:
        print_json(asdict(report))
        return
    for text, wanted, taken in report.wrong:
        out.print(f"{wanted} → {taken}: {text}", markup=False)
    out.print(
        f"{report.requests} requests: accuracy {report.accuracy} (apps {report.apps_accuracy}, search "
        f"{report.search_accuracy}, {report.asked} asked back); median {report.p50_ms} ms with the embedding"
    )
