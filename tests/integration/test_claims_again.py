"""People whose groups rest on their token alone, 20 minutes after it was made: asked for again at the provider, or over."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.integration.oidc_stand_in import oidc_stand_in
from tests.integration.signed_in import serving_signed_in
from tests.integration.streamlit_client import Person

pytestmark = pytest.mark.integration
ACCESS = '[{"keyPrefix": "", "aclEntries": [{"Name": "board", "Type": "GROUP", "Access": "ALLOW"}]}]'
DOCUMENTS = {"leave.md": "# Leave\n\nEvery employee has 28 days of paid leave a year.\n", "acl.json": ACCESS}
QUESTION = "How many days of paid leave are there?"


def test_who_has_left_a_group_loses_it_without_a_new_sign_in(tmp_path: Path) -> None:
    old = int(time.time()) - 1_200
    people = {
        name: {
            "email": f"{name}@x.example",
            "name": name.title(),
            "email_verified": True,
            "roles": ["board"],
            "iat": old,
        }
        for name in ("stays", "left", "gone", "untold", "other")
    }
    with oidc_stand_in(people) as provider, serving_signed_in(tmp_path, provider, "groups: {}\n", DOCUMENTS) as served:
        provider.now = {
            "left": {**people["left"], "roles": ["sales"]},
            "gone": None,
            "untold": {"email": "untold@x.example"},
            "other": {**people["other"], "sub": "somebody-else"},
        }
        with Person(served.url) as stays:
            stays.sign_in("stays")
            assert "Stays" in stays.open()
            assert "28 days" in stays.ask(QUESTION)
        with Person(served.url) as left:
            left.sign_in("left")
            assert "Left" in left.open()
            assert "28 days" not in left.ask(QUESTION)
        for name, said in (
            ("gone", "has ended at the identity provider"),
            *[(n, "told too long ago") for n in ("untold", "other")],
        ):
            with Person(served.url) as ended:
                ended.sign_in(name)
                page = ended.open()
                assert said in page and name.title() not in page, name
