"""How one turn looks when it is done: the answer with its sources and actions, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any
from urllib.parse import quote

import streamlit as st

from assistant.answers.asked.small_talk import ROUTE as TALK
from assistant.answers.asked.tables import charted_again
from assistant.answers.quoting.people import who_could_know
from assistant.app_runs.answered import DOWNLOADED
from assistant.data import shown_again, stored_query
from assistant.edited_results import ANEW
from assistant.write_back import ACTION
from chat_ui.chat import opened
from chat_ui.chat.app_turn import ask_next, choices, examples, offers, route_menu
from chat_ui.chat.case_button import case_button
from chat_ui.chat.feedback import feedback
from chat_ui.chat.languages import language_menu
from chat_ui.chat.share import branch_here, share_button
from chat_ui.chat.turns import Turn
from chat_ui.chat.why import why_view
from chat_ui.chat.work import STOPPED
from chat_ui.parts import attachments, components, export, session
from chat_ui.parts.answer_html import answer_html, quote_html, sources_html, with_markers
from chat_ui.parts.app_outputs import edited_texts
from chat_ui.parts.customers import customers_for
from chat_ui.parts.data_view import downloads
from chat_ui.parts.edits import Edits
from chat_ui.parts.passages import Excerpt, excerpts
from chat_ui.parts.played import played
from chat_ui.parts.verify import verify
from chat_ui.parts.waiting import run_or_form
from chat_ui.write_back.offers import answer_form, run_offers
from core.errors import SourceError
from core.types import Answer, Passage, User
from warehouse.ask import DataAnswer

_TITLES = {
    "no_evidence": "The documents don't answer this",
    "refused": "This can't be answered here",
    "needs_input": "One thing is missing",
}
_NEAREST = 3

_UNFINISHED = (
    "The server that worked on it was started anew, or another one is still at it. Load the page again in a moment, or "
    "ask again."
)


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
        title = "Stopped" if turn.problem in ("", STOPPED) else "There is no answer"
        running = turn.pending and not turn.problem and not turn.sentences
        components.state(
            "This question has no answer yet" if running else title,
            turn.problem or (_UNFINISHED if running else STOPPED),
        )
        st.button("Ask again", key=f"{turn.key}-again", on_click=ask_next, args=(turn.question, turn.route))
    elif turn.answer.route == ACTION and turn.answer.query:
        st.markdown(turn.answer.text)
        answer_form(turn.answer.query, user, turn.key)
    elif turn.answer.route == TALK:
        st.markdown(turn.answer.text.partition("\n")[0])
        examples(turn, turn.answer)
    else:
        _with_actions(turn, turn.answer, user)


def _with_actions(turn: Turn, answer: Answer, user: User) -> None:
    """An app's result, an answer or an abstention, with the same row of actions below it."""
    edits = Edits(opened.current(), turn.ordinal, turn.edits, turn.key, user, _quotes(turn, answer))
    name = _about(turn, answer, user)
    text = answer.text
    if turn.run is not None:
        # Above the result, whose end may be pages away; what the run has to say itself stands below it.
        told = [note for note in answer.notes if note not in turn.run.notes and not note.endswith(DOWNLOADED)]
        _notes(told)
        turn.run = run_or_form(answer.run, turn.run, user, turn.key, edits=edits, name=name)
        run_offers(turn.run, answer.run, user, turn.key, edited_texts(turn.run, edits))
    elif answer.found:
        if answer.query:
            _charted(answer, user, turn.key)
        original = with_markers(answer)
        text = edits.shown("", original)
        if edits.editing("", text):
            return
        _answered(turn, replace(answer, text=text) if text != original else answer)
    else:
        _not_answered(answer, user)
        if answer.choices:
            choices(turn, answer, user)
    _actions(turn, replace(answer, text=text), user, edits, name)
    offers(turn, answer, user)


def _actions(turn: Turn, answer: Answer, user: User, edits: Edits, name: str) -> None:
    key = turn.key
    taken = [(turn.question, answer)]
    with st.container(horizontal=True, gap="small", key=f"{key}-actions", vertical_alignment="center"):
        if turn.run is None:
            file = export.file_name("docx", name, turn.question, components.today())
            components.copy_button(export.markdown(taken).partition("\n\n")[2])
            components.download(
                "Word", lambda: export.word(taken, charts=_chart(key)), file, export.WORD_TYPE, key=f"{key}-docx"
            )
        if turn.run is None and answer.found:
            edits.buttons("", answer.text)
        language_menu(turn, answer, user)
        route_menu(turn, answer, user)
        why = st.popover("Why these", type="tertiary", key=f"{key}-behind", on_change="rerun")
        if opened.current():
            share_button(opened.current(), user, f"{key}-share")
        _more(turn, taken, user, name)
        case_button(answer, user, key)
        if answer.trace_id:
            feedback(answer.trace_id, user, key, lambda: _verified(turn.question, answer, user))
    if why.open:
        with why:
            why_view(answer.passages or answer.nearest, answer, user)


def _more(turn: Turn, taken: list[tuple[str, Answer]], user: User, name: str) -> None:
    """What is done with an answer now and then."""
    with st.popover("More", type="tertiary", key=f"{turn.key}-more"):
        file = export.file_name("md", name, turn.question, components.today())
        components.download("Markdown", export.markdown(taken), file, "text/markdown", key=f"{turn.key}-md")
        st.button(
            "Go on from here in a copy",
            key=f"{turn.key}-branch",
            type="tertiary",
            on_click=branch_here,
            args=(turn, user),
            help="A new conversation with everything up to this answer; this one stays as it is",
        )


def _quotes(turn: Turn, answer: Answer) -> list[str]:
    """The words that the result rests on."""
    if turn.run is not None:
        return [place.quote for place in turn.run.evidence if place.quote]
    return [citation.quote for citation in answer.citations]


def _about(turn: Turn, answer: Answer, user: User) -> str:
    """The customer that a result is about, to name files after; empty where that isn't one."""
    customers = set(customers_for(user)) if turn.run else set()
    given = [v for v in turn.run.inputs.values() if isinstance(v, str) and v in customers] if turn.run else []
    cited = {c.document_id for c in answer.citations}
    found = {str(p.chunk.metadata.get("customer") or "") for p in answer.passages if p.chunk.document_id in cited}
    return given[0] if given else next(iter(found), "") if len(found) == 1 else ""


def _charted(answer: Answer, user: User, key: str) -> None:
    """The chart of an answer from tables, made anew from what the person may see now, or has attached."""
    try:
        found = charted_again(answer, attachments.attached(), user) or _company_rows(answer, user, f"{key}-charted")
    except SourceError as error:
        st.caption(str(error))
        return
    st.session_state[f"{key}-charted"] = found
    if isinstance(found, str):
        st.caption(found)
    elif found is not None and found.spec is not None:
        st.vega_lite_chart(dict(found.spec), width="stretch", key=f"{key}-chart")
    if isinstance(found, DataAnswer):
        downloads(found, f"{key}-data")


def _company_rows(answer: Answer, user: User, kept: str) -> DataAnswer | str | None:
    """The rows of an answer from the company's tables: asked once a visit, since each query is audited."""
    warehouse = session.warehouse()
    if warehouse is None or kept in st.session_state:
        return st.session_state.get(kept) if warehouse is not None else None
    return shown_again(answer, warehouse, user) or "The chart isn't shown: you may no longer see these tables."


def _chart(key: str) -> dict[int, Mapping[str, Any]]:
    """The chart that the turn shows, for a file of it alone."""
    found = st.session_state.get(f"{key}-charted")
    return {0: found.spec} if isinstance(found, DataAnswer) and found.spec is not None and found.may_take else {}


def _verified(question: str, answer: Answer, user: User) -> str:
    """What a thumb up makes of an answer from tables: a verified question, or a proposal of one."""
    warehouse, query = session.warehouse(), stored_query(answer.query)
    if warehouse is None or query is None:
        return ""
    return verify(answer.understood or question, query, user, warehouse)


def partial_html(turn: Turn) -> str:
    """The sentences that have come so far."""
    text = "".join(sentence.before + sentence.text for sentence in turn.sentences)
    citations = [citation for sentence in turn.sentences for citation in sentence.citations]
    return answer_html(text, citations, {}, f"{turn.key}-partial")


def _answered(turn: Turn, answer: Answer) -> None:
    answer = played(answer)
    dates = {p.chunk.document_id: changed(p) for p in answer.passages}
    sources = sources_html(answer.citations, dates) if answer.citations else ""
    st.html(answer_html(answer.text, answer.citations, excerpts(answer), turn.key) + sources)
    _notes(answer.notes)


def _notes(notes: Sequence[str]) -> None:
    if notes:
        st.html("".join(f'<div class="note">{escape(note)}</div>' for note in notes))


def _not_answered(answer: Answer, user: User) -> None:
    title = "Your changes are kept" if answer.text == ANEW else _TITLES[answer.outcome]
    components.state(title, answer.text, "warning" if answer.outcome == "refused" else "empty")
    html = "".join(f'<div class="note">{escape(note)}</div>' for note in answer.notes)
    if answer.nearest:
        best = {passage.chunk.document_id: passage for passage in reversed(answer.nearest)}
        rows = "".join(_nearest_row(passage, user) for passage in list(reversed(best.values()))[:_NEAREST])
        html += f'<ul class="nearest" aria-label="Closest passages">{rows}</ul>'
    if html:
        st.html(html)


def _nearest_row(passage: Passage, user: User) -> str:
    """A document that comes close, whom it belongs to, and a way to ask them; never the asker themselves."""
    chunk = passage.chunk
    place = " · ".join(filter(None, (chunk.locator, changed(passage))))
    view = quote_html(Excerpt("", chunk.text, heading_path=chunk.heading_path, kind=chunk.kind))
    ask = "".join(_ask_html(person.name, chunk.title, user) for person in who_could_know([passage], 1))
    return (
        f'<li><details><summary>{escape(chunk.title)} <span class="place">{escape(place)}</span></summary>'
        f'<div class="passage">{view}</div></details>{ask}</li>'
    )


def _ask_html(person: str, title: str, user: User) -> str:
    """Whoever keeps or wrote a document, with a mail to them where their address is known."""
    name, _, mail = person.rstrip(">").partition("<")
    name, mail = (name.strip() or mail, mail) if mail else (person, person if "@" in person else "")
    if user.email.casefold() == mail.casefold() or (user.name and user.name.casefold() == name.casefold()):
        return ""
    if not mail:
        return f' <span class="place">{escape(name)} may know</span>'
    subject = quote(f"A question about {title}")
    return f' <a href="mailto:{escape(quote(mail, safe="@"))}?subject={subject}">Ask {escape(name)}</a>'


def changed(passage: Passage) -> str:
    """The day on which the document was last changed, as its metadata says; empty when it doesn't."""
    return str(passage.chunk.metadata.get("updated_at", ""))[:10]
