"""Statements as they are shown: which ones stand beside the first, and how each is worded."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answers.quoting.dated import earlier_message
from assistant.answers.reading.continued import continued, stands_in
from assistant.answers.reading.evidence import QuestionContext, ScoredStatement
from assistant.answers.reading.otherwise import differs
from core.text.words import FUNCTION_WORDS, content_words, words
from core.types import Passage

# A supporting sentence may score this much below the leading one; a sentence of another document, which can tell a
# different story, that much less.
_SUPPORT_MARGIN = 4.5
_OTHER_DOCUMENT = 1.0
_MAX_WORDS = 150
# Where the answer isn't sure: how much below the best statement another may score, and how many of the question's words
# are named that none of them has.
_SHOWN_MARGIN = 6.0
_UNSAID = 4
# Headers of tables of pairs; they say nothing that "Contract end: 2027-02-28" doesn't.
_NAMELESS = frozenset(
    ["", "field", "value", "key", "property", "attribute", "feld", "wert", "campo", "valor", "champ", "valeur"]
)
_WORD = re.compile(r"[^\W_](?:[\w'’-]*\w)?")
_BULLET = re.compile(r"^\s*(?:[-*•▪◦‣·]|\d{1,3}[.)]|[a-z][.)])\s+")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")


def distinct(evidence: Sequence[ScoredStatement], limit: int, *, change: bool = False) -> list[ScoredStatement]:
    """The first and the best further statements that say something of their own.

    Args:
        change: Two states are asked for: a row that says the same with another number or day is one of its own.
    """
    chosen: list[ScoredStatement] = []
    for one in (*evidence[:1], *sorted(evidence[1:], key=lambda e: -e.score)):
        if len(chosen) == limit or (chosen and one.score < chosen[0].score - _SHOWN_MARGIN):
            break
        if not any(_repeats(one, other) and not (change and differs(one, other)) for other in chosen):
            chosen.append(one)
    return chosen


def unsaid_words(asked: QuestionContext, shown: Sequence[ScoredStatement], limit: int = _UNSAID) -> list[str]:
    """The question's content words, as it wrote them, that neither the statements nor their documents' titles have."""
    said: set[str] = set()
    for one in shown:
        chunk = one.passage.chunk
        said.update(words(" ".join([chunk.title, *chunk.heading_path, one.span.text, *(h for h, _ in one.cells)])))
    return [word for word in asked_words(asked) if not set(words(word)) & said][:limit]


def asked_words(asked: QuestionContext) -> list[str]:
    """The question's content words as it wrote them, each once."""
    kept = (word for word in _WORD.findall(asked.text) if word.casefold() not in FUNCTION_WORDS and len(word) > 2)
    return list(dict.fromkeys(kept))


def supporting(
    lead: ScoredStatement, others: Sequence[ScoredStatement], limit: int, asked_for: Sequence[str] = ()
) -> list[ScoredStatement]:
    """Up to `limit` further sentences that are near the leading one in score and don't repeat what was said."""
    chosen = [lead]
    words = len(lead.span.text.split())
    for evidence in map(continued, sorted(others, key=lambda e: -e.score)):
        if len(chosen) > limit or evidence.score < lead.score - _SUPPORT_MARGIN:
            break
        if _of_another(lead, evidence, asked_for):
            continue
        elsewhere = evidence.passage.chunk.document_id != lead.passage.chunk.document_id
        if elsewhere and evidence.score < lead.score - _SUPPORT_MARGIN + _OTHER_DOCUMENT:
            continue
        length = len(evidence.span.text.split())
        if words + length > _MAX_WORDS or any(_repeats(evidence, other) for other in chosen):
            continue
        if stands_in(evidence, chosen):
            continue
        chosen.append(evidence)
        words += length
    return chosen[1:]


def _of_another(lead: ScoredStatement, row: ScoredStatement, asked_for: Sequence[str]) -> bool:
    """Whether a row has another value in a column of which the question names the leading row's value."""
    named = {
        header: value
        for header, value in lead.cells
        if set(content_words(value)) & set(asked_for) and not value.isdigit()
    }
    theirs = dict(row.cells)
    return any(
        header and theirs.get(header, value) != value and not set(content_words(theirs[header])) & set(asked_for)
        for header, value in named.items()
    )


def statement_of(evidence: ScoredStatement) -> str:
    """The quoted words as running text: without list and emphasis marks, a table row as "header: value"."""
    if evidence.cells:
        label, *cells = evidence.cells
        if len(cells) == 1 and {label[0].casefold(), cells[0][0].casefold()} <= _NAMELESS and cells[0][1]:
            return f"{label[1]}: {cells[0][1]}"
        name = ": ".join(part for part in label if part)
        values = "; ".join(f"{header}: {value}" if header else value for header, value in cells if value)
        return f"{name} – {values}" if name and values else name or values
    text = _BULLET.sub("", evidence.span.text)
    text = _LINK.sub(r"\1", _EMPHASIS.sub(r"\2", text))
    earlier = earlier_message(evidence.passage.chunk)
    return " ".join(text.split()) + (f" ({earlier})" if earlier else "")


def quote_of(evidence: ScoredStatement) -> tuple[Passage, int, int]:
    """Where the statement stands: its passage, begin and end."""
    return evidence.passage, evidence.span.begin, evidence.span.end


def _repeats(evidence: ScoredStatement, other: ScoredStatement) -> bool:
    mine, theirs = set(content_words(evidence.span.text)), set(content_words(other.span.text))
    return len(mine & theirs) >= 0.8 * min(len(mine), len(theirs))
