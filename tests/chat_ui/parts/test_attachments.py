from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from assistant.question import Attachment
from chat_ui.parts import attachments
from core.errors import QuestionError
from core.types import Answer, Section
from tests.chat_ui.chat.test_page import ask, html
from tests.chat_ui.conftest import QuotingAssistant

App = Callable[[], AppTest]


@dataclass
class File:
    name: str
    body: bytes
    type: str = ""

    def getvalue(self) -> bytes:
        return self.body


@pytest.fixture
def page_state(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    state: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


def test_files_are_parsed_and_a_second_one_of_the_name_replaces_the_first(page_state: dict[str, object]) -> None:
    attachments.attach([File("a.md", b"# Notes\n\nFirst."), File("a.md", b"# Notes\n\nSecond.")])
    assert attachments.problems() == []
    (kept,) = attachments.attached()
    assert [section.text for section in kept.sections][-1].endswith("Second.")


def test_a_file_that_cant_be_read_says_so_and_the_others_stay(page_state: dict[str, object]) -> None:
    attachments.attach([File("x.pdf", b"%PDF-1.7 cut off"), File("a.md", b"# Notes\n\nFirst.")])
    (problem,) = attachments.problems()
    assert "x.pdf" in str(problem)
    assert [a.name for a in attachments.attached()] == ["a.md"]


def test_a_conversation_holds_a_few_files(page_state: dict[str, object]) -> None:
    many = [File(f"{n}.md", b"# N\n\nText.") for n in range(attachments.MOST + 1)]
    attachments.attach(many)
    (problem,) = attachments.problems()
    assert f"holds {attachments.MOST} files" in str(problem)


def test_the_conversations_files_go_along_with_a_question(app: App, assistant: QuotingAssistant) -> None:
    page = app()
    page.session_state["attachments"] = [Attachment("notes.md", (Section("We agreed on May."),))]
    page.run()
    ask(page, "What does the premium plan cost a month?")
    assert [a.name for a in assistant.asked[-1].attachments] == ["notes.md"]
    next(button for button in page.button if button.label == "notes.md").click().run()
    ask(page, "And the support?")
    assert assistant.asked[-1].attachments == ()


def test_a_choice_asks_again_with_it(app: App, assistant: QuotingAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer("Which customer do you mean?", outcome="needs_input", choices=("Acme", "Contoso"))
    monkeypatch.setattr(assistant, "_events", lambda *_: iter([answer]))
    page = app().run()
    assert "One thing is missing" in ask(page, "When is the renewal?")
    next(button for button in page.button if button.label == "Contoso").click().run()
    assert assistant.asked[-1].text == "Contoso"
    assert html(page).count('class="question"') == 2


def test_what_is_wrong_with_a_file_outlives_the_first_answers_rerun(app: App, assistant: QuotingAssistant) -> None:
    page = app()
    page.session_state["attachment-problems"] = [QuestionError("x.pdf: it is damaged; get a fresh copy.")]
    page.run()
    assert "x.pdf" in html(page)
    attachments_seen = page.run()
    assert "x.pdf" in html(attachments_seen)


def test_what_was_understood_stands_above_the_answer(
    app: App, assistant: QuotingAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assistant, "_events", lambda *_: iter([Answer("EUR 220.", understood="The rate in <Geneva>?")]))
    assert "Understood as: The rate in &lt;Geneva&gt;?" in ask(app().run(), "and in Geneva?")
