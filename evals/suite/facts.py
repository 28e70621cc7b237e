"""Whether an answer says a fact: text compared without case, accents of typography and ways of writing numbers."""

from __future__ import annotations

import re
import unicodedata

from core.text.facts import Fact, amount, facts
from core.text.sentences import split_sentences
from core.text.words import content_words

_MARKER = re.compile(r"\s?\[\d+\]")
_SEPARATOR = " | "


def without_markers(text: str) -> str:
    """The answer's text without its citation numbers."""
    return _MARKER.sub("", text)


def says(text: str, fact: str) -> bool:
    """Whether `text` says `fact` (or one of its spellings, separated by " | ").

    Verbatim with word borders, or all its numbers with fitting units and all its other words within one sentence.
    """
    return any(_says(text, spelling) for spelling in fact.split(_SEPARATOR))


def _says(text: str, fact: str) -> bool:
    folded = normalised(fact)
    if re.search(rf"(?<![\w])(?<!\d[.,]){re.escape(folded)}(?!\w)(?![.,]\d)", normalised(text)):
        return True
    wanted = numbers(fact)
    others = [w for w in content_words(re.sub(r"\d[\d.,]*", " ", fact)) if not w.isdigit()]
    if not wanted:
        return False
    for sentence in split_sentences(text):
        there = numbers(sentence.text)
        if all(any(_same(w, t, sentence.text) for t in there) for w in wanted):
            words = set(content_words(sentence.text))
            units = {w.unit for w in wanted}
            if all(o in words or any(u and u.startswith(o[:3].casefold()) for u in units) for o in others):
                return True
    return False


def other_number(text: str, fact: str) -> str:
    """A number that `text` gives in the unit of `fact` although it doesn't say `fact`; empty if there is none."""
    # Another day is no contradiction: an answer may name several.
    spellings = [n for s in fact.split(_SEPARATOR) for n in numbers(s) if n.unit not in {"", "date"}]
    if not spellings or says(text, fact):
        return ""
    for found in numbers(text):
        if any(found.unit == n.unit for n in spellings) and all(found.value != n.value for n in spellings):
            return found.shown
    return ""


def numbers(text: str) -> list[Fact]:
    """The numbers of `text` with their units."""
    return [fact for fact in facts(text) if fact.kind == "number"]


def normalised(text: str) -> str:
    """Lower case, plain spaces, plain hyphens and quotes, no Markdown emphasis."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = re.sub(r"[*_`|]+", " ", plain).replace("’", "'").replace("–", "-").replace("−", "-")
    return " ".join(plain.split())


def _same(wanted: Fact, found: Fact, sentence: str) -> bool:
    if amount(wanted) == amount(found):
        return True
    if (wanted.value, wanted.scale) != (found.value, found.scale):
        return False
    if not wanted.unit or wanted.unit == found.unit:
        return True
    # A table's cell has its unit in the column's heading, elsewhere in the same sentence.
    return not found.unit and wanted.unit in normalised(sentence)
