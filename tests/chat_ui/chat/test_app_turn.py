from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain

import pytest
from streamlit.testing.v1 import AppTest

from apps.kept.runs import record_run
from apps.kept.usage import usage
from apps.language.spec import App
from apps.run.context import Tools
from assistant.app_runs.app_answers import AppAnswers
from assistant.events import Event, Stage
from assistant.question import Question
from assistant.records.conversations import Conversations
from assistant.records.running import RunningApps
from assistant.records.trace import Trace
from core.database import open_database
from core.settings import load_settings
from core.types import Answer, User
from tests.chat_ui.chat.test_page import ask, html
from tests.chat_ui.conftest import QuotingAssistant
from tests.chat_ui.library.test_page import greeting

__all__ = ["greeting"]
Opened = Callable[[], AppTest]
ANA = User("ana@northgate.example", ("emea",))


@pytest.fixture
def routed(assistant: QuotingAssistant, greeting: App, monkeypatch: pytest.MonkeyPatch) -> QuotingAssistant:
    """An assistant whose router sends greetings to the app, which lacks an input, and asks back about letters."""
    plain = assistant._kept
    engine = open_database(load_settings())
    record = partial(record_run, engine)
    running = AppAnswers(lambda: {"greeting": greeting}, object(), Tools, running=RunningApps(engine), record=record)

    def sent(question: Question, events: Iterator[Event]) -> Iterator[Event]:
        if "letter" in question.text and question.route is None:
            return iter([Answer("Which one?", outcome="needs_input", choices=("app:greeting", "search"))])
        if question.route == "app:greeting" or ("greeting" in question.text and question.route != "search"):
            by_app = running.events(replace(question, route="app:greeting"), Trace(question.text))
            assert by_app is not None
            said = Stage("route", "it is like “write a greeting”.")
            return plain(question, chain([said], (e for e in by_app if e != said)))
        return plain(question, events)

    monkeypatch.setattr(assistant, "_kept", sent)
    monkeypatch.setattr(assistant, "router", running)
    return assistant


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def test_what_an_app_lacks_is_asked_for_in_a_form_that_ends_the_turn(app: Opened, routed: QuotingAssistant) -> None:
    page = app().run()
    assert "Greeting needs: Person." in ask(page, "Write a brief greeting")
    person = next(field for field in page.text_input if field.label == "Person")
    assert next(s for s in page.selectbox if s.label == "Tone").value == "brief"
    person.set_value("Monika")
    shown = html(press(page, "Run"))
    assert "Dear Monika, a brief hello" in shown
    engine = open_database(load_settings())
    assert [(u.app, u.completed) for u in usage(engine)] == [("greeting", 1)]
    (kept,) = Conversations(engine).of(ANA)
    assert [t.answer.route for t in Conversations(engine).turns(kept.id, ANA)] == ["app:greeting"]
    again = app().run()
    next(button for button in again.button if button.label == "Write a brief greeting").click().run()
    # The outputs as they were, with what can be done with them; not the text alone.
    assert "output-title" in html(again) and "saves about 5 minutes" in " ".join(
        caption.value for caption in again.caption
    )


def opened_menu(page: AppTest) -> AppTest:
    """The page with the menu of ways of its last answer open."""
    page.session_state[f"{page.session_state['turns'][-1].key}-route"] = True
    return page.run()


def test_the_reason_is_shown_and_plain_search_can_be_had_instead(app: Opened, routed: QuotingAssistant) -> None:
    page = app().run()
    ask(page, "What does the greeting premium plan cost a month?")
    shown = html(opened_menu(page))
    assert "it is like “write a greeting”." in shown
    page = press(page, "Use plain search")
    assert routed.asked[-1].route == "search"
    assert "480 euros" in html(page)


def test_another_app_can_be_had_instead(app: Opened, routed: QuotingAssistant) -> None:
    page = app().run()
    ask(page, "What does the premium plan cost a month?")
    opened_menu(page)
    next(s for s in page.selectbox if s.label == "Use an app").set_value("greeting").run()
    press(page, "Use it")
    assert (routed.asked[-1].text, routed.asked[-1].route) == (
        "What does the premium plan cost a month?",
        "app:greeting",
    )


def test_two_apps_as_good_as_each_other_are_a_choice(app: Opened, routed: QuotingAssistant) -> None:
    page = app().run()
    ask(page, "Write a letter")
    labels = [button.label for button in page.button]
    assert "Greeting" in labels
    assert "Plain search" in labels
    press(page, "Greeting")
    assert (routed.asked[-1].text, routed.asked[-1].route) == ("Write a letter", "app:greeting")
