"""What a job has come to: how far it is, how people agree, one label an item, and where a lead has to look."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from review.agreement import Metric, Table, alpha, interval, kappa, kappas
from review.consolidate import Consolidated, Way, consolidated
from review.items import Item
from review.spec import Job, Label, Value
from review.store import Given, Store

# Below this share of the votes a lead looks.
_SURE = 0.6
# So much slower or faster than at first, over so many items: time for a break.
_TIRED, _RUN = 0.5, 20


@dataclass(frozen=True, slots=True)
class Reviewer:
    """One reviewer's work.

    Attributes:
        seconds: Median time for an item.
        gold: (right, seen) of the gold items.
        agrees: Share of the items whose label by others' majority is theirs; None if nobody else labelled any.
        hint: What a lead should know; empty if nothing.
    """

    email: str
    done: int
    skipped: int
    escalated: int
    seconds: float
    gold: tuple[int, int]
    agrees: float | None
    hint: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One label for an item, as it came about.

    Attributes:
        way: "lead", or the way of consolidation.
        sure: 0..1; 1 for a lead's word.
    """

    value: Value | None
    way: str
    sure: float
    labels: tuple[Given, ...]


@dataclass(frozen=True)
class Results:
    """A job's labels, read once.

    Attributes:
        closed: The items whose outcomes aren't told: whoever asks may not read what they rest on, or their words are
            erased. They count.
    """

    job: Job
    items: Mapping[int, Item]
    given: Sequence[Given]
    passed: Sequence[Given]
    decided: Mapping[int, tuple[Value, str]]
    closed: Collection[int] = ()

    def seen_by(self, shown: Collection[int]) -> Results:
        """The same for somebody who may see these items."""
        return replace(self, closed=self.items.keys() - set(shown))

    def table(self) -> Table:
        """Item → reviewer → label, as values that can be compared."""
        found: dict[int, dict[str, Hashable]] = defaultdict(dict)
        for label in self.given:
            found[label.number][label.reviewer] = _comparable(label.value)
        return found

    def agreement(self) -> tuple[float | None, tuple[float, float] | None]:
        """Krippendorff's alpha and its interval."""
        table, metric = self.table(), metric_of(self.job.label)
        order = self.job.label.offered()
        return alpha(table, metric, order), interval(table, metric, order, self.job.sample.seed)

    def pairs(self) -> dict[tuple[str, str], tuple[float, int]]:
        """Cohen's kappa of each pair of reviewers, with the number of items."""
        return kappas(self.table())

    def outcomes(self, way: Way) -> dict[int, Outcome]:
        """One label an item: a lead's word, else what the labels come to. Texts and spans only a lead decides."""
        own: dict[int, list[Given]] = defaultdict(list)
        for label in self.given:
            own[label.number].append(label)
        free = self.job.label.kind in ("text", "spans")
        found: Consolidated = {} if free else consolidated(self.table(), way, self.gold())
        outcomes = {}
        for number in self.items:
            value, sure = found.get(number, (None, 0.0))
            if number in self.decided:
                outcomes[number] = Outcome(self.decided[number][0], "lead", 1.0, tuple(own[number]))
            else:
                outcomes[number] = Outcome(_plain(value), way, sure, tuple(own[number]))
        # Only now: how reviewers err is learnt from all items.
        return {number: outcome for number, outcome in outcomes.items() if number not in self.closed}

    def gold(self) -> dict[int, Hashable]:
        """The right labels that are known."""
        return {n: _comparable(item.gold) for n, item in self.items.items() if item.gold is not None}

    def to_decide(self, way: Way) -> dict[int, Outcome]:
        """The items that a lead has to look at: handed on, skipped by as many as should label it, or labelled by enough
        people who don't come to one.
        """
        passed = Counter(label.number for label in self.passed)
        handed = {label.number for label in self.passed if label.mark == "escalated"}
        handed |= {number for number, times in passed.items() if times >= self.job.each}
        return {
            number: outcome
            for number, outcome in self.outcomes(way).items()
            if number not in self.decided
            and (number in handed or (len(outcome.labels) >= self.job.each and outcome.sure < _SURE))
        }

    def complete(self) -> int:
        """Items with all their labels, or with a lead's word."""
        given = Counter(label.number for label in self.given)
        return sum(number in self.decided or given[number] >= self.job.each for number in self.items)

    def judged(self, way: Way) -> tuple[float | None, int]:
        """Kappa between the items' `facts.judge`, a model's label, and people's; and over how many items."""
        pairs = [
            (_comparable(self.items[number].facts["judge"]), _comparable(outcome.value))
            for number, outcome in self.outcomes(way).items()
            if "judge" in self.items[number].facts and outcome.value is not None
        ]
        return kappa(pairs), len(pairs)

    def reviewers(self) -> list[Reviewer]:
        """Each reviewer's work, by address."""
        table, gold = self.table(), self.gold()
        people = sorted({label.reviewer for label in (*self.given, *self.passed)})
        return [self._reviewer(person, table, gold) for person in people]

    def _reviewer(self, person: str, table: Table, gold: Mapping[int, Hashable]) -> Reviewer:
        mine = sorted((label for label in self.given if label.reviewer == person), key=lambda label: label.at)
        marks = [label.mark for label in self.passed if label.reviewer == person]
        seconds = [max(0.0, (label.at - label.begun_at).total_seconds()) for label in mine]
        known = [table[label.number][person] == gold[label.number] for label in mine if label.number in gold]
        same = [agreed for label in mine if (agreed := _with_others(table[label.number], person)) is not None]
        return Reviewer(
            person, len(mine), marks.count("skipped"), marks.count("escalated"),
            round(statistics.median(seconds), 1) if seconds else 0.0, (sum(known), len(known)),
            round(sum(same) / len(same), 3) if same else None, _hint(seconds, known),
        )  # fmt: skip


def results_of(store: Store, name: str) -> Results:
    """The results of a job. Raises ReviewError: there is none."""
    job = store.job(name).job
    passed = store.labels(name, ("skipped", "escalated"))
    every = store.items(name)
    erased = {number for number, item in every.items() if item.erased}
    return Results(job, every, store.labels(name), passed, store.decisions(name), erased)


def metric_of(label: Label) -> Metric:
    """How far apart two labels are: steps of a scale, choices in order, or different and no more."""
    return "interval" if label.kind == "scale" else "ordinal" if label.ordered else "nominal"


def _with_others(labels: Mapping[str, Hashable], person: str) -> bool | None:
    """Whether most of the others say the same; None if nobody else labelled it, or they are even."""
    others = [label for reviewer, label in labels.items() if reviewer != person]
    ranked = sorted({(others.count(label), str(label)) for label in others}, reverse=True)
    if not others or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        return None
    return others.count(labels[person]) == ranked[0][0]


def _hint(seconds: Sequence[float], known: Sequence[bool]) -> str:
    if len(known) >= 5 and sum(known) / len(known) < _SURE:
        return "Often wrong where the right label is known: go through the instructions together."
    if len(seconds) < 2 * _RUN:
        return ""
    first, last = statistics.median(seconds[:_RUN]), statistics.median(seconds[-_RUN:])
    if first and last / first < _TIRED:
        return "The last items took less than half of the time of the first: time for a break."
    return ""


def _comparable(value: object) -> Hashable:
    return tuple(_comparable(v) for v in value) if isinstance(value, list | tuple) else value


def _plain(value: object) -> Value | None:
    return [_plain(v) for v in value] if isinstance(value, tuple) else value  # type: ignore[return-value]
