from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from assistant.ask import Event, Sentence, Stage
from assistant.question import RESEARCH, Question
from chat_ui.chat import page as chat_page
from core.errors import IndexMissing, ModelError
from core.types import Answer
from tests.chat_ui.conftest import QuotingAssistant

App = Callable[[], AppTest]


def html(page: AppTest) -> str:
    assert not page.exception
    own = ("<style>", "<script>// One listener", "<script>window.debriefToTop")
    return "\n".join(element.body for element in page.get("html") if not element.body.startswith(own))


def ask(page: AppTest, question: str) -> str:
    page.chat_input[0].set_value(question).run()
    return html(page)


def test_the_empty_page_names_the_person_and_says_that_there_is_no_model(app: App) -> None:
    shown = html(app().run())
    assert "Ana Keller" in shown
    assert "ana@northgate.example" in shown
    assert "No language model is configured" in shown
    assert "Development user" in shown


def test_an_answer_has_a_chip_that_holds_the_passage(app: App) -> None:
    shown = ask(app().run(), "What does the premium plan cost a month?")
    assert '<details class="cite"' in shown
    assert "<mark>The premium plan costs 480 euros a month.</mark> It is billed every quarter." in shown
    assert "page 3" in shown
    assert 'href="https://docs.example/premium-plan"' in shown
    assert "2026-03-02" in shown


def test_the_conversation_stays_on_the_page(app: App) -> None:
    page = app().run()
    ask(page, "What does the premium plan cost a month?")
    shown = ask(page, "How fast does support answer premium customers?")
    assert "480 euros" in shown
    assert "within two hours" in shown
    assert shown.count('class="question"') == 2


def test_no_evidence_names_the_nearest_documents(app: App) -> None:
    shown = ask(app().run(), "Which colour does the premium office door in Lisbon have on weekdays?")
    assert "The documents don&#x27;t answer this" in shown
    assert "Closest passages" in shown
    assert "Premium plan" in shown


def test_what_a_person_may_not_read_isnt_named(app: App) -> None:
    shown = ask(app().run(), "When is the board salary review held?")
    assert "Board notes" not in shown
    assert "May" not in shown.replace("may read", "")


def test_a_missing_index_is_one_sentence(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> object:
        raise IndexMissing("There is no index in /data yet; run `debrief sync` first.")

    monkeypatch.setattr("chat_ui.parts.session.open_assistant", missing)
    shown = ask(app().run(), "Anything?")
    assert "No documents are indexed yet" in shown
    assert "run <code>debrief sync</code> first" in shown


def test_an_unexpected_error_shows_a_reference_and_no_traceback(
    app: App, assistant: QuotingAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> list[object]:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(assistant, "ask", broken)
    shown = ask(app().run(), "Anything?")
    assert "give the reference" in shown
    assert "secret detail" not in shown
    assert "Traceback" not in shown


def test_markup_in_question_and_document_is_text(app: App, assistant: QuotingAssistant) -> None:
    assistant.chunks[0] = type(assistant.chunks[0])(
        id="x",
        document_id="x",
        ordinal=0,
        text="<script>alert(1)</script> plan <img src=x>",
        title="<b>T</b>",
        url="javascript:alert(1)",
        allow=frozenset({"everyone"}),
    )
    shown = ask(app().run(), "<i>script</i> plan")
    assert "<script" not in shown
    assert "<img" not in shown
    assert "<b>T" not in shown
    assert "javascript:" not in shown
    assert "<i>" not in shown


def test_a_rerun_opens_nothing_again(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    import chat_ui.parts.session

    opened = []
    real = chat_ui.parts.session.open_assistant
    monkeypatch.setattr(
        "chat_ui.parts.session.open_assistant", lambda *given, **more: opened.append(1) or real(*given, **more)
    )
    first, second = app().run(), app().run()
    ask(first, "What does the premium plan cost?")
    ask(second, "What does the premium plan cost?")
    ask(first, "And the support?")
    assert len(opened) == 1


def test_two_people_dont_see_each_others_conversation(app: App) -> None:
    first, second = app().run(), app().run()
    ask(first, "What does the premium plan cost a month?")
    assert "480 euros" not in html(second.run())


def test_an_answer_that_breaks_off_keeps_what_had_come(
    app: App, assistant: QuotingAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(question: Question) -> Iterator[Event]:
        yield Stage("search", question.text)
        yield Sentence("The plan costs 480 euros.")
        raise ModelError("The model went away; ask again.")

    monkeypatch.setattr(assistant, "ask", interrupted)
    page = app().run()
    page.chat_input[0].set_value("Cost?").run()
    for again in (page.run(), app()):
        again.query_params["c"] = page.query_params["c"]
        shown = html(again.run())
        assert "The plan costs 480 euros." in shown
        assert "The model went away" in shown


def test_findings_open_like_any_quote(app: App) -> None:
    page = app().run()
    shown = ask(page, "Roughly, what does the premium plan cost a month?")
    assert "don&#x27;t clearly answer" not in shown
    assert 'class="cite"' in shown and "480 euros" in shown


def test_a_report_is_asked_for_by_the_beginning_of_the_message(
    app: App, assistant: QuotingAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = app().run()
    shown = ask(page, "/research What does the premium plan cost a month?")
    assert (assistant.asked[-1].text, assistant.asked[-1].route) == (
        "What does the premium plan cost a month?",
        RESEARCH,
    )
    assert "/research" not in shown and "480 euros" in shown
    ask(page, "/research")
    assert assistant.asked[-1].route is None


def test_lookups_are_shown_while_they_run_and_a_thought_is_taken_back(
    app: App, assistant: QuotingAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(question: Question) -> Iterator[Event]:
        yield Sentence("Let me think of the premium plan.")
        yield Stage("again")
        yield Stage("look", "Looking for “price” in contracts")
        raise ModelError("The model went away; ask again.")

    drawn: list[str] = []
    real = chat_page._stage_html
    monkeypatch.setattr(chat_page, "_stage_html", lambda stage: drawn.append(real(stage)) or drawn[-1])
    monkeypatch.setattr(assistant, "ask", stopped)
    page = app().run()
    page.chat_input[0].set_value("Cost?").run()
    assert "Let me think" not in html(page.run())
    assert "</span>Looking for “price” in contracts …" in drawn[-1]


def test_an_answer_that_was_cut_has_a_button_to_go_on(
    app: App, assistant: QuotingAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = assistant._kept

    def cut_off(question: Question, events: Iterator[Event]) -> Iterator[Event]:
        for event in plain(question, events):
            yield replace(event, unfinished="plan" in question.text) if isinstance(event, Answer) else event

    monkeypatch.setattr(assistant, "_kept", cut_off)
    page = app().run()
    ask(page, "What does the premium plan cost a month?")
    next(button for button in page.button if button.label == "Continue").click().run()
    assert [q.text for q in assistant.asked] == ["What does the premium plan cost a month?", "Continue"]
    assert not [button for button in page.button if button.label == "Continue"]
