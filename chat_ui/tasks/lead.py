"""What a lead sees of a job: how far it is, how people agree, and the items on which they decide."""

from __future__ import annotations

from html import escape
from typing import get_args

import streamlit as st

from chat_ui.parts import components, session
from core.errors import DebriefError
from core.types import User
from review.consolidate import Way
from review.desk import Desk
from review.exports import FORMATS, exported
from review.results import Results, results_of
from review.store import Kept, State

_MOST = 10


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
            ("Complete", f"{results.complete()} of {len(results.items)} items, {kept.job.each} labels each"),
            ("Agreement", f"Krippendorff's alpha {told}; 1 is all the same, 0 is chance"),
            ("State", escape(kept.state)),
        ],
    )
    _state(desk, kept, user)
    _people(results)
    way: Way = st.selectbox("One label from many by", get_args(Way), 2, key="review-way")
    seen = results.seen_by(desk.shown(kept, user))
    if seen.closed:
        st.caption(
            f"{len(seen.closed)} items aren't shown: you may not read their documents, or their words are erased."
        )
    _to_decide(desk, kept, seen, way, user)
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
    header = ["Reviewer", "Done", "Skipped", "Time an item", "Gold", "As the others", ""]
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
            said = "; ".join(
                f"{label.value} ({label.note})" if label.note else str(label.value) for label in outcome.labels
            )
            handed = [label.note for label in results.passed if label.number == number and label.mark == "escalated"]
            rows = [("Item", escape(item.text[:600])), ("Labels", escape(said or "none"))]
            components.facts(
                item.question or f"Item {number}", "", [*rows, *(("Handed on", escape(n)) for n in handed)]
            )
            _decision(desk, kept, number, user)


def _decision(desk: Desk, kept: Kept, number: int, user: User) -> None:
    label, key = kept.job.label, f"decide-{kept.job.job}-{number}"
    value: object
    with st.form(key, border=False):
        if label.kind == "choices":
            value = st.multiselect("Your word", label.values, key=f"{key}-value")
        elif label.kind in ("text", "spans"):
            value = st.text_area("Your word", key=f"{key}-value")
        else:
            value = st.radio("Your word", list(label.offered()), None, key=f"{key}-value", horizontal=True)
        if st.form_submit_button("Decide") and value:
            try:
                desk.store.decide(kept.job.job, number, value, user)  # type: ignore[arg-type]
            except DebriefError as error:
                components.error_state(error)
                return
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
            st.download_button(form, session.exported(name, text), name, key=f"review-export-{form}")
