"""Questions about customers as a tool of a model that plans: what records and indexed reports say, with places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pydantic import BaseModel, Field

from assistant.accounts.answers import RecordAnswers
from assistant.answers.writing.markers import read_markers
from assistant.planning import Found, Tool
from assistant.question import Question
from assistant.records.trace import Trace
from core.types import Answer, Passage

_NOTHING = "The records don't answer that; ask for one fact of one customer, or for a list, or search the documents."
_MOST_PLACES = 12


class AskRecords(BaseModel):
    """Arguments of `account_facts`."""

    question: str = Field(
        min_length=3,
        max_length=300,
        description="One question in plain words with the customer's name, or for a list over all customers.",
    )


def account_tool(records: RecordAnswers) -> Tool:
    """The tool over an installation's records."""

    def run(question: Question, given: AskRecords) -> Found:
        asked = replace(question, text=given.question, route=None, attachments=())
        events = records.events(asked, Trace(given.question), lambda *_: None)
        answer = next((event for event in events or () if isinstance(event, Answer)), None)
        if answer is None or not answer.found:
            return Found(_NOTHING)
        places = tuple(_places(records, answer, question))
        return Found(read_markers(answer.text)[0], places[:_MOST_PLACES], computed=True)

    return Tool(
        "account_facts",
        "Asks the records of customers: owner, contract end and value, health, contacts, figures of a quarter and "
        "their course, open tasks, incidents, meetings; and lists over all customers, such as which contracts end in "
        "a month.",
        AskRecords,
        run,
        lambda given: f"Looking up {given.question}",
    )


def _places(records: RecordAnswers, answer: Answer, question: Question) -> Iterator[Passage]:
    """The passages that the answer cites, each once, as far as the person may read them."""
    cited = dict.fromkeys((c.document_id, c.chunk_id) for c in answer.citations)
    for document_id in dict.fromkeys(document for document, _ in cited):
        for chunk in records.retriever.document(document_id, question.user):
            if (document_id, chunk.id) in cited:
                yield Passage(chunk, 1.0)
