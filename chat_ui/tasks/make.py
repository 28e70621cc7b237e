"""The form of a new job: what is labelled, how, by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from chat_ui.parts import components, session
from core.errors import ReviewError
from core.types import User
from evals.suite import EvaluationRun, History
from review.make import LEFT_OUT, From, Made, make_job, name_of
from review.spec import Job, Kind, job_from
from review.store import Store

_KINDS: dict[Kind, str] = {
    "choice": "One of several values",
    "choices": "Any of several values",
    "scale": "A scale of points",
    "spans": "Words in the text",
    "text": "Free text",
}
_RUNS = 20
# As the job's file has them.
_SHORTEST_TITLE, _SHORTEST = 3, 10
_MADE = "review-job-made"


def make_view(store: Store, user: User) -> None:
    """Draws the form, folded; and what came of the last one."""
    if made := st.session_state.pop(_MADE, None):
        _tell(*made)
    with st.expander("Make a job", icon=":material/add:", key="review-make"):
        _form(store, user)


def _tell(job: Job, made: Made) -> None:
    left_out = f"{made.left_out} {LEFT_OUT}" if made.left_out else ""
    many = components.many(made.items, "item")
    components.state(f"“{job.title}” is open with {many}", left_out or "Its reviewers have it on this page now.")


def _form(store: Store, user: User) -> None:
    kind = st.selectbox("What a reviewer gives", list(_KINDS), format_func=_KINDS.__getitem__, key="make-kind")
    runs = History(session.database()).latest(limit=_RUNS)
    with st.form("make-job", border=False):
        given: dict[str, Any] = {
            "title": st.text_input("Question to the reviewers", placeholder="Are these answers right?"),
            "instructions": st.text_area("Instructions", placeholder="Right means: all of it is in the sources."),
            "label": _label(kind),
        }
        people = _people("Reviewers", user)
        given |= {"people": people, "leads": _people("Who decides", user, (user.email,))}
        left, right = st.columns(2)
        given["each"] = left.number_input("Labels an item", 1, 20, 3)
        given["until"] = right.date_input("Until", None, min_value=date.today(), format="YYYY-MM-DD")
        wanted = _items(runs)
        if not st.form_submit_button("Open the job", type="primary"):
            return
    if wrong := _missing(given):
        components.state("The job isn't complete", f"Fill in {', '.join(wrong)}.", "warning")
        return
    try:
        job = job_from({"job": name_of(given["title"], [kept.job.job for kept in store.jobs()]), **given}, "The job")
        st.session_state[_MADE] = (job, make_job(store, job, wanted, user))
    except ReviewError as error:
        components.error_state(error)
        return
    st.rerun()


def _missing(given: Mapping[str, Any]) -> list[str]:
    """What has still to be filled in, in words."""
    label = given["label"]
    least = {"choice": 2, "choices": 2, "spans": 1}.get(label["kind"], 0)
    there = {
        "the question to the reviewers": len(given["title"].strip()) >= _SHORTEST_TITLE,
        "instructions of a sentence": len(given["instructions"].strip()) >= _SHORTEST,
        f"{least} different values": len(set(label.get("values", ()))) >= least,
        "who labels": bool(given["people"]),
        "who decides": bool(given["leads"]),
    }
    return [what for what, is_there in there.items() if not is_there]


def _label(kind: Kind) -> dict[str, Any]:
    if kind == "scale":
        return {"kind": kind, "points": st.number_input("Points", 2, 11, 5)}
    if kind == "text":
        return {"kind": kind}
    what = "Kinds of words, one a line" if kind == "spans" else "Values, one a line"
    typed = st.text_area(what, "" if kind == "spans" else "right\npartly\nwrong", height=110, key=f"make-values-{kind}")
    return {"kind": kind, "values": [line.strip() for line in typed.splitlines() if line.strip()]}


def _people(title: str, user: User, chosen: Sequence[str] = ()) -> list[str]:
    """People and groups, from the directory or written."""
    directory = session.directory()
    names = {address: entry.name or address for address, entry in directory.entries.items()}
    groups = {f"group:{group}": directory.names.get(group, group) for group in sorted(directory.members)}
    return st.multiselect(
        title,
        [*dict.fromkeys([*chosen, *names, *groups])],
        list(chosen),
        format_func=lambda one: f"Group {groups[one]}" if one in groups else names.get(one, one),
        accept_new_options=True,
        placeholder="Choose a name or write an address",
        key=f"make-{title}",
    )


def _items(runs: Sequence[EvaluationRun]) -> From:
    many = st.number_input("So many of the newest answers", 0, 10_000, 50)
    down = st.checkbox("Only those with a thumb down")
    names = {run.id: f"{components.local(run.started_at)} {run.suite}" for run in runs if run.kind == "suite"}
    run = st.selectbox("Answers of an evaluation", ["", *names], format_func=lambda r: names.get(r, "None"))
    return From(int(many), bool(down), run or "")
