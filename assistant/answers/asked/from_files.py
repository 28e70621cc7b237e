"""Questions with files attached: they are answered from the files alone, unless the question says otherwise.

A transcript tells who promised what; tables are asked before (`tables.py`); everything else is quoted, as from any
document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from apps.meeting import Meeting, find_outcomes, read_meeting
from assistant.answers.asked.attachments import attached_text
from assistant.answers.form.citations import Composer
from assistant.answers.form.wording import say
from assistant.question import Attachment, Question
from core.text.words import folded
from core.types import Answer, Parsed, Passage, Why

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


def source_of(question: str) -> Source:
    """Where a question with attachments is to be answered from."""
    if not _DOCUMENTS.search(question):
        return "files"
    return "both" if _FILE.search(question) else "documents"


def file_answer(question: Question) -> Answer | None:
    """What can be told of the files without quoting them as they stand: who promised what; else None."""
    return _promised(question) if _PROMISES.search(question.text) else None


def nothing_in(files: Sequence[Attachment], answer: Answer, language: str) -> Answer:
    """The answer that the files have none, and the offer to look in the documents."""
    names = ", ".join(f"“{attachment.name}”" for attachment in files)
    text = f"{say('not_in_files', language, files=names)} {say('look_offered', language)}"
    return replace(answer, text=text, nearest=(), passages=(), choices=(say("look_elsewhere", language),))


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
