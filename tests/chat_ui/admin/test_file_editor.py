from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from assistant.checks.guardrails import load_guardrails
from assistant.records.trace import Trace, Traces
from chat_ui.parts import session
from core.audit import recorded
from core.database import open_database
from core.settings import load_settings
from core.types import Answer, User
from tests.chat_ui.chat.test_page import html

RULES = """\
# ours
phrases:
  - {match: [salary of], message: Ask the people team., except_groups: [people-team]}
"""
WIDER = RULES + "  - {match: [cost], message: Prices are not for this place.}\n"
WEIGHTS = "document_type: {policy: low}\n"


class Encoder:
    """Two directions: what is about buying, and the rest."""

    def encode_query(self, text: str) -> np.ndarray:
        return np.array([1.0, 0.0] if "buy" in text else [0.0, 1.0])


@pytest.fixture
def opened(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The rules that each assistant has been opened with, in order; guardrails and weights have their files."""
    file = workspace / "debrief.yaml"
    file.write_text(file.read_text() + "guardrails_file: guardrails.yaml\nretrieval: {weights_file: weights.yaml}\n")
    (workspace / "guardrails.yaml").write_text(RULES)
    (workspace / "weights.yaml").write_text(WEIGHTS)
    found: list[str] = []

    def open_assistant(*_: object, **__: object) -> object:
        found.append(str(load_guardrails(load_settings()).phrases[-1].message))
        return object()

    monkeypatch.setattr("chat_ui.parts.session.open_assistant", open_assistant)
    monkeypatch.setattr("chat_ui.parts.session.open_retriever", lambda _: object())
    monkeypatch.setattr("chat_ui.admin.guardrails.open_embedder", lambda _: Encoder())
    session._assistant.clear()
    yield found
    session._assistant.clear()


def script(tab: str) -> None:
    import streamlit as st

    from chat_ui.admin import page as admin
    from core.types import User

    st.session_state.setdefault("admin-tab", tab)
    admin.page(User("root@northgate.example", ("admins",)))


def page(tab: str) -> AppTest:
    return AppTest.from_function(script, kwargs={"tab": tab}, default_timeout=30).run()


def write(there: AppTest, text: str, name: str = "guardrails") -> AppTest:
    return there.text_area(key=f"{name}-text").set_value(text).run()


def test_saved_guardrails_hold_for_the_next_question(opened: list[str], workspace: Path) -> None:
    session.assistant()
    there = page("Guardrails")
    assert there.button(key="guardrails-save").disabled
    there = write(there, WIDER).button(key="guardrails-save").click().run()
    assert "Every question from now on" in html(there)
    assert (workspace / "guardrails.yaml").read_text() == WIDER
    session.assistant()
    assert opened == ["Ask the people team.", "Prices are not for this place."]
    (entry,) = recorded(open_database(load_settings()), actions=["changed guardrails"])
    assert (entry.user, entry.subject) == ("root@northgate.example", "guardrails.yaml")
    assert "+  - {match: [cost]" in entry.detail


def test_wrong_guardrails_cant_be_saved_and_the_key_is_named(opened: list[str], workspace: Path) -> None:
    there = write(page("Guardrails"), RULES.replace("match", "mtach"))
    assert "Not right yet" in html(there)
    assert "phrases[0].match" in html(there)
    assert there.button(key="guardrails-save").disabled
    assert (workspace / "guardrails.yaml").read_text() == RULES


def test_a_text_is_tried_before_it_is_saved(opened: list[str], workspace: Path) -> None:
    there = write(page("Guardrails"), WIDER)
    there = there.text_input(key="guardrails-question").set_value("What does it cost?").run()
    assert "Prices are not for this place." in html(there)
    topic = 'topics:\n  - {name: deals, examples: ["Who do we buy?"], message: No word on deals.}\nredact: [email]\n'
    there = write(there, RULES + topic)
    there = there.text_input(key="guardrails-question").set_value("Shall we buy it?").run()
    assert "No word on deals." in html(there)
    there = there.text_area(key="guardrails-answer").set_value("Write to ana@x.com.").run()
    assert "Write to ‹email›." in html(there)
    assert (workspace / "guardrails.yaml").read_text() == RULES


def test_what_people_asked_shows_a_rule_that_is_too_wide(opened: list[str]) -> None:
    traces = Traces(open_database(load_settings()))
    for question in ("What does it cost?", "Who is the owner?", "What is the salary of Ben?"):
        trace = Trace(question)
        trace.finish(Answer("", outcome="no_evidence"))
        traces.save(trace, User("ana@northgate.example"))
    there = write(page("Guardrails"), WIDER).button(key="guardrails-try").click().run()
    shown = html(there)
    assert "1 of 3 questions would be treated otherwise" in shown
    assert "Refused: 1 now, 2 with this text." in shown
    assert "goes through" in shown


def test_an_earlier_version_comes_back(opened: list[str], workspace: Path) -> None:
    there = write(page("Guardrails"), WIDER).button(key="guardrails-save").click().run()
    box = there.selectbox(key="guardrails-version")
    assert ["root@northgate.example" in box.options[0], "found in the file" in box.options[1]] == [True, True]
    there = box.select_index(1).run().button(key="guardrails-restore").click().run()
    there.button(key="guardrails-save").click().run()
    assert (workspace / "guardrails.yaml").read_text() == RULES


def test_somebody_elses_change_is_not_overwritten(opened: list[str], workspace: Path) -> None:
    there = write(page("Guardrails"), WIDER)
    (workspace / "guardrails.yaml").write_text("redact: [iban]\n")
    there = there.button(key="guardrails-save").click().run()
    assert "has been changed since you opened it" in html(there)
    assert there.text_area(key="guardrails-text").value == WIDER
    there = there.button(key="guardrails-reload").click().run()
    assert there.text_area(key="guardrails-text").value == "redact: [iban]\n"


def test_what_is_typed_stays_while_another_tab_is_open(opened: list[str]) -> None:
    there = write(page("Guardrails"), WIDER)
    there.session_state["admin-tab"] = "Groups"
    there = there.run()
    assert not [area for area in there.text_area if area.key == "guardrails-text"]
    there.session_state["admin-tab"] = "Guardrails"
    assert there.run().text_area(key="guardrails-text").value == WIDER


def test_weights_are_saved_for_the_next_question(opened: list[str], workspace: Path) -> None:
    session.assistant()
    there = write(page("Weights"), "document_type: {policy: enormous}\n", "weights")
    assert there.button(key="weights-save").disabled
    there = write(there, "document_type: {policy: high}\n", "weights").button(key="weights-save").click().run()
    assert "Every question from now on" in html(there)
    assert (workspace / "weights.yaml").read_text() == "document_type: {policy: high}\n"
    session.assistant()
    assert len(opened) == 2
    (entry,) = recorded(open_database(load_settings()), actions=["changed weights"])
    assert "+document_type: {policy: high}" in entry.detail
