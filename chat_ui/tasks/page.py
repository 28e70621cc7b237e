"""My tasks: one item a screen, the evidence beside what is judged; for leads how far it is and what they decide."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import streamlit as st

from chat_ui.parts import components, session
from chat_ui.tasks.lead import lead_view
from core.errors import DebriefError, ReviewError
from core.types import User
from review.desk import Desk, Task
from review.items import Source
from review.spec import Label, Value
from review.store import Kept, Store

_TASK = "review-task"
_SAID = "review-said"


def desk() -> Desk:
    """The tasks of this workspace, each by the person's rights of now."""
    return Desk(Store(session.database()), session.readable)


def has_tasks(user: User) -> bool:
    """Whether the person labels or leads anywhere."""
    return bool(desk().jobs(user))


def page(user: User) -> None:
    """The page."""
    st.title("My tasks")
    jobs = desk().jobs(user)
    if not jobs:
        components.state("You have no tasks", "Who leads a job adds you to it; then its items are here.")
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
        texts = [("A", item.text), ("B", item.other)] if item.other else [("", item.text)]
        for name, text in texts:
            heading = f'<div class="title">{name}</div>' if name else ""
            st.html(f'<div class="state">{heading}<div class="text">{escape(text)}</div></div>')
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


def _answer(task: Task, user: User) -> None:
    key = f"{task.kept.job.job}-{task.held.number}"
    value = _field(task, key, user)
    note = st.text_input(
        "Note",
        task.held.note,
        key=f"note-{key}",
        on_change=_draft,
        args=(key, user),
        placeholder="What made you hesitate",
    )
    with st.container(horizontal=True):
        save = st.button("Save and next", type="primary", key=f"save-{key}", shortcut="Ctrl+Enter")
        skip = st.button("Skip", key=f"skip-{key}", help="You aren't given it again; somebody else is.")
        on = st.button("Hand on to a lead", key=f"hand-{key}", help="Needs a note.")
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


def _field(task: Task, key: str, user: User) -> Any:
    label, held = task.kept.job.label, task.held.value
    changed: dict[str, Any] = {"key": f"value-{key}", "on_change": _draft, "args": (key, user)}
    if label.kind == "text":
        return st.text_area("Your label", held if isinstance(held, str) else "", **changed)
    if label.kind == "choices":
        return st.multiselect("Your label", label.values, held if isinstance(held, list) else [], **changed)
    if label.kind == "spans":
        return _spans(task, key, label)
    offered = list(label.offered())
    captions = [label.anchors.get(str(value), "") for value in offered] if label.anchors else None
    index = offered.index(held) if held in offered else None
    return st.radio("Your label", offered, index, captions=captions, horizontal=len(offered) < 4, **changed)


def _spans(task: Task, key: str, label: Label) -> list[list[Any]]:
    """Spans are given by their words: what a keyboard and a screen reader can do."""
    spans: list[list[Any]] = []
    for kind in label.values:
        words = st.text_input(f"Words that are {kind}, separated by |", key=f"span-{key}-{kind}")
        for part in filter(None, (part.strip() for part in words.split("|"))):
            at = task.item.text.find(part)
            if at < 0:
                components.state(f"“{part}” isn't in the text", "Copy the words as they stand there.", "warning")
            else:
                spans.append([at, at + len(part), kind])
    return spans


def _draft(key: str, user: User) -> None:
    """Keeps what is chosen at once, so that a closed window loses nothing."""
    task: Task | None = st.session_state.get(_TASK)
    if task is None:
        return
    value: Value | None = st.session_state.get(f"value-{key}")
    try:
        st.session_state[_TASK] = desk().draft(task, user, value, st.session_state.get(f"note-{key}", ""))
    except DebriefError as error:
        st.session_state[_SAID] = error
