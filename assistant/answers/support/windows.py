"""The part of a text that stands nearest to a claim, for a model that reads only so much at once."""

from __future__ import annotations

from collections import Counter

from core.text.sentences import Span, split_sentences
from core.text.words import content_words

# About 250 tokens; the claim and the title come on top.
WINDOW_CHARS = 1_000


def nearest(claim: str, text: str, chars: int = WINDOW_CHARS) -> str:
    """The run of whole sentences that has most of the claim's words, rare ones before others; short texts whole.

    Rows of a table keep their header.
    """
    if len(text) <= chars:
        return text
    spans = split_sentences(text)
    if not spans:
        return text[:chars]
    wanted = set(content_words(claim))
    words = [wanted & set(content_words(span.text)) for span in spans]
    having = Counter(word for found in words for word in found)
    best, begin, end = -1.0, 0, 0
    for first in range(len(spans)):
        last = _last(spans, first, chars)
        score = sum(1 / having[word] for word in set().union(*words[first : last + 1]))
        # Of equals the one in whose middle the words stand: it has what leads up to them.
        score += 0.01 * _centred(words[first : last + 1])
        if score > best:
            best, begin, end = score, first, last
    # A single sentence may be longer than the window.
    return _with_header(text, spans, begin) + text[spans[begin].begin : spans[end].end][:chars]


def _last(spans: list[Span], first: int, chars: int) -> int:
    last = first
    while last + 1 < len(spans) and spans[last + 1].end - spans[first].begin <= chars:
        last += 1
    return last


def _centred(words: list[set[str]]) -> float:
    """0..1, how near to the middle the sentences with most of the words are."""
    weight = sum(len(found) for found in words)
    if not weight:
        return 0.0
    middle = sum(place * len(found) for place, found in enumerate(words)) / weight
    return 1 - abs(middle / max(1, len(words) - 1) - 0.5) * 2


def _with_header(text: str, spans: list[Span], begin: int) -> str:
    """The header of the table that the window begins in, with its rule; empty if it begins elsewhere."""
    if spans[begin].kind != "row":
        return ""
    for place in range(begin - 1, -1, -1):
        if spans[place].kind == "header":
            return text[spans[place].begin : spans[place + 1].begin]
        if spans[place].kind != "row":
            return ""
    return ""
