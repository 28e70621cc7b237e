"""The page of a reviewer's tasks."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.database import open_database
from core.settings import load_settings
from core.types import User
from review.items import Item, Source
from review.spec import Job
from review.store import Store

ANA, BEN = "ana@northgate.example", "ben@northgate.example"
JOB = {
    "job": "answers", "title": "Are these right?", "instructions": "Say whether the answer is right.", "each": 1,
    "label": {"kind": "choice", "values": ["right", "wrong"]}, "people": [ANA], "leads": [BEN],
}  # fmt: skip


def shown(email: str) -> None:
    from chat_ui.tasks.page import page
    from core.types import User

    page(User(email))


@pytest.fixture
def store(workspace: Path) -> Store:
    store = Store(open_database(load_settings()))
    items = [Item(f"Answer <b>{n}</b>.", "Why?", sources=(Source("A", "It is so. Yes.", "It is so."),)) for n in (1, 2)]
    store.create(Job.model_validate(JOB), items, User(BEN))
    return store


def html(window: AppTest) -> str:
    return " ".join(element.proto.body for element in window.get("html"))


def test_a_reviewer_labels_one_item_after_the_other(store: Store) -> None:
    window = AppTest.from_function(shown, default_timeout=20, args=(ANA,)).run()
    assert "Answer &lt;b&gt;1" in html(window) and "<mark>It is so.</mark>" in html(window)
    window.radio[0].set_value("wrong").run()
    assert [label.value for label in store.labels("answers", ("draft",))] == ["wrong"], "what is chosen is kept at once"
    window.button(key="save-answers-1").click().run()
    assert [label.value for label in store.labels("answers")] == ["wrong"] and "Answer &lt;b&gt;2" in html(window)
    window.button(key="save-answers-2").click().run()
    assert "Nothing is chosen" in html(window) and len(store.labels("answers")) == 1
    window.button(key="hand-answers-2").click().run()
    assert "Say in the note why" in html(window)
    window.text_input(key="note-answers-2").set_value("two readings").run()
    window.button(key="hand-answers-2").click().run()
    assert "All done" in html(window) and not window.exception


def test_a_lead_sees_how_far_it_is_and_decides(store: Store) -> None:
    window = AppTest.from_function(shown, default_timeout=20, args=(ANA,)).run()
    window.text_input(key="note-answers-1").set_value("unclear").run()
    window.button(key="hand-answers-1").click().run()
    lead = AppTest.from_function(shown, default_timeout=20, args=(BEN,)).run()
    assert "0 of 2 items" in html(lead) and "unclear" in html(lead) and not lead.exception
    lead.radio(key="value-decide-answers-1").set_value("right")
    lead.button[-1].click().run()
    assert store.decisions("answers") == {1: ("right", BEN)}


def test_a_lead_is_told_of_items_that_they_may_not_read_and_sees_nothing_of_them(store: Store) -> None:
    job = Job.model_validate(JOB | {"job": "closed"})
    store.create(job, [Item("Secret words.", documents=("files:gone.md",))], User(BEN))
    lead = AppTest.from_function(shown, default_timeout=20, args=(BEN,)).run()
    assert "0 of 1 item" in html(lead) and "Not shown to you: 1 item" in " ".join(c.value for c in lead.caption)
    assert "Secret words." not in html(lead) and not lead.exception


def test_who_has_no_tasks_is_told(workspace: Path) -> None:
    window = AppTest.from_function(shown, default_timeout=20, args=(ANA,)).run()
    assert "You have no tasks" in html(window) and not window.exception


def test_spans_are_kept_as_they_are_typed_and_shown_marked(store: Store) -> None:
    label = {"kind": "spans", "values": ["person", "place"]}
    job = Job.model_validate(JOB | {"job": "names", "title": "Who and where?", "label": label})
    store.create(job, [Item("Jo met Max, and Jo went.")], User(BEN))
    window = AppTest.from_function(shown, default_timeout=20, args=(ANA,)).run()
    window.selectbox[0].select("Who and where?").run()
    window.text_input(key="span-names-1-person").set_value("Jo | Jo | Kim").run()
    assert "“Kim” isn" in html(window) and html(window).count('<mark title="person">Jo</mark>') == 2
    other = AppTest.from_function(shown, default_timeout=20, args=(ANA,)).run()
    other.selectbox[0].select("Who and where?").run()
    assert other.text_input(key="span-names-1-person").value == "Jo | Jo | Kim", "a closed window loses nothing"
    other.text_input(key="span-names-1-person").set_value("Jo | Jo").run()
    other.text_input(key="span-names-1-place").set_value("Max").run()
    other.button(key="save-names-1").click().run()
    assert [label.value for label in store.labels("names")] == [
        [[0, 2, "person"], [7, 10, "place"], [16, 18, "person"]]
    ]
    lead = AppTest.from_function(shown, default_timeout=20, args=(BEN,)).run()
    lead.selectbox[0].select("Who and where?").run()
    assert "person: Jo; place: Max; person: Jo" in html(lead) and not lead.exception
    lead.text_input(key="span-decide-names-1-person").set_value("Max")
    lead.button[-1].click().run()
    assert store.decisions("names") == {1: ([[7, 10, "person"]], BEN)}
