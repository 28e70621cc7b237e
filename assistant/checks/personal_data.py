"""Personal data in text: found by its form and its check digits, and redacted."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PERSONAL: dict[str, re.Pattern[str]] = {
    "email": re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"),
    "url": re.compile(r"\bhttps?://[^\s<>]+|\bwww\.[\w-]+(?:\.[\w-]+)+[^\s<>]*"),
    "iban": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"),
    "card": re.compile(r"\b\d(?:[ -]?\d){11,18}\b"),
    "ssn": re.compile(r"\b\d{3}-\d{2}-\d{4}\b"),
    "ip": re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}\b"),
    "phone": re.compile(r"(?<![\w.])(?:\+\d{1,3}[\s.-]?)?(?:\(\d{1,5}\)[\s.-]?)?\d{2,5}(?:[\s.-]\d{2,8}){1,4}(?:\s?x\d{1,5})?(?!\w|\.\d)|(?<!\w)\+\d{8,15}\b"),  # noqa: E501
}  # fmt: skip


def personal_data(text: str, kinds: Sequence[str]) -> list[tuple[int, int, str]]:
    """(begin, end, kind) of personal data in `text`, in order and without overlaps."""
    found: list[tuple[int, int, str]] = []
    for kind in ("email", "url", "iban", "card", "ssn", "ip", "phone"):
        if kind not in kinds:
            continue
        for match in _PERSONAL[kind].finditer(text):
            begin, end = match.span()
            if any(begin < e and b < end for b, e, _ in found) or not _plausible(kind, match.group()):
                continue
            found.append((begin, end, kind))
    return sorted(found)


def redacted(text: str, kinds: Sequence[str]) -> str:
    """The text with personal data of these kinds replaced by ‹email›, ‹phone›, …"""
    parts, last = [], 0
    for begin, end, kind in personal_data(text, kinds):
        parts += [text[last:begin], f"‹{kind}›"]
        last = end
    return "".join([*parts, text[last:]])


def _plausible(kind: str, text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    if kind == "card":
        return 12 <= len(digits) <= 19 and _luhn(digits)
    if kind == "iban":
        return _iban(text)
    if kind == "ip" and "." in text:
        return all(int(part) <= 255 for part in text.split("."))
    if kind == "phone":
        return 7 <= len(digits) <= 15 and not re.fullmatch(r"\d{4}[.-]\d{1,2}[.-]\d{1,2}", text)
    return True


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _iban(text: str) -> bool:
    plain = text.replace(" ", "")
    turned = plain[4:] + plain[:4]
    return 15 <= len(plain) <= 34 and int("".join(str(int(c, 36)) for c in turned)) % 97 == 1
