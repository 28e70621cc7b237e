"""One workflow of the list: its state, what can be done with it, and its runs."""

from __future__ import annotations

from html import escape

import streamlit as st

from chat_ui.parts import components
from core.errors import DebriefError
from core.types import User
from workflows.kept import Workflow, WorkflowRun, history
from workflows.overview import run_by_hand, told
from workflows.parts import Workflows
from workflows.switching import pause, resume, switch_off

_KINDS = {"done": "good", "failed": "bad", "refused": "bad", "skipped": "", "queued": "accent", "running": "accent"}


def listed(parts: Workflows, workflow: Workflow, user: User) -> None:
    """Draws it. Only its own person can have it run now, and reads what its runs said."""
    words, key = told(parts, workflow), f"workflow-{workflow.id}"
    mine = workflow.user == user.email.lower() and not workflow.group
    runs = history(parts.engine, [workflow.id], 20)
    with st.container(border=True, key=key):
        badge = components.badge("paused", "warn") if workflow.paused else components.badge("on", "good")
        coming = f"next: {words['next']}" if words["next"] else ""
        last = f"{runs[0].state}, {components.local(runs[0].due_at)}" if runs else "never"
        facts = [words["person"], coming, f"last: {last}"]
        line = escape(" · ".join(filter(None, facts)))
        st.html(f'<div class="title">{escape(words["title"])} {badge}</div><div class="place">{line}</div>')
        if workflow.paused:
            components.state("It is paused", workflow.paused, "warning")
        with st.container(horizontal=True, gap="small"):
            ready = mine and words["by_hand"] and not workflow.paused
            if ready and st.button("Run now", key=f"{key}-run", icon=":material/play_arrow:"):
                _now(parts, workflow)
            do, label = (resume, "Resume") if workflow.paused else (pause, "Pause")
            st.button(label, key=f"{key}-pause", on_click=do, args=(parts, workflow, user))
            st.button(
                "Switch off", key=f"{key}-off", on_click=switch_off, args=(parts, workflow, user), type="tertiary"
            )
        if runs:
            with st.expander("History"):
                components.table(("When", "State", "Tries", "What happened"), (_row(r, mine) for r in runs), "History")


def _now(parts: Workflows, workflow: Workflow) -> None:
    try:
        with st.spinner("Running"):
            run_by_hand(parts, workflow)
    except DebriefError as error:
        components.error_state(error)
        return
    st.rerun()


def _row(run: WorkflowRun, mine: bool) -> tuple[str, ...]:
    badge = components.badge(run.state, _KINDS[run.state])  # type: ignore[arg-type]
    changed = f"{components.many(len(run.changed), 'line')} changed" if mine and run.changed else ""
    return components.local(run.due_at), badge, str(run.attempts), escape(run.problem or changed)
