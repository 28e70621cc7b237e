"""A question → an answer, with progress on the way. `Assistant.ask` is the one entrance for page, command and apps.

    for event in assistant.ask(Question("What does the premium plan cost?", user)):
        ...                       # Stage …, Sentence …, and last the Answer

The order of things: check the question → guardrails → route → (an app | stand-alone question → retrieve → quote or
write → check) → store the trace and the turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import sqlalchemy as sa

from assistant.acts import small_talk
from assistant.answers.asked.rewrite import Rewritten, rewrite, rewrite_with_model
from assistant.answers.asked.small_talk import small_talk_answer
from assistant.answers.asked.tables import attached_events
from assistant.answers.form.style import Styles, merged
from assistant.answers.search_answer import EncodingSearcher, SearchAnswers
from assistant.checks.guardrails import Guardrails, GuardrailVerdict, load_guardrails
from assistant.checks.injection import injection_score
from assistant.checks.personal_data import redacted
from assistant.data import DATA, DataAnswers
from assistant.edited_results import Change, EditedResults
from assistant.events import Event, Sentence, Stage
from assistant.limits import UsageLimits
from assistant.planning import Tool
from assistant.question import RESEARCH, SEARCH, Question, Turn
from assistant.records.conversations import Conversations, StoredTurn
from assistant.records.still_readable import Readable
from assistant.records.trace import Trace, Traces
from assistant.understanding.abbreviations import spelled_out
from assistant.understanding.replies import NO_REPLY, goes_on, reply_of
from assistant.understanding.spelling import corrected
from assistant.understanding.vocabulary import Vocabularies
from assistant.write_back import WriteBackRequests
from core import metrics
from core.errors import ModelError, QuestionError
from core.llm import ChatModels, Spending
from core.logs import REQUEST
from core.settings import AnswerStyle, Settings
from core.text.detect import detect_language
from core.text.languages import language_name
from core.types import Answer, User
from prompts import load_prompt
from retrieval.models.tokens import RecentTokens
from retrieval.query.filters import all_of
from retrieval.retriever import Retriever

# So many turns of the conversation a model that writes is told.
_TURNS = 3
# A message of fewer words is in no language for sure.
_PLAIN_WORDS = 5
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Router(Protocol):
    """Sends questions to apps: `assistant.app_runs.app_answers`, or a fake in tests."""

    def events(self, question: Question, trace: Trace) -> Iterator[Event] | None:
        """The events of the app that takes the question, ending with its Answer; None leaves it to plain answering."""
        ...

    def known(self, question: Question, trace: Trace) -> Iterator[Event] | None:
        """The events of an answer from records or indexed reports; None when they don't answer the question."""
        ...


class TurnStore(Protocol):
    """Where the turns of conversations are kept: the database, or a list in an evaluation."""

    def turns(self, conversation_id: str, user: User, /) -> list[StoredTurn]:
        """The conversation's turns in order. Raises QuestionError when it isn't this person's."""
        ...

    def append(self, conversation_id: str, user: User, question: str, standalone: str, answer: Answer, /) -> int:
        """Adds a turn; its place in the conversation."""
        ...


@dataclass(frozen=True)
class Assistant:
    """Answers questions from the passages that the asking person may read. `Assistant.over` puts one together.

    Attributes:
        models: Writes the answers; None quotes.
        router: Finds the app for a question; None answers everything plainly.
        traces, conversations, styles: What is kept; None keeps nothing.
        vocabularies: The index's words, to correct typos; None corrects nothing.
        data: Answers questions over tables; None has none.
        write_back: Fills in forms for other systems; None has none.
        edited: Changes results that people have edited, in words; None begins with the result as it was answered.
        limits: How much people may ask; None lets everybody ask.
    """

    path: SearchAnswers
    settings: Settings
    guardrails: Guardrails
    models: ChatModels | None = None
    router: Router | None = None
    traces: Traces | None = None
    conversations: TurnStore | None = None
    styles: Styles | None = None
    vocabularies: Vocabularies | None = None
    data: DataAnswers | None = None
    write_back: WriteBackRequests | None = None
    edited: EditedResults | None = None
    limits: UsageLimits | None = None

    @classmethod
    def over(
        cls,
        retriever: EncodingSearcher,
        settings: Settings,
        *,
        engine: sa.Engine | None = None,
        models: ChatModels | None = None,
        router: Router | None = None,
        remembered: int = 256,
        readable: Readable | None = None,
    ) -> Assistant:
        """An assistant over a search.

        Args:
            engine: Where traces and conversations are kept; None keeps none.
            readable: With it, earlier turns count as their person may read them today.
            remembered: How many passages' token vectors stay in memory, 0.3 MB each.
        """
        guardrails = Guardrails(load_guardrails(settings), retriever.embedder)
        encoder = RecentTokens(retriever.embedder, remembered)
        return cls(
            SearchAnswers(retriever, encoder, settings, models, judge=guardrails.judge),
            settings,
            guardrails,
            models,
            router,
            Traces(engine, settings.llm.keep_prompts) if engine is not None else None,
            Conversations(engine, readable) if engine is not None else None,
            Styles(engine) if engine is not None else None,
            Vocabularies(lambda: retriever.index) if isinstance(retriever, Retriever) else None,
        )

    def ask(self, question: Question) -> Iterator[Event]:
        """Stages and checked sentences as they come; the last event is always the Answer.

        Raises:
            QuestionError: the question is empty or over `answer.max_question_chars`, or the conversation isn't
                this person's. Raised here, before the first event. Or too much is asked: raised instead of it.
        """
        question = replace(question, text=self._checked(question.text))
        history: Sequence[StoredTurn] = ()
        if question.conversation_id is not None and self.conversations is not None:
            history = self.conversations.turns(question.conversation_id, question.user)
        return self._limited(question, history)

    def _limited(self, question: Question, history: Sequence[StoredTurn]) -> Iterator[Event]:
        with self.limits.question(question.user.email) if self.limits is not None else nullcontext():
            outer = REQUEST.get()  # an app's step asks within an answer
            try:
                yield from self._events(question, history)
            finally:
                REQUEST.set(outer)

    def answer(self, question: Question) -> Answer:
        """The Answer that `ask` ends with. Errors as there."""
        last: Event | None = None
        for event in self.ask(question):
            last = event
        assert isinstance(last, Answer)
        return last

    def searching(self, retriever: EncodingSearcher) -> Assistant:
        """The same assistant over another search, such as one that leaves passages out; with no tools but its own."""
        return replace(self, path=replace(self.path, retriever=retriever, tools=()))

    def with_tools(self, *tools: Tool) -> Assistant:
        """The same assistant, whose model may also use these tools when it plans."""
        return replace(self, path=replace(self.path, tools=(*self.path.tools, *tools)))

    def _checked(self, question: str) -> str:
        # No database and no model takes half a letter, or NUL, which a terminal or a broken client may send.
        text = _UNSTORABLE.sub("", question).strip()
        if not text:
            raise QuestionError("The question is empty; write what you want to know.")
        limit = self.settings.answer.max_question_chars
        if len(text) > limit:
            raise QuestionError(
                f"The question has {len(text):,} characters and the limit is {limit:,}; "
                "shorten it, or attach the long text as a file."
            )
        return text

    def _events(self, question: Question, history: Sequence[StoredTurn]) -> Iterator[Event]:
        kept = redacted(question.text, self.guardrails.rules.redact)
        trace, verdict = Trace(kept), self.guardrails.judge(question.said(), question.user)
        REQUEST.set(REQUEST.get() or trace.id)
        trace.guardrails.extend([verdict.rule] if verdict.rule else [])
        question = replace(question, language=question.language or _kept_language(question.text, history))
        asked, change = question.text, self._change(question, verdict, history)
        question = self._taking_up(question, history)
        events = self._by_action(question, verdict, history)
        change = change if events is None else None
        events = change.events() if change is not None else events or self._by_app(question, verdict, trace)
        events = events or self._by_data(question, verdict, history)
        standalone = question.text
        if events is None:
            if trace.route_reason:
                yield Stage("route", trace.route_reason)
            with trace.stage("rewrite"):
                rewritten = self._rewritten(asked, question, history, trace)
            trace.searched, standalone = list(rewritten.questions), rewritten.text
            if standalone != asked:
                yield Stage("rewrite", standalone)
            events = self._by_search(question, rewritten, verdict, trace, history)
        answer: Answer | None = None
        for event in events:
            if isinstance(event, Answer):
                answer = event  # kept until the stages that made it have been timed
            else:
                yield self._shown(event)
        assert answer is not None
        answer = replace(answer, language=question.language)
        final = self._finished(answer, asked, standalone, trace, question.user)
        ordinal = self._keep(question, kept, standalone, final, trace)
        if change is not None and ordinal is not None:
            change.keep(ordinal)
        yield final

    def _change(self, question: Question, verdict: GuardrailVerdict, history: Sequence[StoredTurn]) -> Change | None:
        """The change in words of a result that the person has edited; None for any other message."""
        if self.edited is None or verdict.refusal or injection_score(question.text) >= 0.5:
            return None
        return self.edited.change(question, history)

    def _by_app(self, question: Question, verdict: GuardrailVerdict, trace: Trace) -> Iterator[Event] | None:
        """The refusal, or the app that takes the question; None when it is to be searched for."""
        ordered = injection_score(question.text) >= 0.5
        if ordered:
            trace.guardrails.append("the question reads like an instruction to the model")
        if verdict.refusal:
            return iter([Answer(verdict.refusal, outcome="refused")])
        talk = small_talk(question.text) if question.route is None else None
        # "Help me", said with a file, is about the file.
        if talk is not None and not (talk == "help" and question.attachments):
            return iter([small_talk_answer(talk, question.text, question.user, self.path.retriever)])
        # What reads like an order to the model is no work for an app unless the person has chosen one.
        if self.router is None or question.route in (SEARCH, RESEARCH, DATA) or (ordered and question.route is None):
            return None
        return self.router.events(replace(question, filters=all_of(question.filters, verdict.filter)), trace)

    def _by_action(
        self, question: Question, verdict: GuardrailVerdict, history: Sequence[StoredTurn]
    ) -> Iterator[Event] | None:
        """A form for another system, where the person's message orders one; None for any other message."""
        if self.write_back is None or verdict.refusal or injection_score(question.text) >= 0.5:
            return None
        if self.edited is not None:
            history = self.edited.as_edited(question.conversation_id, history)
        return self.write_back.events(question, history)

    def _by_data(
        self, question: Question, verdict: GuardrailVerdict, history: Sequence[StoredTurn]
    ) -> Iterator[Event] | None:
        """The answer from tables, the attached ones or the company's; None when the question isn't about them."""
        if verdict.refusal or question.route in (SEARCH, RESEARCH):
            return None
        before = history[-1].answer.query if history else ""
        if question.attachments and (own := attached_events(question, before)) is not None:
            return own
        return self.data.events(question, before) if self.data is not None else None

    def _by_search(
        self,
        question: Question,
        rewritten: Rewritten,
        verdict: GuardrailVerdict,
        trace: Trace,
        history: Sequence[StoredTurn],
    ) -> Iterator[Event]:
        """The answer from what is found; what a typo or a fragment hid from the guardrails is judged as understood."""
        understood = self.guardrails.judge(rewritten.text, question.user)
        if understood.refusal:
            trace.guardrails.extend([understood.rule] if understood.rule else [])
            return iter([Answer(understood.refusal, outcome="refused")])
        limited = replace(question, filters=all_of(question.filters, understood.filter))
        prepared = self._prepared(limited, rewritten, verdict, history)
        events = self._known(prepared, question, rewritten.text, trace)
        return self.path.events(prepared, rewritten, trace) if events is None else events

    def _known(self, prepared: Question, question: Question, standalone: str, trace: Trace) -> Iterator[Event] | None:
        """What records say to a question that has become another one in its conversation; else they were asked."""
        if self.router is None or question.attachments or standalone == question.text or question.route == RESEARCH:
            return None
        return self.router.known(replace(prepared, text=standalone), trace)

    def _taking_up(self, question: Question, history: Sequence[StoredTurn]) -> Question:
        """The question on the way that a reply to the last answer takes: "yes" runs the app that was offered."""
        if goes_on(question.text, history):
            return replace(question, route=SEARCH, continues=True)
        reply = reply_of(question.text, history) if question.route is None else NO_REPLY
        if reply.kind == "app":
            return replace(question, text=reply.question, route=reply.app)
        return replace(question, route=SEARCH) if reply.kind else question

    def _prepared(
        self, question: Question, rewritten: Rewritten, verdict: GuardrailVerdict, history: Sequence[StoredTurn]
    ) -> Question:
        """The question with everything that holds for its search and its answer."""
        standalone, wanted = rewritten.text, rewritten.reply.style
        own = self.styles.of(question.user) if self.styles is not None else AnswerStyle()
        return replace(
            question,
            filters=all_of(question.filters, verdict.filter),
            style=merged(self.settings.answer.style, own, question.style, wanted),
            language=question.language or detect_language(standalone),
            turns=tuple(_told(turn) for turn in history[-_TURNS:]),
        )

    def _keep(self, question: Question, kept: str, standalone: str, answer: Answer, trace: Trace) -> int | None:
        """Stores what became of the question; its turn's place, where turns are kept."""
        trace.finish(answer)
        metrics.answered(trace.outcome, trace.route, trace.seconds, trace.elapsed_s())
        if self.traces is not None:
            self.traces.save(trace, question.user, question.conversation_id or "")
        if self.conversations is None or question.conversation_id is None:
            return None
        return self.conversations.append(question.conversation_id, question.user, kept, standalone, answer)

    def _rewritten(self, asked: str, question: Question, history: Sequence[StoredTurn], trace: Trace) -> Rewritten:
        if question.continues:
            return Rewritten((history[-1].standalone,), "goes on with the last answer")
        by_rules = rewrite(asked, history, self._alike)
        if self.models is None or not history or by_rules.reply.kind:
            return self._forgiven(by_rules, question)
        spent = Spending(person=question.user.email)
        try:
            return rewrite_with_model(asked, history, self.models, spent)
        except ModelError as error:
            trace.notes.append(str(error))
            return self._forgiven(by_rules, question)
        finally:
            trace.add_calls(spent, load_prompt("rewrite").id)

    def _forgiven(self, rewritten: Rewritten, question: Question) -> Rewritten:
        """The questions without typos, and with what their abbreviations stand for."""
        known = self.vocabularies.of(question.user) if self.vocabularies and not question.attachments else None
        if known is None:
            return rewritten
        language = question.language or detect_language(rewritten.text)
        parts = [corrected(part, known, self._is_word, language) for part in rewritten.questions]
        parts = [spelled_out(part, known.abbreviations, known.counts) for part in parts]
        return replace(rewritten, questions=tuple(parts))

    def _is_word(self, word: str) -> bool:
        # What the model reads as one token is frequent enough in its language to be no typo.
        return len(self.path.encoder.encode_tokens([word])[0].begins) == 1

    def _alike(self, phrase: str, words: Sequence[str]) -> Sequence[float]:
        tokens = self.path.encoder.encode_tokens([phrase, *words])
        means = [t.vectors.mean(axis=0) / np.linalg.norm(t.vectors.mean(axis=0)) for t in tokens if len(t.vectors)]
        return [float(means[0] @ other) for other in means[1:]] if len(means) == len(tokens) else [0.0] * len(words)

    def _shown(self, event: Stage | Sentence) -> Event:
        kinds = self.guardrails.rules.redact
        return replace(event, text=redacted(event.text, kinds)) if kinds and isinstance(event, Sentence) else event

    def _finished(self, answer: Answer, asked: str, standalone: str, trace: Trace, user: User) -> Answer:
        notes = [*answer.notes, *trace.remarks]
        if self.models is not None and (used := self.models.nearly_used(user.email)):
            notes.append(f"Used of the language model's budget: {used}; when it is used up, documents are quoted.")
        if answer.found and answer.route == SEARCH:
            notes.extend(self._language_note(answer, standalone))
        kinds = self.guardrails.rules.redact
        text = redacted(answer.text, kinds) if kinds else answer.text
        if text != answer.text:
            # Offsets into the answer no longer hold; each citation then stands for the whole answer.
            citations = tuple(
                replace(c, quote=redacted(c.quote, kinds), begin=0, end=len(text)) for c in answer.citations
            )
            answer = replace(answer, text=text, citations=citations)
        trace_id = trace.id if self.traces is not None else ""
        understood = redacted(standalone, kinds) if " ".join(standalone.split()) != " ".join(asked.split()) else ""
        return replace(answer, trace_id=trace_id, notes=tuple(notes), offers=trace.offers, understood=understood)

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


def _kept_language(message: str, history: Sequence[StoredTurn]) -> str:
    """The language that was chosen for the last answer, unless the message is plainly in another one."""
    chosen = history[-1].answer.language if history else ""
    if not chosen or len(message.split()) < _PLAIN_WORDS:
        return chosen
    return chosen if detect_language(message) == chosen else ""


def _told(turn: StoredTurn) -> Turn:
    """A turn as a model is told it."""
    cited = tuple(dict.fromkeys((c.document_id, c.chunk_id) for c in turn.answer.citations))
    return Turn(turn.question, turn.answer.text, cited)
