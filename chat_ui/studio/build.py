"""An app built by filling in a form: what it needs, where it looks, what it writes, what comes out, and for whom.

Each field changes the file at once; the fields take their values from it, so that the form and the YAML are one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from apps.authoring import AppForm, FormInput, read_form
from apps.authoring.differences import TYPES
from apps.authoring.write_form import unused_name
from chat_ui.parts import components
from chat_ui.studio.fields import (
    Change,
    adder,
    bring,
    changed,
    changing,
    choice,
    heading,
    line,
    lines,
    mover,
    problems,
    show,
    toggle,
)
from chat_ui.studio.places import place_fields, place_menu
from chat_ui.studio.results import result_fields, result_menu
from chat_ui.studio.work import Work
from chat_ui.studio.writing import audience, writing
from core.errors import AppError

_DOCUMENT_KINDS = ("", "contract", "report", "meeting", "letter", "advice")


def build(work: Work) -> None:
    """Draws the form of the open app."""
    try:
        form = read_form(work.text.yaml)
    except AppError as error:
        components.state("The form can't be shown", f"{error} Mend it behind “YAML”.", "warning")
        return
    # Parts of a fixed number and order: a part that grows moves no field of the others (`problems` says why).
    for part in (_about, _inputs, _places, _writing, _results, _audience):
        with st.container():
            part(work, form)
    if form.unshown:
        components.state("Not shown here, and kept as it is", "Behind “YAML” stand also:", items=form.unshown)


def _inputs(work: Work, form: AppForm) -> None:
    heading("What do you need from the person?")
    for number, item in enumerate(form.inputs):
        with st.container(border=True, key=f"input-{item.name}"):
            _input(work, form, item, number)
    adder(work, "Ask for", {kind: name.capitalize() for kind, name in TYPES.items()}, "studio-add-input", _with_input)


def _places(work: Work, form: AppForm) -> None:
    heading("Where does it look?")
    for number, place in enumerate(form.places):
        with st.container(border=True, key=f"place-{place.id}"):
            place_fields(work, form, place, number)
    place_menu(work)


def _writing(work: Work, form: AppForm) -> None:
    heading("What does it write?")
    writing(work, form)


def _results(work: Work, form: AppForm) -> None:
    heading("What comes out?")
    for number, result in enumerate(form.results):
        with st.container(border=True, key=f"result-{result.name}"):
            result_fields(work, form, result, number)
    problems(work, "results")
    result_menu(work, form)


def _audience(work: Work, form: AppForm) -> None:
    heading("Whom is it for?")
    audience(work, form)


def _about(work: Work, form: AppForm) -> None:
    problems(work, "")

    def title(f: AppForm, value: str) -> AppForm:
        # The name of an app that people use stays, whatever its title becomes.
        name = unused_name(value, (), "app") if work.is_new and value.strip() else f.name
        return replace(f, title=value.strip(), name=name)

    line(work, "Title", form.title, "studio-title", title, max_chars=60, placeholder="Weekly status")
    problems(work, "title")
    line(
        work, "What it does, in a sentence", form.description, "studio-description",
        lambda f, v: replace(f, description=v.strip()), max_chars=600,
        placeholder="Where a customer stands this week, in a few lines.",
    )  # fmt: skip
    problems(work, "description")


def _with_input(form: AppForm, kind: str) -> AppForm:
    taken = [
        *(i.name for i in form.inputs),
        *(p.id for p in form.places),
        form.writer,
        "today",
        "user",
        "company",
        "item",
    ]
    names = {"account": ("customer", "Customer"), "language": ("language", "Language"), "date": ("day", "Day")}
    name, label = names.get(kind, ("", ""))
    of = next((i.name for i in form.inputs if i.type == "account"), "") if kind in ("document", "documents") else ""
    item = FormInput(unused_name(name or "question", taken), kind, label, required=kind != "language", customer=of)
    return replace(form, inputs=(*form.inputs, item))


def _input(work: Work, form: AppForm, item: FormInput, number: int) -> None:
    key = f"studio-input-{item.name}"

    def of(name: str) -> Change:
        return changing("inputs", number, name)

    def label(f: AppForm, value: str) -> AppForm:
        return of("label")(f, value.strip())

    left, right = st.columns([3, 2])
    with left:
        line(work, "What you ask for", item.label, f"{key}-label", label, placeholder="Customer")
        problems(work, f"inputs.{item.name}")
    with right:
        choice(
            work,
            "It is",
            item.type,
            list(TYPES),
            key=f"{key}-type",
            change=of("type"),
            format_func=lambda t: TYPES.get(t, t),
        )
    if item.type in ("choice", "multi_choice"):

        def chosen(f: AppForm, value: str) -> AppForm:
            return of("choices")(f, lines(value))

        show(f"{key}-choices", "\n".join(item.choices), bring(work, chosen))
        st.text_area(
            "What can be chosen, one a line", key=f"{key}-choices", height=90, on_change=changed,
            args=(work, f"{key}-choices", chosen),
        )  # fmt: skip
    if item.type in ("document", "documents"):
        _document(work, form, item, key, of)
    with st.container(horizontal=True, vertical_alignment="center"):
        toggle(work, "Must be given", item.required, f"{key}-required", of("required"))
        st.caption(f"@{item.name}")
        mover(work, f"“{item.label or item.name}”", "inputs", number, len(form.inputs), key=key)


def _document(work: Work, form: AppForm, item: FormInput, key: str, of: Callable[[str], Change]) -> None:
    accounts = ["", *(i.name for i in form.inputs if i.type == "account")]
    labels = {i.name: i.label or i.name for i in form.inputs}
    one, two, three = st.columns(3)
    with one:
        choice(
            work,
            "Which kind",
            item.kind,
            _DOCUMENT_KINDS,
            key=f"{key}-kind",
            change=of("kind"),
            format_func=lambda k: k or "any",
        )
    with two:
        choice(
            work,
            "Whose",
            item.customer,
            accounts,
            key=f"{key}-customer",
            change=of("customer"),
            format_func=lambda n: labels.get(n, n) or "anybody's",
        )
    with three:
        options = list(range(6))
        choice(
            work,
            "Chosen already",
            item.latest,
            options,
            key=f"{key}-latest",
            change=of("latest"),
            format_func=lambda n: f"the newest {n}" if n else "none",
        )
