"""A question → an answer, with progress on the way. `Assistant.ask` is the one entrance for page, command and apps.

    for event in assistant.ask("What does the premium plan cost?", user):
        ...                       # Stage …, Sentence …, and last the Answer

The order of things: check the question → retrieve → answer → cite.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from assistant.events import Attachment, Event, Sentence, Stage
from assistant.extractive import answer_from
from core.errors import QuestionError
from core.settings import AnswerSettings, Settings
from core.types import Answer, Passage, User
from retrieval.filters import Filter
from retrieval.retriever import open_retriever
from retrieval.tokens import RecentTokens, TokenEncoder

__all__ = ["Assistant", "Attachment", "Event", "Sentence", "Stage", "open_assistant"]


# Passages that are looked up. Only the first `answer.passages` are read; all tell which words are rare.
_SEARCHED = 24


class Searcher(Protocol):
    """What answering needs of retrieval: `retrieval.retriever.Retriever`, or a fake in tests."""

    @property
    def embedder(self) -> TokenEncoder:
        """Turns questions and passages into token vectors."""
        ...

    def search(self, question: str, user: User, limit: int, *, filters: Filter | None = None) -> list[Passage]:
        """The best `limit` passages that `user` may read, best first."""
        ...


class Assistant:
    """Answers questions from the passages that the asking person may read."""

    def __init__(self, retriever: Searcher, settings: AnswerSettings, *, remembered: int = 256) -> None:
        """Args: remembered: how many passages' token vectors are kept in memory, 0.3 MB each."""
        self.retriever = retriever
        self.settings = settings
        self.encoder = RecentTokens(retriever.embedder, remembered)

    def ask(
        self,
        question: str,
        user: User,
        *,
        conversation_id: str | None = None,
        filters: Filter | None = None,
        route: str | None = None,
        attachments: Sequence[Attachment] = (),
    ) -> Iterator[Event]:
        """Stages and checked sentences as they come; the last event is always the Answer.

        Args:
            conversation_id: Continues that conversation; None asks on its own.
            route: "search" or "app:<name>" overrides the router; None lets it decide.

        Raises:
            QuestionError: the question is empty or over `answer.max_question_chars`.
        """
        # Checked here rather than in the generator, so that the error comes at the call and not at the first event.
        return self._events(self._checked(question), user, filters)

    def answer(
        self,
        question: str,
        user: User,
        *,
        conversation_id: str | None = None,
        filters: Filter | None = None,
        route: str | None = None,
        attachments: Sequence[Attachment] = (),
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
        ):
            last = event
        assert isinstance(last, Answer)
        return last

    def _checked(self, question: str) -> str:
        text = question.strip()
        if not text:
            raise QuestionError("The question is empty; write what you want to know.")
        limit = self.settings.max_question_chars
        if len(text) > limit:
            raise QuestionError(
                f"The question has {len(text):,} characters and the limit is {limit:,}; "
                "shorten it, or attach the long text as a file."
            )
        return text

    def _events(self, question: str, user: User, filters: Filter | None) -> Iterator[Event]:
        yield Stage("search", question)
        passages = self.retriever.search(question, user, max(_SEARCHED, self.settings.passages), filters=filters)
        documents = len({p.chunk.document_id for p in passages})
        yield Stage("read", f"{len(passages)} passages from {documents} documents")
        yield from answer_from(question, passages, self.encoder, self.settings)


def open_assistant(settings: Settings) -> Assistant:
    """An assistant over the settings' current index.

    Raises:
        IndexMissing: nothing has been synced yet.
    """
    return Assistant(open_retriever(settings), settings.answer)
