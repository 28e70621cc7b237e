"""An app on somebody's documents: expectations, what a model writes, and what a judge says of it."""

import json

import pytest

from apps.publish.load import parse_app
from apps.publish.testing import Samples
from assistant.app_runs.samples import SampleIndexes
from core.errors import DatasetError
from core.settings import Settings
from evals.measures.app_cases import cases_in, evaluate_cases
from ingestion.enrich.chunk import chunk_document
from ingestion.parse import parse
from tests.fakes import scripted_models

APP = """\
name: small
title: Small
description: For a test.
version: "1"
owner: me@example.com
inputs:
  - {name: subject, type: text}
steps:
  - {id: found, use: find_documents, with: {text: true}}
  - id: text
    use: write
    with: {prompt: Write on @subject., sources: "{{ found.documents }}", draft: "Draft of {{ subject }}."}
outputs:
  - {name: text, kind: markdown, value: "{{ text.text }}"}
tests:
  - name: with a model
    inputs: {subject: tea}
    documents: ["*.md"]
    model_reply: ["Tea is drawn for four minutes [1]. Tea costs 900 dollars."]
    expect: [{output: text, contains: [four minutes, "[1]"], excludes: ["900"]}]
    judge: [It says how long tea is drawn.]
  - {name: without, inputs: {subject: tea}, documents: ["*.md"], expect: [{output: text, contains: [Draft of tea]}]}
  - {name: replies run out, inputs: {subject: tea}, documents: ["*.md"], model_reply: [Tea costs 900 dollars.], expect: [{output: text, contains: [Draft]}]}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "tea.md").write_text("# Tea\n\nTea is drawn for four minutes at 80 degrees.\n")
    return tmp_path


@pytest.fixture
def samples(folder, tmp_path_factory):
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    cut = lambda document, parsed, language: chunk_document(document, parsed, settings.chunking, language)  # noqa: E731
    return Samples(folder, parse, SampleIndexes(settings, cut))


def test_tests_script_the_models_reply_and_are_judged(folder, samples):
    app = parse_app(APP, "small.yaml")
    judge, model = scripted_models('{"holds": true, "reason": "four minutes"}')
    scores = evaluate_cases(app, cases_in(app, folder), samples, None, judge)
    assert [s.problems for s in scores] == [(), (), ()]
    assert [(j.holds, j.reason) for j in scores[0].judged] == [(True, "four minutes")]
    assert "It says how long tea is drawn." in str(model.seen[0]) and "four minutes" in str(model.seen[0])
    assert any("900 dollars" in note for note in scores[0].notes)


def test_cases_of_ones_own_and_a_judge_that_says_no(folder, samples):
    app = parse_app(APP, "small.yaml")
    case = {"name": "own", "inputs": {"subject": "tea"}, "documents": ["*.md"], "judge": ["It is a poem."]}
    (folder / "cases.yaml").write_text(json.dumps([case]))
    judge, _ = scripted_models('{"holds": false, "reason": "prose"}')
    (score,) = evaluate_cases(app, cases_in(app, folder), samples, None, judge)
    assert not score.passed and score.judged[0].reason == "prose"
    (score,) = evaluate_cases(app, cases_in(app, folder), samples, None, None)
    assert score.passed and score.judged[0].holds is None and "no language model" in score.judged[0].reason
    broken, _ = scripted_models("no idea", "no idea")
    (score,) = evaluate_cases(app, cases_in(app, folder), samples, None, broken)
    assert score.judged[0].holds is None


@pytest.mark.parametrize(
    ("text", "message"), [("- {nme: x}", "cases.yaml is wrong"), ("name: [", "cases.yaml is wrong")]
)
def test_cases_that_cannot_be_read_are_refused(folder, text, message):
    (folder / "cases.yaml").write_text(text)
    with pytest.raises(DatasetError, match=message):
        cases_in(parse_app(APP, "small.yaml"), folder)
    with pytest.raises(DatasetError, match="There is no folder"):
        cases_in(parse_app(APP, "small.yaml"), folder / "nowhere")
