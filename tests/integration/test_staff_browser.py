"""The sample's staff schedule asked on the page: by the head of people, and by one who leads a department."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest

pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

from playwright.sync_api import Browser

from samples.builders import tables
from tests.integration import workspace
from tests.integration.browser import LAPTOP, ROOT, Served, Visitor, needs_browser, serving, sync, write_workspace

pytestmark = needs_browser
_ASK = "Ask the tables, or change the last question: only Spain, by month, top 5"
# Question → what stands above its rows, and the picture of it.
ASKED = [
    ("Worked hours per week per position for the last 3 months", "worked hours by week and employee position", "data"),
    ("Show me the busiest hours per day of the week", "number of shifts by weekday and hour of day", "data-busiest"),
    ("Who is on holiday next week?", "absence kind is holidays", ""),
    ("Gender parity", "gender parity", ""),
    ("Which customers renew in the next six months?", "customer renewal date", ""),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("staff")
    tables.write(folder / "tables")
    shutil.copy(ROOT / "samples" / "warehouse.yaml", folder)
    shutil.copy(ROOT / "samples" / "users.yaml", folder / "users.yaml")
    files = json.dumps([f"tables/{file.name}" for file in sorted((folder / "tables").glob("*.csv"))])
    settings = workspace.SETTINGS.replace("ana@northgate.example", "helen.marsh@northgate.example").replace(
        "admin_groups: [admins]", "admin_groups: [leadership]"
    )
    write_workspace(
        folder,
        settings + f"warehouse: {{layer: warehouse.yaml, files: {files}}}\n",
        (folder / "users.yaml").read_text(encoding="utf-8"),
        workspace.DOCUMENTS,
    )
    sync(folder)
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_questions_of_the_staff_schedule(served: Served, browser: Browser, scheme: str) -> None:
    visitor = Visitor(browser, served.url, LAPTOP, scheme)
    page = visitor.page
    page.goto(f"{served.url}/data")
    box = page.get_by_role("textbox", name=_ASK)
    for question, words, picture in ASKED if scheme == "light" else ASKED[:2]:
        box.fill(question)
        box.press("Enter")
        page.get_by_text(words).first.wait_for()
        visitor.settled()
        if picture:
            page.locator('[data-testid="stVegaLiteChart"] canvas, [data-testid="stVegaLiteChart"] svg').first.wait_for()
            visitor.picture(f"{picture}{'-dark' if scheme == 'dark' else ''}.png")
    page.get_by_role("tab", name="Who sees what").click()
    page.get_by_role("region", name="Access by role").wait_for()
    visitor.settled()
    assert "department_id is one of $manages" in visitor.text()
    if scheme == "light":
        visitor.picture("data-access.png")
