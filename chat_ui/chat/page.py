"""The conversation: ask, watch the answer being built, open what it quotes."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from html import escape

import streamlit as st

from apps.kept.runs import stored_result
from apps.runner import RunResult
from assistant.events import Sentence, Stage
from assistant.question import RECORDS, RESEARCH, SEARCH, Question
from chat_ui.chat import history
from chat_ui.chat.answer_view import STOPPED, partial_html, question_view, result_view
from chat_ui.chat.app_turn import NextQuestion, ask_next
from chat_ui.chat.suggestions import suggestions
from chat_ui.chat.turns import Turn
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
# So a message begins that asks for a report instead of an answer.
_RESEARCH = "/research"


def page(user: User) -> None:
    """The page of one person's conversation."""
    history.sidebar(user)
    gone = history.gone()
    turns = history.current_turns()
    conversation = st.container()
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
    asking = _turn_of(asked, turns)
    with bar:
        filters = filter_bar(user)
    with conversation:
        if not turns and asking is None:
            _welcome(user)
            waiting_for(user)
        if gone:
            components.state(
                "This conversation was deleted in another window", "What you ask now begins a new one.", "warning"
            )
        for turn in _shown([t for t in turns if t is not asking]):
            question_view(turn.question)
            with st.chat_message("assistant"):
                result_view(turn, user)
                if turn is turns[-1] and asking is None:
                    _next_questions(turn)
        if asking is not None:
            _ask(asking, user, filters)
            _suggest(turns, user)
            if len(turns) == 1:
                # The list in the sidebar was drawn before this conversation had a turn.
                st.rerun()
        for problem in problems:
            components.error_state(problem)
        if sent and sent.files and asking is None and not problems:
            components.state("The file is in the conversation", "Ask what you want to know of it.")


def _typed(text: str) -> NextQuestion:
    """What was typed; "/research …" is the way that it goes, and no part of the question."""
    first, _, rest = text.strip().partition(" ")
    return NextQuestion(rest.strip(), RESEARCH) if first == _RESEARCH and rest.strip() else NextQuestion(text)


def _turn_of(asked: NextQuestion, turns: list[Turn]) -> Turn | None:
    """The turn that is to be answered now, the last of `turns`; None when nothing is asked."""
    if not asked.text:
        return None
    turns[:] = [turn for turn in turns if turn.key != asked.turn]
    turns.append(Turn(asked.text, route=asked.route, inputs=asked.inputs))
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


def _ask(turn: Turn, user: User, filters: Filter | None) -> None:
    """Runs the question and shows it as it comes. What has come stays on the turn if the person stops it."""
    question_view(turn.question)
    with st.chat_message("assistant"):
        stage, answer = st.empty(), st.empty()
        stage.html(_stage_html(Stage("search")))
        try:
            question = Question(
                turn.question,
                user,
                conversation_id=history.current_conversation(user),
                filters=filters,
                route=turn.route,
                attachments=attachments.attached(),
                inputs=turn.inputs,
            )
            for event in session.assistant().ask(question):
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
            turn.run = _run_of(turn, user)
        except Exception as error:
            turn.error = error
        stage.empty()
        with answer.container():
            result_view(turn, user)


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
