"""A test from a run that has just been seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from apps.authoring.bad_run import checked_by, with_test
from apps.language import App, AppFile
from apps.runner import RunResult
from chat_ui.parts import components
from chat_ui.studio.work import Work
from core.errors import AppError


def test_button(work: Work, app: App, result: RunResult, given: Mapping[str, Any], key: str) -> None:
    """The button below a result: what it must say, or may not, becomes a test with these inputs and documents."""
    with (
        st.popover("Make a test of this", key=f"{key}-test-{len(app.tests)}", icon=":material/rule:"),
        st.form(f"{key}-form", border=False),
    ):
        must = st.text_input("The result must say", placeholder="a word or figure that has to be there")
        must_not = st.text_input("The result may not say", placeholder="what was wrong in it")
        st.caption("The test keeps what you put in, and reads the documents that this run read.")
        if any(
            isinstance(part, AppFile)
            for value in given.values()
            for part in (value if isinstance(value, list) else [value])
        ):
            st.caption("The text of an attached file then stands in the app, where other authors can read it.")
        if not st.form_submit_button("Add the test", type="primary"):
            return
        try:
            work.put(with_test(work.text.yaml, checked_by(app, result, given, must=must, must_not=must_not)))
        except AppError as error:
            components.error_state(error)
            return
    st.session_state["studio-told"] = "The test stands under “Tests”; it runs before every release."
    st.rerun()
