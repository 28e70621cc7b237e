"""Workflows: results to look at, what runs by itself and when, what can be switched on, what is approved beforehand."""

from __future__ import annotations

import streamlit as st

from chat_ui.automation.approvals import standing_approvals
from chat_ui.automation.listed import listed
from chat_ui.automation.switch import switch_form
from chat_ui.parts import components, session
from chat_ui.parts.waiting import run_or_form
from chat_ui.write_back.offers import run_offers
from core.errors import AppError, DebriefError
from core.types import User
from workflows.kept import WorkflowRun, all_workflows, for_review, of_person, reviewed
from workflows.parts import Workflows
from workflows.work import result_of


def page(user: User) -> None:
    """The page of one person; administrators see everybody's workflows, and nobody else's results."""
    st.title("Workflows")
    st.caption("Apps that run by themselves, as you and with your rights at that moment.")
    parts = opened()
    _queue(parts, user)
    found = all_workflows(parts.engine) if session.is_admin(user) else of_person(parts.engine, user)
    st.header("What runs by itself")
    if not found:
        components.state("Nothing runs by itself yet", "Switch a trigger of an app on below.")
    for workflow in found:
        listed(parts, workflow, user)
    switch_form(parts, user)
    if session.settings().actions:
        standing_approvals(parts, user)


def opened() -> Workflows:
    """What workflows work with, over what the pages have opened."""
    return Workflows(session.settings(), session.database(), session.tools)


def _queue(parts: Workflows, user: User) -> None:
    found = for_review(parts.engine, user)
    st.header("For review")
    if not found:
        components.state("No result waits for you", "What your workflows make comes here.")
    for run in found:
        _result(parts, run, user)


def _result(parts: Workflows, run: WorkflowRun, user: User) -> None:
    key = f"review-{run.id}"
    with st.container(border=True, key=key):
        try:
            result = result_of(parts, run, user)
            when = components.local(run.due_at)
            st.html(f'<div class="title">{components.badge(session.app_title(result.app, user))} {when}</div>')
            if run.changed:
                with st.expander(f"What changed since the last run: {components.many(len(run.changed), 'line')}"):
                    components.diff("\n".join(map(_as_diff, run.changed)), "What changed")
            result = run_or_form(run.app_run, result, user, f"{key}-run")
            run_offers(result, run.app_run, user, f"{key}-run")
        except (AppError, DebriefError) as error:
            components.error_state(error)
        st.button("Done", key=f"{key}-done", on_click=reviewed, args=(parts.engine, run.id, user))


def _as_diff(line: str) -> str:
    return f"-{line[2:]}" if line.startswith("− ") else f"+{line}"
