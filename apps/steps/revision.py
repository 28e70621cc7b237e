"""A model's translation, compared with its original section by section: what is lost or added is mended.

A section that passes takes the place of the draft's; of one that doesn't, the paragraphs that pass do, and where that
can't be told the draft's section stays. Nothing else of the reply is lost for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from core.tables import is_rule_line
from core.text.cues import is_chatter, negated_words
from core.text.detect import detect_language
from core.text.facts import Fact, amount, numbers
from core.text.words import folded

_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.*)$")
_ITEM = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+\S")
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)")
_WRAPPED = re.compile(r"^\s*```+\s*(?:markdown|md|text|html)?\s*\n(.*?)\n?\s*```+\s*$", re.DOTALL | re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:https?|ftp)://[^\s<>)\]\"']+|\bwww\.[^\s<>)\]\"']+|[\w.+-]+@[\w-]+\.[\w.-]*\w", re.IGNORECASE
)
_MARKER = re.compile(r"\[\d{1,3}\]")
_CODE = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-zÀ-ÿ])[A-Za-zÀ-ÿ][\w-]*\d[\w-]*\b")
_ORDINAL = re.compile(r"\d{1,2}(?:st|nd|rd|th|er|\.|º|ª)")
# Fewer letters tell no language.
_TELLING = 60
_SAME_HEADING = 0.6


@dataclass(frozen=True)
class Kept:
    """A part of the draft that stands in the result as it was, and why."""

    part: str
    why: str

    def __str__(self) -> str:
        return f"“{_name(self.part)}”: {self.why}"


@dataclass(frozen=True)
class Revision:
    """The revised text, and the parts of the draft that stand in it as they were."""

    text: str
    kept: tuple[Kept, ...] = ()
    changed: bool = True


@dataclass(frozen=True)
class Reviser:
    """Compares a reply with its draft.

    Attributes:
        language: That the reply must be in.
    """

    draft: str
    language: str

    def revise(self, reply: str) -> Revision:
        """The reply with every section that can't be used in the draft's words."""
        text = unwrapped(reply, self.draft)
        kept: list[Kept] = []
        own = sections(self.draft)
        parts = [self._part(one, other, kept) for one, other in _paired(own, sections(text))]
        joined = "\n\n".join(part.strip("\n") for part in parts if part.strip())
        return Revision(joined, tuple(dict.fromkeys(kept)), joined.strip() != self.draft.strip())

    def mended(self, revision: Revision, again: Callable[[str], str]) -> Revision:
        """The revision with each part that was kept replaced by what a second try at that part alone gives."""
        text, kept = revision.text, []
        for one in revision.kept:
            second = replace(self, draft=one.part).revise(again(one.part))
            if second.changed and not second.kept and one.part in text:
                text = text.replace(one.part, second.text, 1)
            else:
                kept.append(one)
        return Revision(text, tuple(kept), text.strip() != self.draft.strip())

    def problems(self, draft: str, text: str) -> Iterator[str]:
        """What the text loses, changes or adds, in words."""
        yield from self._numbers(draft, text)
        if lost := _shape(draft)[0] - _shape(text)[0]:
            yield f"{lost} rows of a table were lost" if lost > 0 else "a table got more rows"
        if (lost := _shape(draft)[1] - _shape(text)[1]) > 0:
            yield f"{lost} items of a list were lost"
        for pattern, what in ((_ADDRESS, "the address"), (_MARKER, "the marker"), (_CODE, "the number")):
            before, after = set(pattern.findall(draft)), set(pattern.findall(text))
            yield from (f"{what} {one} was lost" for one in sorted(before - after))
            yield from (f"{what} {one} was added" for one in sorted(after - before) if one not in self.draft)
        # Languages negate by different numbers of words.
        if bool(negated_words(draft)) != bool(negated_words(text)):
            yield "a negation was added or lost"
        if len(draft) > 200 and len(text) < len(draft) / 4:
            yield "most of it was lost"
        yield from self._language(text)

    def _part(self, draft: str, text: str, kept: list[Kept]) -> str:
        """The text in the draft's place, or as much of it as can be used."""
        if not text.strip():
            kept.append(Kept(draft, "it was left out"))
            return draft
        found = list(self.problems(draft, text))
        if not found:
            return text
        mine, theirs = _blocks(draft), _blocks(text)
        if 1 < len(mine) == len(theirs):
            return "\n\n".join(self._part(one, other, kept) for one, other in zip(mine, theirs, strict=True))
        kept.append(Kept(draft, found[0]))
        return draft

    def _numbers(self, draft: str, text: str) -> Iterator[str]:
        before, after = numbers(draft), numbers(text)
        sure = [fact for fact in before if not fact.soft]
        yield from (f"the number {f.shown} was lost" for f in sure if not any(_same(f, g) for g in after))
        known = [*before, *numbers(self.draft)]
        for fact in after:
            if fact.soft or any(_same(fact, other) for other in known):
                continue
            # "jeden Ersten" is the 1st.
            if _ORDINAL.match(text[fact.begin :]):
                continue
            yield f"the number {fact.shown} was added"

    def _language(self, text: str) -> Iterator[str]:
        if sum(map(str.isalpha, text)) < _TELLING:
            return
        found = detect_language(text, default="")
        if found and found != self.language:
            yield f"it is in another language ({found})"


def unwrapped(reply: str, draft: str) -> str:
    """The reply without a fence around it and without what a model says before and after."""
    text = reply.strip()
    if (fenced := _WRAPPED.match(text)) and not _FENCE.match(draft.lstrip()):
        text = fenced.group(1).strip()
    lines = text.splitlines()
    while lines and _said_around(lines[0], draft):
        del lines[0]
    while lines and _said_around(lines[-1], draft):
        del lines[-1]
    inner = "\n".join(lines).strip()
    return unwrapped(inner, draft) if inner != text and inner else inner


def sections(text: str) -> list[str]:
    """The text cut before each heading that isn't in a code block."""
    found: list[list[str]] = [[]]
    fenced = False
    for line in text.strip().splitlines():
        fenced ^= _FENCE.match(line) is not None
        if _HEADING.match(line) and not fenced and any(one.strip() for one in found[-1]):
            found.append([])
        found[-1].append(line)
    return ["\n".join(lines) for lines in found]


def _paired(own: list[str], theirs: list[str]) -> Iterator[tuple[str, str]]:
    """Each section of the draft with the reply's; what the reply has besides belongs to the one before."""
    if len(own) == len(theirs):
        yield from zip(own, theirs, strict=True)
        return
    found: list[list[str]] = [[] for _ in own]
    last = 0
    for section in theirs:
        alike = [n for n in range(last, len(own)) if _likeness(own[n], section) >= _SAME_HEADING]
        last = alike[0] if alike else last
        found[last].append(section)
    yield from ((one, "\n\n".join(parts)) for one, parts in zip(own, found, strict=True))


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, folded(_name(one)), folded(_name(other))).ratio()


def _name(section: str) -> str:
    """The heading, or how the section begins."""
    first = section.strip().split("\n", 1)[0]
    heading = _HEADING.match(first)
    return (heading.group(2) if heading else first)[:60].strip()


def _blocks(section: str) -> list[str]:
    """Paragraphs, lists and tables, as blank lines part them; a heading alone stays with what follows."""
    found: list[str] = []
    for block in re.split(r"\n\s*\n", section.strip("\n")):
        if found and _HEADING.match(found[-1]) and "\n" not in found[-1]:
            found[-1] += "\n\n" + block
        elif block.strip():
            found.append(block)
    return found


def _shape(text: str) -> tuple[int, int]:
    """(rows of tables, items of lists)."""
    lines = text.splitlines()
    rows = sum(line.lstrip().startswith("|") and not is_rule_line(line) for line in lines)
    return rows, sum(_ITEM.match(line) is not None for line in lines)


def _said_around(line: str, draft: str) -> bool:
    return not line.strip() or (is_chatter(line.strip("*_ ")) and line.strip() not in draft)


def _same(fact: Fact, other: Fact) -> bool:
    units = {fact.unit, other.unit}
    if amount(fact) == amount(other):
        return True
    if "clock" in units:
        return fact.value.removesuffix(":00") == other.value.removesuffix(":00")
    return fact.value == other.value and ("" in units or units <= {"date", "workday", "day"})
