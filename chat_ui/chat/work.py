"""Questions that are being answered, by threads of the server's: a page that is closed or reloaded takes none with it.

Every page of a conversation follows the same work, and the question stands in the database before it begins.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from assistant.ask import Assistant
from assistant.events import Event, Sentence, Stage
from assistant.question import Question
from assistant.records.conversations import Conversations
from assistant.records.pending import PendingQuestions
from core.errors import DebriefError, QuestionError
from core.types import Answer

log = logging.getLogger(__name__)

STOPPED = "The answer was stopped before it was complete; ask again to have it whole."
# A page that waits for the next event looks so often whether it was stopped, in seconds.
_LOOK = 0.1


@dataclass
class Work:
    """One question on its way.

    Attributes:
        kept: The question's words as they are stored.
        events: What has come so far.
        error: What went wrong instead of an answer.
        done: Whether no more events come.
    """

    question: Question
    kept: str
    identifier: str
    events: list[Event] = field(default_factory=list)
    error: Exception | None = None
    done: bool = False
    stopped: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    def follow(self, look: Callable[[], object]) -> Iterator[Event]:
        """The events from the first one on, as they come.

        Args:
            look: Called while there is nothing new; may raise to end the following, not the work.
        """
        seen = 0
        while True:
            with self.changed:
                if len(self.events) == seen and not self.done:
                    self.changed.wait(_LOOK)
                new, done = self.events[seen:], self.done
            yield from new
            seen += len(new)
            if done and seen == len(self.events):
                return
            look()

    def stop(self) -> None:
        """Has the work end at its next event; what has come is kept."""
        self.stopped = True

    def add(self, event: Event) -> None:
        """Shows an event to those who follow."""
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def end(self, error: Exception | None = None) -> None:
        """Says that no more events come."""
        with self.changed:
            self.error, self.done = error, True
            self.changed.notify_all()


class Works:
    """The work of one server, by conversation."""

    def __init__(self, pending: PendingQuestions, stored: Conversations) -> None:
        self._pending, self._stored = pending, stored
        self._running: dict[str, Work] = {}
        self._lock = threading.Lock()

    def of(self, conversation_id: str) -> Work | None:
        """What is being worked on for the conversation; None when nothing is."""
        return self._running.get(conversation_id)

    def begin(self, assistant: Assistant, question: Question, kept: str) -> Work:
        """Stores the question and begins to answer it; the same question, asked twice at once, is answered once.

        Args:
            question: Belongs to a conversation.
            kept: Its words as they are stored.

        Raises:
            QuestionError: another question of the conversation is being answered.
        """
        conversation = question.conversation_id or ""
        with self._lock:
            running = self._running.get(conversation)
            if running is not None and running.question.text == question.text:
                return running
            if running is not None:
                raise QuestionError("Another window asks in this conversation; ask again once that is answered.")
            work = Work(question, kept, self._pending.add(conversation, kept))
            self._running[conversation] = work
        threading.Thread(target=self._answer, args=(assistant, work), daemon=True).start()
        return work

    def _answer(self, assistant: Assistant, work: Work) -> None:
        error: Exception | None = None
        try:
            for event in assistant.ask(work.question):
                work.add(event)
                if work.stopped and not isinstance(event, Answer):
                    break
            self._settle(work)
        except Exception as failed:
            error = failed
            self._fail(work, failed)
        finally:
            with self._lock:
                self._running.pop(work.question.conversation_id or "", None)
            work.end(error)

    def _settle(self, work: Work) -> None:
        """Keeps what had come when the person stopped it; a whole answer is stored by the assistant."""
        if isinstance(work.events[-1], Answer):
            self._pending.remove(work.identifier)
        else:
            self._keep_part(work, STOPPED)

    def _fail(self, work: Work, error: Exception) -> None:
        self._keep_part(work, str(error) if isinstance(error, DebriefError) else "Something went wrong; ask again.")

    def _keep_part(self, work: Work, why: str) -> None:
        """What was checked stays when the rest of it can't be had; without any, the question says why."""
        sentences, question = _sentences(work.events), work.question
        if not sentences:
            self._pending.fail(work.identifier, why)
            return
        answer = partial_answer(sentences, why)
        try:
            self._stored.append(question.conversation_id or "", question.user, work.kept, work.kept, answer)
            self._pending.remove(work.identifier)
        except QuestionError as lost:  # the conversation was deleted meanwhile
            log.info("a part of an answer wasn't kept: %(reason)s", {"reason": str(lost)})


def partial_answer(sentences: list[Sentence], why: str = STOPPED) -> Answer:
    """As much of an answer as had come, with the reason for which there is no more."""
    text = "".join(sentence.before + sentence.text for sentence in sentences)
    citations = tuple(citation for sentence in sentences for citation in sentence.citations)
    return Answer(text, citations, "partly", notes=(why,))


def _sentences(events: list[Event]) -> list[Sentence]:
    """The sentences that stand: a text that was begun anew has lost those before."""
    again = [n for n, event in enumerate(events) if isinstance(event, Stage) and event.name == "again"]
    return [event for event in events[again[-1] if again else 0 :] if isinstance(event, Sentence)]
