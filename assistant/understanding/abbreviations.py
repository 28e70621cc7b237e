"""Abbreviations that the documents themselves explain, and questions that use them.

Read are "mean time to respond (MTTR)", "MTTR: mean time to respond", "LOA stands for leave of absence", the tables of a
glossary, and lines such as "WT Widget, GB Gearbox" below a heading that says what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from core.text.words import folded
from core.types import Chunk

_SHORT = r"[A-Z][A-Z0-9&/]{1,6}s?"
_PHRASE = r"[^\W\d_][\w’'-]*(?:[ -][\w’'-]+){0,7}"
_BRACKETED = re.compile(rf" \((?P<short>{_SHORT})\)")
_WORDS_BEFORE = re.compile(r"(?:[\w’'-]+[ -]){0,7}[\w’'-]+$")
_BEFORE_CHARS = 120
_STANDS_FOR = re.compile(
    rf"\b(?P<short>{_SHORT})\b[“”\"*_]*\s+(?:stands for|is short for|means|steht für|bedeutet|significa|signifie)\s+"
    rf"[“\"]?(?P<long>{_PHRASE})",
)
_DEFINED = re.compile(
    rf"^[ \t>*•-]{{0,6}}(?:\*\*|__)?(?P<short>{_SHORT})(?:\*\*|__)?\s*(?:[:,–=|]|\s-\s)\s*(?P<long>{_PHRASE})",
    re.MULTILINE,
)
_PAIRS = re.compile(
    rf"(?<![\w-])(?P<short>{_SHORT})[ :=]+(?P<long>[A-ZÀ-Þ][\w’'-]*(?: [A-ZÀ-Þ][\w’'-]*)*)(?=[,;.\n|]|$)"
)
_GLOSSARY = re.compile(r"abbreviat|acronym|glossar|abkürz|kurzform|abreviat|siglas?\b|abréviat|sigle", re.IGNORECASE)
_SMALL = frozenset("of the a an and to for in on at by with der die das und für von de la el y du des et".split())
_WORD = re.compile(r"[^\W_](?:[\w’'&/-]*\w)?")
# An abbreviation that stands in more chunks than this is a word of its own: both it and its meaning are searched for.
_RARE = 2


def abbreviations_in(chunk: Chunk) -> Iterator[tuple[str, str]]:
    """(abbreviation, what it stands for) as the chunk explains them."""
    text = chunk.text
    for match in _BRACKETED.finditer(text):
        before = _WORDS_BEFORE.search(text[max(0, match.start() - _BEFORE_CHARS) : match.start()])
        long = _spelled_by(match["short"], before.group()) if before else ""
        if long:
            yield match["short"], long
    for match in _STANDS_FOR.finditer(text):
        yield match["short"], _spelled_by(match["short"], match["long"]) or match["long"]
    for match in _DEFINED.finditer(text):
        long = _spelled_by(match["short"], match["long"], from_begin=True)
        if long:
            yield match["short"], long
    if _GLOSSARY.search(" ".join([chunk.title, *chunk.heading_path])):
        yield from ((m["short"], m["long"]) for m in _PAIRS.finditer(text))
        yield from _in_table(chunk)


def spelled_out(question: str, known: Mapping[str, str], counts: Mapping[str, int]) -> str:
    """The question with what its abbreviations stand for; `counts` says in how many chunks a folded word stands.

    An abbreviation that hardly any document uses gives way to its meaning; any other keeps its place beside it.
    """
    low = folded(question)

    def spelled(match: re.Match[str]) -> str:
        short = match.group()
        long = known.get(short) or (known.get(short.upper(), "") if not _is_word(short, counts) else "")
        if not long or folded(long) in low:
            return short
        return long if counts.get(folded(short), 0) <= _RARE else f"{short} ({long})"

    return _WORD.sub(spelled, question)


def _is_word(text: str, counts: Mapping[str, int]) -> bool:
    """Whether lower-case letters that could be an abbreviation are as likely a word: "it", "pa" in another language."""
    return not text.isupper() and (len(text) < 3 or counts.get(folded(text), 0) > 20)


def _spelled_by(short: str, words: str, *, from_begin: bool = False) -> str:
    """The words at the end (or beginning) of `words` whose initials spell the abbreviation; empty if none do."""
    letters = [c for c in folded(short.rstrip("s")) if c.isalnum()]
    parts = re.split(r"[\s-]+", words)
    for count in range(1, len(parts) + 1):
        chosen = parts[:count] if from_begin else parts[-count:]
        initials = [folded(p)[0] for p in chosen if p]
        without = [folded(p)[0] for p in chosen if p and folded(p) not in _SMALL]
        if letters in (initials, without) and folded(chosen[0]) not in _SMALL:
            return (
                " ".join(chosen)
                if "-" not in words
                else words[: len(" ".join(chosen))].strip()
                if from_begin
                else (words[-len(" ".join(chosen)) :].strip())
            )
    return ""


def _in_table(chunk: Chunk) -> Iterator[tuple[str, str]]:
    for row in chunk.rows[1:]:
        if len(row) > 1 and re.fullmatch(_SHORT, row[0].strip()) and row[1].strip():
            yield row[0].strip(), re.split(r"[.;(]", row[1])[0].strip()
