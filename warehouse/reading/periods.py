"""Times in questions: "in 2023", "last 3 months", "since November 21", "Q2", "dieses Jahr", "el mes pasado".

What a relative time means is a convention that is printed with each answer:
- "last N months/weeks/…": the N whole ones before the current, which is left out; "past N days" counts back from today.
- "this month", "this year": from its first day until today.
- "since X": from X until today; "before X": X left out; "until X", "between X and Y": both days in.
- A month without a year is the last one that has begun; weeks begin on Monday.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

from core.text.dates import dated_spans, month_number
from core.text.locale import month_names, weekday_names
from core.text.words import folded

_READ = ("en", "de", "es", "fr")
_UNITS = {
    "day": "days?|tage?n?|dias?|jours?",
    "week": "weeks?|wochen?|semanas?|semaines?",
    "month": "months?|monate?n?|mes(?:es)?|mois",
    "quarter": "quarters?|quartale?n?|trimestres?",
    "year": "years?|jahre?n?|anos?|ans|annees?",
}
_UNIT = "|".join(f"(?P<{name}>{words})" for name, words in _UNITS.items())
_NUMBERS = {
    word: number
    for number, words in enumerate(
        (
            "one einen ein einem un una une",
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
        ),
        start=1,
    )
    for word in words.split()
}
_N = rf"(?P<n>\d{{1,4}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_OPEN_BEGIN = (
    r"(?:since|after|later than|from|as of|starting(?: from)?|on or after|seit|ab|nach|desde|a partir de|depuis|des)"
)
_OPEN_END = r"(?:before|prior to|earlier than|vor|antes del?|avant)"
_UNTIL = r"(?:until|through|up to|on or before|by|bis(?: zum)?|hasta(?: el)?|jusqu'?(?:au|a|en)?)"
_LAST = (
    r"(?:the )?(?:last|previous|prior|letzte[nrms]?|vergangene[nrms]?|vorige[nrms]?|"
    r"pasad[oa]s?|ultim[oa]s?|derniere?s?|passee?s?)"
)
_PAST = r"(?:the )?past"
_THIS = r"(?:this|current|the current|diese[nrms]?|laufende[nrms]?|aktuelle[nrms]?|este|esta|actual|ce|cette|en cours)"
_NEXT = r"(?:the )?(?:next|coming|upcoming|nachste[nrms]?|kommende[nrms]?|proxim[oa]s?|prochaine?s?)"


@dataclass(frozen=True)
class Said:
    """A time: its first day, the day after its last (either open), where it stands, and whether a bound was said."""

    start: date | None
    end: date | None
    begin: int
    stop: int
    words: str


def periods_in(question: str, today: date) -> list[Said]:
    """The times that `question` names, in order and not overlapping. Offsets are of the folded question."""
    text = folded(question)
    if len(text) != len(question):
        question = text
    found: list[Said] = []
    for make in (_ranges, _relative, _days, _months_and_quarters, _years, _weekdays):
        for said in make(text, today):
            if all(said.stop <= f.begin or said.begin >= f.stop for f in found):
                found.append(said)
    return sorted(found, key=lambda s: s.begin)


_OR_LATER = re.compile(
    r",? (?:(?:or|and|oder|und|o|y|ou|et) )?"
    r"(?:(?P<on>later|after(?:wards)?|onwards?|newer|spater|danach|posterior(?:es)?|despues|en adelante|plus tard|"
    r"apres)|(?:(?<=or )|(?<=oder )|(?<=o )|(?<=ou ))"
    r"(?:earlier|before|older|fruher|davor|antes|anterior(?:es)?|avant|plus tot))\b(?! (?:\d|the |than ))"
)


def _bounded(text: str, begin: int, stop: int, start: date, end: date) -> Said:
    """The span with the word before it, or behind it, that opens one side."""
    if m := _OR_LATER.match(text, stop):
        return Said(start if m["on"] else None, None if m["on"] else end, begin, m.end(), text[begin : m.end()])
    before = re.sub(r"\b(?:the )?(?:start|beginning) of (?=(?:the )?$)", lambda m: " " * len(m[0]), text[:begin])
    for words, open_start, open_end in ((_OPEN_BEGIN, False, True), (_OPEN_END, True, False), (_UNTIL, True, False)):
        lead = rf"\b{words}\s+(?:the\s+|dem\s+|den\s+|el\s+|le\s+)?(?:year\s+|jahr\s+|ano\s+|annee\s+)?$"
        if m := re.search(lead, before):
            if words == _OPEN_END:
                return Said(None, start, m.start(), stop, text[m.start() : stop])
            after = m.group(0).strip().split()[0] in ("after", "later", "nach")
            first = end if after else start
            return Said(
                None if open_start else first, None if open_end else end, m.start(), stop, text[m.start() : stop]
            )
    if m := re.search(r"\b(?:on|in|during|for|of|am|im|in|wahrend|el|en|durante|le|au|pendant)\s+(?:the\s+)?$", before):
        begin = m.start()
    return Said(start, end, begin, stop, text[begin:stop])


def _ranges(text: str, today: date) -> list[Said]:
    """between X and Y, from X to Y, of days, months or years."""
    points = sorted(_points(text, today), key=lambda p: p.begin)
    found = []
    for one, other in pairwise(points):
        gap = text[one.stop : other.begin].strip()
        lead = re.search(r"\b(?:between|from|zwischen|von|vom|entre|desde|de|du|del)\s+(?:the\s+)?$", text[: one.begin])
        joined = re.fullmatch(r"(?:and|to|until|through|till|und|bis(?: zum)?|y|a|al|hasta|et|au|-|–|and the)", gap)
        if joined and (lead or gap in ("to", "through", "bis", "-", "–")) and one.start and other.end:
            begin = lead.start() if lead else one.begin
            found.append(Said(one.start, other.end, begin, other.stop, text[begin : other.stop]))
    return found


def _points(text: str, today: date) -> list[Said]:
    found: list[Said] = []
    for make in (_plain_days, _plain_months, _plain_years):
        found += [s for s in make(text, today) if all(s.stop <= f.begin or s.begin >= f.stop for f in found)]
    return found


def _plain_days(text: str, today: date) -> list[Said]:
    made = []
    for named, begin, stop in dated_spans(text, today):
        # Without a year the last such day that has passed is meant: data lies behind.
        ahead = named > today and not re.search(r"\d{4}", text[begin:stop])
        day = _plus(named, -12) if ahead else named
        made.append(Said(day, day + timedelta(days=1), begin, stop, text[begin:stop]))
    return made


def _days(text: str, today: date) -> list[Said]:
    made = [_bounded(text, s.begin, s.stop, s.start, s.end) for s in _plain_days(text, today) if s.start and s.end]
    for words, days in ((r"today|heute|hoy|aujourd'?hui", 0), (r"yesterday|gestern|ayer|hier", -1)):
        made += [
            _bounded(text, m.start(), m.end(), today + timedelta(days=days), today + timedelta(days=days + 1))
            for m in re.finditer(rf"\b(?:{words})\b", text)
        ]
    return made


@cache
def _month_pattern() -> re.Pattern[str]:
    names = {folded(n) for language in _READ for width in ("wide", "abbreviated") for n in month_names(language, width)}
    names = {n.rstrip(".") for n in names if len(n.rstrip(".")) > 2}
    listed = "|".join(sorted(names, key=len, reverse=True))
    return re.compile(rf"\b(?P<name>{listed})\b\.?(?:\s+(?:of\s+|de\s+|del\s+)?(?P<year>(?:19|20)\d\d)\b)?")


def _plain_months(text: str, today: date) -> list[Said]:
    made = []
    for m in _month_pattern().finditer(text):
        number = month_number(m["name"])
        if number is None or (
            m["name"] in ("may", "mar", "march")
            and not m["year"]
            and not re.search(r"\b(?:in|since|of|im|en)\s$", text[: m.start()])
        ):
            continue
        year = int(m["year"]) if m["year"] else today.year - (number > today.month)
        start = date(year, number, 1)
        made.append(Said(start, _plus(start, 1), *m.span(), m[0]))
    for m in re.finditer(r"\b((?:19|20)\d\d)-(0[1-9]|1[0-2])\b(?!-\d)", text):
        start = date(int(m[1]), int(m[2]), 1)
        made.append(Said(start, _plus(start, 1), *m.span(), m[0]))
    return made


def _months_and_quarters(text: str, today: date) -> list[Said]:
    made = [_bounded(text, s.begin, s.stop, s.start, s.end) for s in _plain_months(text, today) if s.start and s.end]
    quarter = (
        r"\b(?:q([1-4])|([1-4])(?:st|nd|rd|th|\.)?\s*(?:quarter|quartal|trimestre)"
        r"|(first|second|third|fourth|erste[ns]?|zweite[ns]?|dritte[ns]?|vierte[ns]?|"
        r"primer|segundo|tercer|cuarto|premier|deuxieme|troisieme|quatrieme) (?:quarter|"
        r"quartal|trimestre))\b(?:\s+(?:of\s+|de\s+|del\s+)?((?:19|20)\d\d))?"
    )
    order = (
        "first erste ersten erstes primer premier",
        "second zweite zweiten zweites segundo deuxieme",
        "third dritte dritten drittes tercer troisieme",
        "fourth vierte vierten viertes cuarto quatrieme",
    )
    for m in re.finditer(quarter, text):
        number = int(m[1] or m[2] or next(n for n, ws in enumerate(order, start=1) if m[3] in ws.split()))
        year = int(m[4]) if m[4] else today.year - (3 * number - 2 > today.month)
        start = date(year, 3 * number - 2, 1)
        made.append(_bounded(text, m.start(), m.end(), start, _plus(start, 3)))
    return made


def _plain_years(text: str, today: date) -> list[Said]:
    return [
        Said(date(int(m[1]), 1, 1), date(int(m[1]) + 1, 1, 1), *m.span(), m[0])
        for m in re.finditer(r"(?<![\w.,$€£-])((?:19|20)\d\d)(?![\w%]|[.,-]\d)", text)
    ]


def _years(text: str, today: date) -> list[Said]:
    return [_bounded(text, s.begin, s.stop, s.start, s.end) for s in _plain_years(text, today) if s.start and s.end]


def _weekdays(text: str, today: date) -> list[Said]:
    names = {folded(n): k for language in _READ for k, n in enumerate(weekday_names(language))}
    listed = "|".join(sorted(names, key=len, reverse=True))
    made = []
    for m in re.finditer(rf"\b(?P<last>{_LAST}\s+)?(?P<day>{listed})\b", text):
        if not m["last"] and not re.search(r"\b(?:on|since|seit|am|desde|depuis)\s$", text[: m.start()]):
            continue
        day = today - timedelta(days=(today.weekday() - names[m["day"]]) % 7 or 7)
        made.append(_bounded(text, m.start(), m.end(), day, day + timedelta(days=1)))
    return made


def _relative(text: str, today: date) -> list[Said]:
    made: list[Said] = []
    tail = rf"(?:{_UNIT})\b"
    for lead, window in ((_LAST, _last), (_PAST, _past), (_THIS, _this), (_NEXT, _next)):
        for m in re.finditer(rf"\b{lead}\s+(?:{_N}\s+)?(?:full |whole |calendar |iso )?{tail}", text):
            made.append(_window(text, m, window, today))
        for m in re.finditer(rf"\b(?:{_N}\s+)?{tail}\s+{lead}(?!\w)", text):  # el mes pasado, le mois dernier
            if not re.match(r"(?:the )?(?:last|past|next|this)", m[0].split()[-1]):
                made.append(_window(text, m, window, today))
    before = rf"\b(?:vor|hace|il y a)\s+{_N.replace('<n>', '<n2>')}\s+(?:{_UNIT.replace('?P<', '?P<x')})\b"
    for m in re.finditer(rf"\b{_N}\s+{tail}\s+ago\b|{before}", text):
        groups = m.groupdict()
        unit = next((u for u in _UNITS if groups.get(u) or groups.get(f"x{u}")), "day")
        day = _before(today, unit, _count(groups.get("n") or groups.get("n2")))
        made.append(_bounded(text, m.start(), m.end(), day, day + timedelta(days=1)))
    return made


def _window(text: str, m: re.Match[str], window: Callable[[date, str, int], tuple[date, date]], today: date) -> Said:
    unit = next(u for u in _UNITS if m[u])
    start, end = window(today, unit, _count(m["n"]))
    begin = m.start()
    if lead := re.search(
        (
            r"\b(?:in|over|during|within|for|since|im|in|den|seit|wahrend|en|durante|"
            r"los|las|dans|pendant|les|au cours des)\s+(?:the\s+|den\s+|der\s+|los\s+|"
            r"las\s+|les\s+)?$"
        ),
        text[:begin],
    ):
        begin = lead.start()
    return Said(start, end, begin, m.end(), text[begin : m.end()])


def _count(said: str | None) -> int:
    return 1 if not said else int(said) if said.isdigit() else _NUMBERS[said]


def _first(today: date, unit: str) -> date:
    """The first day of the unit that `today` lies in."""
    if unit == "week":
        return today - timedelta(days=today.weekday())
    if unit == "month":
        return today.replace(day=1)
    if unit == "quarter":
        return date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    return date(today.year, 1, 1) if unit == "year" else today


def _before(day: date, unit: str, count: int) -> date:
    if unit in ("day", "week"):
        return day - timedelta(days=count * (7 if unit == "week" else 1))
    return _plus(day, -count * {"month": 1, "quarter": 3, "year": 12}[unit])


def _plus(day: date, months: int) -> date:
    """So many months later; the month's last day where it has fewer."""
    number = day.year * 12 + day.month - 1 + months
    first = date(number // 12, number % 12 + 1, 1)
    last = (date((number + 1) // 12, (number + 1) % 12 + 1, 1) - first).days
    return first.replace(day=min(day.day, last))


def _last(today: date, unit: str, count: int) -> tuple[date, date]:
    if unit == "day":
        return today - timedelta(days=count), today
    end = _first(today, unit)
    return _before(end, unit, count), end


def _past(today: date, unit: str, count: int) -> tuple[date, date]:
    return _before(today, unit, count), today + timedelta(days=1)


def _this(today: date, unit: str, count: int) -> tuple[date, date]:
    return _first(today, unit), today + timedelta(days=1)


def _next(today: date, unit: str, count: int) -> tuple[date, date]:
    if unit == "day":
        return today + timedelta(days=1), today + timedelta(days=count + 1)
    start = _before(_first(today, unit), unit, -1)
    return (
        (start, _before(start, unit, -count))
        if count == 1
        else (today, _before(today, unit, -count) + timedelta(days=1))
    )
