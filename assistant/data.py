"""Questions over the company's tables in a conversation: taken where every word of the question stands on the data.

A question with a word that the tables don't know is one about documents and is left to the search; so a table never
answers what it wasn't asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, Field

from assistant.events import Event, Stage
from assistant.planning.toolbox import Found, Tool
from assistant.question import Question
from core.errors import QuestionError, SourceError
from core.llm import ChatModels
from core.types import Answer, Outcome, User
from warehouse.ask import DataAnswer, Warehouse
from warehouse.query import Query
from warehouse.query.values import query_of, values_of
from warehouse.shown import markdown_rows

# Answers of this route come from here; a question may ask for it.
DATA = "data"
# So many rows stand in the answer's text; all are in the table and the file.
_SHOWN = 20


@dataclass(frozen=True)
class DataAnswers:
    """Answers from the warehouse for one installation."""

    warehouse: Warehouse
    models: ChatModels | None = None

    def events(self, question: Question, before: str = "") -> Iterator[Event] | None:
        """The events of the answer, ending with it; None when the question isn't about the tables.

        Args:
            before: The query of the conversation's last answer as JSON, which a follow-up changes; "" for none.
        """
        wanted = question.route == DATA
        if question.attachments or (question.route is not None and not wanted):
            return None
        last = stored_query(before)
        reading = self.warehouse.read(question.text, question.user, last)
        if not wanted and (
            reading.loose
            or (reading.query is None and not reading.choices)
            or (reading.query is not None and not self._about_many(reading.query))
        ):
            return None
        return self._answered(question, last, wanted)

    def _about_many(self, query: Query) -> bool:
        """Whether it counts or narrows many rows: a bare list, or a fact of one by name, is rather for documents."""
        named = {f"{e}.{c}" for e, of in self.warehouse.layer.entities.items() for c in (*of.key, *of.label)}
        if any(f.field in named and f.op in ("=", "contains") for f in query.filters):
            return False
        return bool(query.measures or query.filters or query.period or query.without or query.order)

    def _answered(self, question: Question, last: Query | None, wanted: bool) -> Iterator[Event]:
        yield Stage("data", "Looking it up in the tables")
        try:
            found = self.warehouse.ask(question.text, question.user, last, self.models if wanted else None)
        except SourceError as error:
            yield Answer(str(error), outcome="no_evidence", route=DATA)
            return
        yield answer_of(found)


class AskData(BaseModel):
    """A question over the company's tables, in words."""

    question: str = Field(description="What to count, add up or list, of which rows and which time, in plain words.")


def data_lookup(data: DataAnswers) -> Tool:
    """The tool by which a model that plans asks the tables; it runs with the asking person's roles."""

    def run(question: Question, given: AskData) -> Found:
        found = data.warehouse.ask(given.question, question.user)
        if found.problem:
            return Found(found.problem)
        return Found(f"{found.words}:\n\n{markdown_rows(found.columns, found.rows, _SHOWN)}", computed=True)

    names = ", ".join(data.warehouse.layer.entities)
    told = f"Counts, adds up and lists rows of the company's tables: {names}. For figures, not for what documents say."
    return Tool("company_tables", told, AskData, run, lambda given: f"Asking the tables: {given.question}")


def answer_of(found: DataAnswer) -> Answer:
    """The answer as a person reads it: the query in words, the rows, and where they come from."""
    if found.problem:
        outcome: Outcome = "needs_input" if found.choices else "no_evidence"
        return Answer(found.problem, outcome=outcome, route=DATA, choices=found.choices)
    said = found.words[:1].upper() + found.words[1:]
    if (figure := found.figure()) is not None:
        text = f"{figure} – {found.words}."
    elif found.rows:
        text = f"{said}:\n\n{markdown_rows(found.columns, found.shown(), _SHOWN)}"
    else:
        text = f"{said}: there are no such rows."
    notes = [f"From {', '.join(found.tables)}, read {found.at:%d %B %Y, %H:%M} UTC."]
    if len(found.rows) > _SHOWN or found.more:
        count = f"{len(found.rows):,}{' or more' if found.more else ''}"
        notes.append(f"The first {_SHOWN} of {count} rows are shown.")
    if found.verified is not None:
        notes.insert(0, found.verified.said())
    if found.by_model:
        notes.append("A language model read the question; check the line above the rows.")
    query = json.dumps(values_of(found.query)) if found.query is not None else ""
    return Answer(text, route=DATA, confidence=1.0, notes=tuple(notes), query=query)


def shown_again(answer: Answer, warehouse: Warehouse, user: User) -> DataAnswer | None:
    """The rows and the chart of a stored answer as they are now, for a person who may see them; None for any other.

    Raises:
        SourceError: the database doesn't answer.
    """
    query = stored_query(answer.query)
    try:
        return warehouse.run(query, user) if query is not None else None
    except QuestionError:
        return None


def stored_query(stored: str) -> Query | None:
    """The query that an answer keeps as JSON; None where it keeps none."""
    try:
        return query_of(json.loads(stored)) if stored else None
    except (ValueError, QuestionError):
        return None
