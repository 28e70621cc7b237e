"""What kind of answer a question expects (a number, a date, a name), and whether a sentence offers one."""

from __future__ import annotations

import re
from typing import Literal

from core.text.dates import MONTH
from core.text.words import FUNCTION_WORDS, words

Expected = Literal["number", "date", "name", "open"]

_NUMBER_WORD = (
    "one two three four five six seven eight nine ten eleven twelve dozen hundred thousand million billion half third "
    "quarter twice once single both double triple none "
    "zwei drei vier fünf sechs sieben acht neun zehn hundert tausend "
    "dos tres cuatro cinco seis siete ocho nueve diez cien mil "
    "deux trois quatre cinq sept huit neuf dix cent mille"
)
_NUMBER = re.compile(
    rf"\d[\d.,]*|\b(?:{'|'.join(_NUMBER_WORD.split())})\b|[一二三四五六七八九十百千万]+", re.IGNORECASE
)
_DATE = re.compile(
    rf"\b(?:1\d{{3}}|20\d\d)\b|\b(?:{MONTH})\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b\d+(?:st|nd|rd|th)\b|\bcentur(?:y|ies)\b|\b\d0s\b"
    r"|\b(?:today|yesterday|tomorrow|quarter|weekly|monthly|annually|daily)\b|\bQ[1-4]\b|\d+\s*年|\d+\s*月",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[^\W\d_a-zß-öø-ÿ][\w’'-]+")

_ASKS: tuple[tuple[Expected, re.Pattern[str]], ...] = (
    (
        "number",
        re.compile(
            r"\bhow (?:many|much|long|old|far|tall|large|big|high|often|fast|deep)\b"
            r"|\bwhat (?:is |was |are |were )?(?:the )?(?:\w+ )?(?:percent|percentage|number|amount|fraction|"
            r"proportion|price|cost|fee|rate|total|value|ratio|population|limit|maximum|minimum)\b"
            r"|\bhow .{0,15}(?:costs?|price)\b"
            r"|^\W*(?:the )?(?:price|costs?|fee|salary|percentage|amount|number|limit|maximum|minimum) (?:of|for)\b"
            r"|\bwie ?viele?\b|\bcuánt[oa]s?\b|\bcombien\b|\bсколько\b|\bkaç\b|多少|几|كم|कितन",
            re.IGNORECASE,
        ),
    ),
    (
        "date",
        re.compile(
            # "when I leave" names an occasion and asks for no day.
            r"^\W*(?:(?:and|so|or|but) )?when\b|\b(?:till|until|since|by|from|and|or|was|is) when\b"
            r"|[,.?:–-]\s*when\b|\bwhen\W*$"
            r"|\b(?:what|which) (?:\w+ )?(?:year|date|day|month|decade|century|deadline)\b"
            r"|\bwann\b|\bcuándo\b|\bquand\b|\bкогда\b|\bne zaman\b|什么时候|何时|哪一年|متى|कब",
            re.IGNORECASE,
        ),
    ),
    (
        "name",
        re.compile(
            r"\bwho(?:m|se)?\b|\bwhere\b|\b(?:what|which) (?:\w+ )?(?:person|player|people|company|man|woman|team|king|"
            r"president|author|actor|scientist|ruler|emperor|organi[sz]ation|group|city|country|place|state|location|"
            r"river|region|town|county|area|street|stadium|university|school|customer|vendor|product|manager|owner)\b"
            r"|\bwer\b|\bwem\b|\bwen\b|\bwo\b|\bqui[eé]n(?:es)?\b|\bdónde\b|\bqui\b|\boù\b|\bкто\b|\bгде\b|\bkim\b|\bnerede\b"
            r"|谁|哪里|哪个|من هو|أين|कौन|कहाँ",
            re.IGNORECASE,
        ),
    ),
)


def expected_of(question: str) -> Expected:
    """The kind of answer that `question` asks for; "open" when any statement would do."""
    return next((kind for kind, pattern in _ASKS if pattern.search(question)), "open")


def offers(expected: Expected, question: str, sentence: str) -> float:
    """1 if the sentence has something of the expected kind that isn't in the question, else 0; open: 0.5."""
    if expected == "open":
        return 0.5
    asked = question.casefold()
    if expected == "name":
        known = set(words(question))
        return float(any(not known.issuperset(words(m.group())) for m in _NAME.finditer(sentence)))
    pattern = _NUMBER if expected == "number" else _DATE
    return float(any(m.group().casefold() not in asked for m in pattern.finditer(sentence)))


def names_in(text: str) -> list[str]:
    """Capitalised words inside sentences and numbers: what a question names and an answer should know."""
    found = [m.group() for m in _NAME.finditer(text)] + re.findall(r"\d[\d.,]*\d|\d", text)
    return [name for name in found if name.casefold() not in FUNCTION_WORDS]
