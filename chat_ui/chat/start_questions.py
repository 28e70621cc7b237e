"""Questions that somebody may begin with, each of which was asked and answered from the document that it is made of.

A question is made from a heading and asked without a model, leaving no trace; finding some takes seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.ask import Assistant
from assistant.question import SEARCH, Question
from chat_ui.chat.suggestions import IN_DOCUMENT, USUAL
from core.text.detect import detect_language
from core.text.words import FUNCTION_WORDS
from core.types import Chunk, User
from retrieval.query.search import Search

# So many headings are tried; most of those that are answered are among the first.
_TRIED = 14
# What most companies' documents have; whatever it finds for this person is looked at.
_COMMON = "policy guide rules process how to contact deadline price"
# A heading with these is a sentence, a list or a label, and no topic that somebody would ask about.
_NO_TOPIC = re.compile(r"[,;:!/()\[\]{}|=#@_\d]|\.\s")
_MOST_WORDS = 6
_NUMBERING = re.compile(r"^[\d.)\s§–-]+")


@dataclass(frozen=True, slots=True)
class Example:
    """A question and the document that answers it."""

    question: str
    document_id: str


def answered_questions(assistant: Assistant, user: User) -> Iterator[Example]:
    """Questions that are answered from the document that they were made from, one a document."""
    plain = replace(
        assistant,
        path=replace(assistant.path, models=None, tools=()),
        models=None,
        router=None,
        traces=None,
        conversations=None,
        data=None,
        limits=None,
    )
    passages = assistant.path.retriever.search(Search(_COMMON, user, 40))
    candidates = sorted(_candidates([p.chunk for p in passages]), key=lambda pair: not pair[0].rstrip().endswith("?"))
    used: set[str] = set()
    for topic, chunk in candidates[:_TRIED]:
        if chunk.document_id in used:
            continue
        answer = plain.answer(Question(_question(topic, chunk), user, route=SEARCH))
        if answer.outcome == "answered" and any(c.document_id == chunk.document_id for c in answer.citations):
            used.add(chunk.document_id)
            yield Example(_question(topic, chunk), chunk.document_id)


def _candidates(chunks: Sequence[Chunk]) -> Iterator[tuple[str, Chunk]]:
    known: set[str] = set()
    for chunk in chunks:
        topic = _NUMBERING.sub("", " ".join((chunk.heading_path or ("",))[-1].split())).strip(" .:")
        if topic.casefold() not in {*known, chunk.title.casefold()} and len(topic) > 4 and _can_be_asked(topic):
            known.add(topic.casefold())
            yield topic, chunk


def _can_be_asked(topic: str) -> bool:
    """Whether people would ask about it in these words: a question, or the name of something."""
    if topic.endswith("?"):
        return True
    words = topic.casefold().split()
    usual = USUAL.issuperset(words) or FUNCTION_WORDS & {words[0], words[-1]}
    return len(words) <= _MOST_WORDS and not usual and not _NO_TOPIC.search(topic)


def _question(topic: str, chunk: Chunk) -> str:
    if topic.endswith("?"):
        return topic
    # A heading alone says too little: "Timing", of a playbook on renewals.
    form = IN_DOCUMENT.get(detect_language(chunk.text), IN_DOCUMENT["en"])
    return form.format(topic=_within_a_sentence(topic, chunk.text), title=chunk.title)


def _within_a_sentence(topic: str, text: str) -> str:
    """A heading as it stands in a sentence: its first word is small where the document itself writes it so."""
    first, _, rest = topic.partition(" ")
    small = first[:1].lower() + first[1:]
    return f"{small} {rest}".strip() if re.search(rf"\b{re.escape(small)}\b", text) else topic
