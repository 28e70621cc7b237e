"""How well requests find the library's apps, through the router as it is used.

A request is in one of the sets. `developed` was there while the router and the apps' examples were worked on; `checked`
was written after the first router was frozen, and has been a development set since. `fresh`, `varied` and `later` were
each written without sight of the examples and looked at once before anything was changed; the last two have attached
files, follow-ups to a running app, and things that nobody here does. Of `trades` the first half was mended on.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from assistant.question import Attachment
from assistant.routing import AppRouter
from assistant.routing.learned import SEARCH
from core.errors import DatasetError
from core.types import User
from evals.measures.intents import LabelledRequest, read_requests

DEVELOPED = "developed"
SETS: Mapping[str, str] = {
    DEVELOPED: "routing_apps.jsonl",
    "checked": "routing_apps_unseen.jsonl",
    "fresh": "routing_apps_fresh.jsonl",
    "varied": "routing_apps_varied.jsonl",
    "later": "routing_apps_later.jsonl",
    "trades": "routing_apps_trades.jsonl",
}
EVALUATOR = User("evaluation@example.com")


@dataclass(frozen=True, slots=True)
class AppRoutingReport:
    """What `debrief eval routing` prints without `--data`.

    Attributes:
        accuracy: Share of the requests that went where they belong: their app, or plain search.
        apps_accuracy: The same among requests for an app; search_accuracy among the others.
        asked: How many were answered with a question back; they count as wrong.
        wrong: Each wrong one: text, where it belongs, where it went.
    """

    requests: int
    accuracy: float
    apps_accuracy: float
    search_accuracy: float
    asked: int
    p50_ms: float
    by_app: dict[str, float]
    wrong: tuple[tuple[str, str, str], ...]


def own_requests(name: str = DEVELOPED) -> tuple[LabelledRequest, ...]:
    """The labelled requests for the apps: one of `SETS`, or a file of your own (`intents.py` says how it looks).

    Raises:
        DatasetError: it is neither, or the file is wrong.
    """
    if name in SETS:
        return read_requests(Path(str(files("evals").joinpath(f"datasets/{SETS[name]}"))))
    if not Path(name).is_file():
        raise DatasetError(f"There is no file {name}; give --requests a file, or one of {', '.join(SETS)}.")
    return read_requests(Path(name))


def evaluate_app_routing(router: AppRouter, requests: Sequence[LabelledRequest]) -> AppRoutingReport:
    """Routes every request by itself, its attached files known by name only; p50 includes the embedding."""
    # Learning waits for the first message, which isn't one of those that are timed.
    router.route("hello", EVALUATOR)
    seconds, found = [], []
    for request in requests:
        attached = [Attachment(name, ()) for name in request.attached]
        begin = time.perf_counter()
        route = router.route(request.text, EVALUATOR, attachments=attached, running=request.running)
        seconds.append(time.perf_counter() - begin)
        found.append(route.app or route.target)
    wanted = [r.intent or SEARCH for r in requests]
    right = [w == f for w, f in zip(wanted, found, strict=True)]
    counts = Counter(wanted)
    hits = Counter(w for w, ok in zip(wanted, right, strict=True) if ok)
    of_apps = [ok for w, ok in zip(wanted, right, strict=True) if w != SEARCH]
    of_search = [ok for w, ok in zip(wanted, right, strict=True) if w == SEARCH]
    return AppRoutingReport(
        requests=len(requests),
        accuracy=round(sum(right) / len(right), 4),
        apps_accuracy=round(sum(of_apps) / len(of_apps), 4),
        search_accuracy=round(sum(of_search) / len(of_search), 4),
        asked=found.count("ask"),
        p50_ms=round(1000 * float(np.median(seconds)), 1),
        by_app={name: round(hits[name] / n, 3) for name, n in sorted(counts.items())},
        wrong=tuple((r.text, w, f) for r, w, f in zip(requests, wanted, found, strict=True) if w != f),
    )
