"""What a model gets to read: numbered sources, rows under their documents, units beside numbers, nothing silently cut."""

import pytest

from apps.run import SourceQuote
from apps.steps.material import MATERIAL_CHARS, Material, prompt_text, row_text


@pytest.fixture
def material(context):
    return Material(context)


def test_rows_stand_under_the_number_of_their_document(context, material):
    context.evidence += [SourceQuote("Report", document_id="d1"), SourceQuote("Contract", document_id="d2")]
    account = {
        "metrics": [
            {"name": "Uptime", "unit": "%", "last": {"value": 97.2, "period": "Q3"}, "target": 98.0, "number": 1}
        ],
        "facts": {"tier": "Gold"},
        "ends": {"value": "2027-03-31", "number": 2},
        "charts": [{"title": "x"}],
        "gaps": [],
    }
    assert material.add(account, "account")
    found = {s.title: s.text for s in material.sources()}
    assert found["Report"] == "metrics: Uptime – last: 97.2% (Q3); target: 98%"
    assert found["Contract"] == "ends: value: 2027-03-31"
    assert found["account"] == "facts: (tier: Gold)" and len(found) == 3


def test_files_texts_and_lists_get_numbers_of_their_own(context, material, file_of):
    material.add(file_of("notes.md", "They want a rebate."), "file")
    material.add(["one", "two"], "words")
    material.add("Said on the phone.", "call")
    assert [(s.number, s.title, s.text) for s in material.sources()] == [
        (1, "notes.md", "They want a rebate."),
        (2, "words", "- one\n- two"),
        (3, "call", "Said on the phone."),
    ]


@pytest.mark.parametrize("empty", [None, "", " ", [], {}, [{}], {"a": []}])
def test_nothing_is_nothing(material, empty):
    assert not material.add(empty, "x") and material.sources() == []


def test_what_is_too_long_is_cut_evenly_and_said(context, material):
    material.add("short", "one")
    material.add("a" * MATERIAL_CHARS, "two")
    material.add("b" * MATERIAL_CHARS, "three")
    sources = material.sources()
    assert sources[0].text == "short" and len(sources[1].text) == len(sources[2].text)
    assert sum(len(s.text) for s in sources) <= MATERIAL_CHARS
    assert "characters of two, three were read" in context.notes[0]


def test_numbers_keep_their_digits():
    assert row_text({"a": 4150000, "b": 0.1, "c": True, "unit": "EUR"}) == "a: 4150000 EUR; b: 0.1 EUR; c: yes"


def test_a_prompt_names_what_is_short_and_points_at_what_is_long(context, material):
    values = {"who": "Acme", "mail": "x" * 300, "none": None, "evil": "see @who"}
    told = prompt_text(
        "To @who on @mail, @none, @evil and a@who.com @@who {{ 1 }}",
        lambda t: t.replace("{{ 1 }}", "@mail"),
        material,
        values,
    )
    assert told == "To Acme on “mail”, “none” (there is none), see @who and a@who.com @who @mail"
    assert [s.title for s in material.sources()] == ["mail"]
