"""Questions over data in a real browser: the page, its chart and files, and an answer with its chart in the chat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

from playwright.sync_api import Browser

from tests.integration import workspace
from tests.integration.browser import LAPTOP, PHONE, Served, Visitor, needs_browser, serving, sync, write_workspace
from tests.warehouse.shop import LAYER, shop

pytestmark = needs_browser
_ASK = "Ask the tables, or change the last question: only Spain, by month, top 5"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("shop")
    tables = sorted({str(entity["table"]) for entity in LAYER["entities"].values()})
    for name in tables:
        shop().database.rows(f"SELECT 1 FROM {name}")
        columns, rows = shop().database.rows(f"SELECT * FROM {name}")
        lines = [",".join(columns), *(",".join(str(v) for v in row) for row in rows)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "warehouse.yaml").write_text(
        yaml.safe_dump({**LAYER, "roles": {"owner": ["admins"], "clerk": ["staff"]}}), encoding="utf-8"
    )
    files = json.dumps([f"{name}.csv" for name in tables])
    settings = workspace.SETTINGS + f"warehouse: {{layer: warehouse.yaml, files: {files}}}\n"
    write_workspace(folder, settings, workspace.USERS, workspace.DOCUMENTS)
    sync(folder)
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize(("size", "scheme"), [(LAPTOP, "light"), (PHONE, "dark")])
def test_ask_look_change_and_take_away(
    served: Served, browser: Browser, size: dict[str, int], scheme: str, tmp_path: Path
) -> None:
    visitor = Visitor(browser, served.url, size, scheme)
    page = visitor.page
    page.goto(f"{served.url}/data")
    box = page.get_by_role("textbox", name=_ASK)
    box.fill("number of rentals by tier")
    box.press("Enter")
    page.locator('[data-testid="stVegaLiteChart"]').first.wait_for()
    visitor.settled()
    assert "Number of rentals by rider tier".lower() in visitor.text().lower()
    assert "gold" in visitor.text()
    assert visitor.violations() == []
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    waiting.value.save_as(tmp_path / "rows.csv")
    assert "gold,5" in (tmp_path / "rows.csv").read_text(encoding="utf-8-sig")
    box.fill("only Portugal")
    box.press("Enter")
    page.get_by_text("branch country is Portugal").first.wait_for()
    box.fill("average weight of the riders")
    box.press("Enter")
    page.get_by_text("The data has nothing for “weight”").first.wait_for()


def test_the_chat_answers_from_tables_with_a_chart(served: Served, browser: Browser) -> None:
    visitor = Visitor(browser, served.url, LAPTOP, "light")
    visitor.open()
    box = visitor.page.get_by_role("textbox", name="Ask about your documents, or attach a file")
    box.fill("How many riders per branch?")
    box.press("Enter")
    visitor.page.locator('[data-testid="stVegaLiteChart"]').first.wait_for(timeout=30_000)
    visitor.settled()
    assert "Number of riders by branch name" in visitor.text()
    assert "From" in visitor.text()


def test_an_answer_is_verified_used_revoked_and_rights_are_shown(served: Served, browser: Browser) -> None:
    visitor = Visitor(browser, served.url, LAPTOP, "light")
    page = visitor.page
    page.goto(f"{served.url}/data")
    box = page.get_by_role("textbox", name=_ASK)
    box.fill("number of rentals by tier")
    box.press("Enter")
    page.get_by_role("button", name="Verify this answer").click()
    page.get_by_text("Verified until").first.wait_for()
    box.fill("Show me the number of rentals by tier")
    box.press("Enter")
    page.get_by_text("Verified answer: its query was approved").first.wait_for()
    page.get_by_role("tab", name="Verified questions").click()
    page.get_by_role("button", name="Revoke").click()
    page.get_by_text("Nothing is verified yet").first.wait_for()
    page.get_by_role("tab", name="Who sees what").click()
    page.get_by_role("region", name="Access by role").wait_for()
    visitor.settled()
    assert "branch_id is one of $branches" in visitor.text()
    assert visitor.violations() == []
