"""Apps in a conversation: what is missing is asked for, a run ends in an answer, a follow-up keeps its inputs."""

import pytest

from apps.catalogue import load_apps
from apps.context import Tools
from apps.runner import RunResult
from assistant.app_answers import AppAnswers
from assistant.app_tools import foreign_facts
from assistant.events import Attachment, Stage
from assistant.router import AppRouter
from assistant.trace import Trace
from core.errors import AppError
from core.settings import Settings
from core.types import Answer, Section, User
from retrieval.embed import open_embedder

USER = User("ana@example.com", name="Ana")
CALL = Attachment(
    "2026-10-14-call.vtt",
    (
        Section("Jo Hall: Sensor coverage reached 98 percent in the Ghent plant this quarter.", kind="turn"),
        Section("Kim Lee: I'll send the exception report by 27 November.", kind="turn"),
        Section("Jo Hall: Agreed, the pilot runs in two plants until June.", kind="turn"),
    ),
)


@pytest.fixture(scope="module")
def router(tmp_path_factory):
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    return AppRouter(load_apps(settings)[0], open_embedder(settings))


@pytest.fixture
def runs():
    return []


@pytest.fixture
def answers(router, runs):
    return AppAnswers(router, Tools, lambda _user: (), "Us", lambda result, _user: runs.append(result))


def ask(answers, message, attachments=(), route=None, conversation="c"):
    trace = Trace(message)
    events = answers.events(
        message, USER, route=route, conversation_id=conversation, attachments=attachments, trace=trace
    )
    return (list(events) if events is not None else None), trace


def test_a_plain_question_is_left_alone(answers):
    events, trace = ask(answers, "How long do we keep customer logs?")
    assert events is None
    assert trace.route_reason


def test_what_is_missing_is_asked_for_at_once(answers, runs):
    events, _ = ask(answers, "Compare these two health checks")
    assert isinstance(events[-1], Answer)
    assert (events[-1].outcome, events[-1].route) == ("needs_input", "app:health_check_comparison")
    assert events[-1].choices == ("before", "after")
    assert runs == []


def test_a_run_ends_in_an_answer_and_is_counted(answers, runs):
    events, _ = ask(answers, "Write the follow-up e-mail for this meeting", [CALL])
    assert isinstance(events[0], Stage) and "Follow-up e-mail" in events[0].detail
    assert "Send the exception report | 27 November 2026" in events[-1].text
    assert events[-1].outcome == "answered"
    assert isinstance(runs[0], RunResult)


def test_a_follow_up_keeps_the_inputs_of_its_conversation_only(answers, runs):
    ask(answers, "Write the follow-up e-mail for this meeting", [CALL])
    events, _ = ask(answers, "make it formal")
    assert "Yours sincerely" in events[-1].text
    elsewhere, _ = ask(answers, "make it formal", conversation="another")
    assert elsewhere is None or elsewhere[-1].outcome == "needs_input"


def test_the_persons_choice_wins_and_an_unknown_app_is_refused(answers):
    events, _ = ask(answers, "anything", route="app:meeting_summary", attachments=[CALL])
    assert events[-1].route == "app:meeting_summary"
    with pytest.raises(AppError, match="There is no app 'nope'"):
        ask(answers, "anything", route="app:nope")


def test_facts_that_no_source_has_are_named():
    assert foreign_facts("We reached 98 percent.", ["We reached 98 percent."]) == []
    assert foreign_facts("We reached 99 percent.", ["We reached 98 percent."])
