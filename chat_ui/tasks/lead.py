"""What a lead sees of a job: how far it is, how people agree, and the items on which they decide."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import get_args

import streamlit as st

from chat_ui.parts import components, session
from chat_ui.tasks.label import label_field
from core.errors import DebriefError
from core.types import User
from evals.suite import suite_file
from review.consolidate import Way
from review.desk import Desk
from review.exports import FORMATS, exported, make_cases
from review.items import Item
from review.results import Results, results_of
from review.store import Kept, State

_MOST = 10
_WAYS: Mapping[Way, str] = {
    "majority": "Most votes",
    "gold": "Votes, weighed by the items whose label is known",
    "dawid_skene": "How each reviewer errs (Dawid and Skene)",
}
_FORMATS = {"jsonl": "JSON Lines", "csv": "CSV", "groundtruth": "Ground Truth", "labelstudio": "Label Studio"}
_MADE = "review-cases-made"


def lead_view(desk: Desk, kept: Kept, user: User) -> None:
    """The view. Items whose documents the lead may not read are counted and not shown."""
    results = results_of(desk.store, kept.job.job)
    alpha, between = results.agreement()
    told = "not yet known" if alpha is None else f"{alpha:.2f}"
    if between:
        told += f" ({between[0]:.2f} to {between[1]:.2f})"
    components.facts(
        kept.job.title,
        "",
        [
            (
                "Complete",
                f"{results.complete()} of {components.many(len(results.items), 'item')}, "
                f"{components.many(kept.job.each, 'label')} each",
            ),
            ("Agreement", f"Krippendorff's alpha {told}; 1 is all the same, 0 is chance"),
            ("State", escape(kept.state)),
        ],
    )
    _state(desk, kept, user)
    _people(results)
    ways = list(_WAYS)
    way: Way = st.selectbox("One label from many by", ways, 2, format_func=_WAYS.__getitem__, key="review-way")
    seen = results.seen_by(desk.shown(kept, user))
    if seen.closed:
        closed = components.many(len(seen.closed), "item")
        st.caption(
            f"Not shown to you: {closed}, whose words are erased or whose documents you may not read; another lead may."
        )
    _to_decide(desk, kept, seen, way, user)
    _cases(desk, seen, way, user)
    _downloads(seen, way)


def _state(desk: Desk, kept: Kept, user: User) -> None:
    others: list[State] = [state for state in get_args(State) if state != kept.state]
    names = {"open": "Open", "paused": "Pause", "closed": "Close"}
    with st.container(horizontal=True):
        for state in others:
            if st.button(names[state], key=f"review-{state}"):
                desk.store.set_state(kept.job.job, state, user)
                st.rerun()


def _people(results: Results) -> None:
    st.header("Reviewers")
    rows = []
    for one in results.reviewers():
        gold = f"{one.gold[0]} of {one.gold[1]}" if one.gold[1] else "–"
        agrees = "–" if one.agrees is None else f"{one.agrees:.0%}"
        rows.append(
            [escape(one.email), str(one.done), str(one.skipped), f"{one.seconds:g} s", gold, agrees, escape(one.hint)]
        )
    if not rows:
        components.state("Nobody has labelled anything yet")
        return
    header = ["Reviewer", "Done", "Skipped", "Time an item", "Gold", "As the others", "Hint"]
    components.table(header, rows, label="Reviewers")


def _to_decide(desk: Desk, kept: Kept, results: Results, way: Way, user: User) -> None:
    st.header("To decide")
    waiting = results.to_decide(way)
    if not waiting:
        components.state("Nothing waits for your word")
        return
    for number, outcome in list(waiting.items())[:_MOST]:
        item = results.items[number]
        with st.container(border=True):
            words = [(kept.job.label.in_words(label.value, item.text), label.note) for label in outcome.labels]
            said = "; ".join(f"{word} ({note})" if note else word for word, note in words)
            handed = [label.note for label in results.passed if label.number == number and label.mark == "escalated"]
            rows = [("Item", escape(item.text[:600])), ("Labels", escape(said or "none"))]
            components.facts(
                item.question or f"Item {number}", "", [*rows, *(("Handed on", escape(n)) for n in handed)]
            )
            _decision(desk, kept, item, number, user)


def _decision(desk: Desk, kept: Kept, item: Item, number: int, user: User) -> None:
    key = f"decide-{kept.job.job}-{number}"
    with st.form(key, border=False):
        value = label_field(kept.job.label, item, key, title="Your word")
        if st.form_submit_button("Decide"):
            try:
                desk.store.decide(kept.job.job, number, value, user)
            except DebriefError as error:
                components.error_state(error)
                return
            st.rerun()


def _cases(desk: Desk, results: Results, way: Way, user: User) -> None:
    """The answers that came out right become cases of the weekly evaluation."""
    label = results.job.label
    asked = any(item.origin.startswith("trace:") for item in results.items.values())
    if label.kind not in ("choice", "scale", "ranking") or not asked:
        return
    st.header("Cases of the evaluation")
    if made := st.session_state.pop(_MADE, ""):
        components.state(
            made, "They count from the next run on, and stand on the page Quality with this job as origin."
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        right = st.selectbox("Answers that came out as", label.offered(), key="review-right")
        settings = session.settings()
        if st.button("Make cases of them", key="review-cases"):
            try:
                file = suite_file(settings, settings.evaluation.suite)
                made_now = make_cases(results, file, right, way, engine=desk.store.engine, lead=user)
            except DebriefError as error:
                components.error_state(error)
                return
            st.session_state[_MADE] = f"Made: {components.many(len(made_now), 'new case')}"
            st.rerun()


def _downloads(results: Results, way: Way) -> None:
    st.header("Take along")
    with st.container(horizontal=True):
        for form in FORMATS:
            try:
                text = exported(results, form, way)
            except DebriefError:
                continue
            ending = {"labelstudio": "json", "groundtruth": "manifest"}.get(form, form)
            name = f"{results.job.job}.{ending}"
            st.download_button(_FORMATS[form], session.exported(name, text), name, key=f"review-export-{form}")
