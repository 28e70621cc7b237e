"""Dates, numbers and lists as people write them in the languages that apps write in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from babel import Locale
from babel.dates import format_date, get_day_names, get_month_names
from babel.lists import format_list
from babel.numbers import format_decimal

from core.text.languages import LANGUAGES


@cache
def month_names(language: str, width: Literal["wide", "abbreviated"] = "wide") -> tuple[str, ...]:
    """January to December in the language; width "abbreviated": "Jan", "janv." and so on."""
    names = get_month_names(width, locale=language)
    return tuple(names[number] for number in range(1, 13))


@cache
def weekday_names(language: str) -> tuple[str, ...]:
    """Monday to Sunday in the language."""
    names = get_day_names("wide", locale=language)
    return tuple(names[number] for number in range(7))


def long_date(value: object, language: str = "en") -> str:
    """A date such as "27 November 2026"; anything that isn't a date comes back as text."""
    day = value if isinstance(value, date) else None
    if day is None:
        try:
            day = date.fromisoformat(str(value)[:10])
        except ValueError:
            return "" if value is None else str(value)
    if language not in LANGUAGES:
        return f"{day:%Y-%m-%d}"
    return format_date(day, "long", locale=_locale(language))


def joined(values: Iterable[Any], language: str = "en") -> str:
    """ "a, b and c" in the language."""
    return format_list([str(v) for v in values], locale=_locale(language))


def number_text(value: object, language: str = "en", digits: int | None = None) -> str:
    """A number with thousands separators; as many decimals as it needs, at most two, unless `digits` is given."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    if digits is None:
        digits = 0 if float(value).is_integer() else len(f"{value:.2f}".rstrip("0").split(".")[1])
    form = f"#,##0.{'0' * digits}" if digits else "#,##0"
    # Rounded here: Babel rounds what the float is written as, Python what it is.
    return format_decimal(Decimal(f"{value:.{digits}f}"), form, _locale(language))


def signed_text(value: object, language: str = "en") -> str:
    """A difference with its sign: "+2.4", "−3", "±0"; empty for no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return ("+" if value > 0 else "−" if value < 0 else "±") + number_text(abs(value), language)


@cache
def _locale(language: str) -> Locale:
    # British: the day before the month, no comma before "and".
    return Locale(language) if language in LANGUAGES and language != "en" else Locale("en", "GB")
