"""What changed in sentences, and what an app can read and do."""

from __future__ import annotations

from apps.authoring.differences import changes_in_words
from apps.authoring.powers import powers
from apps.publish import parse_app
from apps.publish.load import AppText
from core.errors import AppError

OLD = """\
name: status
title: Status
description: Where a customer stands.
version: "1.0"
owner: a@x.com
audience: [cs]
inputs:
  - {name: customer, type: account, label: Customer}
steps:
  - {id: found, title: Look, use: retrieve, with: {query: "{{ customer }}", filter: "document_type=report", k: 5}}
  - {id: text, title: Write, use: write, with: {prompt: "Write about @customer from @found. Be short.", draft: "-"}}
outputs:
  - {name: text, kind: markdown, title: Status, value: "{{ text.text }}"}
"""
NEW = (
    OLD.replace("audience: [cs]\n", "")
    .replace("Be short.", "Name the figures.")
    .replace("k: 5", "k: 9")
    .replace("label: Customer}", "label: Customer}\n  - {name: day, type: date, label: Day, required: false}")
    .replace("outputs:", "outputs:\n  - {name: mail, kind: email, title: Mail, value: {subject: s, body: b}}")
)


def test_changes_are_told_in_sentences() -> None:
    said = changes_in_words(AppText(OLD), AppText(NEW, "Status of Acme\nnot: Who is Acme?"))
    assert said == [
        "It was for the group cs and is for everybody.",
        "It now also asks for “Day” (a day, optional).",
        "“Look”, k: was “5”, is “9”.",
        "It is now told: “Name the figures.”",
        "It is no longer told: “Be short.”",
        "It now also gives “Mail” (a mail).",
        "1 new requests for it: “Status of Acme”.",
        "1 new requests that aren't for it: “Who is Acme?”.",
    ]
    assert changes_in_words(AppText(OLD), AppText(OLD)) == []


def test_a_new_app_is_told_as_a_whole() -> None:
    said = changes_in_words(None, AppText(OLD))
    assert said[1:] == [
        "It asks for “Customer” (a customer).",
        "It is told to write: “Write about @customer from @found. Be short.”",
        "It gives “Status” (a text).",
    ]


def test_what_an_app_reads_and_does_follows_from_its_steps() -> None:
    found = powers(parse_app(OLD, "status.yaml"))
    assert found.reads == ("Passages of the documents with document_type=report that the person may read.",)
    assert found.makes == ("A text, “Write”, written by a language model if there is one.",)
    assert found.acts[0].startswith("Nothing")
    query = OLD.replace("steps:\n", "steps:\n  - {id: rows, use: query, with: {sql: select * from sales}}\n")
    assert "THE DATA WAREHOUSE" in powers(parse_app(query, "status.yaml")).reads[0]


def test_a_wrong_text_is_refused() -> None:
    try:
        changes_in_words(None, AppText("name: [", ""))
    except AppError as error:
        assert "line 1" in str(error)
    else:
        raise AssertionError
