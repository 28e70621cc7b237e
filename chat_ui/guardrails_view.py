"""The guardrails that are in force, and a box that says what they would do to a question or to a text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from assistant.guardrails import Guardrails, load_guardrails
from assistant.personal_data import redacted
from chat_ui import components, session
from core.errors import DebriefError, IdentityError
from core.types import User
from retrieval.embed import open_embedder


def guardrails_tab(user: User) -> None:
    """The rules, and the try-out."""
    settings = session.settings()
    try:
        rules = load_guardrails(settings)
    except DebriefError as error:
        components.error_state(error)
        return
    if settings.guardrails_file is None:
        components.state(
            "There are no guardrails",
            f"Name a file under `guardrails_file` in {settings.file.name}; docs/answers.md shows what it may hold.",
        )
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.caption(f"{settings.path(settings.guardrails_file)}, as it was when the server started.")
        rows = [["phrase", _list(r.match), escape(r.message), _for(r.groups, r.except_groups)] for r in rules.phrases]
        rows += [
            [f"topic {escape(r.name)}", _list(r.examples), escape(r.message), _for(r.groups, r.except_groups)]
            for r in rules.topics
        ]
        rows += [
            ["restrict", _list(r.match), f"only <code>{escape(r.filter)}</code>", _for(r.groups, r.except_groups)]
            for r in rules.restrict
        ]
        if rows:
            components.table(["Rule", "Of", "Then", "For"], rows, label="Rules for questions")
        components.facts(
            "Rules for answers",
            "",
            [
                ("Links", "to documents, and to " + (_list(rules.links.allow) or "nothing else")),
                ("Redacted", escape(", ".join(rules.redact)) or "nothing"),
            ],
        )
    with right:
        _try_out(user)


def _try_out(user: User) -> None:
    st.header("What would happen?")
    question = st.text_input("A question", placeholder="Which company are we buying?", key="guardrails-question")
    people = sorted(session.directory().entries)
    email = st.selectbox("Asked by", people, index=None, placeholder=user.email, key="guardrails-person")
    if question:
        try:
            asking = session.directory().user(email) if email else user
            _judged(question, asking)
        except (DebriefError, IdentityError) as error:
            components.error_state(error)
    text = st.text_area(
        "A text of an answer", placeholder="Transfer it to DE89 3704 0044 0532 0130 00.", key="guardrails-text"
    )
    if text:
        shown = redacted(text, _guardrails().rules.redact)
        components.state("It is shown as it is" if shown == text else "It is shown so", "" if shown == text else shown)


def _judged(question: str, asking: User) -> None:
    guardrails = _guardrails()
    verdict = guardrails.judge(question, asking)
    if verdict.refusal:
        components.state(f"Refused by the rule {verdict.rule}", verdict.refusal, "warning")
    elif verdict.filter is not None:
        components.state("Answered from some documents only", f"The search is limited: {verdict.filter}.", "warning")
    else:
        components.state("It goes through", "No rule concerns it.")
    near = guardrails.similarities(question)
    rows = [
        [escape(topic.name), f"{value:.2f}", f"{topic.similarity:.2f}", "yes" if value >= topic.similarity else "no"]
        for topic, value in zip(guardrails.rules.topics, near, strict=True)
    ]
    if rows:
        components.table(["Topic", "Similarity", "From", "Meant"], rows, label="Similarity to topics")


@st.cache_resource(show_spinner=False)
def _guardrails() -> Guardrails:
    return Guardrails(load_guardrails(session.settings()), open_embedder(session.settings()))


def _list(texts: Sequence[str]) -> str:
    return "<br>".join(map(escape, texts))


def _for(groups: Sequence[str], except_groups: Sequence[str]) -> str:
    whom = ", ".join(groups) or "everyone"
    return escape(whom + (f", not {', '.join(except_groups)}" if except_groups else ""))
