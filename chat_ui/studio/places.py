"""The part of the form that says where an app looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from apps.authoring import AppForm, FormInput, Place
from apps.authoring.form import PLACES
from apps.authoring.write_form import unused_name
from chat_ui.parts import session
from chat_ui.studio.fields import adder, bring, changing, choice, line, mover, problems, show, toggle
from chat_ui.studio.work import Work

KINDS = ("", "contract", "report", "meeting", "letter", "advice")
# What an author adds → the place that it is.
_ADDED: Mapping[str, Place] = {
    "What is known of a customer": Place("account", "account_facts", "Read what is known", stops=True),
    "A customer's last two checks": Place(
        "checks", "find_documents", "Read the last two checks", kind="report", most=2, text=True
    ),
    "A customer's documents": Place("documents", "find_documents", "Find the documents"),
    "Passages on a subject": Place("found", "retrieve", "Find passages", most=8),
    "The answer to a question": Place("answer", "answer", "Answer the question"),
    "Notes or a transcript of a meeting": Place("meeting", "extract_meeting", "Read the meeting"),
}
_NUMBER = {"retrieve": "How many passages", "find_documents": "How many (0: all)"}
_MEETING = ("file", "long_text", "document")


def place_menu(work: Work) -> None:
    """The choice of another place to look."""
    adder(
        work,
        "Look in",
        {name: name for name in _ADDED},
        "studio-add-place",
        lambda f, name: _with_place(f, _ADDED[name]),
    )


def _with_place(form: AppForm, new: Place) -> AppForm:
    taken = [*(i.name for i in form.inputs), *(p.id for p in form.places), form.writer]
    customer = next((i.name for i in form.inputs if i.type == "account"), "")
    if new.use in ("account_facts", "find_documents") and not customer:
        # Nothing is known of nobody: the question comes with the place.
        customer = unused_name("customer", taken)
        form = replace(form, inputs=(FormInput(customer, "account", "Customer"), *form.inputs))
    source = next((i.name for i in form.inputs if i.type in _MEETING), "")
    if new.use == "extract_meeting" and not source:
        source = unused_name("notes", taken)
        form = replace(form, inputs=(*form.inputs, FormInput(source, "file", "Notes or transcript")))
    first = form.inputs[0].name if form.inputs else ""
    subject = {"account_facts": customer, "find_documents": customer, "extract_meeting": source}.get(new.use, first)
    place = replace(new, id=unused_name(new.id, taken), subject=f"@{subject}" if subject else "")
    draft = "list" if not form.places and form.draft == "none" else form.draft
    return replace(form, places=(*form.places, place), draft=draft)


def place_fields(work: Work, form: AppForm, place: Place, number: int) -> None:
    """The fields of one place to look."""
    key = f"studio-place-{place.id}"
    st.html(f'<div class="output-title">{PLACES[place.use][0]}</div>')
    _subject(work, form, place, number, key)
    problems(work, f"places.{place.id}")
    if place.use == "account_facts":
        toggle(
            work,
            "Stop, and say so, where nothing is known",
            place.stops,
            f"{key}-stops",
            changing("places", number, "stops"),
        )
    if place.use in ("retrieve", "find_documents", "answer"):
        _narrowed(work, place, number, key)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"@{place.id}")
        mover(work, f"“{place.title or PLACES[place.use][0]}”", "places", number, len(form.places), key=key)


def _subject(work: Work, form: AppForm, place: Place, number: int, key: str) -> None:
    change = changing("places", number, "subject")
    fitting = {"account_facts": ("account",), "find_documents": ("account",), "extract_meeting": _MEETING}.get(
        place.use
    )
    if fitting is None:
        said = "The question" if place.use == "answer" else "What to look for"
        line(work, said, place.subject, f"{key}-subject", change, help="@ and a name put in what the person has given.")
        return
    labels = {f"@{i.name}": i.label or i.name for i in form.inputs if i.type in fitting}
    said = "Which notes" if place.use == "extract_meeting" else "Of which customer"
    choice(
        work,
        said,
        place.subject or None,
        list(labels),
        key=f"{key}-subject",
        change=change,
        format_func=lambda s: labels.get(s, s),
        placeholder="Choose",
    )


def _narrowed(work: Work, place: Place, number: int, key: str) -> None:
    """What narrows a search; most apps need none of it."""
    narrowed = bool(place.filter or place.sources or place.kind)
    with st.expander("Only some documents" + (" (set)" if narrowed else "")):
        if place.use == "find_documents":
            choice(
                work,
                "Which kind",
                place.kind,
                KINDS,
                key=f"{key}-kind",
                change=changing("places", number, "kind"),
                format_func=lambda k: k or "any",
            )
        line(
            work, "Filter", place.filter, f"{key}-filter", changing("places", number, "filter"),
            placeholder="document_type=report", help="As in search: attribute=value, several with spaces between.",
        )  # fmt: skip
        if place.use == "retrieve":
            names = sorted({source.name for source in session.settings().sources} | set(place.sources))
            show(f"{key}-sources", list(place.sources))
            st.multiselect(
                "Sources", names, key=f"{key}-sources", placeholder="All",
                on_change=lambda: work.edit(
                    lambda f: changing("places", number, "sources")(f, tuple(st.session_state[f"{key}-sources"]))
                ),
            )  # fmt: skip
        if place.use in _NUMBER:
            show(f"{key}-most", place.most, bring(work, changing("places", number, "most")))
            st.number_input(
                _NUMBER[place.use], 0, 50, key=f"{key}-most",
                on_change=lambda: work.edit(
                    lambda f: changing("places", number, "most")(f, int(st.session_state[f"{key}-most"]))
                ),
            )  # fmt: skip
        if place.use == "find_documents":
            toggle(work, "Read them as a whole", place.text, f"{key}-text", changing("places", number, "text"))
