"""Cells as values: numbers with their units, and which way is better."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from apps.compare.words import Better, better_way
from core.text.dates import MONTH

__all__ = ["Better", "ParsedNumber", "Verdict", "better_way", "decimal_mark", "number_of", "verdict"]

Verdict = Literal["better", "worse", "same", "changed"]

_NUMBER = re.compile(
    r"^\s*(?P<before>[€$£¥]|EUR|USD|GBP|CHF)?\s*(?P<sign>[-+−–]?)\s*(?P<digits>\d[\d.,'’  ]*)\s*"
    r"(?P<after>%|‰|(?:[A-Za-z]{1,4}\.?\s?)?[€$£]|[A-Za-zÀ-ÿ°µ][\w°/ .-]{0,24})?\s*$"
)
# "30 June 2026" is a day, not thirty of something.
_MONTH = re.compile(rf"(?:(?:de|d['’])\s*)?(?:{MONTH}|(?:jan|feb|mar|apr|jun|jul|aug|sep|oct|okt|nov|dec|dez)\b)")
_MULTIPLE = re.compile(r"(?:k|tsd|mio|mn|m|mrd|bn|thousand|(?:m|b)illion(?:s|en)?|millones)\.?", re.IGNORECASE)
_DECIMALS = {mark: re.compile(rf"(?<![\d.,])\d+{re.escape(mark)}\d{{1,2}}(?![\d.,]\d|\d)") for mark in ".,"}
_GROUPED = {mark: re.compile(rf"[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+") for mark in ".,"}
_THOUSANDS = {mark: re.compile(rf"(?<![\d.,]){_GROUPED[mark].pattern}(?![\d.,]*\d)") for mark in ".,"}


@dataclass(frozen=True, slots=True)
class ParsedNumber:
    """A number and what it counts ("%", "hours", "EUR" or "")."""

    value: float
    unit: str = ""


def decimal_mark(cells: Iterable[str]) -> str:
    """The decimal mark of a report, by all of its numbers: "." or ","; "" where none of them tells it."""
    votes = {".": 0, ",": 0}
    for cell in cells:
        for mark, other in ((".", ","), (",", ".")):
            votes[mark] += bool(_DECIMALS[mark].search(cell) or _THOUSANDS[other].search(cell))
    return "" if votes["."] == votes[","] else max(votes, key=lambda mark: votes[mark])


def number_of(text: str, decimal: str = "") -> ParsedNumber | None:
    """The number that the whole cell is, in English or continental notation; None for anything else.

    Args:
        decimal: The decimal mark of the report, which tells what "1.926" is; "" takes the likelier one.
    """
    match = _NUMBER.match(text)
    if match is None:
        return None
    digits = re.sub(r"[\s'’  ]", "", match["digits"]).rstrip(".,")
    value = _float(digits, decimal)
    if value is None:
        return None
    sign = -1.0 if match["sign"] in ("-", "−", "–") else 1.0
    before, after = (match["before"] or "").strip(), (match["after"] or "").strip()
    # "€1.2 million" are millions of euros; what else stands behind a currency says nothing of the amount.
    unit = f"{after} {before}" if before and _MULTIPLE.fullmatch(after) else before or after
    if re.fullmatch(r"(?:20\d\d|Q[1-4]|of .*|bis .*|to .*)", unit) or _MONTH.match(unit.lower()):
        return None
    return ParsedNumber(sign * value, unit)


def _float(digits: str, decimal: str) -> float | None:
    """ "4,150" → 4150, "4,8" → 4.8, "1.234,5" → 1234.5, "12.50" → 12.5; None when it can't be one number."""
    if "," in digits and "." in digits:
        place = max(digits.rfind(","), digits.rfind("."))
        whole, part = digits[:place], digits[place + 1 :]
        digits = re.sub(r"[.,]", "", whole) + "." + part
    elif decimal and (grouping := "." if decimal == "," else ",") in digits and _GROUPED[grouping].fullmatch(digits):
        digits = digits.replace(grouping, "")
    elif digits.count(",") > 1 or (decimal != "," and re.fullmatch(r"\d{1,3},\d{3}", digits)):
        digits = digits.replace(",", "")
    elif digits.count(".") > 1:
        if not re.fullmatch(r"\d{1,3}(?:\.\d{3})+", digits):
            return None
        digits = digits.replace(".", "")
    else:
        digits = digits.replace(",", ".")
    try:
        return float(digits)
    except ValueError:
        return None


def verdict(change: float, better: Better) -> Verdict:
    """What a change means."""
    if change == 0:
        return "same"
    if better == "neither":
        return "changed"
    return "better" if (change > 0) == (better == "higher") else "worse"
