"""A customer's figures: the value of a period, their course, what changed, and several customers side by side."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from apps.compare.values import better_way, verdict
from assistant.accounts.account import Account, Point
from assistant.accounts.asked import Asked
from assistant.accounts.periods import Window
from assistant.accounts.sheet import Sheet, TableCell
from assistant.accounts.vocabulary import label_stems, met, said, stems, vocabulary
from assistant.accounts.wording import say
from core.text.locale import long_date, number_text, signed_text
from core.types import Answer

_MOST_FIGURES = 15
_KEY = re.compile(r"20\d\d-(?:Q[1-4]|0[1-9]|1[0-2])")
_LATEST = 4
# A question for a value names so much of the figure's name; one for a course may name its subject alone.
_LEAST_SHARE = 0.5


def figures_answer(asked: Asked, accounts: Sequence[Account]) -> Answer | None:
    """The figures that the question names, of one customer or of several; None when it names none or more than that."""
    intents = vocabulary().intents
    trend, change = (met(intents[name], asked.tokens) for name in ("trend", "change"))
    wanted = stems(asked.rest(trend, change)) or stems(asked.rest(change)) if trend else stems(asked.rest(change))
    moving = bool(trend or change)
    everything = stems(asked.tokens)
    names = [
        name
        for name in dict.fromkeys(n for a in accounts for n in a.figures)
        if wanted <= (label := label_stems(name)) and (moving or len(everything & label) >= _LEAST_SHARE * len(label))
    ]
    if not names or not (wanted or (change and len(accounts) > 1)):
        return None
    if len(accounts) > 1:
        return _side_by_side(asked, accounts, names)
    account = accounts[0]
    if asked.window is not None:
        return _within(asked, account, names, wanted)
    if len(asked.quarters) > 1 or trend:
        return _course(asked, account, names)
    if change:
        return changes_answer(asked, account, names)
    return _values(asked, account, names)


def changes_answer(asked: Asked, account: Account, names: Sequence[str] = ()) -> Answer | None:
    """What moved between two periods: those named, the one named and the newest, or the last two."""
    names = names or list(account.figures)
    periods = compared_periods(asked, sorted({p for n in names for p in account.figures[n]}))
    if periods is None:
        return None
    before, after = periods
    rows = []
    for name in names:
        series = account.figures[name]
        if before in series and after in series:
            rows.append(_change_row(name, series[before], series[after], asked.language))
    if not rows:
        return None
    sheet = Sheet()
    language = asked.language
    sheet.line(say("changes", language, customer=account.name, before=period_text(before), after=period_text(after)))
    header = [say("figure", language), period_text(before), period_text(after), say("change", language)]
    # What moved comes first.
    rows.sort(key=lambda row: row[3][0].startswith("±"))
    sheet.table(header, rows[:_MOST_FIGURES])
    return sheet.answer()


def compared_periods(asked: Asked, known: Sequence[str]) -> tuple[str, str] | None:
    """The two periods of `known` that are compared; None when there aren't two."""
    named = [period for period in (period_of(q.year, q.number, known) for q in asked.quarters) if period]
    if len(named) < len(asked.quarters) or len(known) < 2:
        return None
    if len(named) > 1:
        return min(named[0], named[1]), max(named[0], named[1])
    if named and named[0] != known[-1]:
        return named[0], known[-1]
    return known[-2], known[-1]


def period_of(year: int, number: int, known: Sequence[str]) -> str:
    """The period of `known` that a quarter means, the newest where it names no year; "" if none is."""
    return next((p for p in reversed(known) if p.endswith(f"-Q{number}") and (not year or p.startswith(str(year)))), "")


def _change_row(name: str, before: Point, after: Point, language: str) -> list[TableCell]:
    difference = round(after.value - before.value, 4)
    unit = after.unit or before.unit
    judged = say(verdict(difference, better_way(name, {})), language)
    return [
        (name, None),
        (value_text(before, language, unit), before.place),
        (value_text(after, language, unit), after.place),
        (f"{signed_text(difference, language)} ({judged})", None),
    ]


def _course(asked: Asked, account: Account, names: Sequence[str]) -> Answer | None:
    """The figures by period."""
    known = sorted({p for n in names for p in account.figures[n]})
    named = [period_of(q.year, q.number, known) for q in asked.quarters]
    if not all(named):
        return _values(asked, account, names)
    periods = sorted(named) or known[-8:]
    sheet, language = Sheet(), asked.language
    rows = []
    for name in names[:_MOST_FIGURES]:
        series = account.figures[name]
        unit = next((p.unit for p in series.values() if p.unit), "")
        points = [series[p] for p in periods if p in series]
        cells = [_cell(series.get(p), language, unit) for p in periods]
        moved = round(points[-1].value - points[0].value, 4) if len(points) > 1 else 0.0
        change = f"{signed_text(moved, language)} ({say(verdict(moved, better_way(name, {})), language)})"
        rows.append([(name, None), *cells, (change, None)])
    sheet.line(f"{account.name}:")
    sheet.table([say("figure", language), *map(period_text, periods), say("change", language)], rows)
    return sheet.answer()


def _within(asked: Asked, account: Account, names: Sequence[str], wanted: frozenset[str]) -> Answer | None:
    """The figures of the periods that lie in the days that are named, months before quarters."""
    window = asked.past_window
    assert window is not None
    monthly = {n: s for n, s in account.monthly.items() if wanted <= label_stems(n)}
    everything = [(n, account.figures[n]) for n in names]
    sheet, language = Sheet(), asked.language
    for name, series in [*monthly.items(), *everything]:
        inside = [p for p in sorted(series) if _lies_in(p, window)]
        unit = next((p.unit for p in series.values() if p.unit), "")
        for period in inside:
            text = f"{account.name} – {name}, {period_text(period)}: {value_text(series[period], language, unit)}"
            sheet.line(text, [series[period].place], "\n")
        if inside and name in monthly:
            return sheet.answer()
    if sheet.citations:
        return sheet.answer()
    return _lacking(asked, account, names[0], _days_text(window, language))


def _lies_in(period: str, window: Window) -> bool:
    """Whether the period, a quarter or a month, begins and ends in the window."""
    if not _KEY.fullmatch(period):
        return False
    year, _, part = period.partition("-")
    first, months = (3 * int(part[1]) - 2, 3) if part.startswith("Q") else (int(part[:2]), 1)
    last = first + months - 1
    return window.holds(date(int(year), first, 1)) and window.holds(
        date(int(year), last, monthrange(int(year), last)[1])
    )


def _days_text(window: Window, language: str) -> str:
    return " – ".join(long_date(day, language) for day in (window.begin, window.end) if day)


def _lacking(asked: Asked, account: Account, name: str, wanted: str) -> Answer:
    """That there is no such value, and which is the newest."""
    series, sheet, language = account.figures[name], Sheet(), asked.language
    newest = max(series)
    values = {"latest": period_text(newest), "value": value_text(series[newest], language)}
    text = say("no_value", language, customer=account.name, figure=name, period=wanted, **values)
    sheet.line(text, [series[newest].place])
    return sheet.answer("partly")


def _values(asked: Asked, account: Account, names: Sequence[str]) -> Answer | None:
    """The value of the period that is asked for, or the newest one, and the one before."""
    sheet, language = Sheet(), asked.language
    for name in names[:_LATEST]:
        series = account.figures[name]
        periods = sorted(series)
        unit = next((p.unit for p in series.values() if p.unit), "")
        quarter = asked.quarters[0] if asked.quarters else None
        period = period_of(quarter.year, quarter.number, periods) if quarter else periods[-1]
        if not period:
            assert quarter is not None
            return _lacking(asked, account, name, f"Q{quarter.number} {quarter.year or ''}".strip())
        point = series[period]
        text = f"{account.name} – {name}, {period_text(period)}: {value_text(point, language, unit)}"
        sheet.line(text, [point.place], "\n")
        before = [p for p in periods if p < period][-1:]
        # "The quarter before", asked behind a question for one.
        earlier = said(vocabulary().before, asked.tokens)
        for other in before if quarter is None or earlier else []:
            value = value_text(series[other], language, unit)
            told = say("before", language, period=period_text(other), value=value)
            sheet.line(f"({told})", [series[other].place], " ")
    return sheet.answer()


def _side_by_side(asked: Asked, accounts: Sequence[Account], names: Sequence[str]) -> Answer | None:
    """The figures of several customers in one period: the one named, or the newest that all have."""
    shared = [n for n in names if sum(n in a.figures for a in accounts) > 1]
    if not shared:
        return None
    having = [a for a in accounts if any(n in a.figures for n in shared)]
    common = set.intersection(*({p for n in shared for p in a.figures.get(n, {})} for a in having))
    known = sorted(common)
    quarter = asked.quarters[0] if asked.quarters else None
    period = period_of(quarter.year, quarter.number, known) if quarter else (known[-1] if known else "")
    if not period:
        return None
    sheet, language = Sheet(), asked.language
    rows = []
    for name in shared[:_MOST_FIGURES]:
        points = [a.figures.get(name, {}).get(period) for a in accounts]
        unit = next((p.unit for p in points if p and p.unit), "")
        rows.append([(name, None), *(_cell(p, language, unit) for p in points)])
    sheet.line(say("compared", language, period=period_text(period)))
    sheet.table([say("figure", language), *(a.name for a in accounts)], rows)
    return sheet.answer()


def _cell(point: Point | None, language: str, unit: str) -> TableCell:
    return (value_text(point, language, unit), point.place) if point else ("–", None)


def value_text(point: Point, language: str, unit: str = "") -> str:
    """ "9.1%", "4 hours", "82"."""
    said = point.unit or unit
    number = number_text(point.value, language)
    return f"{number}%" if said == "%" and language == "en" else f"{number} {said}".strip()


def period_text(period: str) -> str:
    """ "Q3 2026" for "2026-Q3"; a month as it is."""
    year, _, part = period.partition("-")
    return f"{part} {year}" if part.startswith("Q") else period
