"""A question → an answer, with progress on the way. `Assistant.ask` is the one entrance for page, command and apps.

    for event in assistant.ask("What does the premium plan cost?", user):
        ...                       # Stage …, Sentence …, and last the Answer

The order of things: check the question → guardrails → stand-alone question → route → (an app | retrieve → quote or
write → check) → store the trace and the turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, Protocol

import sqlalchemy as sa

from assistant.answers import Styles
from assistant.answers.rewrite import Rewritten, rewrite, rewrite_with_model
from assistant.answers.search_answer import PlainPath, Searcher
from assistant.answers.style import merged
from assistant.checks import Guardrails, injection_score, load_guardrails, redacted
from assistant.events import Attachment, Event, Sentence, Stage
from assistant.records import Conversations, StoredTurn, Trace, Traces
from core.errors import ModelError, QuestionError
from core.llm import ChatModels, Spending
from core.settings import AnswerStyle, Settings
from core.text.detect import detect_language
from core.text.languages import language_name
from core.types import Answer, User
from retrieval.models import RecentTokens
from retrieval.query import Filter, all_of

__all__ = ["Assistant", "Attachment", "Event", "Router", "Sentence", "Stage"]


class Router(Protocol):
    """Sends questions to apps: `assistant.routing.router`, or a fake in tests."""

    def events(
        self,
        question: str,
        user: User,
        *,
        route: str | None,
        conversation_id: str | None,
        attachments: Sequence[Attachment],
        inputs: Mapping[str, Any],
        trace: Trace,
    ) -> Iterator[Event] | None:
        """The events of the app that takes the question, ending with its Answer; None leaves it to plain answering."""
        ...


class Assistant:
    """Answers questions from the passages that the asking person may read."""

    def __init__(
        self,
        retriever: Searcher,
        settings: Settings,
        *,
        engine: sa.Engine | None = None,
        models: ChatModels | None = None,
        router: Router | None = None,
        remembered: int = 256,
    ) -> None:
        """Puts the parts together.

        Args:
            engine: Where traces and conversations are kept; None keeps none.
            models: Writes the answers; None quotes.
            remembered: How many passages' token vectors stay in memory, 0.3 MB each.
        """
        self.retriever = retriever
        self.settings = settings
        self.models = models
        self.router = router
        self.path = PlainPath(retriever, RecentTokens(retriever.embedder, remembered), settings, models)
        self.guardrails = Guardrails(load_guardrails(settings), retriever.embedder)
        self.traces = Traces(engine) if engine is not None else None
        self.conversations = Conversations(engine) if engine is not None else None
        self.styles = Styles(engine) if engine is not None else None

    def ask(
        self,
        question: str,
        user: User,
        *,
        conversation_id: str | None = None,
        filters: Filter | None = None,
        route: str | None = None,
        attachments: Sequence[Attachment] = (),
        inputs: Mapping[str, Any] | None = None,
        style: AnswerStyle | None = None,
    ) -> Iterator[Event]:
        """Stages and checked sentences as they come; the last event is always the Answer.

        Args:
            conversation_id: Continues that conversation, and stores the turn in it; None asks on its own.
            route: "search" or "app:<name>" overrides the router; None lets it decide.
            inputs: Values for the app's form, beside what the question says.
            style: What an app wants of its answers; counts more than the person's and the deployment's.

        Raises:
            QuestionError: the question is empty or over `answer.max_question_chars`, or the conversation isn't
                this person's. Raised here, before the first event.
        """
        text = self._checked(question)
        history: Sequence[StoredTurn] = ()
        if conversation_id is not None and self.conversations is not None:
            history = self.conversations.turns(conversation_id, user)
        return self._events(
            text,
            user,
            history,
            conversation_id=conversation_id,
            filters=filters,
            route=route,
            attachments=attachments,
            inputs=inputs or {},
            style=style or AnswerStyle(),
        )

    def answer(
        self,
        question: str,
        user: User,
        *,
        conversation_id: str | None = None,
        filters: Filter | None = None,
        route: str | None = None,
        attachments: Sequence[Attachment] = (),
        inputs: Mapping[str, Any] | None = None,
        style: AnswerStyle | None = None,
    ) -> Answer:
        """The Answer that `ask` ends with. Arguments and errors as there."""
        last: Event | None = None
        for event in self.ask(
            question,
            user,
            conversation_id=conversation_id,
            filters=filters,
            route=route,
            attachments=attachments,
            inputs=inputs,
            style=style,
        ):
            last = event
        assert isinstance(last, Answer)
        return last

    def searching(self, retriever: Searcher) -> Assistant:
        """The same assistant over another search, such as one that leaves passages out."""
        assistant = copy(self)
        assistant.path = self.path.searching(retriever)
        return assistant

    def _checked(self, question: str) -> str:
        text = question.strip()
        if not text:
            raise QuestionError("The question is empty; write what you want to know.")
        limit = self.settings.answer.max_question_chars
        if len(text) > limit:
            raise QuestionError(
                f"The question has {len(text):,} characters and the limit is {limit:,}; "
                "shorten it, or attach the long text as a file."
            )
        return text

    def _events(
        self,
        question: str,
        user: User,
        history: Sequence[StoredTurn],
        *,
        conversation_id: str | None,
        filters: Filter | None,
        route: str | None,
        attachments: Sequence[Attachment],
        inputs: Mapping[str, Any],
        style: AnswerStyle,
    ) -> Iterator[Event]:
        trace = Trace(redacted(question, self.guardrails.rules.redact))
        verdict = self.guardrails.judge(question, user)
        trace.guardrails.extend([verdict.rule] if verdict.rule else [])
        ordered = injection_score(question) >= 0.5
        if ordered:
            trace.guardrails.append("the question reads like an instruction to the model")
        rewritten = Rewritten((question,))
        if verdict.refusal:
            events: Iterator[Event] = iter([Answer(verdict.refusal, outcome="refused")])
        else:
            taken = None
            # What reads like an order to the model is no work for an app unless the person has chosen one.
            if self.router is not None and route != "search" and not (ordered and route is None):
                taken = self.router.events(
                    question,
                    user,
                    route=route,
                    conversation_id=conversation_id,
                    attachments=attachments,
                    inputs=inputs,
                    trace=trace,
                )
            if taken is not None:
                events = taken
            else:
                if trace.route_reason:
                    yield Stage("route", trace.route_reason)
                with trace.stage("rewrite"):
                    rewritten = self._rewritten(question, history, trace)
                trace.searched = list(rewritten.questions)
                if rewritten.text != question:
                    yield Stage("rewrite", rewritten.text)
                events = self.path.events(
                    rewritten,
                    user,
                    all_of(filters, verdict.filter),
                    attachments,
                    trace,
                    style=merged(self._style(user), style),
                )
        answer: Answer | None = None
        for event in events:
            if isinstance(event, Answer):
                answer = event  # kept until the stages that made it have been timed
            else:
                yield self._shown(event)
        assert answer is not None
        final = self._finished(answer, rewritten.text, trace)
        trace.finish(final)
        if self.traces is not None:
            self.traces.save(trace, user, conversation_id or "")
        if self.conversations is not None and conversation_id is not None:
            kept = redacted(question, self.guardrails.rules.redact)
            self.conversations.append(conversation_id, user, kept, rewritten.text, final)
        yield final

    def _style(self, user: User) -> AnswerStyle:
        own = self.styles.of(user) if self.styles is not None else AnswerStyle()
        return merged(self.settings.answer.style, own)

    def _rewritten(self, question: str, history: Sequence[StoredTurn], trace: Trace) -> Rewritten:
        if self.models is None or not history:
            return rewrite(question, history)
        spent = Spending()
        try:
            return rewrite_with_model(question, history, self.models, spent)
        except ModelError as error:
            trace.notes.append(str(error))
            return rewrite(question, history)
        finally:
            trace.add_calls(spent, "rewrite@1")

    def _shown(self, event: Stage | Sentence) -> Event:
        kinds = self.guardrails.rules.redact
        return replace(event, text=redacted(event.text, kinds)) if kinds and isinstance(event, Sentence) else event

    def _finished(self, answer: Answer, asked: str, trace: Trace) -> Answer:
        notes = list(answer.notes)
        if answer.outcome == "answered" and answer.route == "search":
            notes.extend(self._language_note(answer, asked))
        kinds = self.guardrails.rules.redact
        text = redacted(answer.text, kinds) if kinds else answer.text
        if text != answer.text:
            # Offsets into the answer no longer hold; each citation then stands for the whole answer.
            citations = tuple(
                replace(c, quote=redacted(c.quote, kinds), begin=0, end=len(text)) for c in answer.citations
            )
            answer = replace(answer, text=text, citations=citations)
        return replace(answer, trace_id=trace.id if self.traces is not None else "", notes=tuple(notes))

    def _language_note(self, answer: Answer, asked: str) -> Iterator[str]:
        if self.models is not None or not answer.citations:
            return
        theirs = {
            str(p.chunk.metadata.get("language", ""))
            for p in answer.passages
            if p.chunk.id == answer.citations[0].chunk_id
        }
        mine = detect_language(asked)
        for language in sorted(theirs - {"", mine}):
            yield f"The quotes are in the language of their documents ({language_name(language)})."
