"""Phrases in a draft's language, and what is said about one that isn't there."""

import pytest

from apps.language.isolated import evaluate
from apps.language.phrases import library_phrases
from apps.publish.load import parse_app
from core.errors import AppError

APP = """\
name: note
title: Note
description: A note.
version: "1"
owner: ana@example.com
languages: [en, de]
style: {length: short, format: bullets}
phrases:
  de: {"Dear {name}": "Guten Tag {name}"}
inputs:
  - {name: language, type: language}
steps:
  - id: draft
    use: write
    with:
      language: "{{ language }}"
      draft: |
        # {{ say('Risks') }}
        {{ say('Dear {name}', name='Ana') }}
outputs:
  - {name: text, kind: markdown, value: "{{ draft.text }}"}
"""


def test_a_phrase_follows_the_language_and_takes_values():
    values = {"language": "fr", "n": 1234.5}
    assert evaluate("{{ say('Risks') }}: {{ n | number }}", values) == "Risques: 1\u202f234,5"
    assert evaluate("{{ say('{n} fewer', language='de', n=3) }}", values) == "3 weniger"
    assert evaluate("{{ say('Risks') }} {{ 684000 | figure }}", {"language": None}) == "Risks 684,000"


def test_an_app_brings_its_own_phrases_and_style():
    assert parse_app(APP, "note.yaml").style.length == "short"


def test_an_unknown_phrase_is_refused_with_its_line_and_the_nearest():
    with pytest.raises(AppError, match=r"note\.yaml.*18.*'Riskss' is unknown in de; did you mean 'Risks'"):
        parse_app(APP.replace("'Risks'", "'Riskss'"), "note.yaml")


def test_a_wrong_style_is_refused():
    with pytest.raises(AppError, match="length"):
        parse_app(APP.replace("length: short", "length: tiny"), "note.yaml")


def test_every_language_has_the_same_phrases_with_the_same_values():
    spoken = library_phrases()
    assert set(spoken) == {"de", "es", "fr"}
    assert len({frozenset(table) for table in spoken.values()}) == 1
    for table in spoken.values():
        for phrase, text in table.items():
            assert phrase.count("{") == text.count("{"), phrase
