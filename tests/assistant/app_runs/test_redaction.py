"""An app's run in a conversation goes the way of every answer: guardrails, redaction, trace, turn, citations."""

import io

import docx
import pytest

from apps.kept.runs import stored_result
from apps.publish.load import parse_app
from apps.run.context import Tools
from assistant.app_runs.app_answers import open_app_answers
from assistant.app_runs.tools import open_tools
from assistant.ask import Assistant
from assistant.question import Question
from assistant.records.conversations import Conversations
from core.database import open_database
from core.settings import Settings
from core.types import EVERYONE, Chunk, Passage, User
from retrieval.models.embed import open_embedder

ANA = User("ana@example.com", ("emea",), name="Ana")
LETTER = """\
name: letter
title: Letter
description: A letter with a source.
version: "1"
owner: me@example.com
inputs:
  - {name: note, type: text}
steps:
  - {id: found, use: retrieve, with: {query: "{{ note }}"}}
  - {id: file, use: render, with: {format: docx, title: Letter, body: "{{ note }} [1]"}}
outputs:
  - {name: text, kind: markdown, value: "{{ note }} {{ found.passages[0].text }} [1]"}
  - {name: table, kind: table, value: {columns: [who], rows: [["{{ note }}"]]}}
  - {name: file, kind: docx, value: "{{ file.file }}"}
"""
ADDRESS = "bob.meyer@customer.example"


class Shelf:
    """One document, whatever is searched for."""

    def __init__(self, embedder):
        self.embedder = embedder
        self.chunk = Chunk("c", "d", 0, f"Write to {ADDRESS}.", title="Contacts", allow=frozenset({EVERYONE}))

    @property
    def index(self):
        return self

    def documents(self, user, filters=None):
        return iter(())

    def chunks(self, filters=None):
        return iter(())

    def search(self, search):
        return [Passage(self.chunk, 1.0)]

    def document(self, document_id, user):
        return [self.chunk]


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "guardrails.yaml").write_text(
        "redact: [email]\nphrases:\n  - {match: [forbidden fruit], message: No.}\n"
    )
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps" / "letter.yaml").write_text(LETTER)
    return Settings(
        root=tmp_path,
        data_dir=tmp_path / "data",
        guardrails_file=tmp_path / "guardrails.yaml",
        apps_dir=tmp_path / "apps",
    )


@pytest.fixture
def assistant(settings):
    shelf, engine = Shelf(open_embedder(settings)), open_database(settings)
    plain = Assistant.over(shelf, settings, engine=engine)

    def tools() -> Tools:
        from dataclasses import replace

        return replace(open_tools(settings, plain, None), search=shelf)

    router = open_app_answers(settings, engine, shelf, models=None, tools=tools)
    router._customers = lambda user: ()
    return Assistant.over(shelf, settings, engine=engine, router=router)


def form(engine, text="Write the letter", note=f"Greetings to {ADDRESS}"):
    conversation = Conversations(engine).start(ANA)
    return Question(text, ANA, conversation, route="app:letter", inputs={"note": note})


def test_the_app_is_right():
    assert parse_app(LETTER, "letter.yaml").name == "letter"


def test_a_form_in_the_conversation_is_redacted_traced_and_cited(assistant, settings):
    engine = open_database(settings)
    asked = form(engine, text=f"Write the letter to {ADDRESS}")
    answer = assistant.answer(asked)
    assert answer.text == "Greetings to ‹email› Write to ‹email›. [1]"
    assert [c.document_id for c in answer.citations] == ["d"] and ADDRESS not in answer.citations[0].quote
    assert assistant.traces.load(answer.trace_id, ANA)["question"] == "Write the letter to ‹email›"
    (turn,) = Conversations(engine).turns(asked.conversation_id, ANA)
    assert (turn.question, turn.answer.text) == ("Write the letter to ‹email›", answer.text)


def test_what_the_page_draws_of_the_run_is_redacted_files_too(assistant, settings):
    engine = open_database(settings)
    result = stored_result(engine, assistant.answer(form(engine)).run, ANA)
    shown = [*(o.text for o in result.outputs), str(result.output("table").value), *(e.quote for e in result.evidence)]
    assert "‹email›" in shown[0] and not any(ADDRESS in text for text in shown)
    written = docx.Document(io.BytesIO(result.output("file").content))
    assert "Greetings to ‹email›" in "\n".join(p.text for p in written.paragraphs)


def test_guardrails_judge_what_is_put_into_the_form(assistant, settings):
    answer = assistant.answer(form(open_database(settings), note="Something about forbidden fruit"))
    assert (answer.outcome, answer.text, answer.run) == ("refused", "No.", "")


def test_the_answer_takes_the_place_of_the_form(assistant, settings):
    engine = open_database(settings)
    asked = form(engine)
    lacking = Question(asked.text, ANA, asked.conversation_id, route="app:letter")
    assert assistant.answer(lacking).outcome == "needs_input"
    assistant.answer(asked)
    assert [t.answer.outcome for t in Conversations(engine).turns(asked.conversation_id, ANA)] == ["answered"]
