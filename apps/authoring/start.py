"""What an author begins with: an empty form, a copy of an app, or one that a model drafts from a description."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from apps.authoring.reading import read_form
from apps.authoring.write_form import unused_name, with_form
from apps.publish.load import parse_app
from apps.run import Model
from core.errors import AppError, ModelError
from prompts import load_prompt

if TYPE_CHECKING:
    from retrieval.models.embed import Embedder

_BLANK = """\
name: new_app
title: ""
description: ""
version: "0.1"
owner: {owner}
saves_minutes: 10
steps:
  - id: text
    title: Write it
    use: write
    with:
      prompt: ""
outputs:
  - {{name: text, kind: markdown, title: Text, value: "{{{{ text.text }}}}"}}
"""
_FENCE = re.compile(r"```(?:ya?ml)?\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Start:
    """A first text, and what its author should know of it."""

    text: str
    told: str


def blank_app(owner: str) -> str:
    """An app that asks for nothing and is told nothing yet."""
    return _BLANK.format(owner=owner)


def copied_app(text: str, owner: str, taken: Sequence[str], title: str = "") -> str:
    """An app's text under another name. Its requests stay with the first: the router couldn't tell the two apart."""
    form = read_form(text)
    named = title or f"{form.title} (copy)"
    return with_form(
        text,
        replace(form, name=unused_name(named, taken, "app"), title=named[:60], version="0.1", owner=owner, examples=()),
    )


def described_app(
    description: str, owner: str, known: Mapping[str, str], model: Model | None, embedder: Embedder | None
) -> Start:
    """An app for what is described: drafted by a model, else the nearest of the `known` apps (name → text).

    Raises:
        AppError: nothing is described.
    """
    if len(description.split()) < 3:
        raise AppError("There is too little to go by; say in a sentence or two what the app should do.")
    why = "no language model is set up"
    if model is not None:
        try:
            return Start(
                _drafted(description, owner, known, model), "A language model has drafted it; read it and try it."
            )
        except (ModelError, AppError) as error:
            why = f"the language model's draft can't be used ({error})"
    name = nearest_app(description, known, embedder)
    title = read_form(known[name]).title
    # Whoever asked for something else should see at once that this is another app.
    return Start(
        copied_app(known[name], owner, list(known)),
        f"This is a copy of “{title}”, the nearest that there is, since {why}. Change what differs from what you need.",
    )


def nearest_app(description: str, known: Mapping[str, str], embedder: Embedder | None) -> str:
    """The name of the app that says most nearly what is described: by meaning, without an embedder by shared words."""
    told = {name: _told(text) for name, text in known.items()}
    if embedder is None:
        wanted = set(re.findall(r"\w{4,}", description.lower()))
        return max(told, key=lambda name: len(wanted & set(re.findall(r"\w{4,}", told[name].lower()))))
    vectors = embedder.encode_texts([description, *told.values()])
    scores = vectors[1:] @ vectors[0]
    return list(told)[int(scores.argmax())]


def _told(text: str) -> str:
    form = read_form(text)
    return f"{form.title}. {form.description} {' '.join(form.examples[:3])}"


def _drafted(description: str, owner: str, known: Mapping[str, str], model: Model) -> str:
    """What the model writes, if the app's loader takes it; what was wrong is told to it once.

    Raises:
        ModelError: there is no reply.
        AppError: the second reply is wrong, too.
    """
    example = known.get("weekly_status") or next(iter(known.values()))
    (_, system), (_, text) = load_prompt("app").render(description=description, owner=owner, example=example)
    reply, _ = model.write(system, text, "write")
    try:
        return _checked(reply, known)
    except AppError as error:
        again = (
            f"{text}\n\nThis was your reply:\n\n{reply}\n\nIt is refused: {error}\nWrite the whole file again, right."
        )
        return _checked(model.write(system, again, "write")[0], known)


def _checked(reply: str, known: Mapping[str, str]) -> str:
    fenced = _FENCE.search(reply)
    text = (fenced[1] if fenced else reply).strip() + "\n"
    app = parse_app(text, "The draft")
    if app.name not in known:
        return text
    return with_form(text, replace(read_form(text), name=unused_name(app.title, known, "app")))
