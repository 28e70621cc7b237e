"""My tasks: one item a screen, the evidence beside what is judged; for leads how far it is and what they decide."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape

import streamlit as st

from chat_ui.parts import components, session
from chat_ui.tasks.label import keys_told, label_field, marked_html, spans_now, typed
from chat_ui.tasks.lead import lead_view
from chat_ui.tasks.make import make_view
from core.errors import DebriefError, ReviewError
from core.types import User
from review.desk import Desk, Task
from review.items import Source
from review.spec import Value
from review.store import Kept, Store

_TASK = "review-task"
_SAID = "review-said"


def desk() -> Desk:
    """The tasks of this workspace, each by the person's rights of now."""
    return Desk(Store(session.database()), session.readable)


def has_tasks(user: User) -> bool:
    """Whether the person labels or leads anywhere, or may make a job."""
    return session.reads_evaluation(user) or bool(desk().jobs(user))


def page(user: User) -> None:
    """The page."""
    st.title("My tasks")
    jobs = desk().jobs(user)
    if not jobs:
        components.state("You have no tasks", "Who leads a job adds you to it; then its items are here.")
    if session.reads_evaluation(user):
        make_view(desk().store, user)
    if not jobs:
        return
    names = [kept.job.job for kept in jobs]
    titles = {kept.job.job: kept.job.title for kept in jobs}
    asked = st.query_params.get("job", names[0])
    name = st.selectbox("Job", names, names.index(asked) if asked in names else 0, format_func=titles.__getitem__)
    kept = jobs[names.index(name)]
    if kept.reviews(user) and kept.leads(user):
        view = st.segmented_control("View", ["Label", "Lead"], default="Label", required=True, key="review-view")
    else:
        view = "Label" if kept.reviews(user) else "Lead"
    if view == "Lead":
        lead_view(desk(), kept, user)
        return
    _labelled(kept, user)


def _labelled(kept: Kept, user: User) -> None:
    if said := st.session_state.pop(_SAID, None):
        components.error_state(said)
    try:
        task = desk().next(kept.job.job, user)
    except ReviewError as error:
        components.state("Nothing to do here now", str(error), "warning")
        return
    with st.expander("Instructions", expanded=task is not None and task.done == 0):
        st.markdown(kept.job.instructions)
        for example in kept.job.examples:
            components.facts(example.get("item", ""), "", [(k, escape(v)) for k, v in example.items() if k != "item"])
    if task is None:
        components.state("All done", "There is nothing left in this job that waits for your label. Thank you.")
        return
    st.progress(task.done / max(1, task.done + task.left), f"{task.done} done, {task.left} to go")
    st.session_state[_TASK] = task
    _item(task)
    _answer(task, user)


def _item(task: Task) -> None:
    item = task.item
    if item.question:
        st.html(f'<div class="question">{escape(item.question)}</div>')
    left, right = st.columns([3, 2]) if item.sources else (st.container(), None)
    with left:
        label, key = task.kept.job.label, _key(task)
        shown = escape(item.text)
        if label.kind == "spans":
            shown = marked_html(item.text, spans_now(label, item, key, task.held.value))
        texts = [("A", shown), ("B", escape(item.other))] if item.other else [("", shown)]
        for name, html in texts:
            heading = f'<div class="title">{name}</div>' if name else ""
            st.html(f'<div class="state">{heading}<div class="text">{html}</div></div>')
    if right is not None:
        with right:
            _sources(item.sources)


def _sources(sources: Sequence[Source]) -> None:
    rows = []
    for source in sources:
        text = escape(source.text)
        if source.quote and escape(source.quote) in text:
            text = text.replace(escape(source.quote), f"<mark>{escape(source.quote)}</mark>", 1)
        place = f'<span class="place">{escape(source.locator)}</span>'
        rows.append(f'<div class="passage"><div class="head"><b>{escape(source.title)}</b> {place}</div>'
                    f'<div class="text">{text}</div></div>')  # fmt: skip
    st.html(f'<section aria-label="What it rests on">{"".join(rows)}</section>')


def _key(task: Task) -> str:
    return f"{task.kept.job.job}-{task.held.number}"


def _answer(task: Task, user: User) -> None:
    key = _key(task)
    changed = partial(_draft, key, user)
    value = label_field(task.kept.job.label, task.item, key, task.held.value, changed=changed)
    note = st.text_input(
        "Note",
        task.held.note,
        key=f"note-{key}",
        on_change=changed,
        placeholder="What made you hesitate",
    )
    with st.container(horizontal=True):
        save = st.button("Save and next", type="primary", key=f"save-{key}", shortcut="Ctrl+Enter")
        skip = st.button("Skip", key=f"skip-{key}", help="You aren't given it again; somebody else is.")
        on = st.button("Hand on to a lead", key=f"hand-{key}", help="Needs a note.")
    st.caption(keys_told(task.kept.job.label))
    if save or skip or on:
        try:
            if not save:
                desk().pass_on(task, user, note, to_lead=on)
            elif not desk().save(task, user, value, note):
                told = "Others had labelled this item meanwhile; yours is kept and doesn't count. Go on with the next."
                st.session_state[_SAID] = ReviewError(told)
        except DebriefError as error:
            st.session_state[_SAID] = error
        st.rerun()


def _draft(key: str, user: User) -> None:
    """Keeps what is chosen at once, so that a closed window loses nothing."""
    task: Task | None = st.session_state.get(_TASK)
    if task is None:
        return
    label = task.kept.job.label
    value: Value | None = typed(label, key) if label.kind == "spans" else st.session_state.get(f"value-{key}")
    try:
        st.session_state[_TASK] = desk().draft(task, user, value, st.session_state.get(f"note-{key}", ""))
    except DebriefError as error:
        st.session_state[_SAID] = error
