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

# German writes an ordinal as a number with a full stop; before one of these it ends no sentence.
AFTER_ORDINAL = frozenset(
    f"{' '.join(MONTH_NUMBERS)} quartal halbjahr jahr jahrhundert jahrestag tag woche monat kapitel abschnitt "
    "stock platz auflage januarwoche etage runde phase stufe".split()
)
# A full stop after one of these doesn't end a sentence (compared in lower case, without the stop).
_SHORT_FORMS = (
    "mr mrs ms dr prof sr jr st mt vs etc e.g i.e cf ca approx no nos fig figs eq vol pp p ed eds inc ltd co corp llc "
    "dept est gen gov col capt lt sgt rev hon u.s u.k u.n d.c a.m p.m jan feb mar apr jun jul aug sep sept oct nov dec "
    "z.b bzw ca d.h u.a usw nr str hr fr bspw ggf inkl zzgl abs art "
    "sra srta ud uds pág núm av ej p.ej m mme mlle bd tél c.-à-d env"
)
_ABBREVIATIONS = frozenset(_SHORT_FORMS.split())
_LATIN_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|$)")
# Full stops of Chinese and Japanese, Hindi, Urdu, Arabic, Armenian, Ethiopic, Khmer, Burmese: no space need follow.
_OTHER_END = re.compile(r"[。！？｡॥।۔؟։።៖။]+[\"'”’»」』）)\]]*")
_LAST_WORD = re.compile(r"([^\W\d_](?:[\w.\-]*\w)?)$")
_ORDINAL = re.compile(r"(?:^|[\s(])\d{1,2}$")
_NEXT_WORD = re.compile(r"\s*([^\W\d_]+)")
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
        if not match.group().startswith(".") or _is_stop(text, match, end):
            yield match.end()


def _line_ends(text: str, begin: int, end: int) -> Iterator[int]:
    """Line breaks that end a statement: the line is clearly shorter than a wrapped one, and the next starts anew."""
    lines = list(_LINE.finditer(text, begin, end))
    widest = max(len(line.group()) for line in lines)
    for line, following in pairwise(lines):
        starts = following.group().lstrip()[:1]
        if len(line.group()) < 0.7 * max(widest, 60) and not starts.islower():
            yield line.end()


def _is_stop(text: str, match: re.Match[str], end: int) -> bool:
    """Whether this full stop ends a sentence, rather than an abbreviation, an initial or an ordinal ("3. Dezember")."""
    following = text[match.end() : end].lstrip()[:1]
    if following and following.islower():
        return False
    if _ORDINAL.search(text[max(0, match.start() - 3) : match.start()]):
        ordered = _NEXT_WORD.match(text, match.end(), end)
        return ordered is None or ordered.group(1).lower() not in AFTER_ORDINAL
    word = _LAST_WORD.search(text, max(0, match.start() - 20), match.start())
    if word is None:
        return True
    last = word.group(1)
    if last.lower() in _ABBREVIATIONS:
        return False
    return not (len(last) == 1 and last.isupper() and last.isascii())


def _trimmed(text: str, begin: int, end: int, kind: str) -> Span:
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    return Span(text[begin:end], begin, end, kind)
