"""How long a new server's first page takes, and how long a page takes to be drawn again: python -m tests.integration.pages

Without `--workspace` over the few documents of the browser tests; with it over a folder's debrief.yaml, as whom that
file or DEBRIEF_USER names. Two figures each: from the message on the server's websocket to "finished", and the
processor's time of it, which a busy machine doesn't lengthen; the second is held against the goal of drawing again.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.integration import workspace
from tests.integration.browser import Served, serving, sync, write_workspace
from tests.integration.streamlit_client import Person

TIMES = 9
TURNS = 10
FIRST_S, AGAIN_S = 3.0, 0.150
# So long a new server goes on opening and learning beside its first pages, in seconds.
LEARNS_S = 10
QUESTION = "How long is raw telemetry kept?"
PAGES = ("", "apps", "sources", "studio", "quality", "insights", "admin", "actions", "data", "keys")


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds, and seconds of the server's processor."""

    wall: float
    cpu: float


def once(served: Served, do: Callable[[], str]) -> tuple[Took, str]:
    """How long it took, and what was drawn."""
    begin, used = time.monotonic(), processor(served)
    drawn = do()
    return Took(time.monotonic() - begin, processor(served) - used), drawn


def processor(served: Served) -> float:
    """The seconds that the server's process has had of the processor."""
    fields = Path(f"/proc/{served.process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def again(served: Served, person: Person) -> Took:
    """Drawing the person's page again: the median of the seconds, the mean of the processor's, which counts in 0.01 s."""
    took = [once(served, person.redraw)[0] for _ in range(TIMES)]
    return Took(statistics.median(t.wall for t in took), statistics.mean(t.cpu for t in took))


def measured(served: Served) -> dict[str, Took]:
    """What is measured → how long it took."""
    with Person(served.url) as first:
        found = {"first page of a new server": once(served, first.open)[0]}
        first.ask(QUESTION)
        time.sleep(LEARNS_S)
    for page in PAGES:
        with Person(served.url) as person:
            opened, drawn = once(served, partial(person.open, page=page))
            if page and "What do you need to know" in drawn:
                continue  # a page that this person hasn't got
            found[f"{page or 'chat'}, opened"] = opened
            found[f"{page or 'chat'}, again"] = again(served, person)
    with Person(served.url) as person:
        person.open()
        for _ in range(TURNS):
            person.ask(QUESTION)
        found[f"chat of {TURNS} answers, again"] = again(served, person)
    return found


def main() -> None:
    """Prints each figure, with a mark where it misses its goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, help="a folder with a debrief.yaml that has been synced")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.workspace
        if path is None:
            path = write_workspace(Path(folder), workspace.SETTINGS, workspace.USERS, workspace.DOCUMENTS)
            sync(path)
        with serving(path) as served:
            for what, took in measured(served).items():
                over = took.cpu > AGAIN_S if what.endswith("again") else took.wall > FIRST_S
                figures = f"{took.wall * 1000:7.0f} ms {took.cpu * 1000:7.0f} ms of the processor"
                print(f"{what:34} {figures}{'  over the goal' if over else ''}")


if __name__ == "__main__":
    main()
