"""One case of a run: what was asked and expected, what came, every score with its reason, and the same run before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from chat_ui.parts import components, session
from chat_ui.parts.disclosure import Disclosure
from chat_ui.parts.trace_view import trace_view
from chat_ui.parts.words import RIGHT, outcome, way
from chat_ui.quality.runs import results, run_label
from core.errors import DebriefError
from core.types import User
from evals.report import case_quality
from evals.report.report import QUALITY
from evals.report.words import label, meaning
from evals.suite import Case, EvaluationRun, Result, load_suite, suite_file
from evals.suite.scorers import LOWER_IS_BETTER

_SHOWN_FIRST = ("With a fault", "Fell", "Not run", "All")
_HIDDEN = '<span class="place">not shown: it rests on documents that you may not read</span>'


def cases_tab(runs: Sequence[EvaluationRun], user: User, disclosure: Disclosure) -> None:
    """The cases of a run, the worst first, and one of them opened."""
    if not runs:
        components.state("No evaluation has run yet")
        return
    if runs[0].kind != "suite":
        components.state("There are no cases to show", "Of foreign sets, only the figures are kept.")
        return
    left, right = st.columns(2)
    with left:
        run = st.selectbox("Run", runs, format_func=run_label, key="cases-run")
    others = [r for r in runs if r.id != run.id]
    with right:
        compared = next((r for r in others if r.id == run.verdict.get("baseline")), None)
        if st.session_state.get("cases-baseline", run) not in [None, *others]:
            st.session_state["cases-baseline"] = compared
        baseline = st.selectbox("Beside", [None, *others], format_func=_label, key="cases-baseline")
    now = results(run.id)
    before = results(baseline.id) if baseline is not None else {}
    found = _chosen(now, before)
    if not found:
        components.state("No case fits", "Change the filter.")
        return
    event = st.dataframe(
        [_line(r, before.get(r.case_id)) for r in found],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height=min(38 + 35 * len(found), 320),
        key=f"cases-table-{run.id}",
        column_config={
            "Question": st.column_config.TextColumn(width="large"),
            "Quality": st.column_config.NumberColumn(format="%.2f"),
            "Before": st.column_config.NumberColumn(format="%.2f"),
        },
    )
    rows = event["selection"]["rows"]
    if rows and rows[0] < len(found):
        _case(found[rows[0]], before.get(found[rows[0]].case_id), run, user, disclosure)
    elif len(found) == 1:
        _case(found[0], before.get(found[0].case_id), run, user, disclosure)
    else:
        st.caption("Choose a case to see what was expected, what came, and why it was scored so.")


def _chosen(now: Mapping[str, Result], before: Mapping[str, Result]) -> list[Result]:
    """The results that the filters leave, the worst first."""
    tags = sorted({tag for result in now.values() for tag in result.tags})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input("Find a case", placeholder="Words of its question or its id", key="cases-words")
        wanted = st.multiselect("Tags", tags, key="cases-tags", placeholder="Any")
    st.session_state.setdefault("cases-which", _SHOWN_FIRST[0])
    which = st.segmented_control("Which", _SHOWN_FIRST, required=True, key="cases-which", label_visibility="collapsed")
    found = sorted(now.values(), key=lambda r: (case_quality(r), r.case_id))
    if which == "With a fault":
        found = [r for r in found if r.state != "not_run" and case_quality(r) < 1]
    elif which == "Not run":
        found = [r for r in found if r.state != "scored"]
    elif which == "Fell":
        found = [r for r in found if r.case_id in before and case_quality(r) < case_quality(before[r.case_id]) - 1e-6]
    asked = words.casefold().split()
    found = [r for r in found if all(w in f"{r.case_id} {r.question}".casefold() for w in asked)]
    return [r for r in found if set(wanted) <= set(r.tags)]


def _label(run: EvaluationRun | None) -> str:
    return "No other run" if run is None else run_label(run)


def _line(now: Result, before: Result | None) -> dict[str, object]:
    quality = round(case_quality(now), 2) if now.state == "scored" else None
    return {
        "Case": now.case_id,
        "Question": now.question,
        "Quality": quality,
        "Before": round(case_quality(before), 2) if before is not None and before.state == "scored" else None,
        "Outcome": outcome(now.outcome or now.state),
        "Expected": outcome(now.expected),
        "Tags": ", ".join(now.tags),
    }


def _case(now: Result, before: Result | None, run: EvaluationRun, user: User, disclosure: Disclosure) -> None:
    case = _defined(run.suite, now.case_id)
    expectation = case is not None and disclosure.expectation_shown(case)
    components.facts(now.question, "", _expected(now, case, expectation, user, disclosure))
    sides = [("Now", now), *([("Before", before)] if before is not None else [])]
    shown: dict[str, bool] = {}
    for (name, result), column in zip(sides, st.columns(len(sides)), strict=True):
        with column:
            shown[name] = disclosure.answer_shown(result, disclosure.trace(result.trace_id))
            _answer(name, result, shown[name])
    explained = expectation and shown["Now"]
    components.table(
        ["Figure", *(name for name, _ in sides), "Why"],
        _scores(now, before, explained),
        label="Scores",
    )
    if not explained:
        st.caption(
            "The reasons are left out: they repeat words of documents that you may not read, or of a case that is no "
            "longer in the suite."
        )
    for name, result in sides:
        if result.trace_id:
            opened = st.toggle(f"Trace of the answer {name.lower()}", key=f"trace-{result.trace_id}")
            if opened:
                trace_view(result.trace_id, user, disclosure)


def _expected(now: Result, case: Case | None, shown: bool, user: User, disclosure: Disclosure) -> list[tuple[str, str]]:
    rows = [
        ("Case", f"<code>{escape(now.case_id)}</code> {escape(', '.join(now.tags))}"),
        ("Asked as", escape(now.user)),
        ("A right answer is", RIGHT.get(now.expected, escape(now.expected))),
    ]
    if case is None:
        return [*rows, ("Expected facts", "the case is no longer in the suite")]
    names = disclosure.names(case)
    if case.history:
        rows.append(("Asked before", escape(" · ".join(case.history))))
    if case.expected_facts:
        rows.append(("Expected facts", "<br>".join(map(escape, case.expected_facts)) if shown else _HIDDEN))
    if case.contradictions and shown:
        rows.append(("Would be wrong", "<br>".join(map(escape, case.contradictions))))
    for called, documents in (
        ("Expected documents", case.expected_documents),
        ("Out of date", case.stale_documents),
        ("Closed to this person", case.forbidden_documents),
    ):
        if documents:
            rows.append((called, "<br>".join(escape(names[document]) for document in documents)))
    if case.route:
        rows.append(("Expected way", escape(way(case.route, user))))
    return rows


def _answer(name: str, result: Result, shown: bool) -> None:
    badge = components.badge(outcome(result.outcome or result.state), "")
    text = escape(result.answer or result.message or "no text") if shown else _HIDDEN
    st.html(
        f'<div class="state side"><div class="title">{escape(name)} {badge}</div>'
        # A scrolling region needs a place in the tab order.
        f'<div class="answer-text" role="region" tabindex="0" aria-label="Answer {escape(name)}">{text}</div></div>'
    )


def _scores(now: Result, before: Result | None, explained: bool) -> list[list[str]]:
    rows = []
    for score in now.scores:
        was = before.value(score.metric) if before is not None else None
        fault = score.metric in QUALITY and score.value is not None and score.value < 1
        value = components.badge(_number(score.value), "bad" if fault else "") if fault else _number(score.value)
        less = score.metric in LOWER_IS_BETTER
        name = f'<span title="{escape(meaning(score.metric))}">{escape(label(score.metric))}</span>'
        row = [f"{name}{' (less is better)' if less else ''}", value]
        row += [_number(was)] if before is not None else []
        rows.append((not fault, [*row, escape(score.explanation) if explained else ""]))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _defined(suite: str, case_id: str) -> Case | None:
    """The case as its suite has it now; None when it isn't there any more, or the file is wrong."""
    try:
        return next((c for c in load_suite(suite_file(session.settings(), suite)) if c.id == case_id), None)
    except DebriefError:
        return None
