"""Days in running text: "by 27 November", "bis zum 3. Dezember", "el 11 de diciembre", "tomorrow", "on Friday"."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from functools import cache

from core.text.languages import LANGUAGES
from core.text.locale import month_names, weekday_names
from core.text.words import folded

# The languages whose days and months are read in text whose own language nobody knows.
_READ = ("en", "de", "es", "fr")
# The full names of the months, in lower case → 1 to 12.
MONTH_NUMBERS = {
    name.lower(): number for language in _READ for number, name in enumerate(month_names(language), start=1)
}
# A pattern of any of them, to be used without regard to case.
MONTH = "|".join(sorted(MONTH_NUMBERS, key=len, reverse=True))
# Short names as people write them, without a full stop: "Sept" besides "Sep", "Okt", "févr". "ago" is a word.
SHORT_MONTHS = {
    name.lower().rstrip("."): number
    for language in _READ
    for number, name in enumerate(month_names(language, "abbreviated"), start=1)
    if name.lower().rstrip(".") not in ("ago", *MONTH_NUMBERS)
} | {"sept": 9}
_SHORT = "|".join(sorted(SHORT_MONTHS, key=len, reverse=True))
_MONTH = f"{MONTH}|{_SHORT}"
_DAY_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:of\s+|de\s+|d['’])?({_MONTH})\b\.?(?:,?\s+(?:de\s+|of\s+)?(20\d\d))?",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(
    rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*[.,]?\d)(?:,?\s+(20\d\d))?", re.IGNORECASE
)
_ISO = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")
_NUMERIC = re.compile(r"\b(\d{1,2})[./](\d{1,2})[./](20\d\d)\b")
_WEEKDAYS = {name.lower(): number for language in _READ for number, name in enumerate(weekday_names(language))}
_WEEKDAY = re.compile(
    r"\b(?:by|until|before|on|next|this|bis|am|nächsten|el|este|próximo|le|d['’]ici|ce)\s+(?:\w+\s)?"
    rf"({'|'.join(_WEEKDAYS)})\b",
    re.IGNORECASE,
)
_TOMORROW = re.compile(r"\b(tomorrow|morgen(?!\s+(?:zusammen|herr|frau|allerseits))|mañana|demain)\b")
_NEXT_WEEK = re.compile(r"\b(next week|nächste[rn]? woche|la próxima semana|la semaine prochaine)\b", re.IGNORECASE)
_WEEK_END = re.compile(
    r"\b(end of (?:the|this) week|ende der woche|fin de (?:la )?semana|fin de la semaine)\b", re.IGNORECASE
)
# A day without a year lies at most so far back; beyond, next year is meant.
_BACK = timedelta(days=45)


def find_day(text: str, spoken_on: date | None) -> date | None:
    """The first day that `text` names; days without a year and relative ones count from `spoken_on`."""
    found = days_in(text, spoken_on)
    return found[0][0] if found else None


def days_in(text: str, spoken_on: date | None) -> list[tuple[date, int]]:
    """Each day that `text` names and the offset where it stands."""
    text = unicodedata.normalize("NFC", text)
    found: list[tuple[date | None, int]] = [(day, begin) for day, begin, _ in dated_spans(text, spoken_on)]
    if spoken_on is not None:
        for m in _WEEKDAY.finditer(text):
            ahead = (_WEEKDAYS[m[1].lower()] - spoken_on.weekday()) % 7 or 7
            found.append((spoken_on + timedelta(days=ahead), m.start()))
        relative = (
            (_TOMORROW, 1),
            (_NEXT_WEEK, 11 - spoken_on.weekday()),
            (_WEEK_END, max(0, 4 - spoken_on.weekday())),
        )
        found += [(spoken_on + timedelta(days=n), m.start()) for p, n in relative for m in p.finditer(text.lower())]
    return sorted(((d, n) for d, n in found if d is not None), key=lambda pair: pair[1])


def dated_spans(text: str, spoken_on: date | None) -> list[tuple[date, int, int]]:
    """Each day that `text` names by its date, and text[begin:end] that names it, in order."""
    found = [(_day(int(m[1]), int(m[2]), int(m[3])), m) for m in _ISO.finditer(text)]
    found += [(_day(int(m[3]), int(m[2]), int(m[1])), m) for m in _NUMERIC.finditer(text)]
    found += [(_dated(int(m[1]), m[2], m[3], spoken_on), m) for m in _DAY_MONTH.finditer(text)]
    found += [(_dated(int(m[2]), m[1], m[3], spoken_on), m) for m in _MONTH_DAY.finditer(text)]
    return sorted(((d, *m.span()) for d, m in found if d is not None), key=lambda span: span[1])


def month_number(word: str) -> int | None:
    """1 to 12 for a month's name, or its first three letters or more, in a language that apps write in; else None."""
    start = folded(word)
    return next((n for name, n in _folded_months() if name.startswith(start)), None) if len(start) > 2 else None


@cache
def _folded_months() -> tuple[tuple[str, int], ...]:
    names = (month_names(language, width) for language in LANGUAGES for width in ("wide", "abbreviated"))
    return tuple((folded(name), number) for months in names for number, name in enumerate(months, start=1))


def _dated(day: int, month: str, year: str | None, spoken_on: date | None) -> date | None:
    number = MONTH_NUMBERS.get(month.lower()) or SHORT_MONTHS[month.lower()]
    if year:
        return _day(int(year), number, day)
    if spoken_on is None:
        return None
    found = _day(spoken_on.year, number, day)
    return _day(spoken_on.year + 1, number, day) if found and found < spoken_on - _BACK else found


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
