"""Is the assistant still right, and what changed? The evaluation's runs, down to a case."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import streamlit as st

from chat_ui.parts import charts, components, session
from chat_ui.parts.disclosure import Disclosure
from chat_ui.quality.cases import cases_tab
from chat_ui.quality.causes import causes_view
from chat_ui.quality.compare import compare_tab
from chat_ui.quality.review import gaps_tab, review_tab
from chat_ui.quality.runs import MOST_RUNS, all_runs, results, series_name, started
from core import audit
from core.errors import DebriefError
from core.types import User
from evals.report import Report
from evals.report.report import in_words
from evals.report.words import label, meaning, value_in_words
from evals.suite import EvaluationRun, History, by_tag, chosen_cases, load_suite, suite_file
from evals.suite.process import EvaluationProcess
from evals.suite.scorers import LOWER_IS_BETTER
from ingestion.documents import schedule_words

# The figures that stand for the whole; the others are a choice away.
_HEADLINE = ("outcome", "fact_coverage", "citation_precision", "groundedness", "recall@5", "no_leak")
_TABS = ["Runs", "Compare", "Cases", "To review", "Gaps"]


def page(user: User) -> None:
    """The page; app.py gives it to administrators and to those who read the evaluation."""
    st.title("Quality")
    admin = session.is_admin(user)
    disclosure = Disclosure(session.database(), user, admin)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        runs = _series(all_runs())
        if admin:
            _start(user)
    if admin:
        _state_of_run(user)
    opened, place = components.open_tab(_TABS, "quality-tab")
    with place:
        if opened == "Runs" and runs:
            _overview(runs, admin)
        elif opened == "Runs":
            components.state("No evaluation has run yet", _first_run(admin))
        elif opened == "Compare":
            compare_tab(runs)
        elif opened == "Cases":
            cases_tab(runs, user, disclosure)
        elif opened == "To review":
            review_tab(user, disclosure)
        else:
            gaps_tab(admin, disclosure)


@st.cache_resource(show_spinner=False)
def evaluation_process() -> EvaluationProcess:
    """The one evaluation that this server runs beside its pages."""
    return EvaluationProcess()


def _first_run(admin: bool) -> str:
    evaluation = session.settings().evaluation
    when = schedule_words(evaluation.schedule, evaluation.time_zone)
    weekly = f"`debrief serve` runs one: {when}. " if evaluation.schedule else ""
    return weekly + ("Run one now, above." if admin else "Ask an administrator to run one.")


def _series(runs: Sequence[EvaluationRun]) -> list[EvaluationRun]:
    """The runs that can be compared with each other and that the person has chosen, the newest first."""
    names = list(dict.fromkeys(map(series_name, runs)))
    if not names:
        return []
    name = names[0] if len(names) == 1 else st.selectbox("Evaluation", names, key="quality-series", width=300)
    return [run for run in runs if series_name(run) == name][:MOST_RUNS]


def _overview(runs: Sequence[EvaluationRun], admin: bool) -> None:
    _verdict(runs, admin)
    shown = runs[::-1]
    known = [name for name in runs[0].summary if any(name in run.summary for run in shown)]
    headline = [name for name in _HEADLINE if name in known] or known[:6]
    st.header("Over time")
    columns = st.columns(3)
    for number, metric in enumerate(headline):
        with columns[number % 3]:
            measured = runs[0].summary[metric]
            said = f"<b>{escape(label(metric))}</b> {escape(value_in_words(metric, measured))}"
            st.html(f'<div class="figure">{said}<br><span class="place">{escape(meaning(metric))}</span></div>')
            title = f"{label(metric)} by run"
            charts.trend(_rows(shown, metric, "all cases"), order=["all cases"], title=title, height=130)
    _by_tag(shown, known)
    _table(runs, headline)


def _verdict(runs: Sequence[EvaluationRun], admin: bool) -> None:
    run = runs[0]
    failed = run.verdict.get("failed", [])
    when = started(run)
    if run.kind != "suite":
        components.state(f"{run.suite}, {when}", "A foreign set: its figures are kept, its cases are not.")
        return
    title, *more = in_words(Report(run, results(run.id)))
    baseline = next((other for other in runs if other.id == run.verdict.get("baseline")), None)
    gates = "all gates were reached" if not failed else f"{components.many(len(failed), 'gate')} failed"
    worse = [label(metric) for metric in run.verdict.get("worse", [])]
    than = "it had no earlier run to be compared with"
    if run.verdict.get("baseline"):
        than = (
            f"by more than chance got worse: {', '.join(worse)}" if worse else "nothing got worse by more than chance"
        )
    text = " ".join([*more, f"Run of {when}: {gates}; {than}."])
    components.state(title, text, "error" if failed else "empty", items=failed)
    causes_view(run, baseline, admin)


def _rows(runs: Sequence[EvaluationRun], metric: str, name: str) -> list[dict[str, object]]:
    found = [(run, run.summary[metric]) for run in runs if metric in run.summary]
    return [_point(run, name, m.value, m.error, m.n) for run, m in found]


def _point(run: EvaluationRun, name: str, value: float, error: float, n: int) -> dict[str, object]:
    spread = 0.0 if math.isnan(error) else error  # NaN: of a single case
    return {
        "run": f"{started(run)[5:]} {run.id[:4]}",
        "of": name,
        "value": value,
        "low": max(0.0, value - spread),
        "high": value + spread,
        "n": n,
    }


def _by_tag(runs: Sequence[EvaluationRun], known: Sequence[str]) -> None:
    st.header("One metric, by tag")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = known.index("outcome") if "outcome" in known else 0
        metric = st.selectbox("Figure", known, first, format_func=label, key="quality-metric", width=240)
        st.caption(meaning(metric))
        latest = by_tag(results(runs[-1].id).values(), metric)
        # A tag that all cases have says what the first line says.
        parts = [tag for tag, measured in latest.items() if measured.n < runs[-1].summary[metric].n * 0.9]
        tags = st.multiselect("Tags and languages", list(latest), parts[:4], key="quality-tags", max_selections=7)
    rows = _rows(runs, metric, "all cases")
    for run in runs if tags else ():
        measured = by_tag(results(run.id).values(), metric)
        rows += [_point(run, tag, m.value, m.error, m.n) for tag in tags if (m := measured.get(tag))]
    unit = all(isinstance(row["value"], float) and row["value"] <= 1 for row in rows) and metric not in LOWER_IS_BETTER
    charts.trend(rows, order=["all cases", *tags], title=f"{label(metric)} by tag and run", height=260, unit=unit)
    header = ("run", "of", "value", "low", "high", "n")
    charts.csv_download("quality-by-tag.csv", header, [tuple(row[name] for name in header) for row in rows])


def _table(runs: Sequence[EvaluationRun], metrics: Sequence[str]) -> None:
    st.header("Runs")
    rows = []
    for run in runs:
        failed = run.verdict.get("failed", [])
        state = (
            components.badge(f"{components.many(len(failed), 'gate')} failed", "bad")
            if failed
            else components.badge("passed", "good")
        )
        figures = [value_in_words(m, run.summary[m]) if m in run.summary else "–" for m in metrics]
        when = started(run)
        rows.append([when, state, *figures, f"<code>{escape(run.id)}</code>", escape(str(run.environment.get("code")))])
    components.table(["Started", "Gates", *map(label, metrics), "Run", "Code"], rows, label="Runs")
    every = list(dict.fromkeys(name for run in runs for name in run.summary))
    values = [
        (r.started_at, r.id, *(round(r.summary[m].value, 4) if m in r.summary else "" for m in every)) for r in runs
    ]
    charts.csv_download("evaluations.csv", ("started", "run", *every), values)


def _start(user: User) -> None:
    settings = session.settings()
    suite = settings.evaluation.suite
    try:
        cases = chosen_cases(load_suite(suite_file(settings, suite)))
    except DebriefError as error:
        components.error_state(error)
        return
    tags = sorted({tag for case in cases for tag in (*case.tags, case.language)})
    chosen = st.multiselect(
        "Cases to run", tags, key="quality-run-tags", placeholder=f"All {len(cases)} cases of {suite}", width=300
    )
    number = len(chosen_cases(cases, chosen))
    busy = evaluation_process().running
    if st.button(f"Run {number} cases now", icon=":material/play_arrow:", disabled=busy or not number):
        try:
            evaluation_process().start(settings, suite, chosen, number)
            audit.record(session.database(), user, "started evaluation", suite, ", ".join(chosen))
        except DebriefError as error:
            components.error_state(error)


def _state_of_run(user: User) -> None:
    if evaluation_process().running:
        _progress(user)
    elif evaluation_process().problem():
        components.state("The evaluation didn't end well", evaluation_process().problem(), "error")


@st.fragment(run_every=2)
def _progress(user: User) -> None:
    if not session.reads_evaluation(session.still_there(user)):
        st.rerun()
    process = evaluation_process()
    if not process.running:
        # The whole page shows the new run.
        st.rerun()
    progress = process.progress(History(session.database()))
    st.progress(progress.done / max(1, progress.total), f"{progress.done} of {progress.total} cases are scored.")
    if st.button("Stop", icon=":material/stop:", help="What is scored stays; it can be resumed"):
        process.stop()
        st.rerun()
