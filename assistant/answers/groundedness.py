"""Whether a sentence of an answer is supported by the passages it cites.

Two parts: every fact (number with its unit, date, name, quoted phrase) must stand in the cited passages, and the
sentence as a whole must be near one of their sentences in meaning and in words. `groundedness.json` holds the fitted
threshold of the second part (`python -m evals.fitting.groundedness`).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from assistant.answers.evidence import token_vectors_of
from core.text.dates import MONTH, MONTH_NUMBERS
from core.text.sentences import split_sentences
from core.text.words import FUNCTION_WORDS, words
from core.types import Passage
from retrieval.models.tokens import TokenEncoder

_NUMBER = re.compile(r"(?<![\w.])[-+−]?(?:\d{1,3}(?:[ \u00a0\u202f']\d{3})+(?:[.,]\d+)?(?!\d)|\d[\d.,]*\d|\d)")
_UNIT_AFTER = re.compile(
    r"\s?(%|‰|°[CF]?|€|\$|£|¥|percent|per cent|prozent|million|billion|thousand|mio|mrd|bn|[kMGT]i?B\b|ms\b|"
    r"seconds?|minutes?|hours?|days?|weeks?|months?|years?|quarters?|"
    r"Sekunden?|Minuten?|Stunden?|Tagen?|Tage|Wochen?|Monaten?|Monate|Jahren?|Jahre|EUR|USD|GBP|CHF)",
    re.IGNORECASE,
)
_MONEY_BEFORE = re.compile(r"(€|\$|£|¥|EUR|USD|GBP|CHF)\s?$")
_QUOTED = re.compile(r"[“\"„«]([^”\"“»]{3,300})[”\"“»]")
_NAME = re.compile(r"\b[A-ZÀ-ÞĀ-Ž][\w’'&-]*(?:\s+[A-ZÀ-ÞĀ-Ž][\w’'&-]*)*")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;]\s+|[“\"(]\s*)$")
_NUMBER_WORDS = {
    word: str(value)
    for value, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
}
# A day of a month is no number of anything: "3 March" doesn't support "three years".
_DATE = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:of\s+|de\s+)?(?:{MONTH})\b|\b(?:{MONTH})\s+\d{{1,2}}\b"
    r"|\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b",
    re.IGNORECASE,
)
_UNITS = {
    "%": "%", "percent": "%", "per cent": "%", "prozent": "%", "€": "eur", "$": "usd", "£": "gbp", "¥": "jpy",
    "mio": "million", "mrd": "billion", "bn": "billion",
    "tag": "day", "tage": "day", "tagen": "day", "woche": "week", "wochen": "week", "monat": "month",
    "monate": "month", "monaten": "month", "jahr": "year", "jahre": "year", "jahren": "year",
    "stunde": "hour", "stunden": "hour", "minute": "minute", "minuten": "minute",
    "sekunde": "second", "sekunden": "second",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """What the check of one sentence found.

    Attributes:
        problems: What isn't in the cited passages, in words for the trace and for the repair.
        score: 0..1, how near the sentence is to its passages.
    """

    passed: bool
    problems: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Fact:
    """A number with its unit ("1452.4 usd"), a name or a quoted phrase; `shown` is how the sentence writes it."""

    kind: str
    value: str
    shown: str
    unit: str = ""


def check_sentence(sentence: str, cited: Sequence[Passage], question: str, encoder: TokenEncoder) -> Check:
    """Whether the passages in `cited` support the sentence (without its markers)."""
    if not cited:
        return Check(False, ("it cites no source",), 0.0)
    source = "\n".join(f"{p.chunk.title}\n{' '.join(p.chunk.heading_path)}\n{p.chunk.text}" for p in cited)
    problems = unsupported_facts(sentence, source, question)
    score = groundedness(sentence, cited, encoder)
    if score < threshold():
        problems = (*problems, f"its meaning is not in the sources ({score:.2f} of {threshold():.2f})")
    return Check(not problems, problems, round(score, 4))


def unsupported_facts(sentence: str, source: str, question: str = "") -> tuple[str, ...]:
    """The facts of the sentence that `source` doesn't have. Names that the question brought up are let through."""
    known = facts(source)
    numbers: dict[str, set[str]] = {}
    for fact in known:
        if fact.kind == "number":
            numbers.setdefault(fact.value, set()).add(fact.unit)
    names = set(words(source)) | set(words(question))
    folded = _folded(source)
    problems = []
    for fact in facts(sentence):
        if fact.kind == "number":
            units = numbers.get(fact.value)
            if units is None:
                problems.append(f"the number {fact.shown}")
            # A number that stands there without a unit (a table's cell) may get the unit of its column.
            elif fact.unit and fact.unit not in units and "" not in units:
                problems.append(f"the unit of {fact.shown}")
        elif fact.kind == "quote":
            if _folded(fact.value) not in folded:
                problems.append(f"the quotation “{fact.shown}”")
        elif not set(words(fact.value)) <= names:
            problems.append(f"the name {fact.shown}")
    return tuple(dict.fromkeys(problems))


def facts(text: str) -> list[Fact]:
    """Numbers, names and quoted phrases of `text`. A date is its numbers; a month's name counts as one."""
    dates = [match.span() for match in _DATE.finditer(text)]
    found = [Fact("quote", m.group(1).strip(" .,;"), m.group(1)) for m in _QUOTED.finditer(text)]
    for match in _NUMBER.finditer(text):
        dated = any(begin <= match.start() < end for begin, end in dates) and len(match.group()) < 3
        unit = "date" if dated else _unit(text, match)
        found.append(Fact("number", _number(match.group()), match.group().strip(), unit))
    for match in re.finditer(r"[^\W\d_]+", text):
        word = match.group()
        lowered = word.casefold()
        if lowered in _NUMBER_WORDS:
            found.append(Fact("number", _NUMBER_WORDS[lowered], word, _unit(text, match)))
        elif lowered in MONTH_NUMBERS and word[0].isupper():
            found.append(Fact("number", f"month {MONTH_NUMBERS[lowered]}", word))
    for month in re.findall(r"\b\d{4}-(\d{2})(?:-\d{2})?\b", text):
        found.append(Fact("number", f"month {int(month)}", month))
    for match in _NAME.finditer(text):
        name = match.group()
        if _SENTENCE_START.search(text[: match.start()]):
            # A capital at the start of a sentence says nothing, unless more capitals follow.
            _, _, name = name.partition(" ")
        kept = [w for w in name.split() if w.casefold() not in FUNCTION_WORDS and w.casefold() not in MONTH_NUMBERS]
        if kept and len(" ".join(kept)) > 1:
            found.append(Fact("name", " ".join(kept), " ".join(kept)))
    return found


def groundedness(sentence: str, cited: Sequence[Passage], encoder: TokenEncoder) -> float:
    """0..1: how near each word of the sentence is, in its context, to some word of the cited passages, on average.

    Source: the precision of BERTScore (Zhang and others, ICLR 2020). The passages' token vectors are those that were
    computed when they were searched for evidence.
    """
    own = encoder.encode_tokens([sentence], query=True)[0].vectors
    texts = [p.chunk.text for p in cited]
    there = [v.vectors for v in token_vectors_of(texts, [split_sentences(t) for t in texts], encoder)]
    there = [vectors for vectors in there if len(vectors)]
    if not there or not len(own):
        return 0.0
    return float((own @ np.concatenate(there).T).max(axis=1).mean())


@cache
def threshold() -> float:
    """The fitted score from which a sentence counts as supported."""
    stored = json.loads(files("assistant.answers").joinpath("groundedness.json").read_text(encoding="utf-8"))
    return float(stored["threshold"])


def _number(text: str) -> str:
    """ "1,452.4", "1.452,4" and "1 452,40" all as "1452.4"; a sign is kept."""
    digits = re.sub(r"[\s\u00a0\u202f']", "", text).replace("−", "-").lstrip("+").rstrip(".,")
    if "," in digits and "." in digits:
        decimal = max(digits.rfind(","), digits.rfind("."))
        digits = re.sub(r"[.,]", "", digits[:decimal]) + "." + digits[decimal + 1 :]
    elif digits.count(",") == 1 and len(digits.rpartition(",")[2]) != 3:
        digits = digits.replace(",", ".")
    elif digits.count(".") > 1 or (digits.count(".") == 1 and re.fullmatch(r"-?[1-9]\d{0,2}\.\d{3}", digits)):
        digits = digits.replace(".", "")
    else:
        digits = digits.replace(",", "")
    whole, point, fraction = digits.partition(".")
    fraction = fraction.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{fraction}" if point and fraction else "")


def _unit(text: str, match: re.Match[str]) -> str:
    after = _UNIT_AFTER.match(text, match.end())
    before = _MONEY_BEFORE.search(text[: match.start()])
    found = after.group(1) if after else before.group(1) if before else ""
    lowered = found.casefold()
    return _UNITS.get(lowered, lowered.removesuffix("s"))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return " ".join(re.sub(r"[^\w'%€$£.,-]+", " ", plain).split())
