"""How one turn looks when it is done: the answer with its sources and actions, or why there is none."""

from __future__ import annotations

from html import escape

import streamlit as st

from assistant.answers.small_talk import ROUTE as TALK
from assistant.data import shown_again
from chat_ui.chat.app_turn import choices, examples, offers, route_menu
from chat_ui.chat.case_button import case_button
from chat_ui.chat.feedback import feedback
from chat_ui.chat.turns import Turn
from chat_ui.parts import components, export, session
from chat_ui.parts.answer_html import answer_html, quote_html, sources_html
from chat_ui.parts.data_view import downloads
from chat_ui.parts.passages import Excerpt, excerpts
from chat_ui.parts.waiting import run_or_form
from core.errors import SourceError
from core.types import Answer, Passage, User

_TITLES = {
    "no_evidence": "The documents don't answer this",
    "refused": "This can't be answered here",
    "needs_input": "One thing is missing",
}

STOPPED = "The answer was stopped before it was complete; ask again to have it whole."


def question_view(text: str) -> None:
    """What the person asked."""
    with st.chat_message("user"):
        st.html(f'<div class="question">{escape(text)}</div>')


def result_view(turn: Turn, user: User) -> None:
    """What became of it."""
    if turn.answer is not None and turn.answer.understood:
        st.html(f'<div class="note">Understood as: {escape(turn.answer.understood)}</div>')
    if turn.error is not None:
        components.error_state(turn.error)
    elif turn.answer is None:
        if turn.sentences:
            st.html(partial_html(turn))
        components.state("Stopped", STOPPED)
    elif turn.run is not None:
        turn.run = run_or_form(turn.answer.run, turn.run, user, turn.key)
        route_menu(turn, turn.answer, user)
    elif turn.answer.route == TALK:
        st.markdown(turn.answer.text.partition("\n")[0])
        examples(turn, turn.answer)
    elif turn.answer.found:
        if turn.answer.query:
            _charted(turn.answer, user, turn.key)
        _answered(turn, turn.answer, user)
    else:
        _not_answered(turn.answer)
        if turn.answer.choices:
            choices(turn, turn.answer, user)
        route_menu(turn, turn.answer, user)
        offers(turn, turn.answer, user)
        if turn.answer.trace_id:
            feedback(turn.answer.trace_id, user, turn.key)
        case_button(turn.answer, user, turn.key)


def _charted(answer: Answer, user: User, key: str) -> None:
    """The chart of an answer from tables, made anew from what the person may see now."""
    warehouse = session.warehouse()
    if warehouse is None:
        return
    try:
        found = shown_again(answer, warehouse, user)
    except SourceError as error:
        st.caption(str(error))
        return
    if found is None:
        st.caption("The chart isn't shown: you may no longer see these tables.")
    elif found.spec is not None:
        st.vega_lite_chart(dict(found.spec), width="stretch", key=f"{key}-chart")
    if found is not None:
        downloads(found, f"{key}-data")


def partial_html(turn: Turn) -> str:
    """The sentences that have come so far."""
    text = "".join(sentence.before + sentence.text for sentence in turn.sentences)
    citations = [citation for sentence in turn.sentences for citation in sentence.citations]
    return answer_html(text, citations, {}, f"{turn.key}-partial")


def _answered(turn: Turn, answer: Answer, user: User) -> None:
    key = turn.key
    dates = {p.chunk.document_id: changed(p) for p in answer.passages}
    sources = sources_html(answer.citations, dates) if answer.citations else ""
    notes = "".join(f'<div class="note">{escape(note)}</div>' for note in answer.notes)
    st.html(answer_html(answer.text, answer.citations, excerpts(answer), key) + sources + notes)
    taken = [(turn.question, answer)]
    with st.container(horizontal=True, gap="small", key=f"{key}-actions", vertical_alignment="center"):
        components.copy_button(export.markdown(taken).partition("\n\n")[2])
        components.download("Markdown", export.markdown(taken), "answer.md", "text/markdown", key=f"{key}-md")
        components.download("Word", lambda: export.word(taken), "answer.docx", export.WORD_TYPE, key=f"{key}-docx")
        route_menu(turn, answer, user)
        why = st.popover("Why these sources", type="tertiary", key=f"{key}-sources", on_change="rerun")
        if answer.trace_id:
            feedback(answer.trace_id, user, key)
        case_button(answer, user, key)
    if why.open:
        with why:
            _why(answer)
    offers(turn, answer, user)


def _why(answer: Answer) -> None:
    """The passages that the answer was built from, with what each stage of the search gave them."""
    components.table(
        ["Passage", "Place", "Text", "Vector", "Words", "Boosts", "Score"],
        [
            [
                escape(p.chunk.title),
                escape(p.chunk.locator or " › ".join(p.chunk.heading_path)),
                _number(p.why.text),
                _number(p.why.vector),
                _number(p.why.words),
                escape(", ".join(f"{b.attribute}={b.value} ×{b.factor:g}" for b in p.why.boosts)),
                _number(p.score),
            ]
            for p in answer.passages
        ],
        label="Passages",
    )
    st.caption(f"Confidence {answer.confidence:.2f}" + (f" · trace {answer.trace_id}" if answer.trace_id else ""))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _not_answered(answer: Answer) -> None:
    components.state(_TITLES[answer.outcome], answer.text, "warning" if answer.outcome == "refused" else "empty")
    html = "".join(f'<div class="note">{escape(note)}</div>' for note in answer.notes)
    if answer.nearest:
        best = {passage.chunk.document_id: passage for passage in reversed(answer.nearest)}
        rows = "".join(map(_nearest_row, reversed(best.values())))
        html += f'<ul class="nearest" aria-label="Closest passages">{rows}</ul>'
    if html:
        st.html(html)


def _nearest_row(passage: Passage) -> str:
    chunk = passage.chunk
    place = " · ".join(filter(None, (chunk.locator, changed(passage))))
    view = quote_html(Excerpt("", chunk.text, heading_path=chunk.heading_path, kind=chunk.kind))
    return (
        f'<li><details><summary>{escape(chunk.title)} <span class="place">{escape(place)}</span></summary>'
        f'<div class="passage">{view}</div></details></li>'
    )


def changed(passage: Passage) -> str:
    """The day on which the document was last changed, as its metadata says; empty when it doesn't."""
    return str(passage.chunk.metadata.get("updated_at", ""))[:10]
