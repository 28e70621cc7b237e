"""Apps take indexed documents that the person may read instead of asking for files."""

from types import SimpleNamespace

import pytest

from apps.publish.catalogue import load_apps
from apps.run.context import Tools
from assistant.accounts.answers import RecordAnswers
from assistant.app_runs.app_answers import AppAnswers
from assistant.question import Question
from assistant.records.trace import Trace
from core.settings import Settings
from tests.assistant.accounts.conftest import ACME, ANA, BELL, BOB, TODAY


@pytest.fixture
def answers(shelf, tmp_path, embedder, learned_folder):
    found, _ = load_apps(Settings(data_dir=tmp_path))

    def customers(user):
        return (ACME, BELL) if user is ANA else ()

    records = RecordAnswers(SimpleNamespace(index=shelf), customers, lambda: TODAY)
    file = learned_folder / "router.npz"
    return AppAnswers(lambda: found, embedder, Tools, file=file, customers=customers, records=records)


def last(answers, text, user=ANA):
    events = answers.events(Question(text, user), Trace(text))
    return list(events)[-1] if events is not None else None


def test_a_comparison_runs_over_the_reports_of_two_quarters(answers):
    answer = last(answers, "Compare Acme's Q2 and Q3")
    assert answer.route == "app:health_check_comparison" and answer.outcome == "answered"
    assert "96.5 → 97.9%" in answer.text
    assert f"Service report {ACME} Q2 2026" in answer.notes[0] and f"Service report {ACME} Q3 2026" in answer.notes[0]
    assert {c.document_id for c in answer.citations} <= {f"{ACME}-2026-Q2", f"{ACME}-2026-Q3"}


def test_an_order_takes_the_transcript_of_the_meeting_that_it_means(answers):
    answer = last(answers, "Write the follow-up e-mail for the last meeting with Acme")
    assert answer.route == "app:follow_up_email" and answer.outcome == "answered"
    assert "exception report" in answer.text
    assert "5 November 2026" in answer.notes[0]


def test_what_a_person_may_not_read_is_never_chosen(answers):
    answer = last(answers, "Compare Acme's Q2 and Q3", BOB)
    assert answer is None or (answer.outcome == "needs_input" and "96.5" not in answer.text)
