"""Dates, numbers and lists as people write them in English, German, Spanish and French."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}
# German writes an ordinal as a number with a full stop; before one of these it ends no sentence.
AFTER_ORDINAL = frozenset(
    f"{' '.join(MONTHS.values())} quartal halbjahr jahr jahrhundert jahrestag tag woche monat kapitel abschnitt "
    "stock platz auflage januarwoche etage runde phase stufe".lower().split()
)
_AND = {"en": "and", "de": "und", "es": "y", "fr": "et", "it": "e", "pt": "e", "nl": "en"}
_DECIMAL_COMMA = frozenset({"de", "es", "fr", "it", "pt", "nl"})


def long_date(value: object, language: str = "en") -> str:
    """A date such as "27 November 2026"; anything that isn't a date comes back as text."""
    day = value if isinstance(value, date) else None
    if day is None:
        try:
            day = date.fromisoformat(str(value)[:10])
        except ValueError:
            return "" if value is None else str(value)
    if isinstance(day, datetime):
        day = day.date()
    if language not in MONTHS:
        return day.isoformat()
    month = MONTHS[language].split()[day.month - 1]
    match language:
        case "de":
            return f"{day.day}. {month} {day.year}"
        case "es":
            return f"{day.day} de {month} de {day.year}"
        case _:
            return f"{day.day} {month} {day.year}"


def joined(values: Iterable[Any], language: str = "en") -> str:
    """ "a, b and c" in the language."""
    parts = [str(v) for v in values]
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {_AND.get(language, 'and')} {parts[-1]}"


def number_text(value: object, language: str = "en", digits: int | None = None) -> str:
    """A number with thousands separators; as many decimals as it needs, at most two, unless `digits` is given."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    if digits is None:
        digits = 0 if float(value).is_integer() else len(f"{value:.2f}".rstrip("0").split(".")[1])
    text = f"{value:,.{digits}f}"
    if language == "fr":
        # A space that doesn't break groups the thousands.
        return text.translate(str.maketrans(",.", "\u202f,"))
    return text.translate(str.maketrans(",.", ".,")) if language in _DECIMAL_COMMA else text


def signed_text(value: object, language: str = "en") -> str:
    """A difference with its sign: "+2.4", "−3", "±0"; empty for no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return ("+" if value > 0 else "−" if value < 0 else "±") + number_text(abs(value), language)
