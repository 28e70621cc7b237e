"""An answer as a case of the weekly evaluation: for authors and administrators, below the answer."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from chat_ui.parts import components, session
from chat_ui.parts.words import RIGHT
from core import audit
from core.errors import DebriefError
from core.types import Answer, Outcome, User
from evals.suite import add_case, suite_file
from evals.suite.feedback import case_from_trace


def case_button(answer: Answer, user: User, key: str, down: bool = False) -> None:
    """The button, for those who may write apps; the case counts once somebody has reviewed it on the Quality page.

    Args:
        key: Unique on the page; that of the thumbs below the same answer.
        down: Whether the answer was rated down elsewhere than on this page.
    """
    if not answer.trace_id or not session.is_author(user):
        return
    with st.popover("Make a case of this", type="tertiary", key=f"{key}-case"):
        if st.session_state.get(f"{key}-case-made"):
            components.state("It waits for its review", "Quality › To review. It counts in the runs after that.")
            return
        with st.form(f"{key}-case-form", border=False):
            st.caption("The weekly evaluation asks this question again, in your name.")
            outcomes = list(get_args(Outcome))
            # What was rated down, whatever it was, wasn't what the person wanted: most often, that is an answer.
            rated_down = down or st.session_state.get(f"{key}-kept") == "down"
            first = "answered" if rated_down else answer.outcome
            outcome = st.selectbox("Right would be", outcomes, outcomes.index(first), format_func=RIGHT.__getitem__)
            facts = st.text_area("What a right answer says, one fact a line", placeholder="90 days", height=80)
            tags = st.text_input("Tags", placeholder="policy, renewal")
            sent = st.form_submit_button("Make the case", type="primary")
        if sent:
            _make(answer.trace_id, outcome, facts.splitlines(), tags.split(","), user=user, key=key)


def _make(trace_id: str, outcome: str, facts: list[str], tags: list[str], *, user: User, key: str) -> None:
    settings = session.settings()
    try:
        case = case_from_trace(
            session.database(),
            trace_id,
            outcome=outcome,
            facts=[fact.strip() for fact in facts if fact.strip()],
            tags=[tag.strip() for tag in tags if tag.strip()],
        )
        add_case(suite_file(settings, settings.evaluation.suite), case)
    except DebriefError as error:
        components.error_state(error)
        return
    audit.record(session.database(), user, "made case", case.id)
    st.session_state[f"{key}-case-made"] = True
    st.rerun()
