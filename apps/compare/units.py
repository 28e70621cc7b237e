"""Amounts in whatever unit they are written: hours and minutes, k€ and €, a share and per cent, GB and TB."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from babel.units import format_unit

from apps.compare.values import ParsedNumber
from core.text.languages import LANGUAGES
from core.text.words import folded

# CLDR's name of a unit → (what it measures, how many of the smallest it is).
_UNITS: dict[str, tuple[str, float]] = {
    "duration-millisecond": ("time", 0.001),
    "duration-second": ("time", 1.0),
    "duration-minute": ("time", 60.0),
    "duration-hour": ("time", 3_600.0),
    "duration-day": ("time", 86_400.0),
    "duration-week": ("time", 604_800.0),
    "duration-month": ("time", 2_629_800.0),
    "duration-year": ("time", 31_557_600.0),
    "digital-kilobyte": ("data", 1e3),
    "digital-megabyte": ("data", 1e6),
    "digital-gigabyte": ("data", 1e9),
    "digital-terabyte": ("data", 1e12),
    "mass-gram": ("mass", 1.0),
    "mass-kilogram": ("mass", 1e3),
    "mass-tonne": ("mass", 1e6),
    "energy-kilowatt-hour": ("energy", 1.0),
    "power-kilowatt": ("power", 1.0),
    "power-megawatt": ("power", 1e3),
    "volume-milliliter": ("volume", 0.001),
    "volume-liter": ("volume", 1.0),
    "volume-cubic-meter": ("volume", 1e3),
    "length-meter": ("length", 1.0),
    "length-kilometer": ("length", 1e3),
    "concentr-percent": ("share", 1.0),
    "concentr-permille": ("share", 0.1),
}
# What CLDR hasn't.
_OTHERS = {
    "sec": ("time", 1.0),
    "secs": ("time", 1.0),
    "mins": ("time", 60.0),
    "hrs": ("time", 3_600.0),
    "std": ("time", 3_600.0),
    "wh": ("energy", 0.001),
    "mwh": ("energy", 1e3),
    "gwh": ("energy", 1e6),
    "pp": ("share", 1.0),
    "per cent": ("share", 1.0),
}
_CURRENCIES = {
    name: code
    for code, names in {"EUR": "€ eur euro euros", "USD": "$ usd", "GBP": "£ gbp", "CHF": "chf", "JPY": "¥ jpy"}.items()
    for name in names.split()
}
_THOUSANDS = {
    name: times
    for times, names in {
        1e3: "k t tsd thousand mil mille",
        1e6: "m mn mio million millionen millones millions",
        1e9: "mrd bn billion",
    }.items()
    for name in names.split()
}
_MONEY = re.compile(rf"(?P<times>[a-z]*)\.?\s*(?P<name>{'|'.join(map(re.escape, _CURRENCIES))})")
# "Tsd. h", "thousand visits": of what is counted or measured, so many.
_TIMES = re.compile(r"(?P<times>[a-z]{2,})\.?\s+(?P<name>\S.*)")
_UNIT_IN_NAME = re.compile(r"[(\[]\s*(?P<unit>[^()\[\]]{1,20})\s*[)\]]")
_IN_UNIT = re.compile(r"\s(?:in|en)\s+(?P<unit>\S{1,12}(?:\s\S{1,12})?)$", re.IGNORECASE)
_SHORT_UNIT = 3
_PER = re.compile(r"\s*(?:/|\bper\b|\bpro\b|\bje\b|\bpor\b|\bpar\b).*$")


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount.

    Attributes:
        value: The number as written.
        unit: Its unit as written.
        measures: "time", "share", "EUR" and so on; "" for what is only counted.
        factor: How many of the smallest unit one of its own is.
    """

    value: float
    unit: str
    measures: str = ""
    factor: float = 1.0

    @property
    def kind(self) -> tuple[str, float]:
        """What it measures, and in which size."""
        return self.measures, self.factor

    @property
    def amount(self) -> float:
        """The value in the smallest unit of what it measures."""
        return self.value * self.factor


def quantity(number: ParsedNumber, unit: str = "") -> Quantity:
    """The number in its own unit, or else in `unit`, which stands beside it."""
    written = number.unit or unit
    return Quantity(number.value, written, *(measure_of(written) or ("", 1.0)))


@cache
def measure_of(unit: str) -> tuple[str, float] | None:
    """What a unit measures and how large it is; None for one that isn't known, such as "incidents"."""
    whole = folded(unit).strip(" .")
    plain = whole if whole in _names() else _PER.sub("", whole).strip(" .")
    if (known := _names().get(plain)) is not None:
        return known
    if plain in _THOUSANDS and len(plain) > 1:
        return "", _THOUSANDS[plain]
    thousands = _TIMES.fullmatch(plain)
    if thousands is not None and thousands["name"] not in _CURRENCIES and thousands["times"] in _THOUSANDS:
        measures, factor = measure_of(thousands["name"]) or ("", 1.0)
        return measures, factor * _THOUSANDS[thousands["times"]]
    money = _MONEY.fullmatch(plain)
    if money is None or (money["times"] and money["times"] not in _THOUSANDS):
        return None
    return _CURRENCIES[money["name"]], _THOUSANDS.get(money["times"], 1.0)


def unit_in(name: str) -> str:
    """The unit in a figure's name: "Coverage (%)", "Cost [k€]", "Overtime in h"; "" without one."""
    match = _UNIT_IN_NAME.search(name)
    if match and measure_of(match["unit"]):
        return match["unit"]
    behind = _IN_UNIT.search(name)
    return behind["unit"] if behind and measure_of(behind["unit"]) else ""


def without_unit(name: str) -> str:
    """A figure's name without its unit; of one in brackets that isn't known, a short one goes too."""
    match = _UNIT_IN_NAME.search(name)
    if match and (measure_of(match["unit"]) or len(match["unit"]) <= _SHORT_UNIT):
        return f"{name[: match.start()]}{name[match.end() :]}".strip()
    behind = _IN_UNIT.search(name)
    return name[: behind.start()] if behind and measure_of(behind["unit"]) else name


def comparable(a: Quantity, b: Quantity) -> bool:
    """Whether two amounts can be of the same thing: a bare number may be of anything."""
    return a.measures == b.measures or "" in (a.measures, b.measures)


def in_unit_of(a: Quantity, b: Quantity) -> float:
    """The value of `a` in the unit of `b`. A bare 0.97 beside per cents is a share."""
    if a.measures == b.measures:
        return a.amount / b.factor
    if "share" in (a.measures, b.measures):
        bare = a if not a.measures else b
        if 0 < abs(bare.value) <= 1:
            return a.value * 100 / b.factor if bare is a else a.amount / 100
    return a.value


@cache
def _names() -> dict[str, tuple[str, float]]:
    """Each name that a unit has in the languages that apps write in."""
    found: dict[str, tuple[str, float]] = {}
    for length in ("long", "short", "narrow"):
        for name, meaning in _UNITS.items():
            for language in LANGUAGES:
                for count in (1, 2):
                    text = format_unit(count, name, length, locale=language)
                    found.setdefault(folded(text.replace(str(count), "")).strip(" ."), meaning)
    return found | _OTHERS
