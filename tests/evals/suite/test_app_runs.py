"""Apps within an evaluation: the case's inputs and files go in, and a bad app is found out."""

from dataclasses import replace

import pytest

from apps.publish.catalogue import LIBRARY
from apps.publish.load import load_app
from apps.run.context import Tools
from core.types import Citation, Parsed, Section, User
from evals.suite.app_runs import AppRuns
from evals.suite.leaks import leaks
from evals.suite.runner import Runner
from evals.suite.subject import Observed
from evals.suite.suites import Case
from tests.evals.systems import ANA, WORLD

TEXT = "Decided: night windows are the default.\nAna sends the plan by 3 March 2026.\nWe check at 02:00.\n"
CASE = Case(
    id="keep",
    question="Keep this",
    user=ANA,
    app="knowledge_capture",
    inputs={"file": "notes.txt", "title": "Night windows"},
    expected_facts=("02:00",),
    route="app:knowledge_capture",
    expect=({"output": "article", "contains": ["# Night windows"]},),
)


@pytest.fixture
def apps(tmp_path):
    (tmp_path / "notes.txt").write_text(TEXT)
    app = load_app(LIBRARY / "knowledge_capture.yaml")

    def parse(body, name):
        return Parsed((Section(body.decode()),), name)

    return AppRuns({app.name: app}, Tools(), parse, tmp_path)


class Running:
    """Runs the case's app, and spoils what it gave."""

    def __init__(self, apps, spoil=lambda seen: seen):
        self.apps, self.spoil = apps, spoil

    def missing(self, case):
        return self.apps.missing(case)

    def observe(self, case, user):
        answer, run = self.apps.run(case, user)
        return self.spoil(Observed(answer, run=run))


def test_an_app_runs_with_the_inputs_of_its_case(apps, history):
    result = Runner(Running(apps), WORLD, history).score(CASE)
    assert {
        m: result.value(m) for m in ("assertions", "fact_coverage", "routing", "outcome", "no_leak")
    } == dict.fromkeys(("assertions", "fact_coverage", "routing", "outcome", "no_leak"), 1.0)


def test_an_app_that_does_something_else_fails_its_assertions(apps, history):
    wrong = CASE.model_copy(update={"inputs": {"text": TEXT, "title": "Day windows"}})
    result = Runner(Running(apps), WORLD, history).score(wrong)
    assert result.value("assertions") == 0.0
    lost = Runner(Running(apps, lambda seen: replace(seen, run=None)), WORLD, history).score(CASE)
    assert lost.value("assertions") == 0.0


def test_a_closed_document_among_an_apps_sources_is_a_leak(apps):
    answer, _ = apps.run(CASE, User(ANA))
    shown = replace(answer, citations=(Citation(1, "docs:board.md", "", "", "", 0, 1),))
    assert leaks(CASE, User(ANA), shown, (), WORLD)
    assert not leaks(CASE, User(ANA), answer, (), WORLD)


def test_what_is_missing_is_said(apps, history):
    lost = CASE.model_copy(update={"inputs": {"file": "lost.txt"}})
    assert "no file lost.txt" in Runner(Running(apps), WORLD, history).score(lost).message
    other = CASE.model_copy(update={"app": "poetry"})
    assert "no app 'poetry'" in Runner(Running(apps), WORLD, history).score(other).message
    nothing = CASE.model_copy(update={"inputs": {"check_similar": "maybe"}})
    assert Runner(Running(apps), WORLD, history).score(nothing).outcome == "needs_input"


def test_attachments_are_read(apps):
    asked = Case(id="a", question="Keep this", user=ANA, attachments=("notes.txt",))
    assert apps.attachments(asked)[0].sections[0].text == TEXT
