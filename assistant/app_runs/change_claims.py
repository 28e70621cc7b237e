"""Whether a sentence tells the change of a figure as its sources do: both values, in their order, and the difference.

    told_change("The fix rate fell from 79% to 66%.", sources)      # False: it rose from 66% to 79%

Only what is understood whole is judged; None leaves a sentence to the other checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from assistant.answers.support.statements import terms_of
from assistant.app_runs.courses import Course, courses_of, end_of, figures_in, says, says_before, says_behind, with_unit
from core.text.cues import negated_words
from core.text.facts import Fact, amount
from core.text.words import folded

# So much of a figure's name a sentence has to say.
_NAMED = 0.5
# Differences are told rounded.
_ROUNDED = 0.05
_CLAUSE = re.compile(r"[,;.:()]|\b(?:and|und|y|et)\b")
_SHARE = "%"
# What a figure is compared with says nothing of the number that follows.
_THAN = re.compile(r"\b(?:than|als|que)\s+(?:\w+\s+){0,2}\w+", re.IGNORECASE)


def told_change(claim: str, sources: Iterable[str]) -> bool | None:
    """True where the claim tells a change as a source does, False where it tells it otherwise, None for neither."""
    if negated_words(claim):
        return None
    found = with_unit(figures_in(claim))
    course = _meant(claim, found, [c for source in sources for c in courses_of(source)])
    if course is None:
        return None
    verdicts = [*_numbers(claim, found, course), *_direction(claim, course)]
    if False in verdicts:
        return False
    return True if True in verdicts and None not in verdicts else None


def _meant(claim: str, found: Sequence[Fact], courses: Sequence[Course]) -> Course | None:
    """The one figure that the claim is about; None where several could be, or none."""
    terms = frozenset(terms_of(claim))
    weighed = []
    for course in courses:
        shared = len(course.terms & terms) / (len(course.terms) or 1)
        hits = sum(_is_of(amount(f)[0], course) for f in found)
        # "Now 94 %" isn't true of what was 94 % in between.
        both = {course.before, course.after} <= {amount(f)[0] for f in found} and not says("now", claim)
        told = course.is_last or both
        if told and (shared >= _NAMED or (shared and hits > 1)):
            weighed.append((shared, hits, course))
    weighed.sort(key=lambda one: (one[0], one[1]), reverse=True)
    if not weighed or any(w[:2] == weighed[0][:2] and w[2].terms != weighed[0][2].terms for w in weighed[1:]):
        return None
    shared, hits, course = weighed[0]
    # Named in full, but with the numbers of another figure: those are judged by its own.
    others = any(other for _, other, _ in weighed[1:])
    return course if hits or not found or (shared == 1 and others) else None


def _is_of(value: float, course: Course) -> bool:
    known = [course.before, course.after, *([] if course.target is None else [course.target])]
    return _is_value(value, course) or any(_equal(value, abs(course.after - one)) for one in known)


def _is_value(value: float, course: Course) -> bool:
    return any(one is not None and _equal(value, one) for one in (course.before, course.after, course.target))


def _at_target(value: float, course: Course, near: str) -> bool:
    """Whether the later value itself, no difference, is told to be above or below the target."""
    return says("target", near) and _equal(value, course.after)


def _numbers(claim: str, found: Sequence[Fact], course: Course) -> Iterator[bool | None]:
    """For each number of the claim whether it stands where the source has it."""
    for place, fact in enumerate(found):
        value, begin = amount(fact)[0], fact.begin
        behind = claim[end_of(fact) : found[place + 1].begin if place + 1 < len(found) else len(claim)]
        compared = _compared(behind)
        near = _near(claim, found, place)
        if says("target", near) and course.target is not None and _equal(value, course.target):
            yield True
        elif not compared and says_before("from", claim, begin) and _equal(value, course.before):
            yield True  # "de" is "from" and "by"
        elif (compared and not _at_target(value, course, near)) or (
            says_before("by", claim, begin) and not _equal(value, course.after)
        ):
            yield _is_difference(value, fact.unit, course, near, compared)
        elif not _is_value(value, course) and _equal(value, abs(course.after - course.before)):
            yield True  # its way is said by the verb
        elif when := _when(near, course):
            yield _equal(value, course.before if when == "before" else course.after)
        elif says_before("from", claim, begin) or says_before("earlier", claim, begin) or says_behind("former", behind):
            yield _equal(value, course.before)
        elif says_before("to", claim, begin) or len(found) == 1 or place == 0 or _told_earlier(claim, found):
            yield _equal(value, course.after) or (None if place == 0 and not _is_of(value, course) else False)
        else:
            yield True if _equal(value, course.after) else None


def _told_earlier(claim: str, found: Sequence[Fact]) -> bool:
    """Whether another number of the claim is said to be the earlier one."""
    return any(says_before(kind, claim, f.begin) for f in found for kind in ("from", "earlier"))


def _near(claim: str, found: Sequence[Fact], place: int) -> str:
    """The claim's words around a number, up to the next number or the clause's end."""
    begin = end_of(found[place - 1]) if place else 0
    end = found[place + 1].begin if place + 1 < len(found) else len(claim)
    before = _THAN.sub(" ", _CLAUSE.split(claim[begin : found[place].begin].rstrip(": "))[-1])
    return f"{before} {_CLAUSE.split(claim[end_of(found[place]) : end])[0]}"


def _when(near: str, course: Course) -> str:
    """ "before" or "after", as the words around a number name its time; "" where they name none or both."""
    words = frozenset(re.findall(r"\w+", folded(near)))
    said = [bool(words & (names - other)) for names, other in (course.when, course.when[::-1])]
    return "" if said[0] == said[1] else "before" if said[0] else "after"


def _compared(behind: str) -> str:
    """ "up" or "down" where a number is a difference: "two more", "13 points lower"; else ""."""
    few = folded(" ".join(_CLAUSE.split(behind)[0].split()[:3]))
    for way in ("up", "down"):
        if any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", few) for word in _comparatives(way)):
            return way
    return ""


def _comparatives(way: str) -> list[str]:
    more = (
        "more higher longer mehr höher länger más mayor plus above über"
        if way == "up"
        else ("fewer less lower shorter weniger niedriger kürzer menos menor moins below unter")
    )
    return [folded(word) for word in more.split()]


def _is_difference(value: float, unit: str, course: Course, near: str, compared: str) -> bool:
    """Whether the number is the difference of both values, or of the later one and the target, said the right way."""
    against = course.target if says("target", near) and course.target is not None else course.before
    difference = course.after - against
    if (compared == "up" and difference < 0) or (compared == "down" and difference > 0):
        return False
    relative = unit == _SHARE and against and _equal(value, abs(difference) / abs(against) * 100, _ROUNDED)
    return _equal(value, abs(difference)) or bool(relative)


def _direction(claim: str, course: Course) -> Iterator[bool | None]:
    """Whether the words for rising, falling, staying and a target's two sides are right."""
    difference = course.after - course.before
    for side, right in (("above", 1), ("below", -1)):
        if says(side, claim) and says("target", claim) and course.target is not None:
            yield (course.after - course.target) * right > 0
            return
    said = {way for way in ("up", "down", "same") if says(way, claim)}
    if len(said) != 1:
        return
    way = said.pop()
    yield (way == "up" and difference > 0) or (way == "down" and difference < 0) or (way == "same" and not difference)


def _equal(one: float, other: float, within: float = 1e-6) -> bool:
    return abs(one - other) <= max(within, 1e-6 * abs(other))
