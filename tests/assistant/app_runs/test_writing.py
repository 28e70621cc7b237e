"""Steps that write, choose and fill in JSON with a model over the wire, and what of its words stands."""

import json
from dataclasses import replace

import pytest

from apps.publish.load import parse_app
from apps.run import Context, Tools
from apps.runner import finish
from assistant.app_runs.tools import open_tools
from assistant.ask import Assistant
from core.llm import open_chat_models
from core.settings import LlmSettings
from core.types import User
from tests.integration.openai_stand_in import Script, openai_stand_in

ANA = User("ana@example.com", ("delivery",), name="Ana Roth")
BEN = User("ben@example.com", name="Ben")
HEAD = """\
name: small
title: Small
description: For a test.
version: "1"
owner: me@example.com
"""
MAIL = (
    HEAD
    + """\
inputs:
  - {name: customer, type: account}
  - {name: wish, type: long_text, required: false}
steps:
  - {id: found, use: find_documents, with: {of: "{{ customer }}", text: true}}
  - id: mail
    use: write
    with:
      sources: "{{ found.documents }}"
      prompt: Write to @customer about the end of the contract. @wish
      tone: warm
      %s
outputs:
  - {name: mail, kind: markdown, value: "{{ mail.text }}"}
  - {name: written, kind: json, value: {written: "{{ mail.written }}", value: "{{ mail.value }}"}}
"""
)
DRAFT = 'draft: "Your contract: {{ found.documents[0].title }}."'


@pytest.fixture
def server():
    with openai_stand_in() as running:
        yield running


@pytest.fixture
def tools(retriever, settings, server):
    llm = LlmSettings(model="openai:any", base_url=server.url, api_key="sk-test", timeout_s=2.0)
    assistant = Assistant.over(retriever, settings, models=open_chat_models(llm))
    return open_tools(settings, assistant, retriever)


def run(text, given, tools, user=ANA):
    return finish(parse_app(text, "small.yaml"), given, Context(user, tools))


def asked(server, number=0):
    return "\n".join(str(m["content"]) for m in server.requests[number]["messages"])


def test_what_a_source_says_stands_with_its_number_and_the_rest_is_left_out(tools, server):
    server.scripts = [
        Script(
            "Dear Lena,\n\nthe contract of Aurora Bank ends on 31 March 2027 [1]. It ends on 5 May 2031. Shall we talk?\n\nAna Roth"
        ),
        Script('{"corrections": [{"number": 1, "text": ""}]}'),
    ]
    result = run(MAIL % "", {"customer": "Aurora Bank"}, tools)
    text = result.output("mail").text
    assert text.startswith("Dear Lena,") and "31 March 2027. [1]" in text and "Shall we talk?" in text
    assert text.endswith("Ana Roth") and "2031" not in text
    assert any("1 statement of the language model left out" in n and "5 May 2031" in n for n in result.notes)
    assert result.tokens > 0 and result.evidence[0].title == "Aurora Bank – renewal pack"


def test_the_model_gets_the_sources_the_prompt_and_how_to_write(tools, server):
    server.scripts = [Script("The contract of Aurora Bank ends on 31 March 2027 [1].")]
    more = "length: short\n      language: de\n      examples: [Kurz und knapp.]"
    run(MAIL % more, {"customer": "Aurora Bank", "wish": "Mention lunch."}, tools)
    seen = asked(server)
    assert "source 1: Aurora Bank – renewal pack" in seen and "success manager is Lena Vogt" in seen
    assert "Write to Aurora Bank about the end of the contract. Mention lunch." in seen
    assert (
        "Write in German" in seen and "tone is warm" in seen and "Kurz und knapp." in seen and "Keep it short" in seen
    )


def test_a_long_input_is_a_source_and_can_be_cited(tools, server):
    notes = "The meeting was about prices. " * 10 + "They want a discount of 12%."
    server.scripts = [Script("They want a discount of 12% [2].")]
    result = run(MAIL % "", {"customer": "Aurora Bank", "wish": notes}, tools)
    assert "“wish”" in asked(server) and "source 2: wish" in asked(server)
    assert result.output("mail").text == "They want a discount of 12%. [2]"


def test_without_anything_that_stands_the_draft_does(tools, server):
    server.scripts = [Script("Prices rise by 40% in 2031."), Script('{"corrections": []}')]
    result = run(MAIL % DRAFT, {"customer": "Aurora Bank"}, tools)
    assert result.output("mail").text == "Your contract: Aurora Bank – renewal pack."
    assert any("no source says 1 of its 1 statements" in n for n in result.notes)
    assert (
        json.loads(result.output("written").text)["written"] == "False"
        or not json.loads(result.output("written").text)["written"]
    )


def test_a_model_that_fails_leaves_the_draft_or_a_sentence(tools, server):
    server.scripts = [Script("no", status=401)] * 2
    assert "renewal pack" in run(MAIL % DRAFT, {"customer": "Aurora Bank"}, tools).output("mail").text
    result = run(MAIL % "", {"customer": "Aurora Bank"}, tools)
    assert (
        result.status == "failed"
        and "This is written by a language model, and No language model answered" in result.error
    )


def test_without_a_model_the_draft_stands_and_without_a_draft_one_sentence_says_what_to_do(tools):
    alone = replace(tools, model=None)
    assert run(MAIL % DRAFT, {"customer": "Aurora Bank"}, alone).output("mail").text.startswith("Your contract")
    result = run(MAIL % "", {"customer": "Aurora Bank"}, alone)
    assert result.status == "failed" and "set llm.model in debrief.yaml, or give the step a draft." in result.error


def test_documents_that_are_closed_to_the_person_are_neither_found_nor_named(tools):
    result = run(MAIL % DRAFT, {"customer": "Aurora Bank"}, replace(tools, model=None), BEN)
    assert "No document that you may read is about the customer" in result.error and "renewal pack" not in result.error


SCHEMA = MAIL % (
    "schema:\n        mood: [calm, worried]\n        ends: date\n        note?: text\n"
    "        facts: [{text: text, weight: [low, high]}]"
)


def test_json_is_validated_asked_for_once_more_and_held_against_the_sources(tools, server):
    good = {
        "mood": "calm",
        "ends": "2027-03-31",
        "facts": [
            {"text": "The contract of Aurora Bank ends on 31 March 2027.", "weight": "high"},
            {"text": "Aurora Bank has 4,000 branches in Peru.", "weight": "low"},
        ],
    }
    server.scripts = [
        Script(json.dumps({**good, "mood": "furious"})),
        Script(json.dumps(good)),
        Script('{"corrections": []}'),
        Script('{"corrections": []}'),
    ]
    result = run(SCHEMA, {"customer": "Aurora Bank"}, tools)
    value = result.output("written").value["value"]
    assert (value["mood"], value["ends"], value["note"]) == ("calm", "2027-03-31", None)
    assert [f["text"] for f in value["facts"]] == ["The contract of Aurora Bank ends on 31 March 2027."]
    assert any("4,000 branches" in n for n in result.notes)


def test_json_that_never_fits_is_said(tools, server):
    server.scripts = [Script("none"), Script("none")]
    result = run(SCHEMA, {"customer": "Aurora Bank"}, tools)
    assert result.status == "failed" and "gave no value of the form that was asked for" in result.error


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("schema: {mood: happy}", "found 'happy' for mood; write one of text, number"),
        ("schema: {'1x': text}", "found the field '1x'"),
        ("schema: {rows: [text, 3]}", "for rows; write one of"),
    ],
)
def test_a_schema_that_cannot_be_read_is_refused(tools, server, schema, message):
    result = run(MAIL % schema, {"customer": "Aurora Bank"}, tools)
    assert message in result.error


CHOICE = (
    HEAD
    + """\
inputs:
  - {name: mail, type: long_text}
steps:
  - id: way
    use: choose
    with:
      prompt: Is this mail a complaint? @mail
      options: {complaint: the writer is unhappy, other: anything else}
      otherwise: other
outputs:
  - {name: way, kind: markdown, value: "{{ way.choice }}"}
"""
)


def test_a_model_chooses_and_without_one_otherwise_stands(tools, server):
    server.scripts = [Script('{"choice": "complaint", "why": "He is angry."}')]
    assert run(CHOICE, {"mail": "I am not amused."}, tools).output("way").text == "complaint"
    alone = run(CHOICE, {"mail": "I am not amused."}, replace(tools, model=None))
    assert alone.output("way").text == "other" and "“other” was taken without a decision" in alone.notes[0]
    server.scripts = [Script('{"choice": "order"}'), Script('{"choice": "offer"}')]
    assert run(CHOICE, {"mail": "x"}, tools).output("way").text == "other"


def test_without_an_index_nothing_is_written_unchecked():
    class Model:
        def write(self, system, text, task="write"):
            return "All is well.", 1

    text = HEAD + "steps:\n  - {id: t, use: write, with: {prompt: Say hello., draft: Hello.}}\n"
    text += 'outputs:\n  - {name: t, kind: markdown, value: "{{ t.text }}"}\n'
    result = finish(parse_app(text, "small.yaml"), {}, Context(ANA, Tools(model=Model())))
    assert result.output("t").text == "Hello." and "nothing here to check it with" in result.notes[0]


def test_nothing_of_another_customer_goes_to_a_customer(tools, server):
    text = SCHEMA.replace("prompt: Write", "for_customer: true\n      customer: Aurora Bank\n      prompt: Write")
    value = {"mood": "calm", "ends": "2027-03-31", "note": "Meridian Foods", "facts": []}
    server.scripts = [Script(json.dumps(value)), Script('{"corrections": []}')]
    result = run(
        text.replace("Write to @customer", "Write to @customer, not to Meridian Foods,"),
        {"customer": "Aurora Bank"},
        tools,
    )
    assert result.output("written").value["value"]["note"] == ""
