"""The conversation: ask, watch the answer being built, open what it quotes."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import streamlit as st

from assistant.ask import Sentence, Stage
from chat_ui import components, session
from chat_ui.answer_html import answer_html, sources_html
from chat_ui.passages import excerpts
from chat_ui.turns import Turn
from core.errors import DebriefError
from core.types import Answer, Passage, User

_STAGE_NAMES: Mapping[str, str] = {"search": "Searching the documents", "read": "Reading", "write": "Writing"}


def page(user: User) -> None:
    """The page of one person's conversation."""
    turns: list[Turn] = st.session_state.setdefault("turns", [])
    question = st.chat_input(
        "Ask about your documents",
        key="question",
        max_chars=session.settings().answer.max_question_chars,
        submit_mode="stop",
    )
    if not turns and not question:
        _welcome(user)
    for number, turn in enumerate(turns):
        _show(turn, number)
    if question:
        turn = Turn(question)
        turns.append(turn)
        _ask(turn, user, len(turns) - 1)


def _welcome(user: User) -> None:
    first = user.name.split()[0] if user.name else ""
    model = session.settings().llm.model
    how = (
        "Every sentence is checked against the passages it cites."
        if model
        else "No language model is configured: answers quote the documents word for word."
    )
    st.html(
        f'<div class="welcome"><h1>What do you need to know{", " + escape(first) if first else ""}?</h1>'
        f"<p>Answers come from the documents that you may read, with the passage behind each statement. {how}</p></div>"
    )


def _show(turn: Turn, number: int) -> None:
    with st.chat_message("user"):
        st.html(f'<div class="question">{escape(turn.question)}</div>')
    with st.chat_message("assistant"):
        _result(turn, number)


def _ask(turn: Turn, user: User, number: int) -> None:
    """Runs the question and shows it as it comes. What has come stays on the turn if the person stops it."""
    with st.chat_message("user"):
        st.html(f'<div class="question">{escape(turn.question)}</div>')
    with st.chat_message("assistant"):
        stage, answer = st.empty(), st.empty()
        stage.html(_stage_html(Stage("search")))
        try:
            for event in session.assistant().ask(turn.question, user):
                if isinstance(event, Stage):
                    turn.stages.append(event)
                    stage.html(_stage_html(event))
                elif isinstance(event, Sentence):
                    turn.sentences.append(event)
                    answer.html(_partial_html(turn, number))
                else:
                    turn.answer = event
        except DebriefError as error:
            turn.error = error
        except Exception as error:
            turn.error = error
        stage.empty()
        answer.empty()
        with answer.container():
            _result(turn, number)


def _result(turn: Turn, number: int) -> None:
    if turn.error is not None:
        components.error_state(turn.error)
    elif turn.answer is None:
        if turn.sentences:
            st.html(_partial_html(turn, number))
        components.state("Stopped", "The answer was stopped before it was complete; ask again to have it whole.")
    elif turn.answer.outcome == "answered":
        _answered(turn.answer, number)
    else:
        _not_answered(turn.answer)


def _answered(answer: Answer, number: int) -> None:
    st.html(answer_html(answer.text, answer.citations, excerpts(answer), f"turn-{number}"))
    dates = {p.chunk.document_id: _changed(p) for p in answer.passages}
    if answer.citations:
        st.html(sources_html(answer.citations, dates))
    _notes(answer)


def _not_answered(answer: Answer) -> None:
    titles = {
        "no_evidence": "The documents don't answer this",
        "refused": "This can't be answered here",
        "needs_input": "One thing is missing",
    }
    components.state(titles[answer.outcome], answer.text, "warning" if answer.outcome == "refused" else "empty")
    if answer.nearest:
        rows = "".join(
            f"<li><span>{escape(title)}</span><span class='place'>{escape(place)}</span></li>"
            for title, place in dict.fromkeys((p.chunk.title, _changed(p)) for p in answer.nearest)
        )
        st.html(f'<div class="note">Closest documents</div><ul class="nearest">{rows}</ul>')
    _notes(answer)


def _notes(answer: Answer) -> None:
    for note in answer.notes:
        st.html(f'<div class="note">{escape(note)}</div>')


def _stage_html(stage: Stage) -> str:
    name = _STAGE_NAMES.get(stage.name, stage.name.replace("_", " ").capitalize())
    detail = f": {stage.detail}" if stage.detail and stage.name != "search" else ""
    return f'<div class="stage" role="status"><span class="dot"></span>{escape(name + detail)} …</div>'


def _partial_html(turn: Turn, number: int) -> str:
    text = " ".join(s.text.strip() for s in turn.sentences)
    citations = [c for s in turn.sentences for c in s.citations]
    return answer_html(text, citations, {}, f"partial-{number}")


def _changed(passage: Passage) -> str:
    """The day on which the document was last changed, as its metadata says; empty when it doesn't."""
    return str(passage.chunk.metadata.get("updated_at", ""))[:10]
