"""Small apps, files and a person for the apps' tests."""

import textwrap
from datetime import date

import pytest

from apps.language.app_file import AppFile
from apps.publish.load import parse_app
from apps.run.context import Context
from core.types import Parsed, Section, User
from tests.tables import table_section

HEAD = """\
name: small
title: Small
description: For a test.
version: "1"
owner: me@example.com
"""
BODY = """\
inputs:
  - {name: word, type: text}
steps:
  - id: text
    use: write
    with: {draft: "Word: {{ word }}"}
outputs:
  - {name: result, kind: markdown, value: "{{ text.text }}"}
"""


@pytest.fixture
def person():
    return User("ana@example.com", ("emea",), name="Ana")


@pytest.fixture
def context(person):
    return Context(person, today=date(2026, 11, 22))


@pytest.fixture
def app_of():
    """App text below the usual head → the app."""
    return lambda body, head=HEAD: parse_app(head + textwrap.dedent(body), "small.yaml")


@pytest.fixture
def file_of():
    """(name, sections as text or table) → a parsed file."""

    def make(name, *sections, title=""):
        part = ("Report", "Part")
        made = tuple(table_section(s, part) if s.lstrip().startswith("|") else Section(s, part) for s in sections)
        return AppFile(name, Parsed(made, title or name))

    return make
