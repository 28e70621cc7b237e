"""Questions with files attached: they are answered from the files alone, unless the question says otherwise.

A table is calculated with, a transcript tells who promised what; everything else is quoted, as from any document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Literal

from apps.meeting import Meeting, find_outcomes, read_meeting
from assistant.answers.asked.attachments import attached_text
from assistant.answers.form.citations import Composer
from assistant.answers.form.wording import say
from assistant.question import Attachment, Question
from assistant.tables import Calculation, Outcome, Table, calculated, table_of
from assistant.tables.plan import understood
from core.text.words import folded
from core.types import Answer, Parsed, Passage, Section, Why

Source = Literal["files", "documents", "both"]

_DOCUMENTS = re.compile(
    r"\b(?:(?:the|our|your|other|company|indexed) (?:documents?|docs|polic(?:y|ies)|guidelines?|handbook|rules|"
    r"intranet|knowledge base|wiki)|not (?:from|in) (?:the|this|that) (?:file|attachment)|"
    r"(?:unsere[nrm]?|den|die) (?:dokumente?n?|richtlinien?|handbuch|regeln)|"
    r"nuestr[oa]s? (?:documentos?|políticas?|normas)|los documentos|"
    r"(?:nos|les) (?:documents|règles|politiques)|notre (?:politique|règlement))\b",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"\b(?:this|the|that|my|attached) (?:file|attachment|table|sheet|transcript|offer|contract|report|list|text)\b|"
    r"\b(?:attached|diese[rsnm]? (?:datei|tabelle|vertrag|angebot)|anhang|archivo|adjunto|fichier|pièce jointe)\b",
    re.IGNORECASE,
)
_PROMISES = re.compile(
    r"\b(?:promis\w*|commit(?:s|ted|ment)?s?|action items?|actions|to-?dos?|next steps|"
    r"(?:agreed|have|has|want(?:s|ed)?|going) to (?:do|deliver|send)|"
    r"will \w+ do|zugesagt|zusagen?|versprochen|verspricht|aufgaben|promet\w*|compromet\w*|"
    r"compromisos|tareas|promesse|engag\w+|tâches)\b",
    re.IGNORECASE,
)
_CUSTOMER = re.compile(r"\b(?:customer|client|kunde|kundin|cliente|acheteur)\b", re.IGNORECASE)
_SHOWN_ROWS = 12
_SHOWN_VALUES = 8


def source_of(question: str) -> Source:
    """Where a question with attachments is to be answered from."""
    if not _DOCUMENTS.search(question):
        return "files"
    return "both" if _FILE.search(question) else "documents"


def file_answer(question: Question) -> Answer | None:
    """What can be told of the files without quoting their text: a calculation, or who promised what; else None."""
    promised = _promised(question) if _PROMISES.search(question.text) else None
    return promised or _over_tables(question)


def nothing_in(files: Sequence[Attachment], answer: Answer, language: str) -> Answer:
    """The answer that the files have none, and the offer to look in the documents."""
    names = ", ".join(f"“{attachment.name}”" for attachment in files)
    text = f"{say('not_in_files', language, files=names)} {say('look_offered', language)}"
    return replace(answer, text=text, nearest=(), passages=(), choices=(say("look_elsewhere", language),))


def _over_tables(question: Question) -> Answer | None:
    tables = [(table, rows) for attachment in question.attachments for table, rows in _tables(attachment, question)]
    unknown: Answer | None = None
    for table, rows in tables:
        calculation, left = understood(question.text, table)
        if calculation is None:
            continue
        if not left:
            return _told(calculation, calculated(calculation), rows, question.language)
        if calculation.operation == "count" and len(left) == 1 and not calculation.conditions:
            unknown = unknown or _unknown_value(question, table, left.copy().pop())
    return unknown


def _tables(attachment: Attachment, question: Question) -> Iterator[tuple[Table, list[tuple[Passage, int, int]]]]:
    """Each table of a file with the place of each of its rows."""
    chunks = attached_text(attachment, question.user.email).chunks
    offset = 0
    for section in attachment.sections:
        named = f"{PurePath(attachment.name).stem} {' '.join(section.heading_path)}".replace("_", " ").replace("-", " ")
        table = table_of(section.rows, named) if section.rows else None
        if table is not None:
            own = [c for c in chunks if offset <= c.begin < offset + len(section.text) + 1]
            passages = [Passage(c, 1.0, Why(final=1.0)) for c in own]
            yield table, list(_places(section, passages, offset))
        offset += len(section.text) + 2


def _places(section: Section, passages: Sequence[Passage], offset: int) -> Iterator[tuple[Passage, int, int]]:
    """(passage, begin and end in its text) of each row, in order."""
    position, number = offset, 0
    for line_number, line in enumerate(section.text.split("\n")):
        while number + 1 < len(passages) and passages[number].chunk.end <= position:
            number += 1
        if line_number > 1 and passages:
            begin = position - passages[number].chunk.begin
            yield passages[number], begin, begin + len(line)
        position += len(line) + 1


def _told(
    calculation: Calculation, outcome: Outcome, rows: Sequence[tuple[Passage, int, int]], language: str
) -> Answer:
    composer = Composer()
    where = ", ".join(condition.said for condition in calculation.conditions)
    composer.add(_headline(calculation, outcome, f" ({where})" if where else "", language), [])
    for value, result in outcome.groups:
        composer.add(f"- {value}: {result}", [], "\n")
    for row in outcome.rows[:_SHOWN_ROWS] if not outcome.groups else ():
        label, *cells = calculation.table.row(row)
        values = "; ".join(f"{header}: {cell}" for header, cell in cells)
        composer.add(f"- {label[1]} – {values}", [rows[row]] if row < len(rows) else [], "\n")
    if outcome.groups:
        cited = [rows[row] for row in outcome.rows[:_SHOWN_ROWS] if row < len(rows)]
        composer.add(say("rows_behind", language, n=str(len(outcome.rows))), cited, "\n\n")
    elif len(outcome.rows) > _SHOWN_ROWS:
        composer.add(say("more_rows", language, n=str(len(outcome.rows) - _SHOWN_ROWS)), [], "\n")
    passages = tuple(dict.fromkeys(rows[row][0].chunk.id for row in outcome.rows if row < len(rows)))
    used = {place[0].chunk.id: place[0] for place in rows}
    found = tuple(used[identifier] for identifier in passages[:_SHOWN_ROWS])
    return Answer(composer.text, tuple(composer.citations), confidence=1.0, passages=found)


def _headline(calculation: Calculation, outcome: Outcome, where: str, language: str) -> str:
    """What came out, in a sentence, and over which rows."""
    operation, column = calculation.operation, calculation.column
    total = str(calculation.table.count)
    if operation in ("count", "list") and calculation.by is None:
        return say("rows_found", language, n=str(len(outcome.rows)), total=total, where=where)
    of_column = "sum" if calculation.by is not None and operation in _SINGLE else operation
    what = say(of_column if column and of_column != "list" else "count", language, column=column.name if column else "")
    if calculation.by is not None:
        return f"{what}{where} – {calculation.by.name}:"
    if not outcome.value:
        return say("rows_found", language, n="0", total=total, where=where)
    return f"{what}{where}: {outcome.value}" + ("" if operation in _SINGLE else f" ({len(outcome.rows)}/{total})")


_SINGLE = frozenset({"highest", "lowest", "latest", "earliest"})


def _unknown_value(question: Question, table: Table, word: str) -> Answer:
    """That no row says the word, and what the rows do say in the columns of few values."""
    asked = next((w for w in re.findall(r"\w+", question.text) if folded(w).startswith(word[:4])), word)
    kinds = [c for c in table.of_kind("word", "yes_no") if 1 < len(set(c.cells)) <= _SHOWN_VALUES]
    lines = [f"- {c.name}: {', '.join(dict.fromkeys(cell for cell in c.cells if cell))}" for c in kinds]
    text = say("no_row_says", question.language, word=asked)
    return Answer("\n".join([text, *lines]), outcome="partly", confidence=0.5)


def _promised(question: Question) -> Answer | None:
    """Who promised what in the attached transcripts, in their own words."""
    composer = Composer()
    for attachment in question.attachments:
        meeting = read_meeting(Parsed(attachment.sections, attachment.title), attachment.name)
        if not meeting.spoken:
            continue
        outcomes = find_outcomes(meeting)
        who = _asked_about(question.text, meeting)
        turns = {item.turn for item in outcomes.actions}
        passages = [Passage(c, 1.0, Why(final=1.0)) for c in attached_text(attachment, question.user.email).chunks]
        for turn in meeting.turns:
            if turn.number not in turns or (who and turn.speaker not in who):
                continue
            for sentence in turn.sentences:
                if (turn.number, sentence.text) in outcomes.told:
                    composer.add(f"- {turn.speaker}: {sentence.text}", _place(sentence.text, passages), "\n")
    if not composer.text:
        return None
    return Answer(composer.text, tuple(composer.citations), confidence=0.9)


def _asked_about(question: str, meeting: Meeting) -> set[str]:
    """The speakers whom the question names, or who are introduced as the customer; empty where it names nobody."""
    low = folded(question)
    speakers = {turn.speaker for turn in meeting.turns if turn.speaker}
    named = {s for s in speakers if any(re.search(rf"\b{re.escape(part)}\b", low) for part in folded(s).split())}
    if named or not _CUSTOMER.search(question):
        return named
    introduced = [s.text for turn in meeting.turns for s in turn.sentences if _CUSTOMER.search(s.text)]
    return {s for s in speakers if any(folded(s).split()[0] in folded(text).split() for text in introduced)}


def _place(sentence: str, passages: Sequence[Passage]) -> list[tuple[Passage, int, int]]:
    for passage in passages:
        begin = passage.chunk.text.find(sentence)
        if begin >= 0:
            return [(passage, begin, begin + len(sentence))]
    return []
