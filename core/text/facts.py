"""The facts of a text that can be compared letter by letter: numbers with units, dates, periods, names, quotations.

A number may be written in digits or words ("within one hour", "60 Minuten", "media hora"), with a scale ("$4k",
"30 Mio.", "half a million"), and in another unit of the same kind; `amount` makes them comparable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from core.text.cues import periods_in
from core.text.dates import MONTH, MONTH_NUMBERS
from core.text.words import FUNCTION_WORDS

_NUMBER = re.compile(r"(?<![\w.])[-+−]?(?:\d{1,3}(?:[ \u00a0\u202f']\d{3})+(?:[.,]\d+)?(?!\d)|\d[\d.,]*\d|\d)[½¼¾]?")
_FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75"}
_SCALES = {
    "k": 1e3, "thousand": 1e3, "tausend": 1e3, "mil": 1e3, "mille": 1e3, "m": 1e6, "million": 1e6, "mio": 1e6,
    "millionen": 1e6, "millón": 1e6, "millones": 1e6, "millions": 1e6, "bn": 1e9, "billion": 1e9,
    "mrd": 1e9, "milliarde": 1e9, "milliarden": 1e9, "milliards": 1e9,
}  # fmt: skip
_SCALE_NAMES = {1e3: "thousand", 1e6: "million", 1e9: "billion"}
_SCALE_AFTER = re.compile(
    r"\s?(millionen|milliarden?|milliards?|millones|millón|millions?|billion|thousand|tausend|mille|mil|mio|mrd|bn)\b\.?"
    r"|(k|m)\b(?!\w)",
    re.IGNORECASE,
)
_UNIT_NAMES = {
    "%": "%|percent|per cent|prozent|por ciento|pour cent", "‰": "‰", "°c": "°c", "°f": "°f",
    "eur": "€|eur|euros?", "usd": r"\$|usd|us-dollar|dollars?", "gbp": "£|gbp|pfund|pounds?|libras?", "jpy": "¥|jpy",
    "chf": "chf|franken", "ms": "ms|milliseconds?",
    "second": "seconds?|sekunden?|segundos?|secondes?|s", "minute": "minutes?|minuten?|minutos?|min",
    "hour": "hours?|stunden?|horas?|heures?|h|hrs?", "day": "days?|tagen?|tage|tag|días?|jours?",
    "workday": "(?:business|working|work) days?|workdays?|arbeitstagen?|arbeitstage|werktagen?|werktage|"
    "días (?:hábiles|laborables)|jours ouvrables",
    "week": "weeks?|wochen?|semanas?|semaines?", "month": "months?|monaten?|monate?s?|meses|mes|mois",
    "quarter": "quarters?|quartale?|trimestres?", "year": "years?|jahren?|jahre?|años?|ans?",
    "kb": "kb", "mb": "mb", "gb": "gb", "tb": "tb", "kib": "kib", "mib": "mib", "gib": "gib", "tib": "tib",
    "km": "km|kilometers?|kilometres?|kilómetros?|kilometern?", "mile": "miles?|millas?|meilen?",
    "ha": "ha|hectares?|hectáreas?|hektar", "acre": "acres?",
}  # fmt: skip
_UNIT = re.compile(
    r"[\s\u00a0\u202f-]?(?:(?:full|whole|calendar|volle[nrs]?)\s)?"
    + "(?:"
    + "|".join(
        f"(?P<u{place}>{pattern})"
        for place, pattern in sorted(enumerate(_UNIT_NAMES.values()), key=lambda pair: -("days?" in pair[1]))
    )
    + r")(?![^\W_])",
    re.IGNORECASE,
)
_BY_GROUP = {f"u{place}": name for place, name in enumerate(_UNIT_NAMES)}
_MONEY_BEFORE = re.compile(r"(€|\$|£|¥|EUR|USD|GBP|CHF)\s?$")
# How much of the first of its kind a unit is.
_IN_KIND = {
    "ms": ("second", 0.001), "second": ("second", 1.0), "minute": ("second", 60.0), "hour": ("second", 3_600.0),
    "day": ("second", 86_400.0), "week": ("second", 604_800.0), "month": ("month", 1.0), "quarter": ("month", 3.0),
    "year": ("month", 12.0),
}  # fmt: skip
_QUOTED = re.compile(r"[“\"„«]([^”\"“»]{3,300})[”\"“»]")
_NAME = re.compile(r"\b[A-ZÀ-ÞĀ-Ž][\w’'&-]*(?:\s+[A-ZÀ-ÞĀ-Ž][\w’'&-]*)*")
_SENTENCE_START = re.compile(r"(?:^|\n|[.!?:;]\s+|[“\"(*]\s*|(?:^|\n)\s*(?:[-*•]|\d+[.)])\s+)$")
# A day of a month is no number of anything: "3 March" doesn't support "three years".
_DATE = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:of\s+|de\s+)?(?:{MONTH})\b|\b(?:{MONTH})\s+\d{{1,2}}\b"
    r"|\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d{2}\b(?=\s?(?:h|Uhr|to\b|a\b|am\b|pm\b|bis\b|[)–-])|\W|$)")
_WORD = re.compile(r"[^\W\d_]+")
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty",
    "null _ zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn "
    "achtzehn neunzehn zwanzig",
    "cero _ dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte",
    "zéro _ deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize _ _ _ vingt",
)
_TENS = (
    "twenty thirty forty fifty sixty seventy eighty ninety hundred",
    "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig hundert",
    "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien",
    "vingt trente quarante cinquante soixante _ _ _ cent",
)
_NTH = "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
# An article or a number, as what follows says.
_ONE = frozenset("one a an ein eine einen einem einer eines un una uno une".split())
_HALF = re.compile(
    r"\b(?:half an?|(?:eine[rn]?\s+)?halbe[rn]?|media|medio|une? demi-?)\s+"
    r"(?P<of>hour|day|year|million|stunde|tag|jahr|hora|día|año|millón|heure|journée)\b",
    re.IGNORECASE,
)
Kind = Literal["number", "name", "quote", "period"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A number with its unit ("1452.4", "usd"), a period ("month"), a name or a quoted phrase.

    Attributes:
        shown: As the text writes it.
        scale: What the number is to be multiplied by: 1,000 for "$4k".
        begin: Where it stands in the text.
        soft: Only an article may be meant: good as support, never asked for.
    """

    kind: str
    value: str
    shown: str
    unit: str = ""
    scale: float = 1.0
    begin: int = 0
    soft: bool = False


def facts(text: str) -> list[Fact]:
    """What of `text` can be compared. A date is its numbers; a month's name counts as one."""
    return [*_quotes(text), *(fact for fact in numbers(text) if not fact.soft), *periods(text), *names(text)]


def numbers(text: str) -> list[Fact]:
    """The numbers of `text` in digits and words, and its months."""
    return [*_in_digits(text), *_in_words(text), *_halves(text)]


@cache
def counting_words() -> frozenset[str]:
    """The words that numbers and their units are written with."""
    units = re.findall(r"[^\W\d_]{2,}", " ".join(_UNIT_NAMES.values()))
    plain = {unit.removesuffix("s") for unit in units} | set(units)
    return frozenset(plain | _words().keys() | _ONE | _SCALES.keys()) | frozenset(MONTH_NUMBERS)


def amount(fact: Fact) -> tuple[float, str]:
    """(value, kind of unit): 2 hours and 120 minutes are both (7200.0, "second"), 4k USD is (4000.0, "usd")."""
    try:
        value = float(fact.value) * fact.scale
    except ValueError:
        return 0.0, fact.value
    unit = "" if fact.unit in _SCALE_NAMES.values() else fact.unit
    kind, factor = _IN_KIND.get(unit, (unit, 1.0))
    return round(value * factor, 6), kind


def names(text: str) -> list[Fact]:
    """Words with a capital that begin no sentence, one fact for those that stand together."""
    found = []
    for match in _NAME.finditer(text):
        name = match.group()
        if _SENTENCE_START.search(text[: match.start()]):
            # A capital at the start of a sentence says nothing, unless more capitals follow.
            _, _, name = name.partition(" ")
        kept = [w for w in name.split() if w.casefold() not in FUNCTION_WORDS | counting_words()]
        if kept and len(" ".join(kept)) > 1:
            found.append(Fact("name", " ".join(kept), " ".join(kept), begin=match.start()))
    return found


def plain_number(text: str) -> str:
    """ "1,452.4", "1.452,4" and "1 452,40" all as "1452.4"; a sign is kept."""
    fraction = _FRACTIONS.get(text[-1:], "")
    digits = re.sub(r"[\s\u00a0\u202f'½¼¾]", "", text).replace("−", "-").lstrip("+").rstrip(".,")
    if "," in digits and "." in digits:
        decimal = max(digits.rfind(","), digits.rfind("."))
        digits = re.sub(r"[.,]", "", digits[:decimal]) + "." + digits[decimal + 1 :]
    elif digits.count(",") == 1 and len(digits.rpartition(",")[2]) != 3:
        digits = digits.replace(",", ".")
    elif digits.count(".") > 1 or (digits.count(".") == 1 and re.fullmatch(r"-?[1-9]\d{0,2}\.\d{3}", digits)):
        digits = digits.replace(".", "")
    else:
        digits = digits.replace(",", "")
    whole, point, decimals = (digits + fraction).partition(".")
    decimals = decimals.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{decimals}" if point and decimals else "")


def _quotes(text: str) -> Iterator[Fact]:
    for match in _QUOTED.finditer(text):
        yield Fact("quote", match.group(1).strip(" .,;"), match.group(1), begin=match.start())


def periods(text: str) -> Iterator[Fact]:
    """What recurs: "daily", "per month", "im Jahr"."""
    for name, shown, begin in periods_in(text):
        yield Fact("period", name, shown, begin=begin)


def _in_digits(text: str) -> Iterator[Fact]:
    dates = [match.span() for match in _DATE.finditer(text)]
    clocks = {match.start(): match.group() for match in _CLOCK.finditer(text)}
    for match in _NUMBER.finditer(text):
        if match.start() in clocks and ":" in clocks[match.start()]:
            clock = clocks[match.start()]
            yield Fact("number", clock.lstrip("0"), clock, "clock", begin=match.start())
            continue
        if text[match.end() : match.end() + 1] == ")" and text[: match.start()].count("(") == text[
            : match.start()
        ].count(")"):
            continue  # "1) first, 2) then"
        if match.start() > 2 and text[match.start() - 1] == ":" and text[match.start() - 2].isdigit():
            continue  # the minutes of a clock
        dated = any(begin <= match.start() < end for begin, end in dates) and len(match.group()) < 3
        unit, scale = ("date", 1.0) if dated else _unit(text, match.start(), match.end())
        yield Fact("number", plain_number(match.group()), match.group().strip(), unit, scale, match.start())
    for match in re.finditer(r"\b\d{4}-(\d{2})(?:-\d{2})?\b", text):
        yield Fact("number", f"month {int(match.group(1))}", match.group(1), begin=match.start())


def _in_words(text: str) -> Iterator[Fact]:
    for match in _WORD.finditer(text):
        word = match.group()
        lowered = word.casefold()
        if lowered in _words():
            unit, scale = _unit(text, match.start(), match.end())
            yield Fact("number", str(_words()[lowered]), word, unit, scale, match.start())
        elif lowered in _ONE:
            unit, scale = _unit(text, match.start(), match.end())
            if unit:
                yield Fact("number", "1", word, unit, scale, match.start(), soft=lowered != "one")
        elif lowered in MONTH_NUMBERS and (word[0].isupper() or lowered not in {"mai", "may", "march", "mars"}):
            yield Fact("number", f"month {MONTH_NUMBERS[lowered]}", word, begin=match.start())


def _halves(text: str) -> Iterator[Fact]:
    for match in _HALF.finditer(text):
        scale = _SCALES.get(match["of"].casefold(), 1.0)
        unit = "million" if scale > 1 else _unit(text, match.start("of"), match.start("of"))[0]
        yield Fact("number", "0.5", match.group(), unit, scale, match.start())


@cache
def _words() -> dict[str, int]:
    """Number words → what they say."""
    found = {word: value for line in _SMALL for value, word in enumerate(line.split())}
    found |= {word: value for line in _TENS for value, word in zip(range(20, 101, 10), line.split(), strict=True)}
    found |= {word: value for value, word in enumerate(_NTH.split(), start=13)}
    german = _SMALL[1].split()
    for value, tens in zip(range(20, 100, 10), _TENS[1].split(), strict=False):
        found |= {f"{'ein' if one == 1 else german[one]}und{tens}": value + one for one in range(1, 10)}
    found |= {"sesenta": 60, "dutzend": 12, "dozen": 12, "docena": 12}
    # "six" is six in French, too; "once" is mostly English, "cent" a coin, "mil" a scale.
    return {word: value for word, value in found.items() if word not in {"_", "once", "cent", "cien", "seize", "dix"}}


def _unit(text: str, begin: int, end: int) -> tuple[str, float]:
    """(the unit of the number at begin..end, what it is multiplied by)."""
    scale = 1.0
    scaled = _SCALE_AFTER.match(text, end)
    money = _MONEY_BEFORE.search(text[:begin])
    if scaled and (scaled.group(1) or money):
        scale, end = _SCALES[(scaled.group(1) or scaled.group(2)).casefold()], scaled.end()
    elif scaled and scaled.group(2).casefold() == "k":
        scale, end = 1e3, scaled.end()
    after = _UNIT.match(text, end)
    if after:
        return _BY_GROUP[str(after.lastgroup)], scale
    if money:
        return _name_of(money.group(1)), scale
    return _SCALE_NAMES.get(scale, ""), scale


def _name_of(sign: str) -> str:
    return {"€": "eur", "$": "usd", "£": "gbp", "¥": "jpy"}.get(sign, sign.casefold())
