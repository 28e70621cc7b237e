"""The conversation: ask, watch the answer being built, open what it quotes."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import StopException

from apps.kept.runs import stored_result
from apps.runner import RunResult
from assistant.events import Event, Sentence, Stage
from assistant.question import RECORDS, RESEARCH, SEARCH, Question
from chat_ui.chat import history, opened
from chat_ui.chat.answer_view import partial_html, question_view, result_view
from chat_ui.chat.app_turn import NextQuestion, ask_next
from chat_ui.chat.copies import ask_for_conversation, waiting_requests
from chat_ui.chat.share import shared_page
from chat_ui.chat.start import start_view
from chat_ui.chat.suggestions import suggestions
from chat_ui.chat.turns import Turn
from chat_ui.chat.work import STOPPED, Work
from chat_ui.parts import attachments, components, session
from chat_ui.parts.filter_bar import filter_bar
from chat_ui.parts.waiting import waiting_for
from core.errors import DebriefError
from core.types import User
from retrieval.query import Filter

# So many turns are drawn at first, and with each "Earlier".
_LATEST = 20
_STAGE_NAMES: Mapping[str, str] = {
    "route": "Using",
    "step": "Step",
    "rewrite": "Understood as",
    "search": "Searching the documents",
    "read": "Reading",
    "weigh": "Weighing",
    "plan": "Planning",
    "write": "Writing",
    "again": "Writing",
}
# Brings the last question to the top of the window, once; what is read from there on stays where it is.
_TO_TOP = "<script>window.debriefToTop?.()</script>"
# So a message begins that asks for a report instead of an answer.
_RESEARCH = "/research"


def page(user: User) -> None:
    """The page of one person's conversation, or of one that is shared with them."""
    opened.follow_address(user)
    turns = opened.current_turns(user)
    history.sidebar(user)
    opened.write_address()
    if opened.shared():
        shared_page(user)
        return
    conversation = st.container()
    # Our own place for it: Streamlit's at the bottom of the page makes the page stick to its end.
    with st.container(key="ask-bar"):
        bar = st.container()
        sent = st.chat_input(
            "Ask about your documents, or attach a file",
            key="question",
            accept_file="multiple",
            file_type=attachments.TYPES,
            submit_mode="stop",
        )
    if sent:
        attachments.attach(sent.files)
    problems = attachments.problems()
    asked: NextQuestion = st.session_state.pop("next-question", None) or _typed(sent.text if sent else "")
    with bar:
        filters = filter_bar(user)
    with conversation:
        _conversation(turns, asked, user, filters)
        for problem in problems:
            components.error_state(problem)
        if sent and sent.files and not asked.text and not problems:
            components.state("The file is in the conversation", "Ask what you want to know of it.")


def _conversation(turns: list[Turn], asked: NextQuestion, user: User, filters: Filter | None) -> None:
    """The turns, then what is being answered, then what is asked now."""
    asking = _turn_of(asked, turns)
    under_way = opened.works().of(opened.current()) if opened.current() else None
    if under_way is None and asking is None and any(turn.pending and turn.answer is None for turn in turns):
        # It may have been answered between the look at what is stored and the look at what is worked on.
        turns = opened.current_turns(user)
    if opened.gone():
        components.state(opened.gone(), "What you ask now begins a new one.", "warning")
        if opened.wanted():
            ask_for_conversation(opened.wanted(), user)
    elif not turns:
        _welcome(user)
        waiting_requests(user)
        waiting_for(user)
        start_view(user)
    waiting = next((turn for turn in turns if under_way is not None and turn.pending == under_way.identifier), None)
    for turn in _shown([t for t in turns if t is not asking and t is not waiting]):
        with _place(turn, turn is turns[-1]):
            question_view(turn.question)
            with st.chat_message("assistant"):
                result_view(turn, user)
                if turn is turns[-1]:
                    _next_questions(turn)
    for asked_turn, work in ((waiting, under_way), (asking, None)):
        if asked_turn is not None:
            with _place(asked_turn, True):
                _ask(asked_turn, user, filters, work)
                _suggest(turns, user)
    if asking is not None and len(turns) == 1:
        # The list in the sidebar was drawn before this conversation had a turn.
        opened.write_address()
        st.rerun()


def _place(turn: Turn, last: bool) -> DeltaGenerator:
    """Where a turn stands: the last one has a window's height, so that its question can stay at the top."""
    return st.container(key=f"{turn.key}-{'last' if last else 'turn'}")


def _typed(text: str) -> NextQuestion:
    """What was typed; "/research …" is the way that it goes, and no part of the question."""
    first, _, rest = text.strip().partition(" ")
    return NextQuestion(rest.strip(), RESEARCH) if first == _RESEARCH and rest.strip() else NextQuestion(text)


def _turn_of(asked: NextQuestion, turns: list[Turn]) -> Turn | None:
    """The turn that is to be answered now, the last of `turns`; None when nothing is asked."""
    if not asked.text:
        return None
    turns[:] = [turn for turn in turns if turn.key != asked.turn]
    turns.append(Turn(asked.text, route=asked.route, inputs=asked.inputs, language=asked.language))
    return turns[-1]


def _shown(turns: list[Turn]) -> list[Turn]:
    """The latest turns, below a button for those before them: a long conversation stays as fast as a short one."""
    if not turns:
        return turns
    more = f"earlier-{turns[0].key}"
    many = _LATEST * (1 + st.session_state.get(more, 0))
    if len(turns) > many:
        st.button(f"Earlier: {len(turns) - many} more", on_click=_show_earlier, args=(more,), icon=":material/history:")
    return turns[-many:]


def _show_earlier(key: str) -> None:
    st.session_state[key] = st.session_state.get(key, 0) + 1


def _welcome(user: User) -> None:
    first = user.name.split()[0] if user.name else ""
    how = (
        "Every sentence is checked against the passages it cites."
        if session.settings().llm.model
        else "No language model is configured: answers quote the documents word for word."
    )
    st.html(
        f'<div class="welcome"><h1>What do you need to know{", " + escape(first) if first else ""}?</h1>'
        f"<p>Answers come from the documents that you may read, with the passage behind each statement. {how}</p></div>"
    )


def _ask(turn: Turn, user: User, filters: Filter | None, work: Work | None) -> None:
    """Has the server answer the question, or follows the work that has begun, and shows what comes.

    A page that goes away leaves the work to the server; the stop button ends it, and what has come stays.
    """
    question_view(turn.question)
    st.html(_TO_TOP, unsafe_allow_javascript=True)
    with st.chat_message("assistant"):
        stage, answer = st.empty(), st.empty()
        stage.html(_stage_html(Stage("search")))
        try:
            work = work or _begun(turn, user, filters)
            turn.pending = work.identifier
            try:
                for event in work.follow(session.look):
                    _take(turn, event, stage, answer)
            except StopException:
                if session.stays():
                    work.stop()
                raise
            turn.error = work.error
            turn.run = _run_of(turn, user)
            opened.note_edits(turn, user)
        except Exception as error:
            turn.error = error
        stage.empty()
        with answer.container():
            result_view(turn, user)


def _begun(turn: Turn, user: User, filters: Filter | None) -> Work:
    """The work on the question, which is stored by then."""
    assistant = session.assistant()
    question = Question(
        turn.question.strip(),
        user,
        conversation_id=opened.started(user),
        filters=filters,
        route=turn.route,
        attachments=attachments.attached(),
        inputs=turn.inputs,
        language=turn.language,
    )
    opened.write_address()
    return opened.works().begin(assistant, question, session.kept_words(question.text))


def _take(turn: Turn, event: Event, stage: DeltaGenerator, answer: DeltaGenerator) -> None:
    """Puts one event on the turn and on the page."""
    if isinstance(event, Stage):
        turn.stages.append(event)
        stage.html(_stage_html(event))
        if event.name == "again":
            turn.sentences.clear()
            answer.empty()
    elif isinstance(event, Sentence):
        turn.sentences.append(event)
        answer.html(partial_html(turn))
    else:
        turn.answer = event


def _run_of(turn: Turn, user: User) -> RunResult | None:
    """The app's run that answered, as it is kept: with its tables, charts and files."""
    run = turn.answer.run if turn.answer is not None else ""
    return stored_result(session.database(), run, user) if run else None


def _suggest(turns: list[Turn], user: User) -> None:
    """Finds what could be asked next, once the answer stands there to be read."""
    turn = turns[-1]
    if turn.answer is None or turn.answer.route not in (SEARCH, RESEARCH, RECORDS):
        return
    # Suggestions are an extra: without an index to look in there are none.
    with contextlib.suppress(DebriefError):
        asked = [earlier.question for earlier in turns]
        turn.suggestions = suggestions(turn.question, turn.answer, session.retriever(), user, asked)
    if len(turns) > 1:
        _next_questions(turn)


def _next_questions(turn: Turn) -> None:
    if turn.answer is not None and turn.answer.unfinished:
        st.button("Continue", key=f"{turn.key}-continue", on_click=ask_next, args=("Continue",), icon=":material/more:")
    if turn.suggestions:
        with st.container(horizontal=True, gap="small", key=f"{turn.key}-next"):
            for number, question in enumerate(turn.suggestions):
                st.button(
                    components.plain(question), key=f"{turn.key}-next-{number}", on_click=ask_next, args=(question,)
                )


def _stage_html(stage: Stage) -> str:
    name = _STAGE_NAMES.get(stage.name, stage.name.replace("_", " ").capitalize())
    detail = f": {stage.detail}" if stage.detail and stage.name != "search" else ""
    if stage.name == "look":  # says itself what is done
        name, detail = stage.detail, ""
    # A run that is stopped can't draw any more: the style sheet changes the one line for the other.
    return (
        f'<div class="stage" role="status"><span class="dot"></span>{escape(name + detail)} …</div>'
        f'<div class="stage-stopped" role="status">{STOPPED}</div>'
    )
