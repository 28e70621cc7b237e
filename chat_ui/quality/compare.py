"""Two runs side by side: what changed beyond noise, which settings had changed, and which cases fell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Literal

import streamlit as st

from chat_ui.parts import charts, components
from chat_ui.quality.runs import differences, results, run_label
from evals.report import Report
from evals.report.words import label, meaning
from evals.suite import EvaluationRun
from evals.suite.compare import Difference

_KINDS: Mapping[str, Literal["good", "bad", ""]] = {"better": "good", "worse": "bad", "same": ""}
_WORDS = {"better": "better", "worse": "worse", "same": "within noise"}
_NAMED = 30


def compare_tab(runs: Sequence[EvaluationRun]) -> None:
    """Choose two runs of the series; the last two are chosen already."""
    if len(runs) < 2 or runs[0].kind != "suite":
        components.state("There are no two runs to compare", "Two runs of one suite are needed, with the same cases.")
        return
    left, right = st.columns(2)
    with left:
        before = st.selectbox("Before", runs, 1, format_func=run_label, key="compare-before")
    with right:
        now = st.selectbox("Now", runs, 0, format_func=run_label, key="compare-now")
    if before.id == now.id:
        components.state("These are the same run", "Choose another one on one side.")
        return
    found = sorted(differences(before.id, now.id), key=lambda d: (d.verdict != "worse", d.verdict != "better"))
    worse = [label(d.metric) for d in found if d.verdict == "worse"]
    better = [label(d.metric) for d in found if d.verdict == "better"]
    said = "Nothing got worse by more than chance" if not worse else f"Worse by more than chance: {', '.join(worse)}"
    components.state(
        said,
        f"Better: {', '.join(better) or 'nothing'}. A change is noise when its 95% interval, by paired bootstrap over "
        "the cases, holds 0.",
        "error" if worse else "empty",
    )
    components.table(
        ["Figure", "Before", "Now", "Change", "95%", "Verdict", "Cases"], map(_row, found), label="Changes"
    )
    _settings(Report(now, {}, before))
    _fallen(found, before, now)


def _row(d: Difference) -> list[str]:
    verdict = components.badge(_WORDS[d.verdict], _KINDS[d.verdict])
    numbers = (f"{d.before:.3f}", f"{d.now:.3f}", f"{d.change:+.3f}", f"{d.low:+.3f} to {d.high:+.3f}")
    name = f'<b title="{escape(meaning(d.metric))}">{escape(label(d.metric))}</b>'
    return [name, *numbers, verdict, f"{d.n}"]


def _settings(report: Report) -> None:
    st.header("What else was different")
    changed = report.changed_settings
    if not changed:
        components.state("Nothing", "Index, models, weights, rules, prompts, apps, cases and code were the same.")
        return
    rows = [[escape(name), f"<code>{escape(was)}</code>", f"<code>{escape(now)}</code>"] for name, was, now in changed]
    components.table(["Setting", "Before", "Now"], rows, label="Changed settings")


def _fallen(found: Sequence[Difference], before: EvaluationRun, now: EvaluationRun) -> None:
    fallen = [(d, c) for d in found if d.metric != "seconds" for c in d.fell]
    st.header("Cases that fell")
    if not fallen:
        components.state("No case fell")
        return
    questions = results(now.id)
    metrics = list(dict.fromkeys(d.metric for d, _ in fallen))
    chosen = st.pills(
        "Figures",
        metrics,
        selection_mode="multi",
        key="fallen-metrics",
        format_func=label,
        label_visibility="collapsed",
    )
    shown = [(d, c) for d, c in fallen if not chosen or d.metric in chosen]
    rows = [
        [
            f"<code>{escape(c.case_id)}</code>",
            escape(questions[c.case_id].question),
            escape(label(d.metric)),
            f"{c.before:.2f} → {c.now:.2f}",
        ]
        for d, c in shown[:_NAMED]
    ]
    components.table(["Case", "Question", "Figure", "Value"], rows, label="Cases that fell")
    if len(shown) > _NAMED:
        st.caption(f"{len(shown) - _NAMED} more are in the CSV.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ids = list(dict.fromkeys(c.case_id for _, c in shown))
        case = st.selectbox("Case", ids, key="fallen-case", width=200)
        st.button("Show it beside its baseline", on_click=_open, args=(case, now, before), key="fallen-open")
    charts.csv_download(
        f"changes-{before.id[:6]}-{now.id[:6]}.csv",
        ("case", "question", "metric", "before", "now", "trace before", "trace now"),
        [
            (c.case_id, questions[c.case_id].question, d.metric, c.before, c.now, c.trace_before, c.trace_now)
            for d, c in shown
        ],
    )


def _open(case_id: str, run: EvaluationRun, baseline: EvaluationRun) -> None:
    """Goes to the case on the tab of cases."""
    st.session_state["quality-tab"] = "Cases"
    st.session_state["cases-which"] = "All"
    st.session_state["cases-words"] = case_id
    st.session_state["cases-tags"] = []
    st.session_state["cases-run"], st.session_state["cases-baseline"] = run, baseline
