"""For which time a column or a report is: "Q3 2026", "2. Quartal 2026", "March 2026", "week 27 of 2026"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from apps.compare.words import word_set
from core.text.dates import days_in, month_number
from core.text.words import folded

_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_MONTH_IN_DIGITS = re.compile(r"(?<!\d)(?:(20\d\d)[-/](0[1-9]|1[0-2])|(0?[1-9]|1[0-2])/(20\d\d))(?![\d-])")
_MONTH_WORD = re.compile(r"[^\W\d_]{3,}")
_WEEKS = 53


class Period(NamedTuple):
    """The end of a time, to be ordered.

    Attributes:
        year: 0 where none is named.
        days: How much of the year has passed, every month having 31.
    """

    year: int
    days: int


def periods_in(text: str) -> list[Period]:
    """Every time that the text names, the latest last."""
    plain = folded(text)
    year = _YEAR.search(plain)
    named = [Period(int(year[1]) if year else 0, end) for end in _ends(plain)]
    named += [Period(day.year, 31 * (day.month - 1) + day.day) for day, _ in days_in(text, None)]
    for match in _MONTH_IN_DIGITS.finditer(plain):
        named.append(Period(int(match[1] or match[4]), _end_of_part(plain, int(match[2] or match[3]))))
    if not named and year:
        named = [Period(int(year), 372) for year in _YEAR.findall(plain)]
    return sorted(named)


def _end_of_part(plain: str, number: int) -> int:
    """The end of "9/2026"; in a report of half-years or quarters the number counts those."""
    for stem, length, most in (("half|halbjahr|semest", 186, 2), ("quarter|quartal|trimest", 93, 4)):
        if number <= most and re.search(stem, plain):
            return number * length
    return 31 * number


def is_period(heading: str) -> bool:
    """Whether a column's heading says nothing but a time, be it a day."""
    left = _parts().sub(" ", folded(heading))
    for match in _MONTH_IN_DIGITS.finditer(left):
        left = left.replace(match[0], " ")
    words = [w for w in re.findall(r"[^\W\d_]+", left) if w not in word_set("fillers") and not _month(w)]
    return not words and bool(periods_in(heading))


def _ends(plain: str) -> Iterator[int]:
    """The days of the year at which the parts of years that are named end."""
    for match in _parts().finditer(plain):
        kind, number = next((k, int(v)) for k, v in match.groupdict().items() if v)
        length, most = {"quarter": (93, 4), "half": (186, 2), "week": (7, _WEEKS)}[kind.split("_")[0]]
        if 1 <= number <= most:
            yield number * length
    for word in _MONTH_WORD.findall(plain):
        if month := _month(word):
            yield month * 31


@cache
def _month(word: str) -> int | None:
    # "mar" and "mars" are months, "market" isn't; three letters may begin one.
    return month_number(word) if len(word) > 2 else None


@cache
def _parts() -> re.Pattern[str]:
    """Quarters, halves and weeks: their number stands behind the word or, as an ordinal, in front of it."""
    patterns = []
    for name in ("quarter", "half", "week"):
        words = "|".join(sorted(word_set(name), key=len, reverse=True))
        patterns.append(rf"\b(?:{words})\.?\s?(?P<{name}>\d{{1,2}})(?!\d)")
        patterns.append(rf"\b(?P<{name}_before>\d{{1,2}})\.?(?:st|nd|rd|th|er|eme|e|o|a)?\s?(?:{words})\b")
    return re.compile("|".join(patterns))
