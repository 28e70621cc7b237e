"""A question about customers → its answer from records and indexed reports; None leaves it to the search.

What an app does better (a comparison of two reports, the summary of a meeting) is handed to it with the documents
that were chosen, so that it never asks for a file that is indexed and readable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from assistant.accounts.asked import Asked, read_question
from assistant.accounts.documents import reports_of
from assistant.accounts.fields import compared_fields, contact_answer, fields_answer, lacking_fields
from assistant.accounts.figures import changes_answer, compared_periods, figures_answer
from assistant.accounts.known import Known
from assistant.accounts.lists import list_answer
from assistant.accounts.meetings import asked_meeting, meeting_answer, no_meeting_answer
from assistant.accounts.owners import Owners
from assistant.accounts.vocabulary import met, said, tokens_of, vocabulary
from assistant.events import Event, Stage
from assistant.question import Question
from assistant.records.trace import Trace
from assistant.routing.glossary import likely_language
from core.types import Answer, Chunk, User
from retrieval.retriever import Retriever

# More customers than these are a list, not a comparison.
_MOST_COMPARED = 6


class RunsOnDocuments(Protocol):
    """Runs the app that takes such documents: `assistant.app_runs.app_answers`."""

    def __call__(
        self, kind: str, documents: Sequence[Sequence[Chunk]], question: Question, /
    ) -> Iterator[Event] | None:
        """The events of the app that takes a "transcript", or two documents of kind "report"; None without one."""
        ...


@dataclass(frozen=True)
class RecordAnswers:
    """Answers from records for one installation."""

    retriever: Retriever
    customers: Callable[[User], Sequence[str]]
    today: Callable[[], date] = date.today
    owners: Callable[[], Owners] = Owners

    def events(self, question: Question, trace: Trace, run: RunsOnDocuments) -> Iterator[Event] | None:
        """The events of the answer, ending with it; None when records don't answer the question."""
        asked, known = self.read(question)
        if not asked.tokens and not asked.quarters:
            return None
        meeting = self._meeting(asked, known, question, run)
        if meeting is not None:
            return meeting
        names = self.customers(question.user)
        listed = list_answer(asked, known, question.user, names)
        # Incidents that have records are told one by one; a figure only counts them.
        if listed is not None and (not asked.customers or listed.citations):
            return _told(listed)
        if 0 < len(asked.customers) <= _MOST_COMPARED:
            found = self._account(asked, known, question, trace, run)
            if found is not None:
                return found
        answer = contact_answer(asked, known.recorded) or list_answer(
            asked, known, question.user, self.customers(question.user)
        )
        return _told(answer) if answer is not None else None

    def read(self, question: Question) -> tuple[Asked, Known]:
        """What is asked, and what of it the person may know."""
        language = question.language or likely_language(question.text)
        owners = self.owners()
        asked = read_question(question.text, language, self.customers(question.user), self.today(), owners.nouns)
        return asked, Known(self.retriever.index, question.user, question.filters, owners)

    def _account(
        self, asked: Asked, known: Known, question: Question, trace: Trace, run: RunsOnDocuments
    ) -> Iterator[Event] | None:
        accounts = [known.account(name) for name in asked.customers]
        only = accounts[0] if len(accounts) == 1 else None
        answer = fields_answer(asked, only) if only else compared_fields(asked, accounts)
        answer = answer or figures_answer(asked, accounts)
        if answer is None and only is not None:
            if _asks_what_changed(asked, known):
                events = self._compared(asked, known, question, run)
                if events is not None:
                    return events
                answer = changes_answer(asked, only)
            if answer is None:
                trace.remarks = tuple(filter(None, [lacking_fields(asked, only)]))
        return _told(answer) if answer is not None else None

    def _compared(self, asked: Asked, known: Known, question: Question, run: RunsOnDocuments) -> Iterator[Event] | None:
        """The app's comparison of two reports of the customer; None when there aren't two, or no such app."""
        reports = {r.period: r.chunk for r in reports_of(known, asked.customers[0])}
        periods = compared_periods(asked, sorted(reports))
        if periods is None:
            return None
        return run("report", [known.parts(reports[p].document_id) for p in periods], question)

    def _meeting(self, asked: Asked, known: Known, question: Question, run: RunsOnDocuments) -> Iterator[Event] | None:
        wanted = asked_meeting(asked, known)
        if wanted is None:
            return None
        if wanted.meeting is None:
            return _told(no_meeting_answer(asked, known))
        if "summary" in wanted.parts:
            parts = known.parts(wanted.meeting.chunk.document_id)
            return run("transcript", [parts], question)
        customer = next(iter(asked.customers or known.owners.of(wanted.meeting.chunk)), "")
        account = known.account(customer) if customer else None
        answer = meeting_answer(asked, wanted, known, question.user, account)
        return _told(answer) if answer is not None else None


def _asks_what_changed(asked: Asked, known: Known) -> bool:
    """Whether it asks for what changed and for nothing in particular; the names of the reports say nothing more."""
    used = met(vocabulary().intents["change"], asked.tokens)
    if not used and len(asked.quarters) < 2:
        return False
    titles = {t for r in reports_of(known, asked.customers[0]) for t in tokens_of(r.chunk.title)}
    titles |= {f"{t}s" for t in titles}
    return not asked.rest(used, titles, said(vocabulary().reports, asked.tokens))


def _told(answer: Answer) -> Iterator[Event]:
    documents = len({c.document_id for c in answer.citations})
    yield Stage("records", f"{len(answer.citations)} places in {documents} documents")
    yield answer
