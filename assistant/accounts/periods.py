"""Periods and windows of time as people name them: "Q3", "letztes Quartal", "in the next six months", "since July"."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.text.dates import MONTH_NUMBERS, days_in
from core.text.words import folded

_ORDINALS = (
    "first erste* primer* premier* 1 1st 1er",
    "second zweite* segundo deuxieme 2 2nd 2e",
    "third dritte* tercer* troisieme 3 3rd 3e",
    "fourth vierte* cuarto quatrieme 4 4th 4e",
)
_NUMBERS = (
    "one ein* un una une",
    "two zwei dos deux",
    "three drei tres trois",
    "four vier cuatro quatre",
    "five funf cinco cinq",
    "six sechs seis six",
    "seven sieben siete sept",
    "eight acht ocho huit",
    "nine neun nueve neuf",
    "ten zehn diez dix",
    "eleven elf once onze",
    "twelve zwolf doce douze",
)
_DAYS = {"day* tag* dia* jour*": 1, "week* woche* semana* semaine*": 7}
_MONTHS = {"month* monat* mes meses mois": 1, "quarter* quartal* trimestre*": 3, "year* jahr* ano* an annee*": 12}
_AHEAD = "next coming nachste* kommende* proxim* prochain* within innerhalb dentro"
_BACK = "last past previous prior before letzte* vergangene* vorig* ultim* pasad* anterior* dernier* passe* precedent*"
_THIS = "this current diese* laufende* aktuelle* este esta actual ce cette"
_UNTIL = "before until by bis vor hasta antes avant jusqu"
_SINCE = "since after from seit nach ab desde despues depuis apres"
_TOKEN = re.compile(r"[^\W_]+")
# By their full names, and the English ones by their short ones; "may" is more often a verb.
_MONTH_NAMES = {folded(name): number for name, number in MONTH_NUMBERS.items()} | {
    name: number for number, name in enumerate("jan feb mar apr - jun jul aug sep oct nov dec".split(), start=1)
}
_BEFORE_MONTH = "in since until before after by from to of end mid early late"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of days, ends included; None is open. `words` are the words, folded, that said so."""

    begin: date | None
    end: date | None
    words: frozenset[str]

    def holds(self, day: date) -> bool:
        """Whether the day lies in it."""
        return (self.begin is None or self.begin <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter that a text names; the year is 0 where it names none."""

    year: int
    number: int
    words: frozenset[str]

    @property
    def key(self) -> str:
        """As figures of a quarter are kept: "2026-Q3"."""
        return f"{self.year}-Q{self.number}"


def quarters_in(text: str) -> list[Quarter]:
    """The quarters that `text` names, in its order: "Q3 2026", "2026-Q3", "T3", "third quarter", "3. Quartal"."""
    tokens = _TOKEN.findall(folded(text))
    found: list[Quarter] = []
    for place, token in enumerate(tokens):
        short = re.fullmatch(r"[qt]([1-4])", token)
        number = int(short[1]) if short else 0
        used = {token}
        if not number and place and _is(token, "quarter quartal* trimestre*"):
            number = next((n for n, words in enumerate(_ORDINALS, start=1) if _is(tokens[place - 1], words)), 0)
            used |= {tokens[place - 1]}
        if number:
            year = next((t for t in (*tokens[place + 1 : place + 3], *tokens[place - 1 : place]) if _is_year(t)), "")
            found.append(Quarter(int(year or 0), number, frozenset({*used, year} - {""})))
    return found


def period_in(title: str) -> str:
    """The period that a document's title names: "2026-Q3", "2026-09", else ""; the key that its figures have."""
    quarter = next((q for q in quarters_in(title) if q.year), None)
    if quarter is not None:
        return quarter.key
    iso = re.search(r"\b(20\d\d)-(0[1-9]|1[0-2])\b(?!-)", title)
    if iso:
        return iso[0]
    for word, year in re.findall(r"([^\W\d_]{3,})\.?\s+(?:de\s+)?(20\d\d)", folded(title)):
        if (number := _MONTH_NAMES.get(word)) and not days_in(title, None):
            return f"{year}-{number:02}"
    return ""


def window_in(text: str, today: date) -> Window | None:
    """The window of time that `text` names, counted from `today`; None if none."""
    tokens = _TOKEN.findall(folded(text))
    return next(_windows(text, tokens, today), None)


def asks_for_last(text: str) -> bool:
    """Whether it is about the newest of several: "the last", "letzte", "último", "dernière", "latest"."""
    return any(_is(t, f"{_BACK} latest recent* neueste* jungste* reciente*") for t in _TOKEN.findall(folded(text)))


def _windows(text: str, tokens: Sequence[str], today: date) -> Iterator[Window]:
    for place, token in enumerate(tokens):
        around = tokens[max(0, place - 2) : place + 5]
        if _is(token, _AHEAD):
            amount, unit, words = _amount(around)
            if unit and amount:
                yield Window(today, _later(today, unit, amount), words | {token})
            elif unit:
                yield _calendar(today, unit, 1, words | {token})
        if _is(token, _BACK) and not _is(token, "before"):
            amount, unit, words = _amount(around)
            if unit and amount:
                yield Window(_later(today, unit, -amount), today, words | {token})
        if _is(token, f"{_UNTIL} {_SINCE}"):
            named = _named(tokens[place + 1 : place + 6], today, back=_is(token, _SINCE))
            if named and _is(token, _SINCE):
                yield Window(named[0], None, named[2] | {token})
            elif named:
                exclusive = _is(token, "before vor antes avant")
                end = named[0] - timedelta(days=1) if exclusive else named[1]
                closing = {t for t in tokens[place + 1 : place + 3] if _is(t, "end ende fin final finales")}
                yield Window(None, end, named[2] | closing | {token})
        if _is(token, _THIS) and (unit := _amount(tokens[place : place + 3])[1]):
            yield _calendar(today, unit, 0, frozenset(tokens[place : place + 2]))
    named = _named(tokens, today, back=False)
    if named:
        yield Window(named[0], named[1], named[2])


def _amount(tokens: Sequence[str]) -> tuple[int, str, frozenset[str]]:
    """(how many, of which unit, the words); 0 without a number, "" without a unit."""
    unit = next((t for t in tokens if _unit(t)), "")
    number = 0
    words = {unit} - {""}
    for token in tokens:
        value = int(token) if token.isdigit() and len(token) < 4 else _number(token)
        if value and unit and tokens.index(token) < tokens.index(unit):
            number, words = value, words | {token}
    return number, unit, frozenset(words)


def _number(token: str) -> int:
    return next((n for n, words in enumerate(_NUMBERS, start=1) if _is(token, words)), 0)


def _unit(token: str) -> tuple[int, int]:
    """(days, months) of the unit that the word names; () when it is none."""
    for words, days in _DAYS.items():
        if _is(token, words):
            return days, 0
    return next(((0, months) for words, months in _MONTHS.items() if _is(token, words)), ())  # type: ignore[return-value]


def _later(day: date, unit: str, amount: int) -> date:
    days, months = _unit(unit)
    return day + timedelta(days=days * amount) if days else _add_months(day, months * amount)


def _calendar(today: date, unit: str, ahead: int, words: frozenset[str]) -> Window:
    """This (0) or the next (1) week, month, quarter or year, as calendars have it."""
    days, months = _unit(unit)
    if days:
        begin = today + timedelta(days=days * ahead - (today.weekday() if days == 7 else 0))
        return Window(begin, begin + timedelta(days=days - 1), words)
    begin = date(today.year, (today.month - 1) // months * months + 1, 1)
    begin = _add_months(begin, months * ahead)
    return Window(begin, _add_months(begin, months) - timedelta(days=1), words)


def _named(tokens: Sequence[str], today: date, *, back: bool) -> tuple[date, date, frozenset[str]] | None:
    """(first day, last day, words) of a named day, month or year; a month without a year is the next one."""
    text = " ".join(tokens)
    for place, token in enumerate(tokens):
        number, near = _MONTH_NAMES.get(token), tokens[max(0, place - 2) : place + 3]
        before = tokens[place - 1] if place else ""
        if not number or (token == "may" and not (_is(before, _BEFORE_MONTH) or any(t[0].isdigit() for t in near))):
            continue
        year = int(next((t for t in near if _is_year(t)), 0))
        day = next((int(re.sub(r"\D", "", t)) for t in near if re.fullmatch(r"\d{1,2}(?:st|nd|rd|th|er)?", t)), 0)
        if not year:
            ahead = (number, day or 28) >= (today.month, today.day)
            year = today.year + (-1 if back and ahead and number != today.month else 0 if ahead or back else 1)
        words = frozenset({token, *(t for t in near if _is_year(t) or re.fullmatch(r"\d{1,2}\w{0,2}", t))})
        last = monthrange(year, number)[1]
        if day:
            return date(year, number, min(day, last)), date(year, number, min(day, last)), words
        return date(year, number, 1), date(year, number, last), words
    year_alone = next((t for t in tokens if _is_year(t)), "")
    if year_alone and not re.search(r"\b[qt][1-4]\b", text):
        return date(int(year_alone), 1, 1), date(int(year_alone), 12, 31), frozenset({year_alone})
    return None


def _add_months(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _is_year(token: str) -> bool:
    return re.fullmatch(r"20\d\d", token) is not None


def _is(token: str, words: str) -> bool:
    return is_one_of(token, words.split())


def is_one_of(token: str, words: Sequence[str]) -> bool:
    """Whether a folded word is one of `words`, of which "verl*" stands for every word that begins so."""
    return any(token.startswith(w[:-1]) if w.endswith("*") else token == w for w in words)
