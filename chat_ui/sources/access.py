"""Who may read what, why, what to do about it, and what somebody gets when they ask. For administrators."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import streamlit as st

from assistant.question import SEARCH, Question
from assistant.records.trace import CONVERSATION
from chat_ui.parts import charts, components, session
from chat_ui.parts.answer_html import answer_html
from chat_ui.parts.principals import group_html, principals_html
from core import audit
from core.errors import DebriefError, IdentityError
from core.types import Answer, User
from ingestion.documents import find_documents, readable_counts, readers, what_to_do, why_readable
from ingestion.state import DocumentRecord

_OUTCOMES = {
    "answered": "It was answered",
    "partly": "They get what the documents say about it",
    "no_evidence": "They are told that the documents don't say",
    "refused": "It was refused",
    "needs_input": "They are asked back",
}


def access_tab(user: User) -> None:
    """A document's readers on the left, a person's documents on the right."""
    left, right = st.columns(2, gap="large")
    with left:
        record = _document()
    with right:
        person = _person()
        if person is None:
            return
        if record is not None:
            names = session.directory().names
            may = why_readable(person, record, names)
            todo = what_to_do(person, record, names)
            components.state(record.title or record.id, f"{may} {todo}".strip(), "empty" if not todo else "warning")
        _readable(person)
    _ask_as(person, user)


def _document() -> DocumentRecord | None:
    st.header("Who can read this document?")
    text = st.text_input("Document", placeholder="Words of its title or id", key="access-text")
    found = find_documents(session.database(), None, text=text, limit=50) if text else []
    if text and not found:
        components.state("No document fits", "Check the words.")
    if not found:
        return None
    record = st.selectbox("Which one", found, format_func=lambda r: r.title or r.id, key="access-document")
    components.facts("On its list", "", [("May read", principals_html(record.allow) or "nobody"),
                                         ("May not", principals_html(record.deny) or "no exception")])  # fmt: skip
    rows = [[escape(person.name), escape(person.email)] for person in readers(record, session.directory())]
    components.table(["Person", "Address"], rows, label="Readers")
    return record


def _person() -> User | None:
    st.header("What can this person read?")
    directory = session.directory()
    email = st.selectbox("Person", sorted(directory.entries), index=None, placeholder="Choose", key="access-person")
    email = email or st.text_input("Or an address that isn't in the users file", key="access-address")
    if not email:
        return None
    try:
        person = directory.user(email)
    except IdentityError:
        person = User(email.lower(), directory.groups_of(email))
    components.facts("Groups", "", [("In", ", ".join(map(group_html, person.groups)) or "none")])
    return person


def _readable(person: User) -> None:
    """The documents that the person may read, to be searched."""
    counts = readable_counts(session.database(), person)
    components.table(
        ["Source", "May read", "Indexed"],
        [[escape(s), f"{mine:,}", f"{total:,}"] for s, (mine, total) in sorted(counts.items())],
        label="Readable documents",
    )
    words = st.text_input("Find among them", placeholder="Words of a title, address or id", key="readable-text")
    found = find_documents(session.database(), person, text=words or "", outcomes=["indexed"])
    if not found:
        components.state("None of the documents that this person may read fits")
        return
    names = session.directory().names
    told = [(r.id, r.title or r.id, r.source, why_readable(person, r, names)) for r in found]
    rows = [{"Title": title, "Source": source, "Through": why} for _, title, source, why in told]
    st.dataframe(rows, hide_index=True, height=min(38 + 35 * len(rows), 320), key="readable-table")
    charts.csv_download("readable.csv", ("id", "title", "source", "through"), told)


def _ask_as(person: User, user: User) -> None:
    """What the person would get; it stands in the audit trail, and in none of the person's own records."""
    st.header(f"Ask as {components.plain(person.name or person.email)}")
    st.caption("The audit trail keeps that you did. Words of documents that you may not read yourself aren't shown.")
    with st.form("ask-as", border=False):
        text = st.text_input("Question", key="ask-as-text", placeholder="How long is the notice period?")
        asked = st.form_submit_button("Ask as this person", icon=":material/switch_account:")
    if not asked or not text.strip():
        return
    audit.record(session.database(), user, "asked as", person.email, text.strip()[:500])
    try:
        # A conversation of an evaluation's kind: nothing of it counts as the person's own.
        alone = replace(session.assistant(), conversations=None, limits=None)
        answer = alone.answer(Question(text.strip(), person, CONVERSATION, route=SEARCH))
    except DebriefError as error:
        components.error_state(error)
        return
    _shown(answer, person, user)


def _shown(answer: Answer, person: User, user: User) -> None:
    told = f"As {person.name or person.email} would see it, without apps."
    st.html(f'<div class="banner" role="note">{escape(told)}</div>')
    components.state(_OUTCOMES.get(answer.outcome, answer.outcome), "" if answer.found else answer.text)
    used = {c.document_id for c in answer.citations}
    if answer.found and used and used <= session.readable(used, user):
        st.html(answer_html(answer.text, answer.citations, {}, "ask-as"))
    elif answer.found:
        components.state("Its words aren't shown", "It rests on documents that you may not read yourself.", "warning")
    cited = dict.fromkeys((c.title or c.document_id) for c in answer.citations)
    if cited:
        components.table(["It rests on"], [[escape(title)] for title in cited], label="Cited documents")
