"""What is measured: a case goes in, and what the assistant did comes out. Tests put bad systems in its place."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from apps.runner import RunResult
from assistant.ask import Assistant
from assistant.question import Question
from assistant.records.conversations import StoredTurn
from assistant.records.trace import CONVERSATION
from core.database import utc_now
from core.errors import QuestionError
from core.identity import Directory
from core.types import Answer, Chunk, Principal, User
from evals.suite.app_runs import AppRuns
from evals.suite.suites import Case
from retrieval.query.access import may_read
from retrieval.query.search import Search

# Documents are ranked by their best passage among so many.
_SEARCHED = 50


@dataclass(frozen=True, slots=True)
class Observed:
    """What became of one case.

    Attributes:
        ranking: Ids of the documents that retrieval found for the stand-alone question, best first.
        seconds: From the question to the whole answer, without the questions asked before.
        run: What an app gave that was run with a case's inputs.
    """

    answer: Answer
    ranking: tuple[str, ...] = ()
    seconds: float = 0.0
    tokens: int = 0
    cost: float = 0.0
    run: RunResult | None = None


@dataclass(frozen=True)
class IndexedDocument:
    """A document as the index has it, as far as scorers ask."""

    title: str
    text: str
    url: str = ""
    allow: frozenset[Principal] = frozenset()
    deny: frozenset[Principal] = frozenset()


@dataclass(frozen=True)
class World:
    """What scorers know besides the answer: every document, whoever may read it, and everybody's groups."""

    documents: Mapping[str, IndexedDocument] = field(default_factory=dict)
    directory: Directory = field(default_factory=Directory)

    @property
    def sources(self) -> frozenset[str]:
        """The sources that have a document in the index."""
        return frozenset(document.partition(":")[0] for document in self.documents)

    @cached_property
    def _by_ending(self) -> dict[str, str]:
        """ "<source>:<the end of its address>" → id, for each end that begins after a slash."""
        found: dict[str, str] = {}
        for document_id, document in self.documents.items():
            source, parts = document_id.partition(":")[0], document.url.split("/")
            for n in range(1, len(parts)):
                found.setdefault(f"{source}:{'/'.join(parts[n:])}", document_id)
        return found

    def resolved(self, case: Case) -> Case:
        """The case with ids: some sources' ids can't be read, so a case may name the end of the address instead."""

        def ids(names: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(n if n in self.documents else self._by_ending.get(n, n) for n in names)

        return case.model_copy(
            update={
                field: ids(getattr(case, field))
                for field in ("expected_documents", "stale_documents", "forbidden_documents")
            }
        )

    def readable(self, document_id: str, user: User) -> bool:
        """Whether the person may read the document now; one that isn't in the index is nobody's."""
        found = self.documents.get(document_id)
        return found is not None and may_read(user, found.allow, found.deny)


class Subject(Protocol):
    """A system under evaluation."""

    def missing(self, case: Case) -> str:
        """Why the case can't be run here, in words; empty if it can."""
        ...

    def observe(self, case: Case, user: User) -> Observed:
        """Runs the case. Raises DebriefError if the system refuses."""
        ...


class AssistantSubject:
    """The product: the assistant over the current index, asked in the name of each case's user."""

    def __init__(self, assistant: Assistant, apps: AppRuns) -> None:
        self._assistant = assistant
        self._apps = apps

    def missing(self, case: Case) -> str:
        if case.is_for_app and not case.app and self._assistant.router is None:
            return "no router is set up"
        return self._apps.missing(case)

    def observe(self, case: Case, user: User) -> Observed:
        if case.app:
            return self._run(case, user)
        conversation = _Conversation()
        # The same assistant, sharing models and caches, with a conversation of its own.
        own = replace(self._assistant, conversations=conversation)
        for earlier in case.history:
            own.answer(Question(earlier, user, CONVERSATION))
        asked = Question(case.question, user, CONVERSATION, attachments=self._apps.attachments(case))
        begin = time.perf_counter()
        answer = own.answer(asked)
        seconds = time.perf_counter() - begin
        standalone = conversation.kept[-1].standalone if conversation.kept else case.question
        ranking: tuple[str, ...] = ()
        if case.expected_documents and not case.is_for_app:
            found = own.path.retriever.search(Search(standalone, user, _SEARCHED))
            ranking = tuple(dict.fromkeys(p.chunk.document_id for p in found))
        calls: Sequence[Mapping[str, float]] = ()
        if own.traces is not None and answer.trace_id:
            calls = own.traces.load(answer.trace_id, user).get("models", ())
        return Observed(
            answer,
            ranking,
            seconds,
            int(sum(c.get("input_tokens", 0) + c.get("output_tokens", 0) for c in calls)),
            sum(c.get("cost", 0.0) for c in calls),
        )

    def _run(self, case: Case, user: User) -> Observed:
        begin = time.perf_counter()
        answer, run = self._apps.run(case, user)
        tokens = run.tokens if run is not None else 0
        return Observed(answer, seconds=time.perf_counter() - begin, tokens=tokens, run=run)


class _Conversation:
    """One case's conversation, in memory: an evaluation leaves nothing in people's own lists."""

    def __init__(self) -> None:
        self.kept: list[StoredTurn] = []

    def turns(self, conversation_id: str, user: User) -> list[StoredTurn]:
        if conversation_id != CONVERSATION:
            raise QuestionError(f"{user.email} has no conversation {conversation_id!r} in an evaluation.")
        return list(self.kept)

    def append(self, _conversation: str, _user: User, question: str, standalone: str, answer: Answer) -> int:
        self.kept.append(StoredTurn(question, standalone, answer, utc_now()))
        return len(self.kept) - 1


def known_documents(chunks: Iterable[Chunk]) -> dict[str, IndexedDocument]:
    """The index's documents with their whole text, from every chunk of it."""
    parts: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        parts.setdefault(chunk.document_id, []).append(chunk)
    documents = {}
    for document_id, own in parts.items():
        first = own[0]
        text = "\n".join(c.text for c in sorted(own, key=lambda c: c.ordinal))
        documents[document_id] = IndexedDocument(first.title, text, first.url, first.allow, first.deny)
    return documents
