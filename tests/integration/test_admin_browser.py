"""An administrator's work in a real browser: a source from its form to its first answer, weights, access, the work list."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

from playwright.sync_api import Page, expect

from samples.stand_ins import s3
from tests.integration.browser import PHONE, Served, needs_browser, serving, sync, write_workspace

pytestmark = needs_browser
# On a busy machine a run of the page takes longer than Playwright's five seconds.
expect.set_options(timeout=30_000)
WIDE = {"width": 1366, "height": 768}
SETTINGS = """\
company: Harbour Insurance   # as it signs
data_dir: data
auth: {mode: development, development_user: ana@harbour.example, users_file: users.yaml, admin_groups: [g-7]}
retrieval:
  weights_file: weights.yaml
evaluation: {cases_dir: cases, suite: own}
# ---- where documents come from
sources:
  - name: handbook   # the people team's
    kind: files
    path: docs
    public: true
"""
USERS = """\
users:
  - {email: ana@harbour.example, name: Ana Keller}
  - {email: ben@harbour.example, name: Ben Ito}
groups:
  g-7: {members: ["user:ana@harbour.example"], description: Administrators}
  g-8: {members: ["user:ben@harbour.example"], description: Claims department}
"""
DOCUMENTS = {
    "leave.md": "# Leave\n\nStaff have 30 days of leave a year. Leave is agreed with the head of the department.\n",
    "leave-faq.md": "# Questions about leave\n\nHow much is there? Staff have 28 days of leave a year.\n",
    "telemetry.md": "# Logs\n\nRaw telemetry is kept for 90 days, alerts for 24 months.\n",
    "expenses.md": "# Travel expenses\n\nHotel rooms may cost 160 euros a night, breakfast included.\n",
    "phones.md": "# Phones\n\nA lost phone is reported to the service desk within two hours.\n",
    "parking.md": "# Parking\n\nGuests park on level two of the north garage.\n",
}
CASES = [
    ("How many days of leave do staff have?", "handbook:leave.md"),
    ("How long is raw telemetry kept?", "handbook:telemetry.md"),
    ("What may a hotel room cost?", "handbook:expenses.md"),
    ("When is a lost phone reported?", "handbook:phones.md"),
    ("Where do guests park?", "handbook:parking.md"),
    ("Who agrees to leave?", "handbook:leave.md"),
]
WEIGHTS = "# ours\npath: {leave-faq.md: none}   # keep\n"
Window = Callable[..., "object"]


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.StandIn]:
    """A bucket with one document and its list."""
    folder = tmp_path_factory.mktemp("bucket")
    (folder / "claims.md").write_text("# Claims\n\nA claim is paid within 12 working days after it was accepted.\n")
    with s3.start(folder, bucket="claims-records") as running:
        yield running


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, monkeypatch_module: pytest.MonkeyPatch) -> Iterator[Served]:
    """The pages of an administrator, over a few documents of which two contradict each other."""
    folder = write_workspace(tmp_path_factory.mktemp("office"), SETTINGS, USERS, DOCUMENTS)
    (folder / "weights.yaml").write_text(WEIGHTS)
    (folder / "cases").mkdir()
    rows = [
        {"id": f"c{n}", "question": q, "user": "ana@harbour.example", "outcome": "answered", "reviewed": True,
         "expected_documents": [d], "expected_facts": []}
        for n, (q, d) in enumerate(CASES)
    ]  # fmt: skip
    (folder / "cases" / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch_module.setenv("CLAIMS_KEY", "not-for-the-settings-4711")
    sync(folder)
    with serving(folder) as running:
        yield running


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def fill(page: Page, label: str, text: str) -> None:
    box = page.get_by_label(label, exact=True).first
    box.fill(text)
    box.press("Enter")


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_a_source_is_added_on_the_page_and_its_first_answer_appears(visit, office: Served, bucket) -> None:
    visitor = visit(office.url, WIDE)
    page = visitor.page
    visitor.open("sources", "table.rows")
    choose(page, "Which", "Add a source")
    choose(page, "Kind", "s3")
    fill(page, "Name", "claims")
    fill(page, "Bucket (required)", "claims-records")
    fill(page, "Region", s3.REGION)
    fill(page, "Address, if it isn't AWS", bucket.url)
    fill(page, "Access key id", "sample")
    fill(page, "Secret access key", "in-plain-sight")
    expect(page.get_by_text("is a secret, and the settings hold none")).to_be_visible()
    fill(page, "Secret access key", "${CLAIMS_KEY}")
    fill(page, "Who may read documents without an access list", "everyone")
    visitor.settled()
    page.get_by_role("button", name="Test it").click()
    expect(page.get_by_text("It can be read")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("region", name="First documents")).to_contain_text("claims.md")
    expect(page.get_by_role("region", name="First documents")).to_contain_text("everyone")
    visitor.settled()
    assert visitor.violations() == []
    page.get_by_text("It can be read").scroll_into_view_if_needed()
    visitor.picture("source-added.png")
    page.get_by_role("button", name="Save it").click()
    expect(page.get_by_text("claims stands in debrief.yaml")).to_be_visible(timeout=15_000)
    row = page.locator("table.rows tr", has_text="claims").first
    expect(row).to_contain_text("last good copy just now", timeout=60_000)
    written = (office.workspace / "debrief.yaml").read_text()
    assert written.startswith(SETTINGS), "every remark stays"
    assert "secret_access_key: ${CLAIMS_KEY}" in written and "4711" not in written
    visitor.open()
    visitor.ask("Within how many working days is a claim paid?")
    assert "12 working days" in visitor.text()


def test_a_source_is_paused_and_resumed_and_the_page_says_so(visit, office: Served) -> None:
    visitor = visit(office.url, WIDE)
    page = visitor.page
    visitor.open("sources", "table.rows")
    choose(page, "Which", "handbook")
    page.get_by_role("button", name="Pause").click()
    row = page.locator("table.rows tr", has_text="handbook").first
    expect(row).to_contain_text("paused, last good copy", timeout=15_000)
    page.get_by_role("button", name="Resume").click()
    expect(row).to_contain_text("on time, last good copy", timeout=15_000)


def test_weights_are_levels_and_a_loss_is_asked_for_and_a_second_server_follows(visit, office: Served) -> None:
    visitor = visit(office.url, WIDE)
    page = visitor.page
    visitor.open("admin?admin-tab=Weights", "[data-testid='stSelectbox']")
    choose(page, "path: leave-faq.md", "much more")
    visitor.settled()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("get a worse first document").first).to_be_visible(timeout=60_000)
    visitor.settled()
    assert visitor.violations() == []
    visitor.picture("admin-weights.png")
    assert (office.workspace / "weights.yaml").read_text() == WEIGHTS
    with serving(office.workspace) as second:
        other = visit(second.url, WIDE)
        other.open()
        other.ask("How many days of leave do staff have?")
        page.get_by_role("button", name="Save it all the same").click()
        expect(page.get_by_text("Every question from now on")).to_be_visible(timeout=15_000)
        assert (office.workspace / "weights.yaml").read_text() == WEIGHTS.replace("none", "very_high")
        other.open()
        other.ask("How many days of leave do staff have?")
        other.page.get_by_role("button", name="Why these").last.click()
        expect(other.page.locator("table.rows").last).to_contain_text("leave-faq.md", timeout=15_000)


def test_who_may_read_what_to_do_and_asking_as_somebody(visit, office: Served) -> None:
    visitor = visit(office.url, WIDE)
    page = visitor.page
    visitor.open("sources?sources-tab=Access", "[data-testid='stTextInput']")
    fill(page, "Document", "leave.md")
    choose(page, "Person", "ben@harbour.example")
    expect(page.get_by_text("Claims department").first).to_be_visible()
    assert page.locator('[title="g-8"]').count() == 1
    fill(page, "Question", "How long is raw telemetry kept?")
    page.get_by_role("button", name="Ask as this person").click()
    expect(page.get_by_text("As Ben Ito would see it")).to_be_visible(timeout=30_000)
    expect(page.locator(".answer, .answer-text, .cite").first).to_contain_text("90 days")
    visitor.settled()
    assert visitor.violations() == []
    visitor.picture("access.png")
    page.goto(f"{visitor.url}/admin?admin-tab=Audit")
    expect(page.get_by_text("asked as").first).to_be_attached(timeout=15_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_work_list_names_a_contradiction_and_a_line_is_settled(visit, office: Served, scheme: str) -> None:
    visitor = visit(office.url, WIDE, scheme)
    page = visitor.page
    visitor.open("sources?sources-tab=Work+list", "table.rows")
    list_ = page.get_by_role("region", name="Work list")
    expect(list_).to_contain_text("Staff have 28 days of leave a year", timeout=30_000)
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        page.wait_for_timeout(400)
        assert visitor.violations() == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.set_viewport_size(WIDE)
    if scheme == "light":
        visitor.picture("work-list.png")
        return
    page.get_by_text("Take a line off the list").click()
    which = page.get_by_role("combobox", name="Which")
    page.wait_for_timeout(800)  # the part opens slowly, and a list that opens meanwhile closes again
    which.click()
    page.get_by_role("option").filter(has_text="contradiction").first.click()
    fill(page, "Why", "One is for contractors")
    expect(page.get_by_role("button", name="Put back 1")).to_be_visible(timeout=15_000)
    expect(list_).not_to_contain_text("28 days of leave")
