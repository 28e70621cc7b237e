"""The fields of the form: each shows what the file says, and brings what is put in into the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

import streamlit as st

from apps.authoring import AppForm
from chat_ui.studio.work import Work

Change = Callable[[AppForm, Any], AppForm]


def heading(text: str) -> None:
    """A question that the form asks its author."""
    st.html(f'<h2 class="form-part">{escape(text)}</h2>')


def problems(work: Work, place: str) -> None:
    """What is wrong with a field, below it.

    The place is there also when nothing is wrong: what comes and goes moves the fields below it to another place of
    the page, and the browser then draws them anew, without what is being typed in them.
    """
    place_for_it = st.empty()
    if found := work.problems(place):
        told = (f'<div class="field-problem" role="alert">{escape(message)}</div>' for message in found)
        place_for_it.html("".join(told))


def changed(work: Work, key: str, change: Change) -> None:
    """Brings a field's new value into the file."""
    bring(work, change)(st.session_state[key])


def bring(work: Work, change: Change) -> Callable[[Any], None]:
    """What brings a field's value into the file."""

    def brought(value: Any) -> None:
        work.late = True
        work.edit(lambda form: change(form, value))

    return brought


def show(key: str, value: Any, bring: Callable[[Any], None] | None = None) -> None:
    """Lets a field show what the file says. Set anew, even the same value would replace what is being typed.

    Args:
        bring: Brings a value of the field into the file. Where several changes come while the page is being drawn,
            Streamlit calls back for some of them only: what a field has and the file hasn't is brought here then.
    """
    known, told = f"{key}-shown", f"{key}-brought"
    now = st.session_state.get(key)
    if key not in st.session_state:
        st.session_state[key] = value
    elif _plain(now) != _plain(value):
        newer = known in st.session_state and _plain(st.session_state[known]) == _plain(value)
        if bring is not None and newer and st.session_state.get(told) != now:
            # Once: what the file doesn't take as it is would be brought for ever.
            st.session_state[told] = now
            bring(now)
        else:
            st.session_state[key] = value
    st.session_state[known] = value


def _plain(value: Any) -> Any:
    """A text without the spaces at the ends of its lines, which the file doesn't keep and somebody may be typing at."""
    return lines(value) if isinstance(value, str) else value


def line(work: Work, label: str, value: str, key: str, change: Change, **how: Any) -> None:
    """A field of one line."""
    show(key, value, bring(work, change))
    st.text_input(label, key=key, on_change=changed, args=(work, key, change), **how)


def choice(work: Work, label: str, value: Any, options: Sequence[Any], *, key: str, change: Change, **how: Any) -> None:
    """A field with one of several values; a value of the file that isn't among them stays."""
    show(key, value, bring(work, change))
    known = list(options) if value in options or value is None else [*options, value]
    st.selectbox(label, known, key=key, on_change=changed, args=(work, key, change), **how)


def toggle(work: Work, label: str, value: bool, key: str, change: Change, **how: Any) -> None:
    """A field that is on or off."""
    show(key, value, bring(work, change))
    st.checkbox(label, key=key, on_change=changed, args=(work, key, change), **how)


def adder(work: Work, label: str, options: Mapping[str, str], key: str, add: Change) -> None:
    """The choice of another part to add; it is empty again when it has been added."""

    def added() -> None:
        chosen = st.session_state[key]
        st.session_state[key] = None
        if chosen is not None:
            work.edit(lambda form: add(form, chosen))

    st.selectbox(
        label, list(options), None, format_func=lambda o: options.get(o, o), key=key, on_change=added,
        label_visibility="collapsed", placeholder=f"{label} …",
    )  # fmt: skip


def mover(work: Work, what: str, part: str, number: int, count: int, *, key: str) -> None:
    """The buttons that move a part up and down or take it away.

    Args:
        part: The field of the form that lists it.
    """
    with st.container(horizontal=True, gap="small", horizontal_alignment="right", key=f"{key}-move"):
        for icon, said, to in (("arrow_upward", "up", number - 1), ("arrow_downward", "down", number + 1)):
            st.button(
                "", icon=f":material/{icon}:", help=f"Move {what} {said}", key=f"{key}-{said}", type="tertiary",
                disabled=not 0 <= to < count, on_click=work.edit, args=(lambda f, to=to: _moved(f, part, number, to),),
            )  # fmt: skip
        st.button(
            "", icon=":material/delete:", help=f"Take {what} away", key=f"{key}-away", type="tertiary",
            on_click=work.edit, args=(lambda f: _moved(f, part, number, None),),
        )  # fmt: skip


def _moved(form: AppForm, part: str, number: int, to: int | None) -> AppForm:
    listed = list(getattr(form, part))
    one = listed.pop(number)
    if to is not None:
        listed.insert(to, one)
    return _with(form, part, listed)


def _with(form: AppForm, part: str, listed: list[Any]) -> AppForm:
    values: dict[str, Any] = {part: tuple(listed)}
    return replace(form, **values)


def changing(part: str, number: int, name: str) -> Change:
    """The change of one field of one entry of a list of the form."""

    def change(form: AppForm, value: Any) -> AppForm:
        listed = list(getattr(form, part))
        listed[number] = replace(listed[number], **{name: value})
        return _with(form, part, listed)

    return change


def lines(text: str) -> tuple[str, ...]:
    """The lines that say something."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())
