"""How long a new server's first page takes, and how long a page takes to be drawn again: python -m tests.integration.pages

Without `--workspace` over the few documents of the browser tests; with it over a folder's debrief.yaml, as whom that
file or DEBRIEF_USER names. What is timed is what the server does: from the message on its websocket to "finished".
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from tests.integration import workspace
from tests.integration.browser import Served, serving, sync, write_workspace
from tests.integration.streamlit_client import Person

TIMES = 9
TURNS = 10
FIRST_S, AGAIN_S = 3.0, 0.150
QUESTION = "How long is raw telemetry kept?"
PAGES = ("", "apps", "sources", "studio", "quality", "insights", "admin", "actions", "data", "keys")


def timed(person: Person, query: str = "") -> float:
    """The median seconds of drawing the person's page again."""
    took = []
    for _ in range(TIMES):
        begin = time.monotonic()
        person.redraw(query)
        took.append(time.monotonic() - begin)
    return statistics.median(took)


def measured(served: Served) -> dict[str, float]:
    """What is measured → its seconds."""
    begin = time.monotonic()
    with Person(served.url) as first:
        first.open()
        found = {"first page of a new server": time.monotonic() - begin}
    for page in PAGES:
        begin = time.monotonic()
        with Person(served.url) as person:
            told = person.open(page=page)
            opened = time.monotonic() - begin
            if page and "What do you need to know" in told:
                continue  # a page that this person hasn't got
            found[f"{page or 'chat'}, opened"] = opened
            found[f"{page or 'chat'}, again"] = timed(person)
    with Person(served.url) as person:
        person.open()
        for _ in range(TURNS):
            person.ask(QUESTION)
        found[f"chat of {TURNS} answers, again"] = timed(person)
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
            for what, seconds in measured(served).items():
                goal = AGAIN_S if what.endswith("again") else FIRST_S
                print(f"{what:34} {seconds * 1000:7.0f} ms{'' if seconds <= goal else f'  over {goal * 1000:.0f}'}")


if __name__ == "__main__":
    main()
