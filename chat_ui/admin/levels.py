"""Weights as levels beside each value: much less … much more. What is chosen is written into the YAML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import streamlit as st
import yaml

from chat_ui.parts import components, session
from chat_ui.parts.filter_bar import readable
from core.errors import DebriefError
from core.settings_text import with_value
from core.types import User
from core.yaml_text import load_yaml
from ingestion.documents import attribute_values, weighable_attributes
from retrieval.query.weights import multiplier

WORDS: Mapping[str, str] = {
    "-very_high": "much less",
    "-high": "less",
    "-medium": "somewhat less",
    "-low": "a little less",
    "none": "as it is",
    "low": "a little more",
    "medium": "somewhat more",
    "high": "more",
    "very_high": "much more",
}
_MOST_VALUES = 40
_KINDS = {
    "freshness": "newer documents",
    "number": "larger numbers",
    "same_as": "the same as the {of}'s",
}


@dataclass(frozen=True, slots=True)
class Weighed:
    """A value that the file weighs.

    Attributes:
        keys: Where its weight stands in the file.
        weight: As it is written: a level or a number.
    """

    attribute: str
    value: str
    keys: tuple[str, ...]
    weight: object


def weighed(text: str) -> list[Weighed]:
    """What the file weighs, as far as a level can say it; lists of rules are left to the YAML."""
    found = load_yaml(text)
    return [one for name, entry in (found or {}).items() for one in _weighed(str(name), entry)]


def _weighed(name: str, entry: object) -> Iterator[Weighed]:
    if not isinstance(entry, dict):
        return
    kind = entry.get("kind", "")
    if kind in _KINDS:
        value = _KINDS[kind].format(of=entry.get("of", "conversation"))
        if kind == "number" and entry.get("better") == "smaller":
            value = "smaller numbers"
        yield Weighed(name, value, (name, "weight"), entry.get("weight", "medium"))
        return
    within = (name, "values") if kind else (name,)
    values = entry.get("values", {}) if kind else entry
    yield from (Weighed(name, str(value), (*within, str(value)), weight) for value, weight in values.items())


def level_of(weight: object) -> str:
    """The level's name for a weight as it is written; empty for a number between levels."""
    factor = multiplier(weight)
    return next((level for level in WORDS if abs(multiplier(level) - factor) < 1e-6), "")


def levels_form(user: User, text: str, put: Callable[[str], None]) -> None:
    """A row a value with its level, and values that can be weighed besides."""
    try:
        rows = weighed(text)
        levels = [level_of(row.weight) for row in rows]
    except (yaml.YAMLError, ValueError, AttributeError):
        components.state("The YAML isn't right yet", "Mend it there; then the levels are shown here.", "warning")
        return
    if not rows:
        st.caption("Nothing is weighed besides the built-in rules. Choose a value below.")
    for row, level in zip(rows, levels, strict=True):
        _row(row, level, text, put)
    _more(user, {(row.attribute, row.value) for row in rows}, text, put)


def _row(row: Weighed, level: str, text: str, put: Callable[[str], None]) -> None:
    key = f"level-{'-'.join(row.keys)}"
    # The text is what counts: it may have been changed in its own tab.
    st.session_state[key] = level
    st.selectbox(
        f"{readable('', row.attribute)}: {row.value}",
        [*WORDS, *([""] if not level else [])],
        format_func=lambda one: WORDS.get(one, f"×{row.weight} (in the YAML)"),
        key=key,
        on_change=_chosen,
        args=(row.keys, key, text, put),
    )


def _chosen(keys: tuple[str, ...], key: str, text: str, put: Callable[[str], None]) -> None:
    _write(keys, st.session_state[key], text, put)


def _write(keys: tuple[str, ...], level: str, text: str, put: Callable[[str], None]) -> None:
    try:
        put(with_value(text, keys, level))
    except DebriefError as error:
        st.session_state["levels-problem"] = str(error)


def _more(user: User, there: set[tuple[str, str]], text: str, put: Callable[[str], None]) -> None:
    """A value of the documents that isn't weighed yet."""
    if problem := st.session_state.pop("levels-problem", ""):
        components.state("This level stands in the YAML alone", problem, "warning")
    engine = session.database()
    left, right = st.columns(2)
    with left:
        name = st.selectbox(
            "Weigh another value of",
            weighable_attributes(engine),
            index=None,
            key="level-attribute",
            placeholder="Choose",
        )
    if name is None:
        return
    values = [v for v in attribute_values(engine, user, [name])[name] if (name, v) not in there][:_MOST_VALUES]
    with right:
        value = st.selectbox("Value", values, index=None, key=f"level-value-{name}", placeholder="Choose")
    keys = _keys(text, name, value) if value else ()
    st.button("Weigh it", disabled=not keys, on_click=_write, args=(keys, "low", text, put), key="level-add")


def _keys(text: str, name: str, value: str) -> tuple[str, ...]:
    entry = (load_yaml(text) or {}).get(name)
    return (name, "values", value) if isinstance(entry, dict) and "kind" in entry else (name, value)
