"""Days as they are spoken: "by the 7th", "Ende nächster Woche", "dentro de dos semanas", "mercredi prochain"."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from apps.meeting.cues import LANGUAGES, cue, plain, words_of
from core.text.dates import MONTH_NUMBERS, SHORT_MONTHS, dated_spans
from core.text.locale import weekday_names

_MONTHS = SHORT_MONTHS | MONTH_NUMBERS
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_FRIDAY, _SUNDAY = 4, 6
# So many years back a recording without a year is looked for.
_YEARS_BACK = 7
_SHORT = re.compile(r"\b(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?!\d)")


@dataclass(frozen=True, slots=True)
class SpokenDay:
    """A day and the words text[begin:end] that name it; `by`: they say that it is a limit."""

    day: date
    begin: int
    end: int
    by: bool


def spoken_days(text: str, spoken_on: date | None) -> list[SpokenDay]:
    """The days that a sentence names, in order; of words that overlap the longest count."""
    text = plain(text)
    found = [SpokenDay(day, *_with_preposition(text, begin, end)) for day, begin, end in dated_spans(text, spoken_on)]
    if spoken_on is not None:
        found += _short(text, spoken_on)
        for language in LANGUAGES:
            for rule, pattern in _rules(language):
                for match in pattern.finditer(text):
                    day = _RULES[rule](match, spoken_on, language)
                    if day is not None:
                        found.append(SpokenDay(day, *_with_preposition(text, *match.span())))
    kept: list[SpokenDay] = []
    for one in sorted(found, key=lambda d: (d.begin - d.end, d.begin)):
        if all(one.end <= other.begin or one.begin >= other.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda d: d.begin)


def due_in(text: str, spoken_on: date | None) -> SpokenDay | None:
    """The day by which something is promised: one that is said to be a limit, else the first; none of a reason."""
    reason = cue("reason").search(text)
    told = text[: reason.begin] if reason else text
    days = [d for d in spoken_days(told, spoken_on) if spoken_on is None or d.day >= spoken_on]
    return next((d for d in days if d.by), None) or (days[0] if days else None)


def told_today(text: str, now: date) -> date | None:
    """The day without a year that a sentence calls today's ("it's Monday the 26th of October"), the latest until `now`.

    A weekday beside it decides on the year.
    """
    if cue("today_is").search(plain(text)) is None:
        return None
    found = next((day for day, _, _ in _without_year(plain(text), now)), None)
    weekday = next((n for language in LANGUAGES for n, name in enumerate(weekday_names(language))
                    if re.search(rf"\b{name}\b", text, re.IGNORECASE)), None)  # fmt: skip
    years = (_in_year(found, now.year - back) for back in range(_YEARS_BACK)) if found else iter(())
    return next((d for d in years if d and d <= now and weekday in (None, d.weekday())), None)


def _in_year(day: date, year: int) -> date | None:
    try:
        return day.replace(year=year)
    except ValueError:
        return None


def _without_year(text: str, now: date) -> Iterator[tuple[date, int, int]]:
    yield from dated_spans(text, now)
    for language in LANGUAGES:
        for rule, pattern in _rules(language):
            for match in pattern.finditer(text) if rule == "ordinal_of" else ():
                day = _ordinal_of(match, now, language)
                if day is not None:
                    yield day, *match.span()


def without_days(text: str, spoken_on: date | None) -> str:
    """The text without the words that name days, for counting what else it says."""
    for day in reversed(spoken_days(text, spoken_on)):
        text = text[: day.begin] + " " + text[day.end :]
    return text


def _short(text: str, spoken_on: date) -> Iterator[SpokenDay]:
    """ "19.06." """
    for match in _SHORT.finditer(text):
        try:
            day = date(spoken_on.year, int(match["m"]), int(match["d"]))
        except ValueError:
            continue
        if day < spoken_on - timedelta(days=45):
            day = day.replace(year=day.year + 1)
        yield SpokenDay(day, *_with_preposition(text, *match.span()))


def _with_preposition(text: str, begin: int, end: int) -> tuple[int, int, bool]:
    """The span with the preposition and weekday before it, and whether the preposition says "by"."""
    before = _prepositions().search(text[:begin])
    by = bool(before and before["by"]) or bool(_by().match(text[begin:end]))
    return (before.start() if before else begin), end, by


@cache
def _prepositions() -> re.Pattern[str]:
    by = "|".join(str(_days(language)["by"]) for language in LANGUAGES)
    days = "|".join(name for language in LANGUAGES for name in weekday_names(language))
    day = rf"(?:{days}),?\s+"
    word = rf"(?:(?P<by>{by})|on|am|el|le|den|zum|the|il)\s+(?:(?:the|el|le|den|zum|dem|am)\s+)?"
    article = r"(?:the |den |dem |el |le )?"
    return re.compile(rf"\b{word}(?:{day}{article})?$|\b{day}{article}$", re.IGNORECASE)


@cache
def _by() -> re.Pattern[str]:
    return re.compile("|".join(rf"(?:{_days(language)['by']})\b" for language in LANGUAGES), re.IGNORECASE)


def _days(language: str) -> dict[str, object]:
    found: dict[str, object] = words_of(language)["days"]
    return found


@cache
def _rules(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    words = _days(language)
    numbers = words["numbers"]
    assert isinstance(numbers, dict)
    number = "|".join(sorted((re.escape(str(n)) for n in numbers), key=len, reverse=True))
    day = "|".join(weekday_names(language))
    ordinal = "|".join(_ordinals(language)) or r"(?!)"
    made: list[tuple[str, re.Pattern[str]]] = []
    for rule in _RULES:
        form = str(words.get(rule, r"(?!)")).replace("NUM", rf"(?:\d{{1,2}}|{number})").replace("DAY", f"(?:{day})")
        form = form.replace("ORDINAL", f"(?P<ordinal>{ordinal})")
        if rule in ("end_of", "ordinal_of"):
            form = rf"(?:{form}) (?:of |de )?(?P<month>{_MONTH})"
        made.append((rule, re.compile(rf"\b(?:{form})(?!\w)", re.IGNORECASE)))
    return tuple(made)


def _ordinals(language: str) -> list[str]:
    """The words for the first to the thirty-first of a month, in order."""
    return str(_days(language).get("ordinals", "")).split()


Rule = Callable[[re.Match[str], date, str], date | None]


def _after(days: int) -> Rule:
    return lambda match, on, language: on + timedelta(days=days)


def _in_week(weekday: int, weeks: int) -> Rule:
    """A weekday of this week, or of a later one; the week's last working day has gone by on a Saturday."""

    def day(match: re.Match[str], on: date, language: str) -> date | None:
        ahead = 7 * weeks + weekday - on.weekday()
        return on + timedelta(days=ahead if weeks else max(0, ahead))

    return day


def _number(match: re.Match[str], language: str) -> int:
    numbers = _days(language)["numbers"]
    assert isinstance(numbers, dict)
    word = match["n"].lower()
    return int(word) if word.isdigit() else int(numbers[word])


def _in_days(match: re.Match[str], on: date, language: str) -> date | None:
    count = _number(match, language)
    if not match["working"]:
        return on + timedelta(days=count)
    while count:
        on += timedelta(days=1)
        count -= on.weekday() <= _FRIDAY
    return on


def _in_weeks(match: re.Match[str], on: date, language: str) -> date | None:
    number = next((v for k, v in match.groupdict().items() if v and k.startswith("n")), "")
    numbers = _days(language)["numbers"]
    assert isinstance(numbers, dict)
    return on + timedelta(weeks=int(number) if number.isdigit() else int(numbers[number.lower()]))


def _weekday(match: re.Match[str], on: date, language: str) -> date | None:
    names = [n.lower() for n in weekday_names(language)]
    return on + timedelta(days=(names.index(match["day"].lower()) - on.weekday()) % 7 or 7)


def _next_weekday(match: re.Match[str], on: date, language: str) -> date | None:
    """ "next Tuesday" is the one of next week."""
    names = [n.lower() for n in weekday_names(language)]
    said = next(v for k, v in match.groupdict().items() if v and k.startswith("day"))
    return on + timedelta(days=7 + names.index(said.lower()) - on.weekday())


def _weekday_short(match: re.Match[str], on: date, language: str) -> date | None:
    names = [n.lower() for n in weekday_names(language)]
    number = next(n for n, name in enumerate(names) if name.startswith(match["day"].lower()[:2]))
    return on + timedelta(days=(number - on.weekday()) % 7 or 7)


def _day_of_month(match: re.Match[str], on: date, language: str) -> date | None:
    return _next_numbered(int(match["dom"]), on)


def _next_numbered(wanted: int, on: date) -> date | None:
    for months in range(3):
        year, month = on.year + (on.month - 1 + months) // 12, (on.month - 1 + months) % 12 + 1
        if 1 <= wanted <= monthrange(year, month)[1] and date(year, month, wanted) >= on:
            return date(year, month, wanted)
    return None


def _ordinal(match: re.Match[str], on: date, language: str) -> date | None:
    """ "ab dem vierten": the next day of that number."""
    return _next_numbered(_ordinal_number(match, language), on)


def _ordinal_of(match: re.Match[str], on: date, language: str) -> date | None:
    """ "fünfzehnter Juni"; long gone means next year."""
    month, number = _MONTHS[match["month"].lower()], _ordinal_number(match, language)
    if number > monthrange(on.year, month)[1]:
        return None
    found = date(on.year, month, number)
    return found if found >= on - timedelta(days=45) else found.replace(year=on.year + 1)


def _ordinal_number(match: re.Match[str], language: str) -> int:
    said = match["ordinal"].lower()
    return next(n for n, form in enumerate(_ordinals(language), start=1) if re.fullmatch(form, said))


def _month_end(match: re.Match[str], on: date, language: str) -> date | None:
    return date(on.year, on.month, monthrange(on.year, on.month)[1])


def _end_of(match: re.Match[str], on: date, language: str) -> date | None:
    month = _MONTHS[match["month"].lower()]
    year = on.year + (month < on.month)
    return date(year, month, monthrange(year, month)[1])


_RULES: dict[str, Rule] = {
    "today": _after(0),
    "tomorrow": _after(1),
    "after_tomorrow": _after(2),
    "week_end": _in_week(_FRIDAY, 0),
    "weekend": _in_week(_SUNDAY, 0),
    "next_week_end": _in_week(_FRIDAY, 1),
    "next_week": _in_week(_FRIDAY, 1),
    "month_end": _month_end,
    "end_of": _end_of,
    "in_days": _in_days,
    "in_weeks": _in_weeks,
    "next_weekday": _next_weekday,
    "weekday": _weekday,
    "weekday_short": _weekday_short,
    "day_of_month": _day_of_month,
    "ordinal": _ordinal,
    "ordinal_of": _ordinal_of,
}
