"""The text of a new app: small, right, and tested, to be changed from there."""

from __future__ import annotations

import json
from collections.abc import Sequence

_HEAD = """\
# An app of your own. docs/apps.md explains every key; `debrief apps check FILE` says what is wrong, with the line.
name: {name}
title: {title}
description: {description}
version: "0.1"
owner: {owner}
languages: [en]
saves_minutes: 10
routing:
  examples:
{examples}
"""

_BODY = """\
inputs:
  - {name: question, type: text, label: What to look for}
steps:
  - id: found
    title: Find passages
    use: retrieve
    with: {query: "{{ question }}", k: 5}
  - id: text
    title: Write it up
    use: write
    with:
      draft: |
        **{{ question }}**

        {% for p in found.passages if p.text | excerpt(300) %}
        - {{ p.text | excerpt(300) }} [{{ p.number }}] {{ p.title }}
        {% else %}
        No document that you may read says anything about this.
        {% endfor %}
outputs:
  - {name: result, kind: markdown, title: Result, value: "{{ text.text }}"}
tests:
  - name: it finds something
    inputs: {question: best practices for tuning alerts}
    documents: ["files/**/*.md"]
    expect:
      - {output: result, contains: ["[1]"]}
"""


def new_app(name: str, owner: str) -> str:
    """A first version of an app called `name`."""
    title = name.replace("_", " ").capitalize()
    return _text(name, title, f"Collects what the documents say about a question ({title}).", owner, [title])


def app_from_conversation(name: str, owner: str, questions: Sequence[str]) -> str:
    """An app that asks what a conversation asked; its questions become routing examples."""
    title = name.replace("_", " ").capitalize()
    asked = list(dict.fromkeys(" ".join(q.split())[:200] for q in questions if q.strip()))[:15]
    return _text(name, title, f"Made from a conversation that began with: {asked[0][:200]}", owner, asked)


def _text(name: str, title: str, description: str, owner: str, examples: Sequence[str]) -> str:
    listed = "\n".join(f"    - {json.dumps(e, ensure_ascii=False)}" for e in examples)
    head = _HEAD.format(
        name=name,
        title=json.dumps(title[:60], ensure_ascii=False),
        description=json.dumps(description, ensure_ascii=False),
        owner=owner,
        examples=listed,
    )
    return head + _BODY
