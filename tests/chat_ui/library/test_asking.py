"""On the page: a run that asks shows its form and goes on; documents are chosen from a list that follows the customer."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from apps.kept.usage import usage
from apps.publish.load import parse_app
from apps.publish.versions import Available
from apps.run.context import Tools
from core.database import open_database
from core.settings import load_settings
from core.types import EVERYONE, Chunk
from retrieval.query.filters import matches
from tests.chat_ui.chat.test_page import html
from tests.chat_ui.library.test_page import script

APP = """
name: asking
title: Asking
description: Asks in between.
version: "1.0"
owner: a@x.com
saves_minutes: 5
inputs:
  - {name: customer, type: account, label: Customer}
  - {name: papers, type: documents, label: Papers, customer: customer, latest: 1}
steps:
  - {id: read, use: write, for_each: papers, with: {draft: "{{ item.title }}: {{ item.text }}"}}
  - id: you
    use: ask
    with:
      say: "Read **{{ read[0].text }}**"
      questions: [{name: day, type: text, label: Which day?, pattern: "[A-Z].*"}]
  - {id: last, use: write, with: {draft: "{{ read[0].text }} on {{ you.answers.day }}"}}
outputs:
  - {name: text, kind: markdown, title: The text, value: "{{ last.text }}"}
"""
CHUNKS = [
    Chunk(f"c{n}", f"d{n}", 0, f"Words {n}.", title=f"Paper {n}", allow=frozenset({EVERYONE}), metadata=about)
    for n, about in enumerate(
        [
            {"customer": "Acme", "updated_at": "2026-01-01"},
            {"customer": "Acme", "updated_at": "2026-05-01"},
            {"customer": "Bell", "updated_at": "2026-09-01"},
        ]
    )
]


@pytest.fixture
def page(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    app = parse_app(APP, "asking.yaml")
    tools = Tools(
        documents=lambda user, filters: [c for c in CHUNKS if matches(filters, c.metadata)],
        search=SimpleNamespace(
            document=lambda identifier, user: [c for c in CHUNKS if c.document_id == identifier], search=lambda s: []
        ),
    )
    monkeypatch.setattr("chat_ui.parts.session.apps", lambda user: ({"asking": Available(app, False, True)}, []))
    monkeypatch.setattr("chat_ui.parts.session.tools", lambda: tools)
    monkeypatch.setattr("chat_ui.parts.session.readable", lambda documents, user: set(documents))
    monkeypatch.setattr("chat_ui.parts.app_form.customers_for", lambda _: ["Acme", "Bell"])
    opened = AppTest.from_function(script, default_timeout=30)
    opened.query_params["app"] = "asking"
    return opened.run()


def press(page: AppTest, label: str) -> AppTest:
    return page.button(key=next(str(b.key) for b in page.button if b.label == label)).click().run()


def question(page: AppTest):
    return next(field for field in page.text_input if field.label == "Which day?")


def test_the_newest_document_of_the_chosen_customer_is_chosen_already(page: AppTest) -> None:
    page.selectbox(key="form-asking-customer").select("Acme").run()
    (papers,) = page.multiselect
    assert (papers.options, papers.value) == (["Paper 1 · 2026-05-01", "Paper 0 · 2026-01-01"], ["d1"])
    page.selectbox(key="form-asking-customer").select("Bell").run()
    assert page.multiselect[0].value == ["d2"]


def test_a_run_waits_for_its_form_and_goes_on(page: AppTest) -> None:
    page.selectbox(key="form-asking-customer").select("Acme").run()
    press(page, "Run")
    assert not page.exception
    assert "Paper 1: Words 1." in html(page) and "The text" not in html(page)
    question(page).set_value("soon")
    press(page, "Go on")
    assert "doesn&#x27;t fit" in html(page) or "doesn't fit" in html(page)
    question(page).set_value("Monday")
    press(page, "Go on")
    assert not page.exception
    assert "Paper 1: Words 1. on Monday" in html(page)
    (used,) = usage(open_database(load_settings()))
    assert (used.runs, used.completed, used.minutes_saved) == (1, 1, 5)
