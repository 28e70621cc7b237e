"""The tests of an app: run, read, taken away."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from apps.authoring.app_yaml import read_yaml, written_yaml
from apps.language import App
from apps.publish import Samples, TestResult, run_tests
from assistant.app_runs import SampleIndexes
from assistant.app_runs.indexed_samples import indexed_files
from chat_ui.parts import components, session
from chat_ui.studio.work import Work
from core.errors import IndexMissing
from core.types import User
from ingestion.enrich import chunk_document

_LAST = "studio-tests"


def counted(tests: int) -> str:
    """How many tests, in words."""
    return "1 test" if tests == 1 else f"{tests} tests"


def tests(work: Work, user: User) -> None:
    """Draws the tests and their last results."""
    app = work.app
    if app is None or not app.tests:
        components.state(
            "No tests yet", "Run the app under “Try” and make a test of what it gave, right or wrong, with one click."
        )
        return
    if st.button("Run the tests", icon=":material/checklist:"):
        tested_now(work, app, user)
    last = last_results(work)
    if last is None:
        st.caption(f"{counted(len(app.tests))}; not run since the last change.")
    results = {result.name: result for result in last or ()}
    rows = []
    for test in app.tests:
        found = results.get(test.name)
        mark = (
            components.badge("not run")
            if found is None
            else components.badge("passed", "good")
            if found.passed
            else components.badge("failed", "bad")
        )
        why = "" if found is None else "<br>".join(map(escape, found.problems))
        rows.append([mark, escape(test.name), f"{found.seconds:.2f} s" if found else "", why])
    components.table(["Result", "Test", "Time", "What didn't hold"], rows, label="Tests")
    gone = st.selectbox(
        "Take a test away",
        [t.name for t in app.tests],
        None,
        key=f"studio-untest-{work.revision}",
        placeholder="Choose a test",
    )
    if gone:
        data = read_yaml(work.text.yaml)
        data["tests"][:] = [t for t in data["tests"] if t.get("name") != gone]
        if not data["tests"]:
            data.pop("tests")
        work.put(written_yaml(data, work.text.yaml))
        st.rerun()


def last_results(work: Work) -> list[TestResult] | None:
    """The results of this very text; None when it was changed since."""
    last = st.session_state.get(_LAST)
    return last[1] if last is not None and last[0] == work.text else None


def tested_now(work: Work, app: App, user: User) -> list[TestResult]:
    """Runs the tests, and remembers what came of them."""
    with st.spinner(f"Running {components.many(len(app.tests), 'test')} …"):
        results = tested(app, user)
    st.session_state[_LAST] = (work.text, results)
    return results


def tested(app: App, user: User) -> list[TestResult]:
    """The results of the app's tests: over the sample documents, and what of the index the person may read."""
    settings = session.settings()
    documents = SampleIndexes(
        settings, lambda document, parsed, language: chunk_document(document, parsed, settings.chunking, language)
    )
    try:
        indexed = indexed_files(session.retriever(), user) if any(test.indexed for test in app.tests) else None
    except IndexMissing:
        indexed = None
    return run_tests(app, Samples(samples(), session.parser().parse, documents, settings.company, indexed))


def samples() -> Path:
    """Where the files of apps' tests lie: `samples` beside one's own apps, else the sample workspace."""
    own = session.settings().apps_dir
    if own is not None and (session.settings().path(own) / "samples").is_dir():
        return session.settings().path(own) / "samples"
    return Path(__file__).resolve().parents[2] / "samples" / "workspace"
