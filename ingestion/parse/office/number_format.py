"""A spreadsheet's numbers as the cell shows them: Excel number format codes → text (ECMA-376 18.8.30/31)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache

BUILTIN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: '"$"#,##0_);\\("$"#,##0\\)',
    6: '"$"#,##0_);[Red]\\("$"#,##0\\)', 7: '"$"#,##0.00_);\\("$"#,##0.00\\)', 
    8: '"$"#,##0.00_);[Red]\\("$"#,##0.00\\)',
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm",
    27: "yyyy-mm-dd", 28: "yyyy-mm-dd", 29: "yyyy-mm-dd", 30: "yyyy-mm-dd", 31: "yyyy-mm-dd", 36: "yyyy-mm-dd",
    37: "#,##0_);(#,##0)", 38: "#,##0_);[Red](#,##0)", 39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);[Red](#,##0.00)",
    41: "#,##0_);(#,##0)", 42: '"$"#,##0_);("$"#,##0)', 43: "#,##0.00_);(#,##0.00)", 44: '"$"#,##0.00_);("$"#,##0.00)',
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@", 50: "yyyy-mm-dd", 57: "yyyy-mm-dd",
}  # fmt: skip

# Numbers 14 and 22 follow the reader's locale in Excel; ISO 8601 is read the same everywhere.

_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]*"?)|\\(?P<escaped>.)|(?P<pad>_.)|(?P<fill>\*.)|\[(?P<bracket>[^\]]*)\]"""
    r"""|(?P<ampm>AM/PM|A/P|am/pm|a/p)|(?P<general>General)|(?P<exponent>E[+-])"""
    r"""|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?|e+|g+|b+)|(?P<digit>[0#?]+)|(?P<other>.)""",
    re.IGNORECASE | re.DOTALL,
)
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
Token = tuple[str, str]


def shown(value: float, code: str, epoch_1904: bool = False) -> str:
    """`value` as a cell with the format `code` shows it; plain digits if the code can't be understood."""
    try:
        return _shown(value, code or "General", epoch_1904)
    except (ValueError, OverflowError, ZeroDivisionError, IndexError):
        return general(value)


def general(value: float) -> str:
    """`value` in Excel's format General: up to 11 significant digits, no trailing zeros."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = f"{value:.10g}"
    return text.replace("e", "E")


def is_date(code: str) -> bool:
    """Whether a format shows dates or times."""
    return any(_has_date(tokens) for _, tokens in _sections(code))


@lru_cache(maxsize=2_000)
def _sections(code: str) -> tuple[tuple[str, tuple[Token, ...]], ...]:
    """The format's sections: each one's condition ("" if none) and tokens."""
    sections: list[tuple[str, tuple[Token, ...]]] = []
    condition, tokens = "", list[Token]()
    for match in _TOKEN.finditer(code[:500]):
        kind, text = match.lastgroup or "other", match.group(match.lastgroup or 0)
        if kind == "other" and text == ";":
            sections.append((condition, tuple(tokens)))
            condition, tokens = "", []
        elif kind == "bracket" and re.match(r"[<>=]", text):
            condition = text
        else:
            tokens.append((kind, text))
    sections.append((condition, tuple(tokens)))
    return tuple(sections)


def _shown(value: float, code: str, epoch_1904: bool) -> str:
    sections = _sections(code)
    tokens, negative = _choose(value, sections)
    if not tokens:
        return ""
    if _has_date(tokens):
        return _date(value, tokens, epoch_1904)
    text = _number(abs(value) if negative else value, tokens)
    return " ".join(text.split())


def _choose(value: float, sections: tuple[tuple[str, tuple[Token, ...]], ...]) -> tuple[tuple[Token, ...], bool]:
    """The section for `value`, and whether it shows the sign by itself."""
    numeric = sections[:3] if len(sections) > 3 else sections
    if any(condition for condition, _ in numeric):
        for condition, tokens in numeric:
            if not condition or _holds(value, condition):
                return tokens, False
        return numeric[-1][1], False
    if len(numeric) >= 3 and value == 0:
        return numeric[2][1], False
    if len(numeric) >= 2 and value < 0:
        return numeric[1][1], True
    return numeric[0][1], False


def _holds(value: float, condition: str) -> bool:
    match = re.fullmatch(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)", condition)
    if match is None:
        return True
    other = float(match.group(2))
    return {
        "<": value < other, ">": value > other, "=": value == other,
        "<=": value <= other, ">=": value >= other, "<>": value != other,
    }[match.group(1)]  # fmt: skip


def _has_date(tokens: tuple[Token, ...]) -> bool:
    return any(kind in ("date", "ampm") or (kind == "bracket" and _elapsed(text)) for kind, text in tokens)


def _elapsed(text: str) -> bool:
    return re.fullmatch(r"h+|m+|s+", text, re.IGNORECASE) is not None


def _literal(kind: str, text: str) -> str | None:
    """What a token shows by itself; None if it stands for a part of the value."""
    if kind == "quoted":
        return text.strip('"')
    if kind in ("escaped", "other"):
        return "" if text == "@" else text
    if kind == "pad":
        return " "
    if kind == "fill":
        return ""
    if kind == "bracket":
        return text[1:].split("-", maxsplit=1)[0] if text.startswith("$") else None if _elapsed(text) else ""
    return None


def _number(value: float, tokens: tuple[Token, ...]) -> str:
    if any(kind == "general" for kind, _ in tokens):
        return "".join(general(value) if kind == "general" else _literal(kind, text) or "" for kind, text in tokens)
    if not any(kind == "digit" for kind, _ in tokens):
        shown_text = "".join(_literal(kind, text) or "" for kind, text in tokens)
        return general(value) if any(text == "@" for _, text in tokens) else shown_text
    plain = [text for kind, text in tokens if kind == "other"]
    value *= 100 ** plain.count("%")
    if "/" in plain:
        return _fraction(value, tokens)
    first = next(n for n, (kind, _) in enumerate(tokens) if kind == "digit")
    last = max(n for n, (kind, _) in enumerate(tokens) if kind == "digit")
    core = tokens[first : last + 1]
    joined = "".join(text for kind, text in core if kind in ("digit", "other") and (kind == "digit" or text in ".,"))
    tail = last + 1
    while tail < len(tokens) and tokens[tail] == ("other", ","):  # each comma after the digits divides by 1,000
        value, tail = value / 1000, tail + 1
    sign = "-" if value < 0 else ""
    exponent = next((text for kind, text in core if kind == "exponent"), "")
    if exponent:
        body = _scientific(abs(value), joined, exponent)
    else:
        whole, _, decimals = joined.partition(".")
        body = _digits(abs(value), whole, decimals)
        if float(re.sub(r"[^\d.]", "", body) or 0) == 0:
            sign = ""
        # Literals between the digits, as in 000-00-0000, are put back.
        if any(kind in ("quoted", "escaped") or (kind == "other" and text not in ".,") for kind, text in core):
            body = _interleave(body, core)
    head = "".join(_literal(kind, text) or "" for kind, text in tokens[:first])
    return sign + head + body + "".join(_literal(kind, text) or "" for kind, text in tokens[tail:])


def _digits(value: float, whole: str, decimals: str) -> str:
    places = min(sum(mark in "0#?" for mark in decimals), 30)
    text = f"{value + 0.0:.{places}f}" if abs(value) >= 1e15 else _round_half_up(value, places)
    left, _, right = text.partition(".")
    left = left.lstrip("0").rjust(sum(mark == "0" for mark in whole), "0")
    if "," in whole:
        left = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", left)
    needed = len(decimals.rstrip("#"))
    while len(right) > needed and right.endswith("0"):
        right = right[:-1]
    return left + ("." + right if right or (decimals == "" and "." in whole) else "")


def _round_half_up(value: float, places: int) -> str:
    # The shortest decimal that is this float, rounded as Excel does (half away from zero).
    from decimal import ROUND_HALF_UP, Decimal

    return str(Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def _interleave(digits: str, core: tuple[Token, ...]) -> str:
    """`digits` with the literals of `core` in their places, counted from the decimal point outwards."""
    whole, point, decimals = digits.replace(",", "").partition(".")
    split = core.index(("other", ".")) if ("other", ".") in core else len(core)
    right = point
    for kind, text in core[split + 1 :]:
        if kind == "digit":
            right, decimals = right + decimals[: len(text)], decimals[len(text) :]
        else:
            right += _literal(kind, text) or ""
    return _interleave_whole(whole, core[:split]) + right + decimals


def _interleave_whole(digits: str, core: tuple[Token, ...]) -> str:
    result, rest = "", digits
    for kind, text in reversed(core):
        if kind == "digit":
            cut = len(rest) - len(text)
            result, rest = rest[max(cut, 0) :] + result, rest[: max(cut, 0)]
        elif kind in ("quoted", "escaped") or (kind == "other" and text not in ".,"):
            result = (_literal(kind, text) or "") + result
    return rest + result


def _scientific(value: float, pattern: str, exponent: str) -> str:
    places = len(pattern.partition(".")[2].rstrip("0#?")) or 0
    decimals = max(len(pattern.partition(".")[2]) - 2 - places, 0)
    mantissa, _, power = f"{value:.{decimals}e}".partition("e")
    sign = "-" if power.startswith("-") else "+" if exponent[1] == "+" else ""
    return f"{mantissa}E{sign}{power.lstrip('+-0').rjust(2, '0')}"


def _fraction(value: float, tokens: tuple[Token, ...]) -> str:
    slash = tokens.index(("other", "/"))
    below = tokens[slash + 1 :]
    fixed = "".join(text for _, text in below if text.isdigit() and text.strip("0"))
    pattern = next((text for kind, text in below if kind == "digit"), "?")
    mixed = sum(kind == "digit" for kind, _ in tokens[:slash]) > 1
    sign, value = ("-" if value < 0 else ""), abs(value)
    whole, rest = (int(value), value - int(value)) if mixed else (0, value)
    if fixed:
        part = Fraction(round(rest * int(fixed)), 1)
        top, bottom = int(part), int(fixed)
    else:
        part = Fraction(rest).limit_denominator(10 ** min(len(pattern), 4) - 1)
        top, bottom = part.numerator, part.denominator
    if mixed and top == bottom:
        whole, top = whole + 1, 0
    text = f"{top}/{bottom}" if top or not mixed else ""
    return sign + (f"{whole} {text}".strip() if mixed and (whole or not text) else text or "0")


def _date(value: float, tokens: tuple[Token, ...], epoch_1904: bool) -> str:
    if value < 0 or value >= 2_958_466:
        return general(value)
    fractional = any(kind == "date" and "." in text for kind, text in tokens)
    seconds = value * 86_400 if fractional else float(round(value * 86_400))
    # Excel counts a 29 February 1900 that never was: serials before it are one day off.
    base = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 31 if value < 60 else 30)
    moment = base + timedelta(seconds=round(seconds, 3))
    half = any(kind == "ampm" for kind, _ in tokens)
    parts: list[str] = []
    for at, (kind, text) in enumerate(tokens):
        literal = _literal(kind, text)
        if kind == "bracket" and _elapsed(text):
            unit = {"h": 3600, "m": 60, "s": 1}[text[0].lower()]
            parts.append(str(int(seconds // unit)).rjust(len(text), "0"))
        elif literal is not None:
            parts.append(literal)
        elif kind == "ampm":
            name = "AM" if moment.hour < 12 else "PM"
            parts.append(name if "/P" in text.upper() and len(text) > 3 else name[0])
        elif kind == "date":
            parts.append(_date_part(moment, text.lower(), half, _is_minute(tokens, at)))
        elif kind == "digit":
            parts.append(text if text.strip("0") else "")
    return " ".join("".join(parts).split())


def _date_part(moment: datetime, text: str, half: bool, minute: bool) -> str:
    length = len(text)
    if text[0] in "yeb":
        return f"{moment.year:04d}" if length > 2 or text[0] == "e" else f"{moment.year % 100:02d}"
    if text[0] == "m" and not minute:
        name = _MONTHS[moment.month - 1]
        return {1: str(moment.month), 2: f"{moment.month:02d}", 3: name[:3], 5: name[0]}.get(length, name)
    if text[0] == "d":
        name = _DAYS[moment.weekday()]
        return {1: str(moment.day), 2: f"{moment.day:02d}", 3: name[:3]}.get(length, name)
    if text[0] == "s" and "." in text:
        whole, _, places = text.partition(".")
        return f"{moment.second + moment.microsecond / 1e6:0{len(whole) + 1 + len(places)}.{len(places)}f}"
    if text[0] == "g":
        return ""
    number = {"h": (moment.hour % 12 or 12) if half else moment.hour, "m": moment.minute, "s": moment.second}[text[0]]
    return f"{number:02d}" if length > 1 else str(number)


def _is_minute(tokens: tuple[Token, ...], at: int) -> bool:
    """An m is a minute right after hours or right before seconds."""
    if tokens[at][1][0].lower() != "m" or len(tokens[at][1]) > 2:
        return False
    before = [text[0].lower() for kind, text in tokens[:at] if kind == "date" or (kind == "bracket" and _elapsed(text))]
    after = [text[0].lower() for kind, text in tokens[at + 1 :] if kind == "date"]
    return bool((before and before[-1] == "h") or (after and after[0] == "s"))
