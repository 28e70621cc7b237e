"""Which messages order something written into another system, and what the form is filled with."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from actions.connections import open_actions
from actions.review import Reviews
from assistant.question import Question
from assistant.records import StoredTurn
from assistant.write_back import WriteBackRequests, _filled, is_order
from core.settings import ActionSettings, Settings
from core.types import Answer, Citation, User

ANA = User("ana@example.com", ("w",))
_SYSTEMS: list[dict[str, Any]] = [
    {"name": "tickets", "kind": "jira", "url": "https://j.example", "user": "u", "token": "t"},
    {"name": "now", "kind": "servicenow", "url": "https://n.example", "user": "u", "password": "t"},
    {"name": "duty", "kind": "pagerduty", "token": "t", "account": "a@b.example"},
    {"name": "success", "kind": "totango", "app_token": "t"},
    {"name": "drafts", "kind": "mail", "host": "h", "user": "u", "password": "p"},
    {"name": "hook", "kind": "webhook", "url": "https://h.example", "title": "Team room"},
]


@pytest.fixture(scope="module")
def requests() -> WriteBackRequests:
    entries = tuple(ActionSettings(groups=("w",), **system) for system in _SYSTEMS)
    return WriteBackRequests(Reviews(cast(Any, None), open_actions(Settings(actions=entries))))


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("open a Jira ticket for this", ["tickets.issue"]),
        ("Open a ticket: VPN drops in Berlin", ["tickets.issue"]),
        ("Can you file a bug in Jira for that?", ["tickets.issue"]),
        ("page somebody with PagerDuty", ["duty.incident"]),
        ("Raise an incident", ["now.incident", "duty.incident"]),
        ("Create a ServiceNow incident for this", ["now.incident"]),
        ("Kannst du dafür ein Ticket in Jira eröffnen?", ["tickets.issue"]),
        ("Eröffne bitte eine Störung in ServiceNow", ["now.incident"]),
        ("Add a comment to OPS-12 in Jira", ["tickets.comment"]),
        ("Note this as a touchpoint in Totango", ["success.touchpoint"]),
        ("Put this into Totango", ["success.touchpoint"]),
        ("Put this into my drafts", ["drafts.draft"]),
        ("Abre un ticket de Jira para esto", ["tickets.issue"]),
        ("Crée un ticket Jira pour ça", ["tickets.issue"]),
        ("Send it to the Team room webhook", ["hook.post"]),
        ("Add a task: call Jo by Friday", ["success.task"]),
        # Questions, and work for apps.
        *((message, []) for message in (
            "Which Jira tickets are open?", "What is a Jira ticket?", "How do I open a ticket?", "Write an email to Pat",
            "Create a summary of the incident", "Make a table of all incidents", "open the last incident report",
            "Add a note to the summary", "Create a slide about customer success", "Make a task list for the team",
            "Send the Totango guide to me", "Log in to Totango", "Open incidents of Hollis", "Make a page about tickets",
        )),
    ],
)  # fmt: skip
def test_orders_are_told_from_questions(requests, message, wanted) -> None:
    question = Question(message, ANA)
    assert ([a.id for a in requests.wanted(question)] if is_order(message) else []) == wanted
    assert requests.wanted(Question(message, User("ben@example.com"))) == []


def test_a_plugin_is_ordered_by_its_own_words(requests, tmp_path) -> None:
    document = {
        "openapi": "3.0.3", "info": {"title": "Visits", "version": "1"},
        "paths": {"/visits": {"post": {"operationId": "visit", "requestBody": {"content": {"application/json": {"schema":
            {"type": "object", "properties": {"title": {"type": "string"}}}}}}, "responses": {"201": {"description": ""}}}}},
    }  # fmt: skip
    (tmp_path / "visits.json").write_text(json.dumps(document), encoding="utf-8")
    plugin = ActionSettings(
        name="field",
        kind="openapi",
        url="https://v.example",
        document="visits.json",
        operations=["visit"],
        groups=("w",),
    )
    entries = (*(ActionSettings(groups=("w",), **system) for system in _SYSTEMS), plugin)
    known = WriteBackRequests(Reviews(cast(Any, None), open_actions(Settings(root=tmp_path, actions=entries))))
    for message, wanted in (
        ("open a Jira ticket for this", ["tickets.issue"]),
        ("create a visit: Basel", ["field.visit"]),
    ):
        assert [a.id for a in known.wanted(Question(message, ANA))] == wanted


def test_the_last_answer_fills_the_text_and_the_message_the_rest(requests) -> None:
    cited = Citation(1, "d", "Rules", "file:///srv/rules.md", "Kept for 90 days.", 0, 5)
    other = replace(cited, marker=2, title="Wiki", url="https://w.example/1")
    answer = Answer("90 days [1], as the wiki says [2].", (cited, other))
    history = [StoredTurn("How long?", "How long?", answer, datetime.now(UTC))]
    action = requests.reviews.actions.known["tickets.comment"]
    values, evidence = _filled(action, Question("Add a comment to OPS-12 in Jira", ANA), history)
    assert values["issue"] == "OPS-12"
    assert values["text"] == "90 days [1], as the wiki says [2].\n\n[1] Rules\n[2] Wiki https://w.example/1"
    assert [e.quote for e in evidence["text"]] == ["Kept for 90 days."] * 2
    values, evidence = _filled(action, Question("Add a comment to OPS-12 in Jira: seen again today", ANA), history)
    assert (values["text"], evidence) == ("seen again today", {})
