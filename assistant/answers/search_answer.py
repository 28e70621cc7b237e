"""Plain retrieval-augmented answering: search, read, ask back, then quote or write."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from assistant.answers.attachments import attached_passages
from assistant.answers.citations import Composer
from assistant.answers.confidence import AbstentionModel, abstention_model
from assistant.answers.extractive import answer_from, find_evidence
from assistant.answers.from_files import file_answer, nothing_in, source_of
from assistant.answers.lookups import DocumentTools
from assistant.answers.people import KnowledgeablePerson, asks_for_people, who_could_know
from assistant.answers.rendering import best_quote
from assistant.answers.rewrite import Rewritten, ask_back
from assistant.answers.sources import fence_for
from assistant.answers.subject import concerns_another
from assistant.answers.validity import holding_today
from assistant.answers.written import AnswerWriter, Unwritten
from assistant.events import Event, Stage
from assistant.planning import SEARCHING, Gathered, Judge, Planner, Tool, Toolbox, wants_plan
from assistant.question import RESEARCH, Question
from assistant.records.trace import Trace
from assistant.understanding.replies import Reply
from core.errors import ModelError
from core.llm import ChatModels
from core.settings import Settings
from core.text.words import content_words
from core.types import Answer, Passage
from retrieval.models.tokens import TokenEncoder
from retrieval.query.filters import AnyOf, Filter, Not, all_of
from retrieval.query.search import Search, Searcher

# Passages that are looked up. Only the first `answer.passages` are read; all tell which words are rare.
_SEARCHED = 24
# So many passages of the last answer are read again, behind so many of what was found.
_RECALLED, _BEFORE_RECALLED = 6, 4
_NO_RESEARCH = "Research needs a language model (llm.model in debrief.yaml); this is what one search found."
# What such a reply points at is shown, however little it has in common with the words.
_TAKEN_UP = frozenset({"nearest", "item"})


class EncodingSearcher(Searcher, Protocol):
    """A search that can also compare word by word: `retrieval.retriever.Retriever`, or a fake in tests."""

    @property
    def embedder(self) -> TokenEncoder:
        """Turns questions and passages into token vectors."""
        ...


@dataclass(frozen=True)
class SearchAnswers:
    """Answers stand-alone questions from passages.

    Attributes:
        tools: What a model that plans may use besides the documents.
        judge: What the guardrails say to what a model wants to look up.
    """

    retriever: EncodingSearcher
    encoder: TokenEncoder
    settings: Settings
    models: ChatModels | None = None
    tools: Sequence[Tool] = ()
    judge: Judge | None = None

    def events(self, question: Question, rewritten: Rewritten, trace: Trace) -> Iterator[Event]:
        """Retrieval-augmented answering of one or several stand-alone questions."""
        source = source_of(rewritten.text) if question.attachments else "documents"
        if rewritten.reply.kind == "elsewhere" or source == "documents":
            question, source = replace(question, attachments=()), "documents"
        told = file_answer(replace(question, text=rewritten.text)) if source == "files" else None
        if told is not None:
            trace.found(told.passages)
            yield told
            return
        read = self.settings.answer.passages
        found: list[tuple[str, list[Passage]]] = []
        for part in rewritten.questions:
            yield Stage("search", part)
            with trace.stage("search"):
                found.append((part, self._found(part, question, rewritten.reply)))
        everything = _merged([passages for _, passages in found])
        trace.found(everything[:read])
        documents = len({p.chunk.document_id for p in everything})
        yield Stage("read", f"{len(everything)} passages from {documents} documents")
        back = ask_back(rewritten.text, everything[:read], question.user.attributes)
        if back is not None:
            yield Answer(back.question, outcome="needs_input", choices=back.choices, passages=tuple(everything[:8]))
            return
        if asks_for_people(rewritten.text) and (people := who_could_know(everything[:read])):
            yield from _named(rewritten.text, people, everything)
            return
        if self.models is not None:
            yield from self._written(replace(question, text=rewritten.text), found, everything, trace)
        else:
            if question.route == RESEARCH:
                trace.remarks = (*trace.remarks, _NO_RESEARCH)
            for event in self._quoted(question, found, trace, anything=rewritten.reply.kind in _TAKEN_UP):
                if source == "files" and isinstance(event, Answer) and event.outcome == "no_evidence":
                    yield nothing_in(question.attachments, event, question.language)
                else:
                    yield event

    def _found(self, part: str, question: Question, reply: Reply) -> list[Passage]:
        """The passages for one part of the question: of the files that came with it alone, unless it says otherwise."""
        limit = max(_SEARCHED, self.settings.answer.passages)
        if question.attachments and source_of(part) == "files":
            return attached_passages(part, question.attachments, question.user, self.encoder, limit)
        passages = self._searched(Search(part, question.user, limit, question.filters), reply)
        passages = [p for p in passages if not concerns_another(part, p.chunk, question.language)]
        passages = holding_today(part, passages)
        if question.attachments:
            own = attached_passages(part, question.attachments, question.user, self.encoder, limit)
            passages = sorted([*own, *passages], key=_by_attachment)[:limit]
        return passages

    def _searched(self, search: Search, reply: Reply) -> list[Passage]:
        """What is found in the documents that a reply is about; in all of them where those have nothing."""
        scope: list[Filter] = []
        if reply.documents:
            scope.append(AnyOf("document_id", reply.documents))
        if reply.without:
            scope.append(Not(AnyOf("document_id", reply.without)))
        passages = self.retriever.search(replace(search, filters=all_of(search.filters, *scope)))
        wanted = set(content_words(reply.titled)) if reply.titled else set()
        titled = [p for p in passages if wanted and wanted <= set(content_words(p.chunk.title))]
        return titled or passages or self.retriever.search(search)

    @property
    def _confidence(self) -> AbstentionModel:
        return abstention_model(self.settings.embedding.model)

    def _quoted(
        self,
        question: Question,
        found: Sequence[tuple[str, list[Passage]]],
        trace: Trace,
        *,
        anything: bool = False,
    ) -> Iterator[Event]:
        with trace.stage("answer"):
            yield from answer_from(
                found,
                self.encoder,
                self.settings.answer,
                question.style,
                trace,
                model=self._confidence,
                language=question.language,
                anything=anything,
            )

    def _written(
        self,
        question: Question,
        found: Sequence[tuple[str, list[Passage]]],
        everything: Sequence[Passage],
        trace: Trace,
    ) -> Iterator[Event]:
        """The model's answer; the quotes if no model answers, or nothing that it wrote is confirmed."""
        try:
            left = yield from self._by_model(question, found, everything, trace)
        except ModelError as error:
            trace.notes.append(str(error))
            left = Unwritten(str(error))
        if left is None:
            return
        yield Stage("quote", left.why)
        for event in self._quoted(question, found, trace):
            if isinstance(event, Answer):
                note = f"Quoted from the documents, since {left.why[0].lower()}{left.why[1:]}"
                yield replace(event, notes=(*event.notes, note))
            else:
                yield event

    def _by_model(
        self,
        question: Question,
        found: Sequence[tuple[str, list[Passage]]],
        everything: Sequence[Passage],
        trace: Trace,
    ) -> Generator[Event, None, Unwritten | None]:
        """The answer, after what was looked up for it; or why there is none.

        A simple question is one call: it is planned only if it looks like more, or if the model says what it lacks.
        """
        assert self.models is not None
        with trace.stage("weigh"):
            findings = [find_evidence(part, passages, self.encoder, self._confidence) for part, passages in found]
            finding = max(findings, key=lambda f: f.confidence)
            trace.signals = dict(finding.signals)
        passages = self._with_recalled(question, everything)
        writer = AnswerWriter(self.models, self.encoder, self.settings, self.retriever)
        planner, gathered = self._planner(question), Gathered()
        more = bool(planner.box.tools) and not question.continues
        planned = more and (question.route == RESEARCH or wants_plan(question.text, [part for part, _ in found]))
        if planned:
            gathered = yield from planner.gather(question, passages, trace)
        may_need = not planned and planner.box.has(SEARCHING)
        with trace.stage("answer"):
            left = yield from writer.answer_from(
                question, finding, _with(passages, gathered), trace, gathered.computed, may_need=may_need
            )
        if left is None or not left.needs:
            return left
        gathered = yield from planner.looked_up(question, left.needs, trace)
        with trace.stage("answer"):
            return (yield from writer.answer_from(question, finding, _with(passages, gathered), trace))

    def _planner(self, question: Question) -> Planner:
        assert self.models is not None
        answer = self.settings.answer
        # What is asked of files alone isn't looked for elsewhere, unless all sides are wanted.
        alone = bool(question.attachments) and question.route != RESEARCH and source_of(question.text) == "files"
        own = DocumentTools(self.retriever).tools(question, files_alone=alone)
        box = Toolbox([*own, *(() if alone else self.tools)], self.judge)
        bounds = answer.research if question.route == RESEARCH else answer.plan
        return Planner(self.models, box, bounds, self.settings.company, fence_for(question.text, ()))

    def _with_recalled(self, question: Question, passages: Sequence[Passage]) -> list[Passage]:
        """The passages with those of the last answer behind the best, for what is asked about that answer."""
        if not question.turns:
            return list(passages)
        cited = dict.fromkeys(question.turns[-1].cited)
        before = 0 if question.continues else _BEFORE_RECALLED
        known = {p.chunk.id for p in passages[:before]}
        recalled = [
            Passage(chunk, 0.0)
            for document_id in dict.fromkeys(document for document, _ in cited)
            for chunk in self.retriever.document(document_id, question.user)
            if (document_id, chunk.id) in cited and chunk.id not in known
        ][:_RECALLED]
        mine = {p.chunk.id for p in recalled}
        rest = [p for p in passages[before:] if p.chunk.id not in mine]
        return [*passages[:before], *recalled, *rest]


def _named(question: str, people: Sequence[KnowledgeablePerson], passages: Sequence[Passage]) -> Iterator[Event]:
    """Who could know, each with the place in the document that fits the question best."""
    composer = Composer()
    yield composer.add("These people keep or wrote the nearest documents:", [])
    for person in people:
        begin, end = best_quote(question, person.passage)
        chunk = person.passage.chunk
        statement = f"- {person.name}: “{chunk.title or chunk.document_id}”"
        yield composer.add(statement, [(person.passage, begin, end)], separator="\n")
    note = "The names come from the documents' metadata: who keeps them, wrote them or last changed them."
    yield Answer(composer.text, tuple(composer.citations), "answered", passages=tuple(passages[:8]), notes=(note,))


def _merged(found: Sequence[Sequence[Passage]]) -> list[Passage]:
    """The passages of several searches, taken in turn, each once."""
    merged: dict[str, Passage] = {}
    for rank in range(max((len(passages) for passages in found), default=0)):
        for passages in found:
            if rank < len(passages):
                merged.setdefault(passages[rank].chunk.id, passages[rank])
    return list(merged.values())


def _with(passages: Sequence[Passage], gathered: Gathered) -> list[Passage]:
    """What was looked up among what the first search found, each once, in turn: neither crowds out the other."""
    return _merged([*gathered.found, list(passages)])


def _by_attachment(passage: Passage) -> float:
    # The person added the file for this question: where both fit, it comes first.
    own = 0.1 if passage.chunk.source == "attachment" else 0.0
    return -((passage.vector_similarity or 0.0) + own)
