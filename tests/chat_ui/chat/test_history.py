from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from assistant.records.conversations import Conversations
from assistant.records.trace import Traces
from chat_ui.chat import opened
from chat_ui.parts import session
from core import audit
from core.database import open_database
from core.settings import load_settings
from core.types import User
from ingestion.state import DocumentRecord, SyncState
from tests.chat_ui.chat.test_page import ask, html
from tests.chat_ui.conftest import QuotingAssistant

App = Callable[[], AppTest]
ANA = User("ana@northgate.example", ("emea",))
BEN = User("ben@northgate.example")
PRICE = "What does the premium plan cost a month?"


@pytest.fixture
def stored(workspace: Path) -> Conversations:
    engine = open_database(load_settings())
    SyncState(engine).commit("files", [DocumentRecord("files:premium.md", "files", allow=("everyone",))], "c")
    return Conversations(engine)


def titles(page: AppTest) -> list[str]:
    return [button.label for button in page.button if str(button.key).startswith("open-")]


def test_a_conversation_is_kept_and_resumed_by_another_window(app: App, stored: Conversations) -> None:
    ask(app().run(), PRICE)
    page = app().run()
    assert titles(page) == [PRICE]
    next(button for button in page.button if button.label == PRICE).click().run()
    shown = html(page)
    assert "<mark>The premium plan costs 480 euros a month.</mark> It is billed every quarter." in shown
    ask(page, "How fast does support answer premium customers?")
    (conversation,) = stored.of(ANA)
    assert conversation.turns == 2


def test_a_new_conversation_starts_empty(app: App, stored: Conversations) -> None:
    page = app().run()
    ask(page, PRICE)
    next(button for button in page.button if button.label == "New conversation").click().run()
    assert "480 euros" not in html(page)
    ask(page, "How fast does support answer premium customers?")
    assert len(stored.of(ANA)) == 2


def test_rename_find_and_delete(app: App, stored: Conversations) -> None:
    page = app().run()
    for number in range(4):
        stored.append(stored.start(ANA), ANA, f"Question {number}", "", stored_answer())
    page.run()
    page.text_input(key="find-conversation").set_value("no such words").run()
    assert titles(page) == []
    assert "try fewer" in " ".join(caption.value for caption in page.caption)
    page.text_input(key="find-conversation").set_value("480 QUESTION 3").run()
    assert titles(page) == ["Question 3"]
    assert '<div class="snippet">It costs 480 euros.</div>' in html(page)
    page.button(key=next(str(b.key) for b in page.button if b.label == "Question 3")).click().run()
    page.text_input(key=next(str(t.key) for t in page.text_input if t.label == "Title")).set_value("Acme prices").run()
    assert "Acme prices" in [c.title for c in stored.of(ANA)]
    delete = next(button for button in page.button if button.label == "Delete")
    assert delete.disabled
    next(box for box in page.checkbox if box.label == "Delete it for good").check().run()
    next(button for button in page.button if button.label == "Delete").click().run()
    assert "Acme prices" not in [c.title for c in stored.of(ANA)]
    assert not page.exception


def stored_answer() -> object:
    from core.types import Answer

    return Answer("It costs 480 euros.")


def test_other_peoples_conversations_arent_listed(app: App, stored: Conversations) -> None:
    stored.append(stored.start(BEN), BEN, "Ben's secret question", "", stored_answer())
    assert titles(app().run()) == []


def test_a_document_that_was_closed_since_is_no_longer_shown(app: App, stored: Conversations) -> None:
    ask(app().run(), PRICE)
    engine = open_database(load_settings())
    SyncState(engine).commit("files", [DocumentRecord("files:premium.md", "files", allow=("group:board",))], "c")
    page = app().run()
    next(button for button in page.button if button.label == PRICE).click().run()
    assert "It is billed every quarter." not in html(page)


def test_a_thumb_is_kept_with_the_answer(app: App, stored: Conversations) -> None:
    page = app().run()
    ask(page, PRICE)
    page.get("feedback")[0].set_value(0).run()
    traces = Traces(open_database(load_settings()))
    assert [(f["rating"], f["question"]) for f in traces.feedback()] == [("down", PRICE)]
    page.button(key=next(str(b.key) for b in page.button if b.label == "Send")).click().run()
    assert not page.exception


def test_twenty_people_at_once_see_only_their_own(
    app: App, assistant: QuotingAssistant, stored: Conversations, monkeypatch: pytest.MonkeyPatch
) -> None:
    def visit(number: int) -> tuple[str, str]:
        page = app()
        page.session_state["person"] = f"p{number}@northgate.example"
        page.run()
        return str(number), ask(page, f"Person {number}: {PRICE}")

    monkeypatch.setattr("chat_ui.parts.session.person", lambda: User(str(st.session_state["person"]), name="P"))
    with ThreadPoolExecutor(1) as pool:
        shown = dict(pool.map(visit, range(20)))
    for number, page in shown.items():
        assert f"Person {number}:" in page
        assert page.count('class="question"') == 1
    askers = {call.user.email: call.text for call in assistant.asked}
    assert all(question.startswith(f"Person {email[1:].split('@')[0]}:") for email, question in askers.items())
    assert len(askers) == 20


def test_leaving_a_conversation_forgets_its_turns_and_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {"conversation": "x", "turns": [1], "attachments": [2]})
    opened.begin()
    assert st.session_state == {"conversation": None, "conversation-shared": None, "turns": [], "attachments": []}


def test_a_conversation_deleted_in_another_window_is_said_to_be_gone(app: App, stored: Conversations) -> None:
    page = app().run()
    ask(page, PRICE)
    stored.delete(stored.of(ANA)[0].id, ANA)
    shown = ask(page, "How fast does support answer premium customers?")
    assert "deleted in another window" in shown
    assert "within two hours" in shown and shown.count('class="question"') == 1
    assert [c.turns for c in stored.of(ANA)] == [1]


def test_a_thumb_is_there_when_the_conversation_is_opened_again(app: App, stored: Conversations) -> None:
    page = app().run()
    ask(page, PRICE)
    page.get("feedback")[0].set_value(1).run()
    again = app().run()
    next(button for button in again.button if button.label == PRICE).click().run()
    assert again.get("feedback")[0].value == 1


def test_a_long_conversation_shows_its_latest_turns_first(app: App, stored: Conversations) -> None:
    conversation = stored.start(ANA)
    for number in range(45):
        stored.append(conversation, ANA, f"Question {number}.", "", stored_answer())
    page = app().run()
    next(button for button in page.button if button.label == "Question 0.").click().run()
    assert html(page).count('class="question"') == 20
    assert "Question 44." in html(page)
    next(button for button in page.button if button.label == "Earlier: 25 more").click().run()
    assert html(page).count('class="question"') == 40


def test_an_address_opens_its_conversation_and_names_the_one_that_is_open(app: App, stored: Conversations) -> None:
    page = app().run()
    ask(page, PRICE)
    (conversation,) = stored.of(ANA)
    assert page.query_params["c"] == conversation.id
    again = app()
    again.query_params["c"] = conversation.id
    assert "480 euros" in html(again.run())
    next(button for button in again.button if button.label == "New conversation").click().run()
    assert "c" not in again.query_params
    for wrong in ("nothing", stored.start(BEN)):
        other = app()
        other.query_params["c"] = wrong
        assert "isn&#x27;t there, or isn&#x27;t shared with you" in html(other.run())


def test_a_shared_conversation_is_read_with_the_readers_rights_and_branched(
    app: App, stored: Conversations, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = app().run()
    ask(page, PRICE)
    (conversation,) = stored.of(ANA)
    engine = open_database(load_settings())
    session.sharing().share(conversation.id, ANA, ["Ben@Northgate.example"])
    monkeypatch.setattr("chat_ui.parts.session.person", lambda: BEN)
    other = app()
    other.query_params["c"] = conversation.id
    shown = html(other.run())
    assert "480 euros" in shown and "Shared with you by Ana Keller" in shown and not other.chat_input
    next(button for button in other.button if button.label == "Go on in a copy of my own").click().run()
    assert "480 euros" in ask(other, "How fast does support answer premium customers?")
    assert [c.turns for c in stored.of(BEN)] == [2] and [c.turns for c in stored.of(ANA)] == [1]
    SyncState(engine).commit("files", [DocumentRecord("files:premium.md", "files", allow=("group:emea",))], "c")
    other = app()
    other.query_params["c"] = conversation.id
    shown = html(other.run())
    assert "480 euros" not in shown and "1 passage is not shown to you" in shown
    actions = [entry.action for entry in audit.recorded(engine)]
    assert {"shared conversation", "opened shared conversation", "branched conversation"} <= set(actions)
    session.sharing().stop(conversation.id, ANA, BEN.email)
    gone = app()
    gone.query_params["c"] = conversation.id
    assert "isn&#x27;t shared with you" in html(gone.run())


def test_a_copy_is_asked_for_at_an_address_and_granted_on_the_start_page(
    app: App, stored: Conversations, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(app().run(), PRICE)
    (conversation,) = stored.of(ANA)
    with monkeypatch.context() as as_ben:
        as_ben.setattr("chat_ui.parts.session.person", lambda: BEN)
        other = app()
        other.query_params["c"] = conversation.id
        other.run()
        other.text_input[-1].set_value("I take over on Monday")
        next(button for button in other.button if button.label == "Ask the owner for it").click().run()
        assert "its owner sees your request" in html(other)
    page = app().run()
    assert f"asks for “{PRICE}”" in html(page) and "I take over on Monday" in html(page)
    next(button for button in page.button if button.label == "Share it").click().run()
    assert "asks for" not in html(page)
    monkeypatch.setattr("chat_ui.parts.session.person", lambda: BEN)
    other = app()
    other.query_params["c"] = conversation.id
    assert "480 euros" in html(other.run())
    SyncState(open_database(load_settings())).commit(
        "files", [DocumentRecord("files:premium.md", "files", allow=("group:emea",))], "c"
    )
    other = app()
    other.query_params["c"] = conversation.id
    other.run()
    next(button for button in other.button if button.label.startswith("Ask ")).click().run()
    assert any("You have asked" in caption.value for caption in other.caption)
    actions = [entry.action for entry in audit.recorded(open_database(load_settings()))]
    assert {"asked for a copy", "granted a copy"} <= set(actions)
