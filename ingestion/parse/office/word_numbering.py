"""Word's automatic numbering as a reader sees it: "1.", "a)", "II.2", "-" for bullets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ingestion.parse.office.package import Element, attribute, child, descendants

_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
          (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_KANJI = "〇一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: its number format, its pattern ("%1.%2)"), and its first number."""

    format: str
    text: str
    start: int
    plain: bool  # every number of the pattern in Arabic digits (w:isLgl)


@dataclass(slots=True)
class NumberedList:
    """A list that paragraphs refer to: which others it counts on with, its levels, and where it starts anew."""

    abstract: str
    levels: dict[int, Level]
    restarts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """Counts the paragraphs of every list of a document (word/numbering.xml)."""

    def __init__(self, root: Element | None) -> None:
        self._lists: dict[str, NumberedList] = {}
        self._counters: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()
        self.by_style: dict[str, tuple[str, int]] = {}
        abstracts: dict[str, dict[int, Level]] = {}
        style_links: dict[str, str] = {}
        links: dict[str, str] = {}
        for element in descendants(root, "abstractNum"):
            key = attribute(element, "abstractNumId") or ""
            abstracts[key] = dict(_levels(element))
            if (link := _value(child(element, "styleLink"))) is not None:
                style_links[link] = key
            if (link := _value(child(element, "numStyleLink"))) is not None:
                links[key] = link
        for element in descendants(root, "num"):
            number = attribute(element, "numId") or ""
            abstract = _value(child(element, "abstractNumId")) or ""
            abstract = style_links.get(links.get(abstract, ""), abstract)
            one = NumberedList(abstract, dict(abstracts.get(abstract, {})))
            for override in descendants(element, "lvlOverride"):
                depth = _integer(attribute(override, "ilvl"), 0)
                one.levels.update(_levels(override))
                if (start := _value(child(override, "startOverride"))) is not None:
                    one.restarts[depth] = _integer(start, 1)
            self._lists[number] = one

    def add(self, number: str, one: NumberedList) -> None:
        """Adds a list that paragraphs refer to as `number`."""
        self._lists[number] = one

    def label(self, number: str, depth: int) -> str:
        """The label of the next paragraph of list `number` at `depth` (0 = outermost); "" if it has none."""
        one = self._lists.get(number)
        level = one.levels.get(depth) if one else None
        if one is None or level is None:
            return ""
        counters = self._counters.setdefault(one.abstract, {})
        if depth in one.restarts and (number, depth) not in self._begun:
            counters[depth] = one.restarts[depth]
        else:
            counters[depth] = counters.get(depth, level.start - 1) + 1
        self._begun.add((number, depth))
        for deeper in [key for key in counters if key > depth]:
            del counters[deeper]
        if level.format == "bullet":
            return "-"
        if level.format == "none" and "%" not in level.text:
            return level.text.strip()

        def replace(match: re.Match[str]) -> str:
            at = int(match.group(1)) - 1
            other = one.levels.get(at)
            count = counters.get(at, other.start if other else 1)
            return render(count, "decimal" if level.plain or other is None else other.format)

        return re.sub("%([1-9])", replace, level.text).strip()


def render(count: int, style: str) -> str:
    """`count` in a number format of Word (ST_NumberFormat); unknown ones in Arabic digits."""
    if style in ("lowerLetter", "upperLetter") and count > 0:
        letter = chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, 10)
        return letter.upper() if style == "upperLetter" else letter
    if style in ("lowerRoman", "upperRoman") and 0 < count < 5000:
        text, rest = "", count
        for value, roman in _ROMAN:
            times, rest = divmod(rest, value)
            text += roman * times
        return text.upper() if style == "upperRoman" else text
    if style == "decimalZero":
        return f"{count:02d}"
    if style == "ordinal":
        suffix = "th" if 10 <= count % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
        return f"{count}{suffix}"
    if style.startswith(("chineseCounting", "japaneseCounting", "ideographDigital")) and 0 < count < 100:
        tens, ones = divmod(count, 10)
        head = ("" if tens == 1 else _KANJI[tens]) + "十" if tens else ""
        return head + (_KANJI[ones] if ones else "")
    return "" if style == "none" else str(count)


def _levels(parent: Element) -> list[tuple[int, Level]]:
    found = []
    for element in descendants(parent, "lvl"):
        level = Level(
            _value(child(element, "numFmt")) or "decimal",
            _value(child(element, "lvlText")) or "",
            _integer(_value(child(element, "start")), 0),
            child(element, "isLgl") is not None,
        )
        found.append((_integer(attribute(element, "ilvl"), 0), level))
    return found


def _value(element: Element | None) -> str | None:
    return None if element is None else attribute(element, "val")


def _integer(text: str | None, default: int) -> int:
    return int(text) if text is not None and re.fullmatch(r"-?\d{1,9}", text) else default
