from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from apps.kept.forms import open_collection
from apps.kept.usage import usage
from apps.language.spec import App
from apps.publish.load import parse_app
from apps.publish.versions import Available
from apps.run.context import SourceQuote, Tools
from apps.runner import StepState, may_use
from chat_ui.parts.app_outputs import evidence_html, steps_html
from core.database import open_database
from core.errors import AppError
from core.settings import load_settings
from core.types import User
from tests.chat_ui.chat.test_page import html

GREETING = """
name: greeting
title: Greeting
description: Writes a greeting.
version: "1.0"
owner: a@x.com
saves_minutes: 5
labels: [letters, "<i>"]
inputs:
  - {name: person, type: text, label: Person, pattern: "[A-Z].*", help: "Begin with a capital."}
  - {name: tone, type: choice, label: Tone, choices: [warm, brief], default: warm}
  - {name: notes, type: long_text, label: Notes, required: false}
  - {name: when, type: date, label: Day, required: false}
  - {name: count, type: number, label: Count, required: false, min: 1}
  - {name: language, type: language, label: Language, required: false}
  - {name: tags, type: multi_choice, label: Tags, choices: [a, b], required: false}
  - {name: customer, type: account, label: Customer, required: false}
  - {name: paper, type: file, label: Paper, required: false, accept: [.md]}
steps:
  - {id: draft, use: write, title: Write it, with: {draft: "# Hello\\n\\nDear {{ person }}, a {{ tone }} hello <b>."}}
outputs:
  - {name: text, kind: markdown, title: The greeting, value: "{{ draft.text }}"}
  - {name: rows, kind: table, title: Rows, value: {columns: [who, tone], rows: [["{{ person }}", "{{ tone }}"]]}}
  - {name: mail, kind: email, title: Mail, value: {to: "{{ person }}", subject: Hello, body: "{{ draft.text }}"}}
"""


@pytest.fixture
def greeting(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    app = parse_app(GREETING, "greeting.yaml")
    closed = parse_app(
        GREETING.replace("name: greeting", "name: closed")
        .replace("owner: a@x.com", "owner: a@x.com\naudience: [board]")
        .replace("title: Greeting", "title: Board only"),
        "closed.yaml",
    )

    def offered(user: User) -> tuple[dict[str, Available], list[AppError]]:
        apps = {a.name: Available(a, verified=a is app, published=True) for a in (app, closed) if may_use(a, user)}
        return apps, [AppError("x.yaml: no.")]

    monkeypatch.setattr("chat_ui.parts.session.apps", offered)
    monkeypatch.setattr("chat_ui.parts.session.tools", Tools)
    return app


def script() -> None:
    from chat_ui.library import page as library
    from core.types import User

    library.page(User("ana@northgate.example", ("emea",), name="Ana"))


def library() -> AppTest:
    return AppTest.from_function(script, default_timeout=30).run()


def opened(name: str = "greeting") -> AppTest:
    page = AppTest.from_function(script, default_timeout=30)
    page.query_params["app"] = name
    return page.run()


def run(page: AppTest, **texts: str) -> AppTest:
    for name, value in texts.items():
        page.text_input(key=f"form-greeting-{name}").set_value(value)
    return page.button(key=next(str(b.key) for b in page.button if b.label == "Run")).click().run()


def test_the_library_shows_what_a_person_may_use(greeting: App) -> None:
    page = library()
    shown = html(page)
    assert "Writes a greeting." in shown
    assert "about 5 minutes saved" in shown
    assert "verified" in shown
    assert "Board only" not in shown
    assert "x.yaml" not in shown
    page.text_input(key="find-app").set_value("invoice").run()
    assert "No app fits" in html(page)


def test_labels_are_shown_and_choose_apps(greeting: App, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = greeting.model_copy(update={"name": "plain", "title": "Plain", "labels": ()})
    apps = {a.name: Available(a, verified=False, published=True) for a in (greeting, plain)}
    monkeypatch.setattr("chat_ui.parts.session.apps", lambda user: (apps, []))
    page = library()
    assert "letters" in html(page)
    assert "<i>" not in html(page)
    assert "Plain" in html(page)
    labels = page.get("button_group")[0]
    assert "Plain" not in html(labels.set_value(["letters"]).run())
    page = library()
    shown = html(page.text_input(key="find-app").set_value("LETTERS").run())
    assert ["Greeting" in shown, "Plain" in shown] == [True, False]


def test_an_app_of_others_isnt_opened_by_its_address(greeting: App) -> None:
    assert [title.value for title in opened("closed").title] == ["Apps"]


def test_what_others_wrote_loads_no_picture(greeting: App, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = "![x](https://x.example/x.png) :red[y]"
    app = greeting.model_copy(update={"title": picture, "description": picture})
    monkeypatch.setattr("chat_ui.parts.session.apps", lambda user: ({"greeting": Available(app, False, True)}, []))
    page = opened()
    for text in (page.title[0].value, page.caption[0].value):
        assert "!\\[x\\]" in text
        assert "\\:red\\[y" in text


def test_the_form_has_a_field_for_each_input(greeting: App) -> None:
    page = opened()
    assert not page.exception
    assert {t.label for t in page.text_input} == {"Person", "Name"}
    assert {s.label for s in page.selectbox} >= {"Tone", "Language (optional)", "Customer (optional)"}
    assert page.text_area[0].label == "Notes (optional)"
    assert page.date_input[0].label == "Day (optional)"
    assert page.number_input[0].label == "Count (optional)"
    assert page.multiselect[0].label == "Tags (optional)"


def test_a_run_shows_steps_and_outputs(greeting: App) -> None:
    page = run(opened(), person="Monika")
    shown = html(page)
    assert "Dear Monika, a warm hello &lt;b&gt;." in shown
    assert ">Monika</td>" in shown and ">warm</td>" in shown
    assert "<dt>Subject</dt><dd>Hello</dd>" in shown
    assert "saves about 5 minutes" in page.caption[-1].value
    page.get("feedback")[0].set_value(1).run()
    page = run(page, person="Nils")
    (used,) = usage(open_database(load_settings()))
    assert (used.runs, used.completed, used.minutes_saved, used.useful) == (2, 2, 10, 1)
    choice = next(s for s in page.selectbox if s.label == "My runs")
    assert ["Nils" in choice.options[0], "Monika" in choice.options[1]] == [True, True]


def test_runs_are_there_after_a_reload_until_they_are_deleted(greeting: App) -> None:
    run(opened(), person="Monika")
    page = opened()
    assert "Dear Monika" in html(page)
    page = next(b for b in page.button if b.label == "Delete this result").click().run()
    assert "Dear Monika" not in html(page)


def test_a_form_is_collected_from_several_people(greeting: App) -> None:
    ana = User("ana@northgate.example", ("emea",), name="Ana")
    open_collection(open_database(load_settings()), greeting, "Round 1", ana, "By Friday.")
    page = AppTest.from_function(script, default_timeout=30)
    page.query_params["app"], page.query_params["collect"] = "greeting", "Round 1"
    page = page.run()
    assert "By Friday." in html(page)
    next(t for t in page.text_input if t.label == "Person").set_value("Monika")
    page = next(b for b in page.button if b.label == "Send").click().run()
    shown = html(page)
    assert "Your answer is in Round 1" in shown
    assert ">Monika</td>" in shown
    page = next(b for b in page.button if b.label == "Close the collection").click().run()
    assert "This collection is closed" in html(page)
    assert not [b for b in page.button if b.label == "Send"]


def test_a_wrong_input_is_said_beside_its_field(greeting: App) -> None:
    shown = html(run(opened(), person="monika"))
    assert "field-problem" in shown
    assert "Begin with a capital." in shown
    assert "Dear" not in shown


def test_steps_show_their_newest_state_once() -> None:
    states = [
        StepState("a", "Read <x>", "waiting"),
        StepState("b", "Write", "waiting"),
        StepState("a", "Read <x>", "done", "", 0.5),
        StepState("b", "Write", "failed", "No model."),
    ]
    shown = steps_html(states)
    assert shown.count("<li") == 2
    assert "Read &lt;x&gt;" in shown
    assert ": done" in shown
    assert "No model." in shown


def test_evidence_links_only_to_the_web() -> None:
    shown = evidence_html([SourceQuote("A <b>", "javascript:x", quote="<i>"), SourceQuote("B", "https://x.example")])
    assert "javascript" not in shown
    assert "<i>" not in shown
    assert shown.count("<a ") == 1
