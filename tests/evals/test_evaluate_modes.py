"""Runs with a model and without: series of their own, side by side in the report, taken up where they broke off."""

from dataclasses import replace

from core.settings import LlmSettings, Settings
from evals.evaluate import SUITE, _baseline, _broken_off, _sampled, _with_model, other_mode
from evals.report.page import page
from evals.report.report import Report, markdown
from evals.suite.runner import Runner, summarise
from tests.evals.systems import CASES, WORLD, Good, InventedNumbers

QUOTES, LOCAL = {"model": "none (answers quote)", "filter": []}, {"model": "local", "filter": [], "sample": 2}


def finished(history, facts, system):
    run = history.start(SUITE, "test", facts)
    found = Runner(system, WORLD, history, threads=1).run(run.id, CASES)
    return history.finish(run.id, summarise(found.values())), found


def test_a_run_is_compared_with_its_own_kind_and_shown_beside_the_other(history):
    quoted, _ = finished(history, QUOTES, Good())
    local, found = finished(history, LOCAL, InventedNumbers())
    assert _baseline(history, "test", "last", QUOTES).id == quoted.id
    assert _baseline(history, "test", "last", LOCAL).id == local.id
    assert _baseline(history, "test", "last", {**LOCAL, "sample": 9}) is None
    report = Report(local, found, other_mode=other_mode(history, local))
    text = markdown(report)
    assert f"## Beside {quoted.id}" in text and "4 cases that both have" in text
    assert "| metric | local | none (answers quote) |" in text
    assert "<th>none (answers quote)</th>" in page(report)
    assert "Beside" not in markdown(replace(report, other_mode=None))


def test_a_run_that_broke_off_is_found_if_nothing_changed(history):
    started = history.start(SUITE, "test", {**LOCAL, "code": "1"})
    assert _broken_off(history, "test", {**LOCAL, "code": "2"}).id == started.id
    assert _broken_off(history, "test", QUOTES) is None
    history.finish(started.id, {})
    assert _broken_off(history, "test", LOCAL) is None


def test_a_sample_is_always_the_same_and_keeps_the_order():
    chosen = _sampled(CASES, 2)
    assert len(chosen) == 2 and chosen == _sampled(list(reversed(CASES)), 2)[::-1]
    assert _sampled(CASES, 0) == CASES


def test_a_model_on_this_machine_is_asked_one_after_the_other():
    settings = _with_model(Settings(), "local")
    assert (settings.llm.model, settings.evaluation.threads) == ("local", 1)
    assert _with_model(Settings(llm=LlmSettings(model="openai:x")), "") == Settings(llm=LlmSettings(model="openai:x"))
