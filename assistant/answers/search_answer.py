"""Plain retrieval-augmented answering: search, read, ask back, then quote or write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import replace
from typing import Protocol

from assistant.answers.attachments import attached_passages
from assistant.answers.citations import Composer
from assistant.answers.confidence import abstention_model
from assistant.answers.extractive import answer_from, find_evidence
from assistant.answers.people import KnowledgeablePerson, asks_for_people, who_could_know
from assistant.answers.rewrite import Rewritten, ask_back
from assistant.answers.subject import concerns_another
from assistant.answers.written import AnswerWriter, best_quote
from assistant.events import Attachment, Event, Sentence, Stage
from assistant.records import Trace
from core.errors import ModelError
from core.llm import ChatModels
from core.settings import AnswerStyle, Settings
from core.text.detect import detect_language
from core.text.languages import language_name
from core.types import Answer, Attributes, Passage, User
from retrieval.models import TokenEncoder
from retrieval.query import Filter

# Passages that are looked up. Only the first `answer.passages` are read; all tell which words are rare.
_SEARCHED = 24


class Searcher(Protocol):
    """What answering needs of retrieval: `retrieval.retriever.Retriever`, or a fake in tests."""

    @property
    def embedder(self) -> TokenEncoder:
        """Turns questions and passages into token vectors."""
        ...

    def search(
        self,
        question: str,
        user: User,
        limit: int,
        *,
        filters: Filter | None = None,
        context: Attributes | None = None,
    ) -> list[Passage]:
        """The best `limit` passages that `user` may read, best first."""
        ...


class PlainPath:
    """Answers stand-alone questions from passages."""

    def __init__(
        self, retriever: Searcher, encoder: TokenEncoder, settings: Settings, models: ChatModels | None
    ) -> None:
        self._retriever = retriever
        self._encoder = encoder
        self._settings = settings
        self._models = models
        self._confidence = abstention_model(settings.embedding.model)

    def searching(self, retriever: Searcher) -> PlainPath:
        """The same path over another search, such as one that leaves passages out."""
        path = copy(self)
        path._retriever = retriever
        return path

    def events(
        self,
        rewritten: Rewritten,
        user: User,
        filters: Filter | None,
        attachments: Sequence[Attachment],
        trace: Trace,
        *,
        style: AnswerStyle,
    ) -> Iterator[Event]:
        """Retrieval-augmented answering of one or several stand-alone questions."""
        limit = max(_SEARCHED, self._settings.answer.passages)
        found: list[tuple[str, list[Passage]]] = []
        for part in rewritten.questions:
            yield Stage("search", part)
            with trace.stage("search"):
                passages = self._retriever.search(part, user, limit, filters=filters)
                passages = [p for p in passages if not concerns_another(part, p.chunk)]
                if attachments:
                    own = attached_passages(part, attachments, user, self._encoder, limit)
                    passages = sorted([*own, *passages], key=_by_attachment)[:limit]
            found.append((part, passages))
        everything = _merged([passages for _, passages in found])
        trace.found(everything[: self._settings.answer.passages])
        documents = len({p.chunk.document_id for p in everything})
        yield Stage("read", f"{len(everything)} passages from {documents} documents")
        back = ask_back(rewritten.text, everything[: self._settings.answer.passages], user.attributes)
        if back is not None:
            yield Answer(back.question, outcome="needs_input", choices=back.choices, passages=tuple(everything[:8]))
            return
        if asks_for_people(rewritten.text) and (people := who_could_know(everything[: self._settings.answer.passages])):
            yield from _named(rewritten.text, people, everything)
            return
        if self._models is not None:
            yield from self._written(rewritten, found, everything, user, trace, style=style)
        else:
            yield from self._quoted(found, style, trace)

    def _quoted(self, found: Sequence[tuple[str, list[Passage]]], style: AnswerStyle, trace: Trace) -> Iterator[Event]:
        with trace.stage("answer"):
            yield from answer_from(found, self._encoder, self._settings.answer, style, trace, model=self._confidence)

    def _written(
        self,
        rewritten: Rewritten,
        found: Sequence[tuple[str, list[Passage]]],
        everything: Sequence[Passage],
        user: User,
        trace: Trace,
        *,
        style: AnswerStyle,
    ) -> Iterator[Event]:
        """The model's answer; the quotes if no model answers and nothing has been shown yet."""
        assert self._models is not None
        with trace.stage("weigh"):
            findings = [find_evidence(part, passages, self._encoder, self._confidence) for part, passages in found]
            finding = max(findings, key=lambda f: f.confidence)
            trace.signals = dict(finding.signals)
        writer = AnswerWriter(self._models, self._encoder, self._settings)
        language = detect_language(rewritten.text)
        shown = False
        try:
            with trace.stage("answer"):
                for event in writer.answer_from(
                    rewritten.text,
                    finding,
                    everything,
                    user,
                    trace,
                    style=style,
                    language=language_name(language),
                ):
                    shown = shown or isinstance(event, Sentence)
                    yield event
        except ModelError as error:
            if shown:
                raise
            trace.notes.append(str(error))
            yield Stage("quote", "the language model can't be reached")
            for event in self._quoted(found, style, trace):
                if isinstance(event, Answer):
                    note = f"Quoted from the documents, since no language model answered: {error}"
                    yield replace(event, notes=(*event.notes, note))
                else:
                    yield event


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


def _by_attachment(passage: Passage) -> float:
    # The person added the file for this question: where both fit, it comes first.
    own = 0.1 if passage.chunk.source == "attachment" else 0.0
    return -((passage.vector_similarity or 0.0) + own)
