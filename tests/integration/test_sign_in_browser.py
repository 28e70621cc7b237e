"""Sign-in through an identity provider, in a real browser: who somebody is decides what they find and which pages they have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

from playwright.sync_api import expect

from tests.integration.browser import Served, needs_browser
from tests.integration.oidc_stand_in import Provider, oidc_stand_in
from tests.integration.signed_in import serving_signed_in

pytestmark = needs_browser

USERS = "groups: {staff: {members: ['group:board', 'group:sales']}}\n"
ACCESS = """\
[{"keyPrefix": "board/", "aclEntries": [{"Name": "board", "Type": "GROUP", "Access": "ALLOW"}]},
 {"keyPrefix": "public/", "aclEntries": [{"Name": "staff", "Type": "GROUP", "Access": "ALLOW"}]}]
"""
DOCUMENTS = {
    "board/pay.md": "# Salary review\n\nThe salary review of the directors is held in the second week of May.\n",
    "public/leave.md": "# Leave\n\nEvery employee has 28 days of paid leave a year.\n",
}
PEOPLE = {
    "ana": {"email": "Ana@northgate.example", "name": "Ana Keller", "email_verified": True, "roles": ["board", "it"]},
    "ben": {"email": "ben@northgate.example", "name": "Ben Ito", "roles": ["sales"]},
    "eve": {"email": "ana@northgate.example", "name": "Eve", "email_verified": False, "roles": ["board", "it"]},
}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with oidc_stand_in(PEOPLE) as running:
        yield running


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("signed-in")
    with serving_signed_in(folder, provider, USERS, {**DOCUMENTS, "acl.json": ACCESS}) as running:
        yield running


def signed_in(visitor, person: str, path: str = "") -> None:
    """Signs the person in through the provider's form."""
    visitor.page.goto(f"{visitor.url}/{path}")
    visitor.page.get_by_role("button", name="Sign in").click()
    visitor.page.get_by_role("heading", name="Sign in to the company").wait_for()
    visitor.page.get_by_role("button", name=person).click()


def test_groups_of_the_claim_decide_what_is_found_and_which_pages_there_are(visit, served: Served) -> None:
    ana, ben = visit(served.url), visit(served.url)
    for visitor, person in ((ana, "ana"), (ben, "ben")):
        signed_in(visitor, person)
        visitor.page.get_by_text(PEOPLE[person]["name"]).first.wait_for()
        visitor.ask("When is the salary review of the directors held?")
    assert "second week of May" in ana.text()
    assert "second week" not in ben.text()
    assert "Salary review" not in ben.text().replace("When is the salary review", "")
    expect(ana.page.get_by_role("link", name="Insights")).to_have_count(1)
    expect(ben.page.get_by_role("link", name="Insights")).to_have_count(0)
    ben.ask("How many days of paid leave are there?")
    assert "28 days" in ben.text()
    assert "Development user" not in ana.page.content()


def test_the_address_says_nothing_about_who_is_there(visit, served: Served) -> None:
    visitor = visit(served.url)
    page = visitor.page
    page.goto(f"{served.url}/?user=ana@northgate.example&email=ana@northgate.example&groups=it")
    page.get_by_role("button", name="Sign in").wait_for()
    assert "Ana" not in visitor.text()
    page.goto(f"{served.url}/insights?user=ana@northgate.example")
    page.get_by_role("button", name="Sign in").wait_for()
    expect(page.get_by_text("Active")).to_have_count(0)


def test_an_unverified_address_is_nobody(visit, served: Served) -> None:
    visitor = visit(served.url)
    signed_in(visitor, "eve")
    visitor.page.get_by_text("hasn't verified ana@northgate.example").wait_for()
    expect(visitor.page.get_by_role("textbox")).to_have_count(0)
    visitor.page.get_by_role("button", name="Sign in as somebody else").wait_for()


def test_an_expired_sign_in_asks_again_and_then_goes_on(visit, served: Served, provider: Provider) -> None:
    visitor = visit(served.url)
    provider.lifetime_s = 8.0
    try:
        signed_in(visitor, "ben")
        visitor.page.get_by_text("Ben Ito").first.wait_for()
        visitor.ask("How many days of paid leave are there?")
    finally:
        provider.lifetime_s = 3_600.0
    visitor.page.wait_for_timeout(8_000)
    visitor.page.get_by_role("button", name="New conversation").click()
    visitor.page.get_by_text("Your sign-in has expired").wait_for()
    expect(visitor.page.get_by_role("textbox")).to_have_count(0)  # what the last run drew stays until this one ends
    assert "28 days" not in visitor.text()
    visitor.page.get_by_role("button", name="Sign in").click()
    visitor.page.get_by_role("button", name="ben").click()
    visitor.page.get_by_role("button", name="How many days of paid leave are there?").wait_for()


def test_signing_out_ends_it(visit, served: Served) -> None:
    visitor = visit(served.url)
    signed_in(visitor, "ben")
    visitor.page.get_by_role("button", name="Sign out").click()
    visitor.page.get_by_role("button", name="Sign in").wait_for()
    visitor.page.goto(f"{served.url}/apps")
    visitor.page.get_by_role("button", name="Sign in").wait_for()
    expect(visitor.page.get_by_text("Ben Ito")).to_have_count(0)


def test_a_cookie_that_somebody_wrote_is_no_sign_in(visit, served: Served) -> None:
    visitor = visit(served.url)
    forged = '"2|1:0|10:1795000000|15:_streamlit_user|40:eyJlbWFpbCI6ICJhbmFAbm9ydGhnYXRlLmV4YW1wbGUifQ==|0000"'
    visitor.context.add_cookies([{"name": "_streamlit_user", "value": forged, "url": served.url}])
    visitor.page.goto(served.url)
    visitor.page.get_by_role("button", name="Sign in").wait_for()
    expect(visitor.page.get_by_text("Ana Keller")).to_have_count(0)
