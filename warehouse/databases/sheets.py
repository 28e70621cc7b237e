"""Cells as people leave them → a table: titles above the header, two header rows, totals below, numbers as text.

"1.234,50 €", "$1,234.50", "12 %", "(300)" become numbers, "31.12.2026" and "12/31/2026" days; "ja" and "nein" stay.
What a column of numbers or days has besides is left out of it and said in a note.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd

from core.text.dates import dated_spans

_NOTHING = frozenset(("", "-", "–", "—", "n/a", "na", "null", "none", "k.a.", "k. a.", "#n/a", "#nv", "nan", "?"))
_CURRENCY = r"(?:[€$£¥]|eur|usd|chf|gbp|kr)"
_NUMBER = re.compile(
    rf"(?P<o>\()?\s*(?P<s>[-+−]?)\s*{_CURRENCY}?\s*(?P<t>[-+−]?)"
    r"(?P<d>\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?|[.,]\d+)"
    rf"\s*(?:{_CURRENCY}|%)?\s*\)?",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"(?:(?P<y>\d{4})[-./](?P<m>\d{1,2})[-./](?P<d>\d{1,2})|(?P<a>\d{1,2})(?P<p>[-./])(?P<b>\d{1,2})[-./](?P<z>\d{4}|\d{2}))"
    r"(?:[ T](?P<h>\d{1,2}):(?P<n>\d{2})(?::(?P<x>\d{2}))?)?"
)
_TOTAL = re.compile(
    r"(?:grand |sub)?totals?|(?:zwischen|gesamt)?summe|gesamt|insgesamt|suma|somme|totale?", re.IGNORECASE
)
# Names that say something only below the name of a group.
_BARE = frozenset("name id nombre nom".split())
# Of a column's cells so many must be numbers, or days, for the others to be slips.
_MOST = 0.9


def framed(rows: Sequence[Sequence[Any]], name: str, notes: list[str]) -> pd.DataFrame | None:
    """The table in `rows` of cells; None where there is none. What is left out of it is added to `notes`."""
    cells = [[_plain(c) for c in row] for row in rows]
    begin = _header(cells)
    if begin is None or begin + 1 >= len(cells):
        return None
    width = max(len(row) for row in cells[begin:])
    header = _names(cells, begin, width)
    body = [[*row, *([None] * (width - len(row)))] for row in cells[begin + 1 :] if any(c is not None for c in row)]
    if not body:
        return None
    body = _without_totals(body, name, notes)
    columns = list(zip(*body, strict=True))
    kept = [n for n in range(width) if header[n] or any(c is not None for c in columns[n])]
    comma = _says_comma(columns)
    made = {
        _with_currency(header[n] or f"column {n + 1}", columns[n]): _typed(
            columns[n], comma, f"{name}, {header[n]}", notes
        )
        for n in kept
    }
    return pd.DataFrame(made, columns=list(made))


def typed(values: Sequence[Any], name: str, notes: list[str]) -> list[Any] | None:
    """The values of a column of text as numbers or days; None where they are words."""
    made = _typed(values, _says_comma([values]), name, notes)
    return None if made == [_plain(v) for v in values] else made


def _plain(cell: Any) -> Any:
    if isinstance(cell, str):
        return re.sub(r"\s+", " ", cell).strip() or None
    return None if pd.isna(cell) else cell


def _header(cells: Sequence[Sequence[Any]]) -> int | None:
    """The row of names: the first that is nearly filled and has no number in it, else the first that is filled."""
    filled = [sum(c is not None for c in row) for row in cells]
    widest = max(filled, default=0)
    if widest < 2:
        return 0 if widest and len(cells) > 1 else None
    for n, row in enumerate(cells[:20]):
        words = [c for c in row if isinstance(c, str) and not _NUMBER.fullmatch(c) and not _DAY.fullmatch(c)]
        if filled[n] >= max(2, 0.6 * widest) and len(words) == filled[n]:
            return n
    return next(n for n, count in enumerate(filled) if count == widest)


def _names(cells: Sequence[Sequence[Any]], begin: int, width: int) -> list[str]:
    """The header, with the row above it where names would be twice or say little: "2025 Q1", "Employee Name"."""
    names = [str(c) if c is not None else "" for c in cells[begin]]
    names += [""] * (width - len(names))
    twice = {n for n, count in Counter(names).items() if n and (count > 1 or n.lower() in _BARE)}
    above: list[str] = []
    for c in [*(cells[begin - 1] if begin else ()), *([None] * width)][:width]:
        above.append(str(c) if c is not None else above[-1] if above else "")
    if twice and len(set(filter(None, above)) - set(names)) > 1:
        names = [f"{a} {n}".strip() if n in twice else n for a, n in zip(above, names, strict=True)]
    return [n if not n or names.index(n) == at else f"{n} {at + 1}" for at, n in enumerate(names)]


_CODES = {"€": "EUR", "eur": "EUR", "$": "USD", "usd": "USD", "£": "GBP", "gbp": "GBP", "chf": "CHF", "%": "%"}


def _with_currency(header: str, cells: Sequence[Any]) -> str:
    """ "Net" over "1.234,50 €" is "Net [EUR]", as people write a unit."""
    if m := re.fullmatch(r"(?P<n>.+?) in (?P<u>EUR|USD|GBP|CHF|€|\$|£|%)", header.strip()):
        return f"{m['n']} [{_CODES[m['u'].lower()]}]"
    texts = [c for c in cells if isinstance(c, str) and _NUMBER.fullmatch(c)]
    said = [m[0].lower() for c in texts if (m := re.search(r"[€$£%]|(?:eur|usd|gbp|chf)", c, re.IGNORECASE))]
    alike = len(texts) > 0 and len(said) == len(texts) and len({_CODES[s] for s in said}) == 1
    return f"{header} [{_CODES[said[0]]}]" if alike and not header.endswith((")", "]")) else header


def _without_totals(body: list[list[Any]], name: str, notes: list[str]) -> list[list[Any]]:
    """Without rows that add the others up, which would count everything twice."""
    kept = list(body)
    while len(kept) > 1:
        said = next((str(c) for c in kept[-1] if c is not None), "")
        if not _TOTAL.fullmatch(said.strip(" :")):
            break
        notes.append(f"{name}: the last row, “{said}”, adds the others up and is left out.")
        kept.pop()
    return kept


def _says_comma(columns: Sequence[Sequence[Any]]) -> bool:
    """Whether the file writes 1,5 for one and a half: some number has a comma that can be nothing else."""
    texts = [c for column in columns for c in column[:500] if isinstance(c, str) and _NUMBER.fullmatch(c)]
    return any(re.search(r"\.\d{3},\d|(?<![\d.,])\d+,(?:\d{1,2}|\d{4,})(?!\d)", t) for t in texts)


def _typed(values: Sequence[Any], comma: bool, name: str, notes: list[str]) -> list[Any]:
    plain = [_plain(v) for v in values]
    texts = [v for v in plain if isinstance(v, str) and v.lower() not in _NOTHING]
    if not texts:
        return [None if isinstance(v, str) else v for v in plain] if any(v is not None for v in plain) else plain
    known = len([v for v in plain if v is not None and not isinstance(v, str)]) + len(texts)
    for what, read in (("days", _days(texts, comma)), ("numbers", _numbers(texts, comma))):
        made = {t: read(t) for t in set(texts)}
        slips = [t for t in texts if made[t] is None]
        others = [v for v in plain if v is not None and not isinstance(v, str)]
        fit = all(isinstance(v, date) is (what == "days") for v in others)
        if fit and len(slips) <= (1 - _MOST) * known:
            if slips:
                notes.append(f"{name}: {len(slips)} cells are no {what} (“{slips[0]}”) and are left out.")
            return [made.get(v) if isinstance(v, str) else v for v in plain]
    return plain


def _numbers(texts: Sequence[str], comma: bool) -> Any:
    coded = any(re.fullmatch(r"0\d+", t) for t in texts)

    def read(text: str) -> float | None:
        m = _NUMBER.fullmatch(text)
        if m is None or coded:
            return None
        digits = re.sub(r"['’\u00a0\u202f ]", "", m["d"])
        if "," in digits and "." in digits:
            point = "," if digits.rfind(",") > digits.rfind(".") else "."
        elif comma:
            point = ","
        else:
            point = "" if re.fullmatch(r"\d{1,3}(?:,\d{3})+", digits) else "." if "." in digits else ","
        digits = re.sub(rf"[.,](?!\d*$)|[{'.' if point == ',' else ','}]", "", digits).replace(",", ".")
        try:
            return -float(digits) if m["o"] or "-" in m["s"] + m["t"] or "−" in m["s"] + m["t"] else float(digits)
        except ValueError:
            return None

    return read


def _in_words(text: str) -> date | None:
    """The day that "02 Jul 2026" is; None for a text in which one is named."""
    found = [(day, end - begin) for day, begin, end in dated_spans(text, None)] if 6 <= len(text) <= 24 else []
    return found[0][0] if len(found) == 1 and found[0][1] == len(text) else None


def _days(texts: Sequence[str], comma: bool) -> Any:
    found = [m for t in texts if (m := _DAY.fullmatch(t)) and m["a"]]
    first = any(int(m["a"]) > 12 for m in found) or (
        not any(int(m["b"]) > 12 for m in found) and (comma or any(m["p"] != "/" for m in found))
    )
    clock = any((m := _DAY.fullmatch(t)) and m["h"] for t in texts)

    def read(text: str) -> date | None:
        m = _DAY.fullmatch(text)
        if m is None:
            return _in_words(text)
        day, month = (m["d"], m["m"]) if m["y"] else (m["a"], m["b"]) if first else (m["b"], m["a"])
        year = int(m["y"] or m["z"])
        year += 2000 if year < 70 else 1900 if year < 100 else 0
        try:
            if clock:
                return datetime(year, int(month), int(day), int(m["h"] or 0), int(m["n"] or 0), int(m["x"] or 0))
            return date(year, int(month), int(day))
        except ValueError:
            return None

    return read
