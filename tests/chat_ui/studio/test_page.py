from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from apps.publish.load import parse_app
from apps.publish.versions import list_versions
from apps.run.context import Tools
from chat_ui.studio.yaml_editor import keys, values
from core.database import open_database
from core.settings import load_settings
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
    # AppTest can't type into a component; the browser tests type into the real editor.
    monkeypatch.setattr(
        "chat_ui.studio.page.yaml_editor",
        lambda label, initial, key, error: st.text_area(label, initial, key=key),
    )
    monkeypatch.setattr("chat_ui.studio.page.text_of", st.session_state.get)
    return workspace


def script() -> None:
    from chat_ui.studio import page as studio
    from core.types import User

    studio.page(User("ana@northgate.example", ("app-authors",)))


def opened(app: str = "note") -> AppTest:
    page = AppTest.from_function(script, default_timeout=60).run()
    return page.selectbox(key="studio-app").set_value(app).run()


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def test_a_new_app_begins_with_a_right_file(own_apps: Path) -> None:
    assert "The file is right" in html(opened("New app"))


def test_a_draft_from_a_conversation_is_opened(own_apps: Path) -> None:
    page = AppTest.from_function(script, default_timeout=60)
    page.session_state["studio-draft"] = NOTE.replace("VERSION", "0.7")
    assert "Note, version 0.7" in html(page.run())


def test_completion_knows_what_the_check_knows() -> None:
    assert {"name", "steps", "outputs"} <= {key for key, _ in keys()[""]}
    assert {"id", "use", "with", "query"} <= {key for key, _ in keys()["steps"]}
    assert {"retrieve", "write"} <= set(values()["use"])
    assert parse_app(NOTE.replace("VERSION", "1.0"), "note.yaml").name == "note"


def test_one_text_is_run_on_several_inputs(own_apps: Path) -> None:
    page = opened()
    for topic in ("Acme", "Contoso"):
        page.text_input(key="studio-form-note-topic").set_value(topic)
        page = press(page, "Run")
    page.text_area(key="studio-text-note").set_value(NOTE.replace("VERSION", "1.1").replace("About", "All about")).run()
    shown = html(press(page, "Run on all of them"))
    assert "All about Acme." in shown
    assert "All about Contoso." in shown


def test_a_mistake_is_named_with_its_line(own_apps: Path) -> None:
    page = opened()
    assert "The file is right" in html(page)
    page.text_area(key="studio-text-note").set_value(
        NOTE.replace("VERSION", "1.0").replace("type: text", "type: txet")
    ).run()
    shown = html(page)
    assert "Not right yet" in shown
    assert "line 7" in shown
    assert "The form comes when the file is right" in shown


def test_write_test_and_publish(own_apps: Path) -> None:
    page = press(opened(), "Run the tests")
    assert ">passed<" in html(page)
    page = press(page, "Test and publish")
    assert "Version 1.0 is published" in html(page)
    assert "it is verified" in html(page)
    (version,) = list_versions(open_database(load_settings()), "note")
    assert (version.current, version.verified, version.author) == (True, True, "ana@northgate.example")


def test_an_app_that_was_begun_here_is_found_again(own_apps: Path) -> None:
    page = opened("New app")
    key = next(area.key for area in page.text_area if str(area.key).startswith("studio-text-"))
    page.text_area(key=key).set_value(NOTE.replace("VERSION", "1.0").replace("name: note", "name: begun_here", 1)).run()
    press(page, "Test and publish")
    page = opened("begun_here")
    assert "Note, version 1.0" in html(page)
    assert "name: begun_here" in page.text_area(key="studio-text-begun_here").value


def test_failing_tests_keep_it_from_being_published(own_apps: Path) -> None:
    page = opened()
    page.text_area(key="studio-text-note").set_value(
        NOTE.replace("VERSION", "1.0").replace("[Acme]", "[Contoso]")
    ).run()
    page = press(page, "Test and publish")
    assert "the tests says the topic fail" in html(page)
    assert list_versions(open_database(load_settings()), "note") == []


def test_changes_and_going_back(own_apps: Path) -> None:
    page = press(opened(), "Test and publish")
    text = NOTE.replace("VERSION", "1.1").replace("About", "All about")
    page.text_area(key="studio-text-note").set_value(text).run()
    assert '<span class="added">+  - {id: draft' in html(page)
    page = press(page, "Test and publish")
    page = press(page, "Use this version")
    current = [v.version for v in list_versions(open_database(load_settings()), "note") if v.current]
    assert current == ["1.0"]


def test_examples_are_written_beside_the_file_and_published_with_it(own_apps: Path) -> None:
    (own_apps / "apps" / "examples").mkdir()
    (own_apps / "apps" / "examples" / "note.txt").write_text("jot this down\n", encoding="utf-8")
    page = opened()
    area = page.text_area(key="studio-examples-note")
    assert area.value == "jot this down\n"
    page = area.set_value("jot this down\nnot:").run()
    assert "line 2" in html(page)
    page = page.text_area(key="studio-examples-note").set_value("jot this down\nnot: who wrote this note?").run()
    page = press(page, "Test and publish")
    assert "Version 1.0 is published" in html(page)
    (version,) = list_versions(open_database(load_settings()), "note")
    assert version.load().routing.examples == ("jot this down",)
    assert version.load().routing.counter_examples == ("who wrote this note?",)
    assert page.text_area(key="studio-examples-note").value == version.examples


def test_a_trial_runs_the_text_as_it_stands(own_apps: Path) -> None:
    page = opened()
    page.text_area(key="studio-text-note").set_value(NOTE.replace("VERSION", "1.1").replace("About", "All about")).run()
    page.text_input(key="studio-form-note-topic").set_value("Acme")
    assert "All about Acme." in html(press(page, "Run"))


QUERY = NOTE.replace("title: Note", "title: Note\naudience: [app-authors]").replace(
    "steps:\n", "steps:\n  - {id: rows, use: query, with: {sql: select * from customers}}\n"
)


def test_a_query_is_tried_and_published_by_an_administrator_alone(own_apps: Path) -> None:
    (own_apps / "apps" / "note.yaml").write_text(QUERY.replace("VERSION", "1.0"))
    page = opened()
    page.text_input(key="studio-form-note-topic").set_value("Acme")
    assert "an administrator reads the query" in html(press(page, "Run"))
    assert "an administrator reads the query" in html(press(page, "Run on all of them"))
    assert "an administrator reads the query" in html(press(opened(), "Test and publish"))
    assert list_versions(open_database(load_settings()), "note") == []
