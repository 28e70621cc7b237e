"""Why an answer stands on these passages: in words for everybody, with each stage's numbers for administrators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import streamlit as st

from chat_ui.parts import components, session
from chat_ui.parts.filter_bar import readable
from core.types import Answer, Passage, User

# So far from 1 a factor counts in a passage's favour, or against it, in words.
_COUNTS = 0.02


def why_view(passages: Sequence[Passage], answer: Answer, user: User) -> None:
    """The passages that the answer was built from, or that came closest, and why."""
    if not passages:
        st.caption("No passage of a document stands behind this.")
        return
    rows = [
        [escape(p.chunk.title), escape(p.chunk.locator or " › ".join(p.chunk.heading_path)), escape(reasons(p))]
        for p in passages
    ]
    components.table(["Passage", "Place", "Why"], rows, label="Passages")
    if not session.is_admin(user):
        return
    with st.expander("Numbers"):
        components.table(["Passage", "Text", "Vector", "Words", "Boosts", "Score"], map(_numbers, passages), "Numbers")
        st.caption(f"Confidence {answer.confidence:.2f}" + (f" · trace {answer.trace_id}" if answer.trace_id else ""))


def reasons(passage: Passage) -> str:
    """Why the passage was found, such as "has your words; a policy; changed 54 days ago"."""
    return "; ".join(dict.fromkeys(_reasons(passage))) or "among the closest"


def _reasons(passage: Passage) -> Iterator[str]:
    if passage.why.text is not None:
        yield "has your words"
    elif passage.why.vector is not None:
        yield "says it in other words"
    for boost in passage.why.boosts:
        if abs(boost.factor - 1) < _COUNTS:
            continue
        what = boost.value if boost.attribute == "updated_at" else readable(boost.attribute, boost.value)
        if boost.attribute == "updated_at":
            yield f"changed {what.removesuffix(' old')} ago" if what.endswith(" old") else f"changed {what}"
        else:
            sign = "" if boost.factor > 1 else ", which counts less"
            yield f"{boost.attribute.replace('_', ' ')}: {what}{sign}"


def _numbers(passage: Passage) -> list[str]:
    boosts = ", ".join(f"{b.attribute}={b.value} ×{b.factor:g}" for b in passage.why.boosts)
    why = passage.why
    numbers = [_number(value) for value in (why.text, why.vector, why.words)]
    return [escape(passage.chunk.title), *numbers, escape(boosts), _number(passage.score)]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
