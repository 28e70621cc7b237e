"""The field in which a reviewer, or a lead, says what an item is; of each kind of label."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import streamlit as st

from chat_ui.parts import components
from review.items import Item
from review.spec import Label, Value

# The keys 1 to 9 choose one of the values in this place; see static/copy.js.
BY_KEYS = "label-by-keys"
_MOST_KEYS = 9
_BESIDE = 4


def label_field(
    label: Label,
    item: Item,
    key: str,
    held: Value | None = None,
    *,
    title: str = "Your label",
    changed: Callable[[], None] | None = None,
) -> Any:
    """Draws the field; what is chosen. Of spans, those whose words are in the text.

    Args:
        held: What was chosen before.
        changed: Called at each change.
    """
    how: dict[str, Any] = {"key": f"value-{key}", "on_change": changed} if changed else {"key": f"value-{key}"}
    if label.kind == "text":
        return st.text_area(title, held if isinstance(held, str) else "", **how)
    if label.kind == "choices":
        return st.multiselect(title, label.values, held if isinstance(held, list) else [], **how)
    if label.kind == "spans":
        return _spans(label, item, key, held, changed)
    offered = list(label.offered())
    captions = [label.anchors.get(str(value), "") for value in offered] if label.anchors else None
    index = offered.index(held) if held in offered else None
    with st.container(key=BY_KEYS if changed else None):
        return st.radio(title, offered, index, captions=captions, horizontal=len(offered) < _BESIDE, **how)


def keys_told(label: Label) -> str:
    """Which keys choose and save."""
    many = len(label.offered()) if label.kind in ("choice", "scale", "ranking") else 0
    choose = f"{'1' if many == 1 else f'1 to {many}'} choose, " if 0 < many <= _MOST_KEYS else ""
    return f"Keys: {choose}Ctrl+Enter saves."


def typed(label: Label, key: str) -> list[list[str]]:
    """What is typed of each kind of spans, as a draft of them is kept: [kind, words] each."""
    return [[kind, words] for kind in label.values if (words := str(st.session_state.get(f"span-{key}-{kind}") or ""))]


def marked_html(text: str, spans: Any) -> str:
    """The text with the spans in it marked; what overlaps an earlier one is left out."""
    parts, at = [], 0
    for begin, end, kind in sorted(map(tuple, spans)):
        if begin >= at:
            parts += [escape(text[at:begin]), f'<mark title="{escape(str(kind))}">{escape(text[begin:end])}</mark>']
            at = end
    return "".join(parts) + escape(text[at:])


def spans_now(label: Label, item: Item, key: str, held: Value | None) -> list[list[Any]]:
    """The spans as they are typed now, or were when the window was closed."""
    words = dict(typed(label, key)) or _typed_before(label, item, held)
    return label.spans_in(item.text, words)[0]


def _spans(
    label: Label, item: Item, key: str, held: Value | None, changed: Callable[[], None] | None
) -> list[list[Any]]:
    """Spans are given by their words: what a keyboard and a screen reader can do."""
    before = _typed_before(label, item, held)
    words = {
        kind: st.text_input(
            f"Words that are {kind}, separated by |", before.get(kind, ""), key=f"span-{key}-{kind}", on_change=changed
        )
        for kind in label.values
    }
    spans, missing = label.spans_in(item.text, words)
    for part in missing:
        components.state(f"“{part}” isn't in the text", "Copy the words as they stand there.", "warning")
    return spans


def _typed_before(label: Label, item: Item, held: Value | None) -> dict[str, str]:
    """Kind → words, of a draft as it was typed, or of spans that were marked."""
    found: dict[str, list[str]] = {}
    for one in held if isinstance(held, list) and label.kind == "spans" else []:
        if len(one) == 2:
            found.setdefault(str(one[0]), []).append(str(one[1]))
        else:
            found.setdefault(str(one[2]), []).append(item.text[int(one[0]) : int(one[1])])
    return {kind: " | ".join(words) for kind, words in found.items()}
