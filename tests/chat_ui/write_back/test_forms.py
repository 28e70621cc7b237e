"""Forms on their page and in the conversation, over a Jira that speaks the wire."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.proposals import Evidence, of_user
from actions.review import Reviews, open_reviews
from core.database import open_database
from core.settings import load_settings
from core.types import User
from samples.stand_ins import tickets
from tests.chat_ui.chat.test_page import html

pytestmark = pytest.mark.integration
ANA = User("ana@northgate.example", name="Ana Keller")
ISSUE = {"type": "Bug", "summary": "VPN drops", "description": "It drops each hour.", "priority": "urgent"}
QUOTE = Evidence("It drops each hour <b>", "Call of Monday", "00:03:10")


@pytest.fixture
def jira(workspace: Path) -> Iterator[tickets.TicketStandIn]:
    with tickets.jira() as server:
        entry = (
            f"actions:\n  - {{name: tickets, kind: jira, url: '{server.url}', user: {tickets.USER}, "
            f"token: {tickets.TOKEN}, groups: [everyone], fixed: {{project: OPS}}, timeout_s: 2, settle_s: 0}}\n"
        )
        file = workspace / "debrief.yaml"
        file.write_text(file.read_text(encoding="utf-8") + entry, encoding="utf-8")
        yield server


@pytest.fixture
def reviews(jira) -> Reviews:
    settings = load_settings()
    return open_reviews(settings, open_database(settings))


def opened(app):
    at = app()
    at.session_state["open-page"] = "actions"
    return at.run()


def test_a_form_is_reviewed_corrected_and_sent_once(app, jira, reviews) -> None:
    made = reviews.propose("tickets.issue", ISSUE, ANA, {"description": [QUOTE]})
    page = opened(app)
    shown = html(page)
    assert "It drops each hour &lt;b&gt;" in shown and "Call of Monday · 00:03:10" in shown
    assert "Priority is &#x27;urgent&#x27;, which isn&#x27;t allowed" in shown
    page.button(key=f"FormSubmitter:form-{made.id}-form-Confirm and send").click().run()
    assert jira.service.records == [], "a form with a wrong value isn't sent"
    next(box for box in page.selectbox if box.label.startswith("Priority")).set_value("High")
    next(box for box in page.text_input if box.label == "Summary").set_value("VPN drops in Berlin")
    page.button(key=f"FormSubmitter:form-{made.id}-form-Confirm and send").click().run()
    assert not page.exception
    (issue,) = jira.service.records
    assert issue["fields"]["summary"] == "VPN drops in Berlin"
    assert issue["fields"]["project"] == {"key": "OPS"}
    assert any("OPS-1" in text.value for text in page.markdown)
    page.run()
    assert len(jira.service.records) == 1
    assert of_user(reviews.engine, ANA)[0].state == "written"


def test_what_was_changed_elsewhere_is_shown_again_and_not_sent(app, jira, reviews) -> None:
    made = reviews.propose("tickets.issue", {**ISSUE, "priority": "High"}, ANA)
    page = opened(app)
    reviews.edit(made.id, {"summary": "Something else"}, ANA)
    with pytest.raises(Exception, match="changed since"):
        reviews.confirm(made.id, ANA, made.fingerprint)
    page.run()
    assert next(box for box in page.text_input if box.label == "Summary").value == "Something else"
    assert jira.service.records == []


def test_stuck_and_cancelled_forms_say_what_to_do(app, jira, reviews) -> None:
    made = reviews.propose("tickets.issue", {**ISSUE, "priority": "High"}, ANA)
    connection = reviews.actions.known["tickets.issue"].connection
    object.__setattr__(connection, "settings", connection.settings.model_copy(update={"attempts": 1}))
    jira.faults.add("error", path="^POST /rest/api/3/issue")
    assert reviews.confirm(made.id, ANA, made.fingerprint).state == "stuck"
    page = opened(app)
    assert "Somebody has to look" in html(page)
    page.button(key=f"form-{made.id}-retry").click().run()
    assert len(jira.service.records) == 1
    other = reviews.propose("tickets.issue", ISSUE, ANA)
    page.run()
    page.button(key=f"FormSubmitter:form-{other.id}-form-Cancel").click().run()
    assert of_user(reviews.engine, ANA, ("proposed",)) == []
    assert not page.exception


def test_nobody_sees_or_confirms_the_form_of_another(reviews) -> None:
    made = reviews.propose("tickets.issue", ISSUE, ANA)
    for act in (
        lambda user: reviews.proposal(made.id, user),
        lambda user: reviews.edit(made.id, {}, user),
        lambda user: reviews.confirm(made.id, user, made.fingerprint),
        lambda user: reviews.cancel(made.id, user),
        lambda user: reviews.retry(made.id, user),
        lambda user: reviews.undo(made.id, user),
    ):
        with pytest.raises(Exception, match="There is no form"):
            act(User("ben@northgate.example"))


def test_an_address_names_the_form_that_comes_first(app, jira, reviews) -> None:
    first = reviews.propose("tickets.issue", ISSUE, ANA)
    reviews.propose("tickets.issue", {**ISSUE, "summary": "Printer"}, ANA)
    theirs = reviews.propose("tickets.issue", ISSUE, User("ben@northgate.example"))
    for named, said in ((first.id, False), (theirs.id, True)):
        at = app()
        at.session_state["open-page"], at.session_state["open-with"] = "actions", {"form": named}
        page = at.run()
        summaries = [box.value for box in page.text_input if box.label == "Summary"]
        assert summaries == (["Printer", "VPN drops"] if said else ["VPN drops", "Printer"])
        assert ("This form isn't there" in html(page).replace("&#x27;", "'")) is said
