"""The guardrails: edited as YAML, tried on a question, a text and what people asked, and every version kept."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from pathlib import Path

import streamlit as st

from assistant.checks.guardrails import Guardrails, GuardrailsFile, parse_guardrails
from assistant.checks.personal_data import redacted
from assistant.records.usage import questions_since
from chat_ui.admin.file_editor import EditorForm, FileEditor
from chat_ui.admin.guardrails_form import guardrails_form
from chat_ui.admin.guardrails_preview import Effect, effect
from chat_ui.admin.make_file import make_file
from chat_ui.parts import charts, components, session
from core.database import begin_of, utc_now
from core.errors import DebriefError
from core.kept_file import KeptFile, versions_table
from core.types import User
from retrieval.models import open_embedder

VERSIONS = versions_table("guardrails_versions")
_HINT = "Keys: phrases, topics, restrict, links, redact; docs/answers.md explains them."
_DAYS = 30
# Each question is embedded when there are topics, some milliseconds apiece.
_MOST = 300
_SHOWN = 15


def guardrails_tab(user: User) -> None:
    """The editor on the left, what the text would do on the right."""
    settings = session.settings()
    if settings.guardrails_file is None:
        components.state(
            "There are no guardrails",
            "They refuse questions by words or topic, limit what is searched, and hide personal data.",
        )
        make_file("guardrails_file", "guardrails.yaml", "# Blocked phrases and topics; docs/answers.md\n", user)
        return
    path = settings.path(settings.guardrails_file)
    form = EditorForm("Rules", guardrails_form)
    editor = FileEditor("guardrails", KeptFile(path, VERSIONS, checked), _summary, _HINT, form)
    left, right = st.columns(2, gap="large")
    with left:
        texts = editor.draw(user)
    if texts is None:
        return
    with right:
        try:
            before, after = (_guardrails(text) for text in texts)
            _try_out(after, user)
            _past(before, after)
        except DebriefError as error:
            components.error_state(error)
    editor.versions()


def checked(text: str) -> GuardrailsFile:
    """The rules that the text says. Raises SettingsError or FilterError when it is wrong."""
    return parse_guardrails(text, Path("guardrails"))


def _summary(text: str) -> str:
    rules = checked(text)
    phrases = sum(len(rule.match) for rule in rules.phrases)
    numbers = ((phrases, "blocked phrase"), (len(rules.topics), "topic"), (len(rules.restrict), "restriction"))
    said = [f"{number} {name}{'s' * (number > 1)}" for number, name in numbers if number]
    said += [f"links to {', '.join(rules.links.allow)}"] if rules.links.allow else []
    said += [f"hides {', '.join(rules.redact)}"] if rules.redact else []
    return f"It has {'; '.join(said)}." if said else "It has no rules: every question goes through."


def _try_out(guardrails: Guardrails, user: User) -> None:
    st.header("What it would do")
    question = st.text_input("A question", placeholder="Which company are we buying?", key="guardrails-question")
    people = sorted(session.directory().entries)
    email = st.selectbox("Asked by", people, index=None, placeholder=user.email, key="guardrails-person")
    if question:
        _judged(guardrails, question, session.directory().user(email) if email else user)
    text = st.text_area(
        "A text of an answer", placeholder="Transfer it to DE89 3704 0044 0532 0130 00.", key="guardrails-answer"
    )
    if text:
        shown = redacted(text, guardrails.rules.redact)
        components.state("It is shown as it is" if shown == text else "It is shown so", "" if shown == text else shown)


def _judged(guardrails: Guardrails, question: str, asking: User) -> None:
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


def _past(before: Guardrails, after: Guardrails) -> None:
    """The same for what people asked of late: a rule that is too wide shows here first."""
    since = begin_of((utc_now() - timedelta(days=_DAYS)).date())
    asked = questions_since(session.database(), since, _MOST)
    if not asked:
        st.caption(f"Nobody has asked anything in {_DAYS} days; people's questions would be tried here.")
        return
    if not st.session_state.get("guardrails-tried"):
        if not st.button(f"Try it on the last {len(asked)} questions", key="guardrails-try"):
            return
        st.session_state["guardrails-tried"] = True
    with st.spinner("Judging the questions …"):
        _effect(effect(asked, session.directory(), before, after))


def _effect(found: Effect) -> None:
    number = len(found.changes)
    components.state(
        f"{number or 'None'} of {found.questions} questions would be treated otherwise",
        f"Refused: {found.refused[0]} now, {found.refused[1]} with this text. "
        f"Limited to some documents: {found.limited[0]} now, {found.limited[1]} with this text.",
    )
    if not number:
        return
    rows = [
        [
            f'{escape(c.question)}<br><span class="place">{escape(c.user)}</span>',
            f"{escape(c.before)}<br>→ <b>{escape(c.after)}</b>",
        ]
        for c in found.changes[:_SHOWN]
    ]
    components.table(["Question", "As saved → with this text"], rows, label="Questions treated otherwise")
    header = ("question", "asked by", "as saved", "with this text")
    charts.csv_download("guardrails.csv", header, [(c.question, c.user, c.before, c.after) for c in found.changes])


@st.cache_resource(show_spinner=False, max_entries=4)
def _guardrails(text: str) -> Guardrails:
    return Guardrails(checked(text), open_embedder(session.settings()))
