"""Periods of figures: what a title names, "2026-Q3" or "2026-10", in which order they come, and when they were over."""

from __future__ import annotations

import re
from datetime import date, timedelta

from core.text.dates import month_number

_YEAR = r"(20\d\d)"
_QUARTER_WORD = r"quarter|quartals?|trimestre|kwartaal"
_ORDINALS = (
    "first erstes premier primer primo primeiro eerste",
    "second zweites deuxième segundo secondo segundo tweede",
    "third drittes troisième tercer terzo terceiro derde",
    "fourth viertes quatrième cuarto quarto quarto vierde",
)
_ORDINAL = re.compile(rf"\b({'|'.join(_ORDINALS).replace(' ', '|')})\s+(?={_QUARTER_WORD})", re.IGNORECASE)
_QUARTERS = (
    # Q3 2026, T3-2026, 3T 2026, 3e trimestre 2026.
    re.compile(rf"\b[QT]\s?([1-4])[\s./-]*(?:de\s+)?{_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b([1-4])\s?[QT][\s./-]*(?:de\s+)?{_YEAR}\b", re.IGNORECASE),
    re.compile(
        rf"\b([1-4])\s?(?:st|nd|rd|th|er|e|ère|ème|de|\.|º|°|o|ª)?\s*(?:{_QUARTER_WORD})\s*(?:of\s+|de\s+|del\s+|do\s+|des\s+)?{_YEAR}\b",
        re.IGNORECASE,
    ),
)
_QUARTER_AFTER_YEAR = re.compile(rf"\b{_YEAR}[\s./_-]*[QT]([1-4])\b", re.IGNORECASE)
_MONTH_YEAR = re.compile(rf"\b([^\W\d_]{{3,10}})\.?\s+(?:de\s+|del\s+|of\s+)?{_YEAR}\b")
_ISO_MONTH = re.compile(rf"(?<!\d){_YEAR}[-_/](0[1-9]|1[0-2])(?!\d)")
_MONTH_SLASH = re.compile(rf"\b(0?[1-9]|1[0-2])/{_YEAR}\b")
_HALF = re.compile(rf"\bH([12])[\s./-]*{_YEAR}\b", re.IGNORECASE)
# Figures older than a quarter and the weeks that a report takes to be written.
STALE = timedelta(days=92 + 30)


def period_of(text: str) -> str:
    """The period that a title names, "2026-Q3" or "2026-10"; "" if none."""
    text = _ORDINAL.sub(lambda m: f"{_place(m[1])} ", text)
    for pattern in _QUARTERS:
        if match := pattern.search(text):
            return f"{match[2]}-Q{match[1]}"
    if match := _QUARTER_AFTER_YEAR.search(text):
        return f"{match[1]}-Q{match[2]}"
    if match := _HALF.search(text):
        return f"{match[2]}-Q{2 * int(match[1])}"
    for match in _MONTH_YEAR.finditer(text):
        if number := month_number(match[1]):
            return f"{match[2]}-{number:02}"
    if match := _ISO_MONTH.search(text):
        return f"{match[1]}-{match[2]}"
    if match := _MONTH_SLASH.search(text):
        return f"{match[2]}-{int(match[1]):02}"
    return ""


def _place(ordinal: str) -> int:
    return next(n for n, words in enumerate(_ORDINALS, start=1) if ordinal.lower() in words.split())


def end_of(period: str) -> str:
    """The last day of a period, ISO; a day as it is, and "" for what is neither."""
    match = re.fullmatch(r"(20\d\d)-(?:Q([1-4])|(\d\d))(?:-(\d\d))?", period[:10])
    if match is None:
        return ""
    if match[4]:
        return period[:10]
    month = 3 * int(match[2]) if match[2] else int(match[3])
    first_after = date(int(match[1]) + month // 12, month % 12 + 1, 1)
    return (first_after - timedelta(days=1)).isoformat()


def order(period: str) -> tuple[str, str]:
    """What periods of mixed lengths are sorted by."""
    return end_of(period) or period, period


def is_stale(day: str, today: date) -> bool:
    """Whether what was true on this day, or at the end of this period, is older than a quarter."""
    end = end_of(day)
    return bool(end) and date.fromisoformat(end) < today - STALE
