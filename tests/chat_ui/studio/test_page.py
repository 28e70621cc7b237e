from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from apps.publish.approval import open_reviews, request_changes
from apps.publish.load import parse_app
from apps.publish.versions import list_versions
from apps.run.context import Tools
from chat_ui.studio.yaml_editor import keys, values
from core.database import open_database
from core.settings import load_settings
from core.types import User
from tests.chat_ui.chat.test_page import html

NOTE = """\
name: note
title: Note
description: Writes a note.
version: "VERSION"
owner: a@x.com
inputs:
  - {name: topic, type: text, label: Topic}
steps:
  - {id: draft, use: write, with: {draft: "About {{ topic }}."}}
outputs:
  - {name: text, kind: markdown, value: "{{ draft.text }}"}
tests:
  - name: says the topic
    inputs: {topic: Acme}
    expect:
      - {output: text, contains: [Acme]}
"""


@pytest.fixture
def own_apps(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = workspace / "debrief.yaml"
    file.write_text(file.read_text() + "apps_dir: apps\n")
    (workspace / "apps").mkdir()
    (workspace / "apps" / "note.yaml").write_text(NOTE.replace("VERSION", "1.0"))
    monkeypatch.setattr("chat_ui.parts.session.tools", Tools)
    # AppTest can't type into a component; the browser tests type into the real editors.
    monkeypatch.setattr("chat_ui.studio.page.yaml_editor", editor)
    monkeypatch.setattr("chat_ui.studio.writing.prompt_editor", editor)
    return workspace


def editor(label: str, text: str, key: str, *_: object, revision: int, changed: Callable[[str], None]) -> None:
    """A plain area in the place of an editor."""
    st.text_area(label, text, key=f"{key}-{revision}", on_change=lambda: changed(st.session_state[f"{key}-{revision}"]))


def script() -> None:
    from chat_ui.studio import page as studio
    from core.types import User

    studio.page(User("ana@northgate.example", ("app-authors", "cs")))


def opened(app: str = "note", view: str = "Build", tab: str = "Try") -> AppTest:
    page = AppTest.from_function(script, default_timeout=60)
    page.session_state["studio-view"], page.session_state["studio-tab"] = view, tab
    page.query_params["app"] = app
    return page.run()


def area(page: AppTest, label: str) -> object:
    return next(found for found in page.text_area if found.label == label)


def written(page: AppTest, text: str) -> AppTest:
    return area(page, "The app's file").set_value(text).run()


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


OWN = NOTE.replace("owner:", "audience: [cs]\nowner:")


def test_a_draft_from_a_conversation_is_opened(own_apps: Path) -> None:
    page = AppTest.from_function(script, default_timeout=60)
    page.session_state["studio-draft"] = NOTE.replace("VERSION", "0.7")
    assert "Note, version 0.7" in html(page.run())


def test_completion_knows_what_the_check_knows() -> None:
    assert {"name", "steps", "outputs"} <= {key for key, _ in keys()[""]}
    assert {"id", "use", "with", "query"} <= {key for key, _ in keys()["steps"]}
    assert {"retrieve", "write"} <= set(values()["use"])
    assert parse_app(NOTE.replace("VERSION", "1.0"), "note.yaml").name == "note"


def test_a_mistake_is_named_with_its_line(own_apps: Path) -> None:
    page = opened(view="YAML")
    assert "The app is right" in html(page)
    shown = html(written(page, NOTE.replace("VERSION", "1.0").replace("type: text", "type: txet")))
    assert "Not right yet" in shown
    assert "did you mean" in shown or "write one of" in shown
    assert "You can try it when it is right" in shown


def test_the_form_and_the_file_are_one_and_outlast_the_visit(own_apps: Path) -> None:
    page = opened()
    page.text_input(key="studio-title").set_value("Short note").run()
    page.text_input(key="studio-input-topic-label").set_value("Subject").run()
    assert "for example" not in html(page)
    page = opened(view="YAML")
    text = area(page, "The app's file").value
    assert "title: Short note" in text
    assert "- {name: topic, type: text, label: Subject}" in text
    assert "It was left like this." in [c.value for c in page.caption][-1] + str([c.value for c in page.caption])
    page = written(page, text.replace("Short note", "Long note"))
    assert opened().text_input(key="studio-title").value == "Long note"
    page = press(opened(), "Throw this draft away")
    assert page.text_input(key="studio-title").value == "Note"


def test_a_new_app_is_begun_and_found_again(own_apps: Path) -> None:
    page = opened("")
    page = page.button(key="start-empty").click().run()
    page.text_input(key="studio-title").set_value("Begun here").run()
    assert "Begun here · not published" in page.selectbox(key="studio-app").options
    assert "Say in a sentence what the app does" in html(page)


def test_a_copy_has_a_name_of_its_own(own_apps: Path) -> None:
    page = press(opened(), "Copy this app")
    assert page.text_input(key="studio-title").value == "Note (copy)"
    key = page.query_params["app"]
    page = opened(key if isinstance(key, str) else key[0], view="YAML")
    assert "name: note_copy" in area(page, "The app's file").value
    assert 'version: "0.1"' in area(page, "The app's file").value


def test_without_a_model_a_description_gives_the_nearest_app(own_apps: Path) -> None:
    page = opened("")
    page.text_area(key="start-description").set_value("writes a short note on a topic").run()
    shown = html(press(page, "Draft it"))
    assert "This is a copy of “Note”, the nearest that there is, since no language model is set up." in shown


def test_one_text_is_run_on_several_inputs(own_apps: Path) -> None:
    page = opened(view="YAML")
    for topic in ("Acme", "Contoso"):
        page.text_input(key="studio-form-note-topic").set_value(topic)
        page = press(page, "Run")
    page = written(page, NOTE.replace("VERSION", "1.1").replace("About", "All about"))
    page.multiselect(key="beside-note-2").set_value(["Acme", "Contoso"]).run()
    shown = html(press(page, "Run on all of them"))
    assert "All about Acme." in shown
    assert "All about Contoso." in shown


def test_a_test_is_made_of_a_run(own_apps: Path) -> None:
    page = opened()
    page.text_input(key="studio-form-note-topic").set_value("Contoso")
    page = press(page, "Run")
    next(f for f in page.text_input if f.label == "The result must say").set_value("About Contoso")
    page = press(page, "Add the test")
    shown = html(press(opened(tab="Tests"), "Run the tests"))
    assert "Contoso: About Contoso" in shown
    assert shown.count(">passed<") == 2


def test_ones_own_group_gets_the_next_version_at_once(own_apps: Path) -> None:
    (own_apps / "apps" / "note.yaml").write_text(OWN.replace("VERSION", "1.0"))
    page = press(opened(tab="Publish"), "Publish as 1.0")
    assert "Version 1.0 is published" in html(page)
    engine = open_database(load_settings())
    (version,) = list_versions(engine, "note")
    assert (version.current, version.verified, version.author) == (True, True, "ana@northgate.example")
    page = opened(tab="Publish", view="YAML")
    page = written(page, OWN.replace("VERSION", "1.0").replace("About", "All about"))
    assert "What stands without a language model changed in “draft”." in html(page)
    page = press(page, "Publish as 1.1")
    assert [v.version for v in list_versions(engine, "note")] == ["1.1", "1.0"]
    page = press(opened(tab="Publish"), "Use this version")
    assert [v.version for v in list_versions(engine, "note") if v.current] == ["1.0"]


def test_failing_tests_keep_it_from_being_published(own_apps: Path) -> None:
    (own_apps / "apps" / "note.yaml").write_text(OWN.replace("VERSION", "1.0"))
    page = opened(view="YAML", tab="Publish")
    page = written(page, OWN.replace("VERSION", "1.0").replace("[Acme]", "[Contoso]"))
    assert "1 of 1 tests fail" in html(press(page, "Publish as 1.0"))
    assert list_versions(open_database(load_settings()), "note") == []


def test_an_app_for_everybody_waits_and_comes_back_with_notes(own_apps: Path) -> None:
    press(opened(tab="Publish"), "Ask for a review of 1.0")
    engine = open_database(load_settings())
    (review,) = open_reviews(engine)
    assert list_versions(engine, "note") == []
    assert "waits for a second person" in html(opened(tab="Publish"))
    assert "waits for your review" not in str([e.label for e in opened().expander])
    request_changes(engine, review.id, User("ben@northgate.example"), "Name the <day>.")
    assert "Name the &lt;day&gt;." in html(opened(tab="Publish"))


def test_examples_are_written_beside_the_file_and_published_with_it(own_apps: Path) -> None:
    (own_apps / "apps" / "note.yaml").write_text(OWN.replace("VERSION", "1.0"))
    (own_apps / "apps" / "examples").mkdir()
    (own_apps / "apps" / "examples" / "note.txt").write_text("jot this down\n", encoding="utf-8")
    page = opened(tab="Requests")
    area_ = page.text_area(key="studio-examples")
    assert area_.value == "jot this down\n"
    page = area_.set_value("jot this down\nnot:").run()
    assert "line 2" in html(page)
    page.text_area(key="studio-examples").set_value("jot this down\nnot: who wrote this note?").run()
    press(opened(tab="Publish"), "Publish as 1.0")
    (version,) = list_versions(open_database(load_settings()), "note")
    assert version.load().routing.examples == ("jot this down",)
    assert version.load().routing.counter_examples == ("who wrote this note?",)


QUERY = OWN.replace("steps:\n", "steps:\n  - {id: rows, use: query, with: {sql: select * from customers}}\n")


def test_a_query_is_tried_and_published_by_an_administrator_alone(own_apps: Path) -> None:
    (own_apps / "apps" / "note.yaml").write_text(QUERY.replace("VERSION", "1.0"))
    page = opened()
    page.text_input(key="studio-form-note-topic").set_value("Acme")
    assert "an administrator reads the query" in html(press(page, "Run"))
    assert "an administrator reads the query" in html(press(opened(tab="Publish"), "Publish as 1.0"))
    assert list_versions(open_database(load_settings()), "note") == []
