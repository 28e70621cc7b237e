"""A person in 250 groups signs in, sees the page and is answered; over the wire, with what a browser would send."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from chat_ui.parts.server_sessions import COOKIE
from tests.integration.oidc_stand_in import oidc_stand_in
from tests.integration.signed_in import serving_signed_in
from tests.integration.streamlit_client import Person

pytestmark = pytest.mark.integration

GROUPS = [str(uuid.UUID(int=number)) for number in range(250)]
ACCESS = f"""\
[{{"keyPrefix": "", "aclEntries": [{{"Name": "{GROUPS[-1]}", "Type": "GROUP", "Access": "ALLOW"}}]}}]
"""


def test_a_person_in_250_groups_is_answered_and_the_browser_has_one_small_cookie(tmp_path: Path) -> None:
    people = {
        "ana": {"email": "ana@x.example", "name": "Ana Keller", "email_verified": True, "roles": GROUPS},
        "eve": {"email": "eve@x.example", "name": "Eve", "email_verified": True, "roles": GROUPS[:-1]},
    }
    documents = {"leave.md": "# Leave\n\nEvery employee has 28 days of paid leave a year.\n", "acl.json": ACCESS}
    with oidc_stand_in(people) as provider, serving_signed_in(tmp_path, provider, "groups: {}\n", documents) as served:
        with Person(served.url) as ana:
            ana.sign_in("ana")
            names = {cookie.name: len(cookie.value or "") for cookie in ana.cookies.jar}
            assert COOKIE in names and not any(name.startswith("_streamlit_user") for name in names)
            assert sum(names.values()) < 2_000
            assert "Ana Keller" in ana.open()
            assert "28 days" in ana.ask("How many days of paid leave are there?")
            kept = ana.cookies
            ana.press("Sign out")
        with Person(served.url, kept) as copied:
            assert "Ana Keller" not in copied.open()
        with Person(served.url) as eve:
            eve.sign_in("eve")
            eve.open()
            assert "28 days" not in eve.ask("How many days of paid leave are there?")
