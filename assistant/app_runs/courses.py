"""The figures of sources that are told for two times: from rows, tables and sentences, each as earlier → later."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import combinations

import yaml

from apps.accounts import Vocabulary
from apps.accounts.periods import period_of
from assistant.answers.support.amounts import is_amount
from assistant.answers.support.statements import terms_of
from core.tables import read_rows
from core.text.facts import Fact, amount, numbers
from core.text.sentences import split_sentences
from core.text.words import folded

_PERIOD = re.compile(r"\(((?:20\d\d[-/](?:Q[1-4]|\d\d))|Q[1-4]|20\d\d)\)")
_ROW = re.compile(r"^(?:[-*•]\s+)?(?:[^–|\n:]*:\s+)?(?P<name>[^–:|\n]{2,80}?)\s+–\s+(?P<cells>.*\d.*)$", re.MULTILINE)
# Names of fields that a step's rows have, in their order.
_ROLES = {"before": "1", "previous": "1", "after": "2", "last": "2"}
_YEAR = re.compile(r"(?:19|20)\d\d")
_ORDINALS = {"Q1": "first", "Q2": "second", "Q3": "third", "Q4": "fourth"}
# Words after a number that say when, up to the next thing that is said.
_CLAUSE = re.compile(r"[,;.()]|\b(?:and|und|y|et)\b")


@dataclass(frozen=True)
class Course:
    """A figure at two times. Amounts are of one unit; `when` are the words that name each time.

    `is_last`: the later value is the newest there is.
    """

    terms: frozenset[str]
    before: float
    after: float
    target: float | None = None
    when: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    is_last: bool = True


@cache
def change_words() -> Mapping[str, Sequence[str]]:
    """The words of change_words.yaml, folded."""
    raw = yaml.safe_load(files("assistant.app_runs").joinpath("change_words.yaml").read_text(encoding="utf-8"))
    return {kind: tuple(map(folded, words)) for kind, words in raw.items()}


def courses_of(text: str) -> list[Course]:
    """Every figure of the text that has an earlier and a later value."""
    return [*_in_rows(text), *_in_table(text), *_in_sentences(text)]


def figures_in(text: str) -> list[Fact]:
    """The amounts of a text in their order, without years, days and quarters."""
    found = (f for f in numbers(text) if is_amount(f) and f.unit != "date" and not f.soft)
    return sorted((f for f in found if f.unit or not _YEAR.fullmatch(f.value)), key=lambda f: f.begin)


def _first(text: str) -> float | None:
    found = figures_in(text)
    return amount(found[0])[0] if found else None


def _in_rows(text: str) -> Iterator[Course]:
    """Rows as apps tell them: "Fix rate – series: 66% (2026-Q2), 79% (2026-Q3); target: 75%"."""
    for row in _ROW.finditer(text):
        told: dict[str, float] = {}
        target, unit = None, ""
        for cell in re.split(r";\s|,\s(?=[-−]?\d)", row["cells"]):
            label, _, said = cell.rpartition(": ")
            period = _PERIOD.search(said)
            key = period[1] if period is not None else _ROLES.get(label.strip(), "")
            found = figures_in(_PERIOD.sub(" ", said))
            if key and found:
                told.setdefault(key, amount(found[0])[0])
                unit = unit or found[0].unit
            elif found and label.strip() == "target":
                target = amount(replace(found[0], unit=found[0].unit or unit))[0]
        times = sorted(told)
        # The last two first: they are meant where nothing says others.
        for earlier, later in sorted(combinations(times, 2), key=lambda pair: pair[::-1], reverse=True):
            yield Course(
                frozenset(terms_of(row["name"])),
                told[earlier],
                told[later],
                target if later == times[-1] else None,
                (_named(earlier), _named(later)),
                is_last=later == times[-1],
            )


def _in_table(text: str) -> Iterator[Course]:
    rows = read_rows("\n".join(line for line in text.splitlines() if line.lstrip().startswith("|")))
    if len(rows) < 2:
        return
    header = rows[0]
    known = Vocabulary().columns("figures", header)
    periods = {period: n for n, heading in enumerate(header) if (period := period_of(heading))}
    if len(periods) > 1:
        earlier, later = sorted(periods)[-2:]
        columns, when = (periods[earlier], periods[later]), (_named(earlier), _named(later))
    elif {"previous", "value"} <= known.keys():
        columns, when = (known["previous"], known["value"]), (frozenset[str](), frozenset[str]())
    else:
        return
    for row in rows[1:]:
        if len(row) == len(header):
            before, after = (_first(row[n]) for n in columns)
            if before is not None and after is not None:
                target = _first(row[known["target"]]) if "target" in known else None
                yield Course(frozenset(terms_of(row[known.get("name", 0)])), before, after, target, when)


def _in_sentences(text: str) -> Iterator[Course]:
    """Sentences with two amounts of one unit: "It was 2.4 % in 2025 and is 1.9 % in 2026"."""
    for span in split_sentences("\n".join(line for line in text.splitlines() if "|" not in line and "–" not in line)):
        found = figures_in(span.text)
        if len(found) != 2 or (found[0].unit and found[1].unit and amount(found[0])[1] != amount(found[1])[1]):
            continue
        first, second = (amount(f)[0] for f in with_unit(found))
        between = span.text[end_of(found[0]) : found[1].begin]
        when = (_after(span.text, found[0]), _after(span.text, found[1]))
        from_behind = [says_before("from", span.text, f.begin) for f in found] == [False, True]
        if from_behind or says_before("earlier", span.text, found[1].begin):
            first, second, when = second, first, (when[1], when[0])
        elif not re.search(r"\b(?:to|and|und|auf|y|a|et|à|becomes?|is|now)\b", between):
            continue
        years = [[w for w in words if _YEAR.fullmatch(w)] for words in when]
        if all(years) and years[0] > years[1]:
            first, second, when = second, first, (when[1], when[0])
        said = " ".join((span.text[: found[0].begin], between, span.text[end_of(found[1]) :]))
        yield Course(frozenset(terms_of(said)) - when[0] - when[1], first, second, None, when)


def with_unit(found: Sequence[Fact]) -> list[Fact]:
    """Both numbers in the unit that one of them has: "from 6.3 to 8.7 hours"."""
    unit = next((f.unit for f in found if f.unit), "")
    return [f if f.unit else replace(f, unit=unit) for f in found]


def end_of(fact: Fact) -> int:
    """Where the number ends in its text, before its unit."""
    return fact.begin + len(fact.shown)


def _named(period: str) -> frozenset[str]:
    """What a period is called: "2026-Q2" is "q2", "second", "2026"."""
    quarter = re.search(r"Q[1-4]", period)
    found = {folded(quarter[0]), _ORDINALS[quarter[0]]} if quarter else set()
    return frozenset(found or {period})


def _after(text: str, fact: Fact) -> frozenset[str]:
    """The words that say when, behind a number: "in August", "in 2025"."""
    behind = _CLAUSE.split(text[end_of(fact) :])[0]
    match = re.search(r"\b(?:in|im|en|on|am)\s+(\w+)", behind)
    return frozenset({folded(match[1])}) if match else frozenset()


def says(kind: str, text: str) -> bool:
    """Whether the text has one of the kind's words."""
    plain = folded(text)
    return any(re.search(rf"(?<!\w){re.escape(word)}", plain) for word in change_words()[kind])


def says_behind(kind: str, text: str) -> bool:
    """Whether the text begins with one of the kind's words."""
    plain = folded(text).lstrip(" %)€$£")
    return any(re.match(rf"{re.escape(word)}(?!\w)", plain) for word in change_words()[kind])


def says_before(kind: str, text: str, place: int) -> bool:
    """Whether one of the kind's words stands directly before the place."""
    before = folded(text[max(0, place - 24) : place]).rstrip(" (:€$£")
    return any(re.search(rf"(?<!\w){re.escape(word)}$", before) for word in change_words()[kind])
