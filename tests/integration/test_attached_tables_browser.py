"""A list that somebody attaches to a conversation, asked in a real browser: rows, chart, follow-ups, and what remains."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

from playwright.sync_api import Browser, expect

from tests.integration import workspace
from tests.integration.browser import LAPTOP, Served, Visitor, needs_browser, serving, sync, write_workspace

pytestmark = needs_browser
_RENTALS = """Rental ID,Customer,Bike Type,Picked up,Paid,Damage?
1,"Alvarez, Tomas",E-bike,04/28/2026,"$140.00",no
2,Ngo Lan,City bike,05/03/2026,$18.00,no
3,"Peters, Joy",E-bike,05/09/2026,"$105.00",yes
4,Ngo Lan,Cargo bike,05/15/2026,$45.00,no
5,"Peters, Joy",E-bike,06/13/2026,"$1,050.00",yes
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("attached")
    write_workspace(folder, workspace.SETTINGS, workspace.USERS, workspace.DOCUMENTS)  # no warehouse of the company
    sync(folder)
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_attached_list_is_asked_changed_and_gone_with_the_file(
    served: Served, browser: Browser, scheme: str
) -> None:
    visitor = Visitor(browser, served.url, LAPTOP, scheme)
    page = visitor.page
    visitor.open()
    file = {"name": "bike_rentals.csv", "mimeType": "text/csv", "buffer": _RENTALS.encode()}
    page.locator('[data-testid="stChatInput"] input[type="file"]').set_input_files(file)
    page.locator('[data-testid="stChatInput"]').get_by_text("bike_rentals").first.wait_for()
    box = page.get_by_role("textbox", name="Ask about your documents, or attach a file")
    box.fill("revenue by bike type")
    # Streamlit takes no message while a file is on its way.
    send = page.get_by_test_id("stChatInputSubmitButton")
    expect(send).to_be_enabled(timeout=30_000)
    send.click()
    page.locator('[data-testid="stVegaLiteChart"]').first.wait_for(timeout=30_000)
    visitor.settled()
    assert (
        "Total paid by rental bike type" in visitor.text() and "From bike_rentals.csv, as attached." in visitor.text()
    )
    box.fill("only E-bikes")
    box.press("Enter")
    expect(page.get_by_text("where rental bike type is E-bike").first).to_be_visible(timeout=30_000)
    box.fill("How many had damage?")
    box.press("Enter")
    expect(page.get_by_text("2 – number of rentals, where rental damage is yes").first).to_be_visible(timeout=30_000)
    visitor.settled()
    assert visitor.violations() == []
    if scheme == "light":
        visitor.picture("data-attached-light.png")
    page.get_by_role("button", name="bike_rentals.csv").click()
    expect(page.get_by_text("Attach bike_rentals.csv again to see the chart").first).to_be_visible(timeout=30_000)
