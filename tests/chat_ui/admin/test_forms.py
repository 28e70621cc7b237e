"""Weights as levels, guardrails by form, and rules that every process follows."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from chat_ui.admin.guardrails_form import described
from chat_ui.admin.levels import WORDS, level_of, weighed
from chat_ui.parts import session
from core.types import User
from core.yaml_text import load_yaml
from evals.fitting import preview
from evals.fitting.weights import Candidates
from ingestion.documents import what_to_do, why_readable
from ingestion.state import DocumentRecord
from retrieval.query import parse_weights

FILE = """\
document_type: {policy: high, note: -1.25}   # ours
updated_at: {kind: freshness, half_life_days: 90}
region: [{kind: same_as, of: user}, {emea: low}]
"""


def test_levels_are_words_for_what_stands_in_the_file() -> None:
    found = [(w.attribute, w.value, w.keys, WORDS.get(level_of(w.weight))) for w in weighed(FILE)]
    assert found == [
        ("document_type", "policy", ("document_type", "policy"), "more"),
        ("document_type", "note", ("document_type", "note"), "somewhat less"),
        ("updated_at", "newer documents", ("updated_at", "weight"), "somewhat more"),
    ]
    assert level_of(1.3) == ""
    assert weighed("") == []


def levels_script(text: str) -> None:
    import streamlit as st

    from chat_ui.admin.levels import levels_form
    from core.types import User

    st.session_state.setdefault("text", text)
    levels_form(User("a@b.c"), st.session_state["text"], lambda new: st.session_state.update(text=new))


def test_a_level_is_written_into_the_file(workspace: Path) -> None:
    page = AppTest.from_function(levels_script, kwargs={"text": FILE}, default_timeout=20).run()
    page = page.selectbox(key="level-document_type-policy").set_value("-very_high").run()
    page = page.selectbox(key="level-updated_at-weight").set_value("low").run()
    assert not page.exception
    expected = FILE.replace("policy: high", "policy: -very_high").replace("days: 90}", "days: 90, weight: low}")
    assert page.session_state["text"] == expected


def form_script() -> None:
    import streamlit as st

    from chat_ui.admin.guardrails_form import guardrails_form

    guardrails_form(st.session_state.setdefault("text", "# ours\n"), lambda new: st.session_state.update(text=new))


def test_a_rule_is_made_without_yaml(workspace: Path) -> None:
    page = AppTest.from_function(form_script, default_timeout=20).run()
    page = page.selectbox(key="rule-kind").set_value("Refuse questions with certain words").run()
    assert page.button(key="rule-add").disabled
    page.text_input(key="rule-words").set_value("salary, redundancy")
    page = page.text_input(key="rule-message").set_value("Ask the people team.").run()
    page = page.button(key="rule-add").click().run()
    assert not page.exception
    text = page.session_state["text"]
    assert text.startswith("# ours\n")
    rule = {"match": ["salary", "redundancy"], "message": "Ask the people team."}
    assert load_yaml(text) == {"phrases": [rule]}
    assert list(described(load_yaml(text))) == [
        ("Refuses questions with “salary”, “redundancy”", "Ask the people team.")
    ]


def test_what_another_process_has_changed_holds_for_the_next_question(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = workspace / "debrief.yaml"
    settings.write_text(settings.read_text() + "retrieval: {weights_file: weights.yaml}\n")
    weights = workspace / "weights.yaml"
    weights.write_text("a: {b: low}\n")
    opened: list[str] = []
    monkeypatch.setattr(session, "open_retriever", lambda _: object())
    monkeypatch.setattr(session, "open_assistant", lambda *_, **__: opened.append(weights.read_text()) or object())
    session.assistant()
    session.assistant()
    weights.write_text("a: {b: high}\n")
    session.assistant()
    assert opened == ["a: {b: low}\n", "a: {b: high}\n"]
    settings.write_text(settings.read_text() + "sources:\n  - {name: docs, kind: files, path: docs}\n")
    assert [source.name for source in session.settings().sources] == ["docs"]
    settings.write_text("sources: [")
    assert [source.name for source in session.settings().sources] == ["docs"]
    assert "not valid YAML" in session.settings_problem()


def test_a_preview_says_in_words_what_is_lost() -> None:
    kinds = ({"kind": "good"}, {"kind": "bad"})
    asked = [Candidates(f"q{n}", ("good", "bad"), (1.0, 0.9), kinds, {"good": 1.0}) for n in range(5)]
    asked.append(Candidates("q5", ("bad", "good"), (1.0, 0.9), kinds[::-1], {"good": 1.0}))
    none, worse, better = ({}, {"kind": {"bad": "high"}}, {"kind": {"good": "high"}})
    result = preview(asked, parse_weights(none), parse_weights(worse))
    assert result.words() == "5 of 6 questions get a worse first document; 5 lose a first place that was right."
    assert result.is_a_loss
    result = preview(asked, parse_weights(none), parse_weights(better))
    assert (result.words(), result.is_a_loss) == ("1 of 6 questions get a better one.", False)
    same = preview(asked, parse_weights(none), parse_weights(none))
    assert (same.words(), same.is_a_loss) == ("No question of 6 gets another first document that answers it.", False)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"allow": ("group:g-8",)}, "Put them into the group Claims at your identity provider"),
        ({"allow": ("user:x@b.c",)}, "Put them onto the document's list"),
        ({}, "It has no list: give it one at its source, docs"),
        ({"allow": ("everyone",), "deny": ("user:a@b.c",)}, "Take them off the document's deny list"),
        ({"allow": ("everyone",), "outcome": "held", "reason": "It is a draft."}, "it is held. It is a draft."),
        ({"allow": ("everyone",)}, ""),
    ],
)
def test_an_access_answer_says_what_to_do(more: dict[str, object], said: str) -> None:
    record = DocumentRecord("docs:a", "docs", **more)
    names = {"g-8": "Claims"}
    assert said in what_to_do(User("a@b.c"), record, names)
    assert bool(said) == bool(what_to_do(User("a@b.c"), record, names))
    if record.allow == ("group:g-8",):
        assert why_readable(User("a@b.c"), record, names) == "No: the document is for the group Claims."
