"""Text → sentences with their offsets. Works for scripts without spaces and for lists and tables.

A sentence keeps its offsets so that a quote can be found again in the document, character by character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from core.tables import is_rule_line
from core.text.dates import MONTH_NUMBERS
from core.text.words import FUNCTION_WORDS

# Whatever follows, a full stop after one of these ends no sentence (compared in lower case, without the stop).
_TITLES = frozenset(
    "mr mrs ms dr prof st mt vs v e.g i.e cf ca approx dept gen gov col capt lt sgt rev hon aka z.b bzw d.h u.a med "
    "vgl str hr fr bspw ggf inkl zzgl sra srta ud uds lic ing av ej p.ej ee m mme mlle bd tél c.-à-d".split()
)
# These end one where a function word follows: "at 5 p.m. The gate", but "at 5 p.m. Friday".
_CLIPPED = frozenset(
    "etc ed eds est env sr jr inc ltd co corp llc u.s u.k u.n d.c a.m p.m usw chr mio mrd uu jan feb mar apr jun jul "
    "aug sep sept oct nov dec".split()
)
# These are abbreviations before a number only: "No. 5", but "He said no."
_COUNTED = frozenset("no nos nr fig figs eq vol pp p s c al art abs núm pág".split())
# German writes an ordinal as a number with a full stop; before a month, and a noun that ends so, it ends no sentence.
_COUNTED_NOUNS = tuple(
    f"{' '.join(MONTH_NUMBERS)} quartal halbjahr jahr jahrhundert tag woche monat kapitel abschnitt stock platz rang "
    "auflage etage runde phase stufe klasse".split()
)
# Dots with spaces between them are one ellipsis; a German quotation closes with the mark that opens an English one.
_LATIN_END = re.compile(r"[.!?…]+(?:[ \u00a0][.!?…]+)*(?P<closed>[\"'”’»“«)\]]*)(?=\s|$)")
# Full stops of Chinese and Japanese, Hindi, Urdu, Arabic, Armenian, Ethiopic, Khmer, Burmese: no space need follow.
_OTHER_END = re.compile(r"[。！？｡॥।۔؟։።៖။]+[\"'”’»」』）)\]]*")
_LAST_WORD = re.compile(r"(?<!\d)([^\W\d_](?:[\w.\-]*\w)?)$")
_ORDINAL = re.compile(r"(?:^|[\s(])\d{1,2}$")
_NEXT_WORD = re.compile(r"\s*([^\W\d_]+)")
# "z. B.", "i. d. R.", "n. Chr.": a letter with a stop, and what it is written with.
_SPACED = re.compile(r"\s+(?:[^\W\d_]|Chr)\.")
_LINE = re.compile(r"[^\n]+")
_LIST_ITEM = re.compile(r"^\s*(?:[-*•▪◦‣·]|\d{1,3}[.)]|[a-z][.)])\s+")


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence, a list item or a table row.

    Attributes:
        begin, end: Offsets into the text that was split; text[begin:end] == span.text.
        kind: "sentence", "item" (of a list), "header" or "row" (of a Markdown table), "heading".
    """

    text: str
    begin: int
    end: int
    kind: str = "sentence"


def split_sentences(text: str) -> list[Span]:
    """The sentences, list items, headings and table rows of `text`, in order, without surrounding white space."""
    spans: list[Span] = []
    block: tuple[int, int] | None = None  # lines of running text that a hard wrap may have cut inside a sentence
    for line in _LINE.finditer(text):
        begin, end, content = line.start(), line.end(), line.group()
        gap = text[block[1] : begin].count("\n") > 1 if block else False
        if not content.strip():
            continue
        kind = _line_kind(content)
        if block and (kind != "text" or gap):
            spans.extend(_sentences(text, *block))
            block = None
        if kind == "rule":
            if spans and spans[-1].kind == "row":
                spans[-1] = replace(spans[-1], kind="header")
            continue
        if kind == "text":
            block = (block[0] if block else begin, end)
        elif kind == "item":
            block = (begin, end)
        else:
            spans.append(_trimmed(text, begin, end, kind))
    if block:
        spans.extend(_sentences(text, *block))
    return spans


def sentence_texts(text: str) -> list[str]:
    """The sentences of `text` as they are read aloud: each on one line, without the mark of a list."""
    return [told for span in split_sentences(text) if (told := " ".join(span.text.split()).lstrip("-•* "))]


def _line_kind(line: str) -> str:
    stripped = line.strip()
    if stripped.startswith("|") and stripped.count("|") > 1:
        return "rule" if is_rule_line(stripped) else "row"
    if stripped.startswith("#") and stripped.lstrip("#").startswith(" "):
        return "heading"
    return "item" if _LIST_ITEM.match(line) else "text"


def _sentences(text: str, begin: int, end: int) -> Iterator[Span]:
    kind = "item" if _LIST_ITEM.match(text[begin:end]) else "sentence"
    start = begin
    for cut in sorted(_ends(text, begin, end)):
        span = _trimmed(text, start, cut, kind)
        if span.text:
            yield span
        start = cut
    span = _trimmed(text, start, end, kind)
    if span.text:
        yield span


def _ends(text: str, begin: int, end: int) -> Iterator[int]:
    marker = _LIST_ITEM.match(text[begin:end])
    first = begin + marker.end() if marker else begin  # the stop in "1. Do this" ends nothing
    yield from _line_ends(text, begin, end)
    for match in _OTHER_END.finditer(text, first, end):
        yield match.end()
    for match in _LATIN_END.finditer(text, first, end):
        if _is_end(text, match, end):
            yield match.end()


def _line_ends(text: str, begin: int, end: int) -> Iterator[int]:
    """Line breaks that end a statement: the line is clearly shorter than a wrapped one, and the next starts anew."""
    lines = list(_LINE.finditer(text, begin, end))
    widest = max(len(line.group()) for line in lines)
    for line, following in pairwise(lines):
        starts = following.group().lstrip()[:1]
        if len(line.group()) < 0.7 * max(widest, 60) and not starts.islower():
            yield line.end()


def _is_end(text: str, match: re.Match[str], end: int) -> bool:
    """Whether these marks end a sentence; a quoted question or an ellipsis may stand within one."""
    following = text[match.end() : end].lstrip()[:1]
    if following.islower() and (match["closed"] or match.group()[0] in ".…"):
        return False
    return match.group()[0] != "." or _is_stop(text, match, end)


def _is_stop(text: str, match: re.Match[str], end: int) -> bool:
    """Whether this full stop ends a sentence, rather than an abbreviation, an initial or an ordinal ("3. Dezember")."""
    before = text[max(0, match.start() - 20) : match.start()]
    following = _NEXT_WORD.match(text, match.end(), end)
    if _ORDINAL.search(before):
        return following is None or not following[1].lower().endswith(_COUNTED_NOUNS)
    word = _LAST_WORD.search(before)
    # The letter of "20 °C" is no initial.
    if word is None or before[: word.start()].endswith("°"):
        return True
    last = word[1]
    if len(last) == 1 and _SPACED.match(text, match.end(), end):
        return False
    if last.lower() in _CLIPPED or last == "I":
        # "p.m. ET" goes on: a word that begins a sentence has one capital.
        return following is not None and following[1].istitle() and following[1].lower() in FUNCTION_WORDS
    if len(last) == 1 and last.isupper() and last.isascii():
        return False
    if last.lower() in _COUNTED:
        return not text[match.end() : end].lstrip()[:1].isdigit()
    return last.lower() not in _TITLES


def _trimmed(text: str, begin: int, end: int, kind: str) -> Span:
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    return Span(text[begin:end], begin, end, kind)
