"""The editors of an app's file and of its prompt: checked while one types, with completion from the app's data model.

It is a Streamlit component of ours without an iframe and without anything from elsewhere: a text area, line numbers,
a list of words. A text area alone would tell the page only when it is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, get_args

import streamlit as st
from pydantic import BaseModel
from streamlit.components.v2.types import ComponentRenderer

from apps.language import App, AppTest, Expectation, Input, Output, Step
from apps.language.spec import Limits, Routing
from apps.steps import KINDS
from chat_ui.parts.components import STATIC

_HTML = """
<div class="frame">
  <div class="gutter" aria-hidden="true"></div>
  <textarea spellcheck="false" autocapitalize="off" aria-autocomplete="list" aria-controls="words"></textarea>
  <ul class="words" id="words" role="listbox" aria-label="Words that fit here" hidden></ul>
</div>
"""
_LINE = re.compile(r"\bline (\d+)")
# Key at the left margin → what may stand below it.
_SECTIONS: Mapping[str, Sequence[type[BaseModel]]] = {
    "": (App,),
    "routing": (Routing,),
    "limits": (Limits,),
    "inputs": (Input,),
    "steps": (Step,),
    "outputs": (Output,),
    "tests": (AppTest, Expectation),
}


@st.cache_resource(show_spinner=False)
def _component() -> ComponentRenderer:
    # Registered once a server: a name that is registered again replaces the component under people's hands.
    return st.components.v2.component(
        "debrief_yaml_editor",
        html=_HTML,
        css=(STATIC / "editor.css").read_text(encoding="utf-8"),
        js=(STATIC / "editor.js").read_text(encoding="utf-8"),
    )


def yaml_editor(label: str, text: str, key: str, error: str, *, revision: int, changed: Callable[[str], None]) -> None:
    """Draws the editor; `changed` gets its text, at most half a second old.

    Args:
        key: One editor's own.
        error: The refusal of the text as it stands; the line that it names is marked.
        revision: Another one brings `text` into the editor in the place of what stands there.
    """
    line = _LINE.search(error)
    wrong = int(line.group(1)) if line else 0
    data = {"text": text, "label": label, "reset": revision, "wrong": wrong, "keys": keys(), "values": values()}
    _component()(key=key, data=data, on_text_change=lambda: _send(key, changed), height="content")


def prompt_editor(
    label: str,
    text: str,
    key: str,
    mentions: Sequence[tuple[str, str]],
    *,
    revision: int,
    changed: Callable[[str], None],
) -> None:
    """Draws an editor of plain words, which offers `mentions`, each (name, what it is), behind an @."""
    number, inserted = st.session_state.get(f"{key}-insert", (0, ""))
    data: dict[str, Any] = {"text": text, "label": label, "reset": revision, "wrong": 0, "mentions": mentions}
    data["insert"] = {"number": number, "text": inserted}
    _component()(key=key, data=data, on_text_change=lambda: _send(key, changed), height="content")


def insert(key: str, text: str) -> None:
    """Puts a text into an editor of plain words, where the cursor is, in the next run of the page."""
    number, _ = st.session_state.get(f"{key}-insert", (0, ""))
    st.session_state[f"{key}-insert"] = (number + 1, text)


def _send(key: str, changed: Callable[[str], None]) -> None:
    text = (st.session_state.get(key) or {}).get("text")
    if text is not None:
        changed(str(text))


@lru_cache(maxsize=1)
def keys() -> dict[str, list[tuple[str, str]]]:
    """Section → its keys, each with what it takes; below `steps` also the parameters of every kind of step."""
    found = {name: [entry for model in models for entry in _fields(model)] for name, models in _SECTIONS.items()}
    parameters: dict[str, list[str]] = {}
    for name, kind in KINDS.items():
        for parameter, field in kind.parameters.model_fields.items():
            parameters.setdefault(field.alias or parameter, []).append(name)
    found["steps"] += [(parameter, f"with {', '.join(kinds)}") for parameter, kinds in parameters.items()]
    return found


@lru_cache(maxsize=1)
def values() -> dict[str, list[str]]:
    """Key → the words that it takes, where these are fixed."""
    types, kinds = Input.model_fields["type"].annotation, Output.model_fields["kind"].annotation
    of_documents, on_error = Input.model_fields["kind"].annotation, Step.model_fields["on_error"].annotation
    return {
        "use": list(KINDS),
        "type": [str(v) for v in get_args(types)],
        # Of an output, and of a document.
        "kind": [str(v) for v in (*get_args(kinds), *get_args(of_documents)) if v],
        "on_error": [str(v) for v in get_args(on_error)],
        "required": ["true", "false"],
    }


def _fields(model: type[BaseModel]) -> list[tuple[str, str]]:
    return [
        (field.alias or name, "needed" if field.is_required() else "") for name, field in model.model_fields.items()
    ]
