"""Connected accounts: a person connects, comes back, and disconnects; a form says so until then, and is kept."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import yaml

from actions.accounts.kept import accounts_of
from actions.review import open_reviews
from core.database import open_database
from core.settings import load_settings
from core.types import User
from samples.stand_ins import sign_in
from tests.actions.systems import SYSTEMS
from tests.actions.test_accounts import KEY, jira_entry, signed_by
from tests.chat_ui.chat.test_page import html

pytestmark = pytest.mark.integration
ANA = User("ana@northgate.example", name="Ana Keller")


def test_a_person_connects_comes_back_and_disconnects(workspace: Path, app) -> None:
    system = SYSTEMS["jira"]()
    with sign_in.start() as login, system.server:
        signed_by(login, system, "jira")
        file = workspace / "debrief.yaml"
        entry = jira_entry(login, system.server.url) | {"groups": ["everyone"]}
        more = {"secrets_key": KEY, "api": {"url": "https://debrief.example.com"}, "actions": [entry]}
        file.write_text(file.read_text(encoding="utf-8") + yaml.safe_dump(more), encoding="utf-8")
        settings = load_settings()
        reviews = open_reviews(settings, open_database(settings))
        form = reviews.propose("tickets.issue", system.values["issue"], ANA)
        at = app()
        at.session_state["open-page"] = "actions"
        at.run()
        assert "Connect first; your form is kept" in html(at) and "signed in to Jira" in html(at)
        at.button(key=f"form-{form.id}-connect").click().run()
        assert at.title[0].value == "Connected accounts" and "not connected" in html(at)
        at.button(key="account-tickets-connect").click().run()
        back = httpx.get(at.get("link_button")[0].proto.url).headers["location"]
        assert back.startswith("https://debrief.example.com/connected?")
        for name, value in httpx.URL(back).params.items():
            at.query_params[name] = value
        at.run()
        assert "You are connected to Jira (tickets)" in html(at) and not dict(at.query_params)
        assert "read:jira-work" in html(at)
        assert reviews.confirm(form.id, ANA, reviews.edit(form.id, {}, ANA).fingerprint).state == "written"
        # The same address again, as from the browser's history.
        at.query_params["state"] = httpx.URL(back).params["state"]
        at.run()
        assert "used already" in html(at)
        at.button(key="account-tickets-disconnect").click().run()
        assert "ended at Jira (tickets)" in html(at) and not at.exception
        assert accounts_of(reviews.engine) == [] and login.service.refresh == {}
