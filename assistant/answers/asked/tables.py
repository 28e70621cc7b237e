"""Questions over tables in attached files, asked as the company's are: a query, its words, rows, follow-ups.

The rows are the asking person's own. They are read from the parsed file for as long as it is attached, and kept
nowhere: a stored answer keeps its query and the files' names, and is charted again only while these are attached.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePath

from assistant.answers.asked.attachments import attached_text
from assistant.answers.asked.from_files import source_of
from assistant.answers.form.wording import say
from assistant.data import DATA, answer_of, stored_query
from assistant.events import Event, Stage
from assistant.planning import Found
from assistant.question import Attachment, Question
from core.errors import QuestionError, SourceError
from core.text.words import folded
from core.types import Answer, Passage, User, Why
from warehouse.ask import DataAnswer, Warehouse
from warehouse.query import Query
from warehouse.reading import Lexicon, Reading
from warehouse.reading.cues import pattern

# In a stored query: the files that it is over.
_FILES = "attached"
_SHOWN_VALUES = 8
_COUNTS = pattern(r"{count}|(?:is|are) there an?y?|gibt es|hay alg\w+|y a-t-il")
# "How many are cancelled?", "is there any cancelled ticket?": what must be a value stands here.
_VALUE = (
    r"\b(?:is|are|were|was|been|any|sind|waren|wurden|ist|gibt es \w+|son|estan|hay alg\w+|sont|des) "
    r"{word}(?: \w+)?\W*$"
)


def attached_events(question: Question, before: str = "") -> Iterator[Event] | None:
    """The events of the answer from the tables of the attached files; None when the question isn't about these.

    Args:
        before: The query of the conversation's last answer as JSON, which a follow-up changes; "" for none.
    """
    if source_of(question.text) != "files" or question.route not in (None, DATA):
        return None
    warehouse = attached_tables(question.attachments)
    if warehouse is None:
        return None
    last = _query_over(before, question.attachments)
    reading = warehouse.read(question.text, question.user, stored_query(last))
    if reading.choices or (reading.query is not None and not reading.loose and _says_which(reading.query, question)):
        return _answered(question, warehouse, last)
    unknown = _unknown_value(reading, warehouse.lexicon(question.user), question)
    return iter([unknown]) if unknown is not None else None


def calculated(question: Question) -> Found | None:
    """What the attached tables say to it, for a model that plans; None where they say nothing."""
    warehouse = attached_tables(question.attachments)
    found = warehouse.ask(question.text, question.user) if warehouse is not None else None
    if found is None or found.problem:
        return None
    held = (text for a in question.attachments for text in attached_text(a, question.user.email).chunks if text.rows)
    return Found(answer_of(found).text, tuple(Passage(chunk, 1.0, Why(final=1.0)) for chunk in held)[:1], computed=True)


def charted_again(answer: Answer, attachments: Sequence[Attachment], user: User) -> DataAnswer | str | None:
    """Rows and chart of a stored answer from attached files; a sentence where these are attached no more.

    None: the answer is from no attached file.
    """
    names = _files_of(answer.query)
    if not names:
        return None
    held = tuple(a for a in attachments if a.name in names)
    warehouse = attached_tables(held) if len(held) == len(names) else None
    query = stored_query(_query_over(answer.query, held))
    if warehouse is None or query is None:
        return f"Attach {', '.join(names)} again to see the chart and take the rows."
    try:
        return warehouse.run(query, user)
    except (QuestionError, SourceError) as error:
        return str(error)


@lru_cache(maxsize=8)
def attached_tables(attachments: tuple[Attachment, ...]) -> Warehouse | None:
    """The tables of the files; None where they have none. The next question about the same files finds them ready."""
    # Here, not above: pandas takes most of a second, and few questions come with a table.
    from warehouse.attached import AttachedTable, attached_warehouse

    found = [
        AttachedTable(_name(attachment, section.heading_path), section.rows)
        for attachment in attachments
        for section in attachment.sections
        if section.kind == "table" and section.rows
    ]
    return attached_warehouse(found) if found else None


def _name(attachment: Attachment, headings: tuple[str, ...]) -> str:
    """What a table is called: its sheet or heading, else its file."""
    return headings[-1] if headings else PurePath(attachment.name).stem


def _says_which(query: Query, question: Question) -> bool:
    """Whether it counts, narrows or puts in order; a bare list only where one is asked for."""
    some = query.measures or query.conditions() or query.period or query.without or query.order
    return bool(some) or pattern("{return}").match(folded(question.text)) is not None


def _answered(question: Question, warehouse: Warehouse, last: str) -> Iterator[Event]:
    yield Stage("data", "Looking it up in the attached tables")
    try:
        found = warehouse.ask(question.text, question.user, stored_query(last))
    except SourceError as error:
        yield Answer(str(error), outcome="no_evidence", route=DATA)
        return
    names = [a.name for a in question.attachments]
    answer = answer_of(found)
    notes = (f"From {', '.join(names)}, as attached.", *answer.notes[1:], *getattr(warehouse.database, "notes", ()))
    query = json.dumps({_FILES: names, **json.loads(answer.query)}) if answer.query else ""
    yield replace(answer, notes=notes if found.query is not None else answer.notes, query=query)


def _files_of(stored: str) -> list[str]:
    try:
        values = json.loads(stored) if stored else {}
    except ValueError:  # what another kind of answer keeps there
        return []
    return list(values.get(_FILES, [])) if isinstance(values, dict) else []


def _query_over(stored: str, attachments: Sequence[Attachment]) -> str:
    """The stored query without its files, if these are the attached ones; else ""."""
    names = _files_of(stored)
    if not names or set(names) != {a.name for a in attachments}:
        return ""
    return json.dumps({key: value for key, value in json.loads(stored).items() if key != _FILES})


def _unknown_value(reading: Reading, lexicon: Lexicon, question: Question) -> Answer | None:
    """That no row says the one word that is looked for, and what the rows do say in the columns of few values."""
    words, narrowed = reading.loose or reading.unknown, reading.query is not None and reading.query.conditions()
    if len(words) != 1 or narrowed:
        return None
    asked = folded(question.text)
    if not _COUNTS.search(asked) or not re.search(_VALUE.format(word=re.escape(folded(words[0]))), asked):
        return None
    few = {f: list(dict.fromkeys(v)) for f, v in lexicon.values.items() if 1 < len(set(v)) <= _SHOWN_VALUES}
    if not few:
        return None
    lines = [f"- {field.partition('.')[2]}: {', '.join(values)}" for field, values in few.items()]
    text = say("no_row_says", question.language, word=words[0])
    return Answer("\n".join([text, *lines]), outcome="partly", confidence=0.5, route=DATA)
