"""Whether statements are about the very thing that a question asks for, not just of its kind.

"ISO 22301 is valid until?" isn't answered by ISO 27001, "how many lorries?" not by a number of pallets, "its serial
number?" not by a ticket's, "who approved it?" not by a sentence without anybody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.text.dates import MONTH
from core.text.words import content_words, words
from core.types import Passage

_NUMBERED = re.compile(r"\b([^\W\d_]{2,}) (\d+(?:\.\d+)*)\b")
# Words before a number that make a quantity or a time of it, not the name of one thing among several.
_QUANTITY = frozenset(
    "the of for to in by from at on after before until till than only and or about over under almost within around is "
    "are have has got be next last first all these those with just some cost costs pay paid score gets year page day "
    "need needs rating per plus up every between über unter um ab bis nach vor von mit für seit de hasta desde en à "
    "dès depuis pour sur".split()
)
_MONTH = re.compile(rf"(?:{MONTH})\.?", re.IGNORECASE)
_NO_NOUN = (
    r"(?:do|does|did|is|are|was|were|can|could|may|must|should|shall|have|has|had|will|would|per|an?|the|of|in|at|on"
    r"|for|with|we|i|you|they|he|she|it|there|our|my|still|get|use|need|to|and|or|by|from|before|until|after|does)"
)
_COUNTED = re.compile(rf"\bhow many ((?:(?!{_NO_NOUN}\b)[\w-]+ ?){{1,3}})", re.IGNORECASE)
_TIME = re.compile(r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|quarters?|times?|people|persons?)\W*$")
_CODE = re.compile(r"\b(serial|order|ticket|contract|part|account|invoice|policy|iban) ?(?:number|no\b)", re.IGNORECASE)
_WHO = re.compile(r"(?:^\W*|[,.;:?]\s*|\b(?:and|or|but|so) )who\b", re.IGNORECASE)
_WHO_DID = re.compile(r"\bwho (?:was|were|did|had|wrote|sat|got|named|won|signed|approved|came|left)\b", re.IGNORECASE)
_NAMED = re.compile(r"\b[A-ZÀ-Þ][\w’'-]+ (?:[A-Z]\. )?[A-ZÀ-Þ][\w’'-]+|@\w+|#\w+")
_ROLE = re.compile(
    r"\b(?:managers?|leads?|leaders?|heads?|directors?|officers?|owners?|president|vp|c[a-z]o|ciso|engineers?|analysts?"
    r"|consultants?|partners?|peers?|staff|supervisors?|assistants?|coordinators?|specialists?|authorit(?:y|ies)|councils?"
    r"|agenc(?:y|ies)|departments?|teams?|people|finance|legal|support|sales|hr|it|employ(?:er|ee)s?|judges?|courts?"
    r"|boards?|committees?|government|landlords?|tenants?|persons?|everyone|anyone|nobody|members?|you|customers?|users?"
    r"|admins?|teammates?|candidates?|hotline|desk|reps?|nurses?|doctors?|drivers?|teachers?|parents?)\b",
    re.IGNORECASE,
)


def is_specific(question: str, statements: Sequence[str], around: Sequence[str], passages: Sequence[Passage]) -> bool:
    """Whether nothing shows that the statements are about another thing than the question.

    Args:
        statements: As they would be shown.
        around: Their titles and headings.
        passages: All that were found.
    """
    return (
        _has_number_of_name(question, passages)
        and _has_what_is_counted(question, [*statements, *around])
        and _has_name_of_code(question, statements)
        and _has_somebody(question, statements)
    )


def _has_number_of_name(question: str, passages: Sequence[Passage]) -> bool:
    """Whether "pump 12" stands somewhere, or no other pump with a number does."""
    chunks = [passage.chunk for passage in passages]
    seen = " ".join(" ".join([c.title, *c.heading_path, c.text]) for c in chunks)
    for word, number in _NUMBERED.findall(question):
        if word.casefold() in _QUANTITY or _MONTH.fullmatch(word):
            continue
        other = re.search(rf"\b{re.escape(word)}(?:[ /-][A-Z]{{2,4}})? \d", seen, re.IGNORECASE)
        if other and not re.search(rf"(?<![\d.,]){re.escape(number)}(?![\d]|[.,]\d)", seen):
            return False
    return True


def _has_what_is_counted(question: str, texts: Sequence[str]) -> bool:
    counted = _COUNTED.search(question)
    nouns = content_words(counted[1]) if counted else []
    if counted is None or not nouns or _TIME.search(counted[1].casefold()):
        return True
    return any(nouns[-1] in words(text) for text in texts)


def _has_name_of_code(question: str, statements: Sequence[str]) -> bool:
    code = _CODE.search(question)
    return code is None or any(code[1].casefold() in statement.casefold() for statement in statements)


def _has_somebody(question: str, statements: Sequence[str]) -> bool:
    """Whether a person, or for what holds always a role, is named that the question doesn't name."""
    if not _WHO.search(question):
        return True
    known, text = set(words(question)), " ".join(statements)
    if any(not known.intersection(words(found.group())) for found in _NAMED.finditer(text)):
        return True
    asked = question.casefold()
    return not _WHO_DID.search(question) and any(m.group().casefold() not in asked for m in _ROLE.finditer(text))
