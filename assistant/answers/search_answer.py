"""Plain retrieval-augmented answering: search, read, ask back, then quote or write."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Protocol

from assistant.answers.asked.attachments import attached_passages
from assistant.answers.asked.from_files import file_answer, nothing_in, source_of
from assistant.answers.asked.rewrite import Rewritten, ask_back
from assistant.answers.form.citations import Composer
from assistant.answers.quoting.changes import changes_between
from assistant.answers.quoting.confidence import AbstentionModel, abstention_model
from assistant.answers.quoting.extractive import answer_from
from assistant.answers.quoting.finding import find_evidence
from assistant.answers.quoting.people import KnowledgeablePerson, asks_for_people, who_could_know
from assistant.answers.reading.subject import concerns_another
from assistant.answers.reading.validity import asks_for_past, holding
from assistant.answers.writing.rendering import best_quote
from assistant.answers.writing.with_model import ModelAnswers, merged
from assistant.answers.writing.written import Unwritten
from assistant.events import Event, Stage
from assistant.planning import Judge, Tool
from assistant.question import RESEARCH, Question
from assistant.records.trace import Trace
from assistant.understanding.carried import LANGUAGES, carried_over
from assistant.understanding.replies import Reply
from core.database import utc_now
from core.errors import ModelError
from core.llm import ChatModels
from core.settings import Settings
from core.text.words import content_words
from core.types import Answer, Passage, User
from retrieval.models.tokens import TokenEncoder
from retrieval.query.filters import AnyOf, Filter, Not, all_of
from retrieval.query.search import Search, Searcher

# Passages that are looked up. Only the first `answer.passages` are read; all tell which words are rare.
_SEARCHED = 24
# The packaged embedding that knows English only.
_ENGLISH = "english"
_NO_RESEARCH = "Research needs a language model (llm.model in debrief.yaml); this is what one search found."
# A follow-up is about the document that was cited, if that is among so many passages and has so much of the best score.
_GOING_ON, _ABOUT_AS_NEAR = 6, 0.8
# So many passages of replaced documents are read where the past is asked for, the first behind so many others.
_PAST, _BEFORE_PAST = 4, 1
# So many of the best passages are completed with what they introduce.
_INTRODUCING = 3
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
        aside: list[Passage] = []
        for part in rewritten.questions:
            yield Stage("search", part)
            with trace.stage("search"):
                found.append(self._found_by_language(part, question, rewritten.reply, aside))
        everything = merged([passages for _, passages in found])
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
            if (yield from self._changes(question, found, aside)):
                return
            for event in self._quoted(question, found, trace, aside, anything=rewritten.reply.kind in _TAKEN_UP):
                if source == "files" and isinstance(event, Answer) and event.outcome == "no_evidence":
                    yield nothing_in(question.attachments, event, question.language)
                else:
                    yield event

    def _found_by_language(
        self, part: str, question: Question, reply: Reply, aside: list[Passage]
    ) -> tuple[str, list[Passage]]:
        """One part of the question with its passages: as asked, or in English words where that is surer."""
        english = carried_over(part, question.language) if self.settings.embedding.model == _ENGLISH else ""
        ways = [(way, list[Passage](), list[Passage]()) for way in filter(None, (part, english))]
        for way, passages, set_aside in ways:
            passages.extend(self._found(way, question, reply, set_aside))
        chosen, found, set_aside = max(ways, key=lambda way: self._sure(*way[:2])) if english else ways[0]
        aside.extend(set_aside)
        return chosen, found

    def _sure(self, part: str, passages: Sequence[Passage]) -> float:
        return find_evidence(part, passages, self.encoder, self._confidence).confidence if passages else 0.0

    def _found(self, part: str, question: Question, reply: Reply, aside: list[Passage]) -> list[Passage]:
        """The passages for one part of the question: of the files that came with it alone, unless it says otherwise.

        Args:
            aside: Gets those that don't hold at the time asked about.
        """
        limit = max(_SEARCHED, self.settings.answer.passages)
        if question.attachments and source_of(part) == "files":
            return attached_passages(part, question.attachments, question.user, self.encoder, limit)
        passages = self._searched(Search(part, question.user, limit, question.filters), reply)
        passages = [p for p in passages if not concerns_another(part, p.chunk, question.language)]
        held = holding(part, passages, utc_now().date())
        passages = _going_on(held.passages, question) if part != question.text else held.passages
        aside.extend(held.aside)
        if question.attachments:
            own = attached_passages(part, question.attachments, question.user, self.encoder, limit)
            passages = sorted([*own, *passages], key=_by_attachment)[:limit]
        return passages

    def _searched(self, search: Search, reply: Reply) -> list[Passage]:
        """What is found in the documents that a reply is about; in all of them where those have nothing."""
        scope: list[Filter] = []
        unscoped = search
        if reply.documents:
            scope.append(AnyOf("document_id", reply.documents))
        if reply.without:
            scope.append(Not(AnyOf("document_id", reply.without)))
        search = replace(search, filters=all_of(search.filters, *scope))
        passages = self.retriever.search(search)
        if asks_for_past(search.question) and not scope:
            passages = _with_past(passages, self._superseded(search))
        wanted = set(content_words(reply.titled)) if reply.titled else set()
        titled = [p for p in passages if wanted and wanted <= set(content_words(p.chunk.title))]
        return self._with_introduced(titled or passages or self.retriever.search(unscoped), search.user)

    def _superseded(self, search: Search) -> list[Passage]:
        """What replaced documents say, which weights put so far behind that a question about the past may miss it."""
        past = AnyOf("vetting", ("superseded",))
        return self.retriever.search(replace(search, limit=_PAST, filters=all_of(search.filters, past)))

    def _with_introduced(self, passages: list[Passage], user: User) -> list[Passage]:
        """The passages with what the first of them introduce at their end ("as follows:") behind them."""
        known = {(p.chunk.document_id, p.chunk.ordinal) for p in passages}
        complete: list[Passage] = []
        for place, passage in enumerate(passages):
            complete.append(passage)
            chunk = passage.chunk
            after = (chunk.document_id, chunk.ordinal + 1)
            if place < _INTRODUCING and chunk.text.rstrip().endswith((":", "：")) and after not in known:
                following = [c for c in self.retriever.document(chunk.document_id, user) if c.ordinal == after[1]]
                complete.extend(replace(passage, chunk=c) for c in following)
        return complete

    def _changes(
        self, question: Question, found: Sequence[tuple[str, list[Passage]]], aside: Sequence[Passage]
    ) -> Generator[Event, None, bool]:
        """What changed between two versions that were found, where one question asks for that; whether it was told."""
        if len(found) != 1 or question.attachments:
            return False
        part, passages = found[0]
        told = False
        for event in changes_between(
            part,
            [*passages, *aside],
            lambda document: self.retriever.document(document, question.user),
            self.encoder,
            question.language,
        ):
            told = True
            yield event
        return told

    @property
    def _confidence(self) -> AbstentionModel:
        return abstention_model(self.settings.embedding.model)

    def _quoted(
        self,
        question: Question,
        found: Sequence[tuple[str, list[Passage]]],
        trace: Trace,
        aside: Sequence[Passage] = (),
        *,
        anything: bool = False,
        denied: bool = False,
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
                aside=aside,
                heard=question.text if question.language in LANGUAGES else "",
                denied=denied,
            )

    def _written(
        self,
        question: Question,
        found: Sequence[tuple[str, list[Passage]]],
        everything: Sequence[Passage],
        trace: Trace,
    ) -> Iterator[Event]:
        """The model's answer; the quotes if no model answers, or nothing that it wrote is confirmed."""
        assert self.models is not None
        parts = (self.models, self.retriever, self.encoder, self.settings, self._confidence, self.tools, self.judge)
        try:
            left = yield from ModelAnswers(*parts).events(question, found, everything, trace)
        except ModelError as error:
            trace.notes.append(str(error))
            left = Unwritten(str(error))
        if left is None:
            return
        yield Stage("quote", left.why)
        route = RESEARCH if question.route == RESEARCH else "search"
        for event in self._quoted(question, found, trace, denied=left.denied):
            if isinstance(event, Answer) and left.denied and event.outcome == "no_evidence":
                yield replace(event, route=route)
            elif isinstance(event, Answer):
                note = f"Quoted from the documents, since {left.why[0].lower()}{left.why[1:]}"
                yield replace(event, notes=(*event.notes, note))
            else:
                yield event


def _going_on(passages: list[Passage], question: Question) -> list[Passage]:
    """A follow-up's passages, those of documents that the last answer cited first if they are about as near."""
    cited = {document for turn in question.turns[-1:] for document, _ in turn.cited}
    least = _ABOUT_AS_NEAR * max((p.score for p in passages), default=0.0)
    first = [p for p in passages[:_GOING_ON] if p.chunk.document_id in cited and p.score >= least]
    return [*first, *(p for p in passages if not any(p is one for one in first))]


def _with_past(passages: Sequence[Passage], past: Sequence[Passage]) -> list[Passage]:
    """Both in turn, behind the best; a passage of the past that has less than half of what the best has stays out."""
    known = {p.chunk.id for p in passages[: 2 * _PAST]}
    near = [
        p for p in past if p.chunk.id not in known and _nearness(p) >= 0.5 * max(map(_nearness, passages), default=0)
    ]
    mine = {p.chunk.id for p in near}
    rest = [p for p in passages[_BEFORE_PAST:] if p.chunk.id not in mine]
    turns = [one for pair in zip_longest(near, rest) for one in pair if one is not None]
    return [*passages[:_BEFORE_PAST], *turns]


def _nearness(passage: Passage) -> float:
    return max(passage.vector_similarity or 0.0, 0.0)


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


def _by_attachment(passage: Passage) -> float:
    # The person added the file for this question: where both fit, it comes first.
    own = 0.1 if passage.chunk.source == "attachment" else 0.0
    return -((passage.vector_similarity or 0.0) + own)
