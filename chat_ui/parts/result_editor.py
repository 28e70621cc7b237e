"""A result edited where it stands: each heading, paragraph, list item and table cell is a field of its own.

It is a Streamlit component of ours without an iframe and without anything from elsewhere, as the editor of apps is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from chat_ui.parts.components import STATIC

_HTML = '<div class="sheet" role="group"></div><div class="keys"></div>'
_FENCE = re.compile(r"^\s*```")
_LINE = re.compile(r"^(\s*(?:#{1,6}\s+|[-*+]\s+|\d+[.)]\s+|>\s+))(.*)$")
_ROW = re.compile(r"^\s*\|(.*)\|\s*$")
_RULE = re.compile(r"^\s*\|[\s:|-]+\|\s*$")
_CELL = re.compile(r"(?<!\\)\|")


@st.cache_resource(show_spinner=False)
def _component() -> ComponentRenderer:
    # Registered once a server: a name that is registered again replaces the component under people's hands.
    return st.components.v2.component(
        "debrief_result_editor",
        html=_HTML,
        css=(STATIC / "result_editor.css").read_text(encoding="utf-8"),
        js=(STATIC / "result_editor.js").read_text(encoding="utf-8"),
    )


def result_editor(text: str, key: str, save: Callable[[str], None], leave: Callable[[], None]) -> None:
    """Draws the text to be edited.

    Args:
        text: Markdown.
        key: One editor's own.
        save: Takes the text as it was changed, when the person saves it.
        leave: Called when they go back without.
    """

    def saved() -> None:
        given: Any = getattr(st.session_state[key], "saved", None)
        if given is not None:
            save(joined(given))

    data = {"lines": lines_of(text)}
    _component()(key=key, data=data, on_saved_change=saved, on_left_change=leave, height="content")


def lines_of(text: str) -> list[dict[str, Any]]:
    """The Markdown line by line, each as what stands before its words (`lead`) and the words, a table's by `cells`.

    A line that isn't words, such as a table's rule or what stands in code, is `fixed`.
    """
    lines: list[dict[str, Any]] = []
    code = False
    for line in text.splitlines():
        fence = bool(_FENCE.match(line))
        if code or fence or not line.strip() or _RULE.match(line):
            lines.append({"kind": "fixed", "lead": line, "cells": []})
        elif row := _ROW.match(line):
            cells = [cell.strip().replace("\\|", "|") for cell in _CELL.split(row.group(1))]
            lines.append({"kind": "row", "lead": "", "cells": cells})
        else:
            parts = _LINE.match(line)
            lead, words = parts.groups() if parts else ("", line)
            kind = {"#": "heading", ">": "text"}.get(lead.strip()[:1], "item") if lead else "text"
            lines.append({"kind": kind, "lead": lead, "cells": [words]})
        code ^= fence
    return lines


def joined(lines: Sequence[Mapping[str, Any]]) -> str:
    """The Markdown of such lines, as they came back from the browser."""
    return "\n".join(map(_written, lines)).strip() + "\n"


def _written(line: Mapping[str, Any]) -> str:
    # A line break inside a field would begin another line of Markdown.
    cells = [" ".join(str(cell).split()) for cell in line.get("cells", ())]
    if line.get("kind") == "row":
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    return str(line.get("lead", "")) + "".join(cells)
