"""What a chosen customer's documents say, as a tree: a click puts a fact into the prompt."""

from __future__ import annotations

from html import escape

import streamlit as st

from apps.accounts import collected
from apps.authoring import AppForm, read_form
from apps.authoring.facts import Fact, fact_tree
from apps.language.mentions import MENTION
from apps.run import Context
from chat_ui.parts import components, session
from chat_ui.parts.customers import customers_for, word_note
from chat_ui.parts.filter_bar import ask_for_customer
from chat_ui.studio.work import Work
from chat_ui.studio.writing import PROMPT
from chat_ui.studio.yaml_editor import insert
from core.errors import AppError, DebriefError
from core.types import User


def facts(work: Work, user: User) -> None:
    """Draws the choice of a customer, and the tree."""
    try:
        form = read_form(work.text.yaml)
    except AppError:
        components.state("The facts come when the file can be read")
        return
    place = next((p for p in form.places if p.use == "account_facts"), None)
    if place is None:
        components.state(
            "No facts yet", "Add the place “What is known of a customer” to the form; its facts come here."
        )
        return
    customers = customers_for(user)
    customer = st.selectbox(
        "Whose facts",
        customers,
        None,
        key="studio-facts-of",
        accept_new_options=True,
        placeholder=ask_for_customer(customers),
    )
    if note := word_note(user):
        st.caption(note)
    if not customer:
        components.state(
            "Choose a customer", "You see what is known, with its values; a click puts a fact into the prompt."
        )
        return
    try:
        tree = _tree(customer, place.id, user, for_customer=form.for_customer)
    except DebriefError as error:
        components.error_state(error)
        return
    for fact in tree:
        if fact.is_empty:
            break
        _fact(form, fact)
    missing = [fact.label for fact in tree if fact.is_empty]
    if missing:
        st.caption(f"Nothing is known of: {', '.join(missing)}.")


def _tree(customer: str, step: str, user: User, *, for_customer: bool) -> list[Fact]:
    kept: dict[tuple[str, str, bool], list[Fact]] = st.session_state.setdefault("studio-facts", {})
    key = (customer, step, for_customer)
    if key not in kept:
        kept.clear()
        context = Context(user, session.tools(), company=session.settings().company)
        kept[key] = fact_tree(step, collected(customer, context, for_customer=for_customer).result())
    return kept[key]


def _fact(form: AppForm, fact: Fact) -> None:
    count = len(fact.rows) + fact.more
    if not fact.rows and not fact.parts:
        _button(form, fact, f"{fact.label}: {fact.value}")
        return
    with st.expander(f"{fact.label} ({count or len(fact.parts)})"):
        _button(form, fact, f"all of {fact.label}")
        for part in fact.parts:
            if part.rows:
                _button(form, part, f"{part.label}: {'; '.join(part.rows[:3])}")
            elif part.value:
                _button(form, part, f"{part.label}: {part.value}")
        if fact.rows:
            rows = "".join(f"<li>{escape(row[:300])}</li>" for row in fact.rows)
            more = f"<li>… and {fact.more} more</li>" if fact.more else ""
            st.html(f'<ul class="fact-rows">{rows}{more}</ul>')


def _button(form: AppForm, fact: Fact, said: str) -> None:
    fits = MENTION.fullmatch(f"@{fact.path}") is not None and bool(form.writer) and _prompt_is_open()
    st.button(
        components.plain(said[:120]), icon=":material/alternate_email:", key=f"fact-{fact.path}", type="tertiary",
        help=f"Puts @{fact.path} into the prompt", disabled=not fits, on_click=insert, args=(PROMPT, f"@{fact.path}"),
    )  # fmt: skip


def _prompt_is_open() -> bool:
    """Whether the prompt's editor is on the page, which then takes what is chosen."""
    return st.session_state.get("studio-view") != "YAML"
