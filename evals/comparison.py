"""Precision and recall of the `compare_documents` step on pairs of reports whose differences are known.

`python -m evals.comparison [PAIRS]`. A report of tables and text is made up, edited at known places, and both are read
as the parsed files that they would be; every found change is then either one of the edits or too much.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from apps.compare.blocks import read_report
from apps.compare.changes import Change, compare
from core.console import print_json
from core.types import Parsed, Section

# (kind, part, what tells it: the cell's row and column, the row's name, or the sentence)
Edit = tuple[str, str, str]

_AREAS = ("Payments", "Claims", "Logistics", "Retail", "Wholesale", "Plants", "Offices", "Branches", "Depots", "Labs")
_THINGS = ("servers", "laptops", "mailboxes", "gateways", "printers", "sensors", "accounts", "switches", "licences")
_COLUMNS = ("Covered", "Open findings", "Response hours", "Satisfaction", "Owner")
_PEOPLE = ("Ines Holt", "Karl Brandt", "Moira Fenn", "Tomas Vidal", "Yuki Arai", "Petra Lang")
_HEADINGS = ("Summary", "Coverage", "Incidents", "Training", "Outlook", "Licences")
_OPENINGS = ("The rollout to", "The review of", "Work on", "The audit of", "Maintenance of", "The migration of")
_ENDINGS = (
    "was finished ahead of the plan", "waits for a decision of the board", "found no critical weakness",
    "needs a second engineer in spring", "cost less than was budgeted", "will be repeated after the summer",
    "was postponed because of the holidays", "showed how little documentation there is",
)  # fmt: skip


@dataclass
class Draft:
    """A report while it is made: tables by heading (header, rows), sentences by heading."""

    tables: dict[str, tuple[list[str], list[list[str]]]] = field(default_factory=dict)
    text: dict[str, list[str]] = field(default_factory=dict)

    def parsed(self) -> Parsed:
        """The report as a parser hands it over."""
        sections = []
        for heading, (header, rows) in self.tables.items():
            lines = [header, ["---"] * len(header), *rows]
            table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
            sections.append(Section(table, ("Report", heading), kind="table"))
        sections += [Section(" ".join(s), ("Report", h)) for h, s in self.text.items()]
        return Parsed(tuple(sections), "Report")


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """Over all pairs, counted by edit."""

    pairs: int
    edits: int
    found: int
    precision: float
    recall: float
    recall_by_edit: dict[str, float]


def evaluate_comparison(pairs: int = 200, seed: int = 7) -> ComparisonReport:
    """Makes `pairs` pairs and compares what is found with what was edited."""
    right = found = edits = 0
    by_edit: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for n in range(pairs):
        rng = random.Random(seed * 100_003 + n)
        before = _report(rng)
        after, made = _edited(before, rng)
        result = compare(read_report(before.parsed()), read_report(after.parsed()), {})
        seen = Counter(_edit(c) for c in result.changes)
        wanted = Counter(made)
        common = seen & wanted
        right += common.total()
        found += seen.total()
        edits += wanted.total()
        by_edit.update(f"{kind} {part}" for kind, part, _ in wanted.elements())
        hits.update(f"{kind} {part}" for kind, part, _ in common.elements())
    return ComparisonReport(
        pairs=pairs,
        edits=edits,
        found=found,
        precision=round(right / max(found, 1), 4),
        recall=round(right / max(edits, 1), 4),
        recall_by_edit={name: round(hits[name] / n, 4) for name, n in sorted(by_edit.items())},
    )


def _edit(change: Change) -> Edit:
    if change.part == "cell":
        return (change.kind, change.part, change.label)
    if change.part == "row":
        return (change.kind, change.part, change.label)
    return (change.kind, change.part, change.after or change.before)


def _report(rng: random.Random) -> Draft:
    draft = Draft()
    for heading in rng.sample(("Estate", "Service levels", "Teams"), rng.randint(1, 3)):
        names = rng.sample([f"{a} {t}" for a in _AREAS for t in _THINGS], rng.randint(4, 12))
        columns = rng.sample(_COLUMNS, rng.randint(2, 4))
        draft.tables[heading] = (["Area", *columns], [[n, *(_cell(c, rng) for c in columns)] for n in names])
    sentences = _sentences(rng, 30)
    for heading in rng.sample(_HEADINGS, rng.randint(2, 5)):
        draft.text[heading] = [sentences.pop() for _ in range(rng.randint(2, 5))]
    return draft


def _cell(column: str, rng: random.Random) -> str:
    match column:
        case "Owner":
            return rng.choice(_PEOPLE)
        case "Covered":
            return f"{rng.randint(600, 999) / 10:.1f}%"
        case "Response hours":
            return f"{rng.randint(10, 120) / 10:.1f}"
        case "Satisfaction":
            return f"{rng.randint(20, 50) / 10:.1f}"
        case _:
            return f"{rng.randint(0, 4_000):,}"


def _sentences(rng: random.Random, count: int) -> list[str]:
    made = [
        f"{opening} {rng.randint(3, 900)} {thing} in {area} {rng.choice(_ENDINGS)}."
        for opening in _OPENINGS
        for thing in _THINGS
        for area in _AREAS
    ]
    return rng.sample(made, count)


def _edited(before: Draft, rng: random.Random) -> tuple[Draft, list[Edit]]:
    after = Draft(
        {h: (list(header), [list(r) for r in rows]) for h, (header, rows) in before.tables.items()},
        {h: list(s) for h, s in before.text.items()},
    )
    made: list[Edit] = []
    touched: set[str] = set()
    for _ in range(rng.randint(1, 10)):
        made += rng.choice((_change_cell, _add_row, _remove_row, _change_sentence, _add_sentence, _remove_sentence))(
            after, rng, touched
        )
    if rng.random() < 0.3:
        # Order alone is no change.
        for _, rows in after.tables.values():
            rng.shuffle(rows)
    return after, made


def _change_cell(draft: Draft, rng: random.Random, touched: set[str]) -> list[Edit]:
    header, rows = rng.choice(list(draft.tables.values()))
    row, column = rng.choice(rows), rng.randrange(1, len(header))
    label = f"{row[0]}, {header[column]}"
    if label in touched or row[0] in touched:
        return []
    value = _cell(header[column], rng)
    if value == row[column]:
        return []
    touched.update((label, row[0]))
    row[column] = value
    return [("changed", "cell", label)]


def _add_row(draft: Draft, rng: random.Random, touched: set[str]) -> list[Edit]:
    header, rows = rng.choice(list(draft.tables.values()))
    known = {r[0] for _, body in draft.tables.values() for r in body} | touched
    names = [n for a in _AREAS for t in _THINGS if (n := f"{a} {t}") not in known]
    name = rng.choice(names)
    touched.add(name)
    rows.insert(rng.randint(0, len(rows)), [name, *(_cell(c, rng) for c in header[1:])])
    return [("added", "row", name)]


def _remove_row(draft: Draft, rng: random.Random, touched: set[str]) -> list[Edit]:
    _, rows = rng.choice(list(draft.tables.values()))
    row = rng.choice(rows)
    if row[0] in touched or len(rows) < 4:
        return []
    touched.add(row[0])
    rows.remove(row)
    return [("removed", "row", row[0])]


def _change_sentence(draft: Draft, rng: random.Random, touched: set[str]) -> list[Edit]:
    sentences = rng.choice(list(draft.text.values()))
    place = rng.randrange(len(sentences))
    old = sentences[place]
    if old in touched:
        return []
    words = old.split()
    number = next(n for n, w in enumerate(words) if w.isdigit())
    words[number] = str(int(words[number]) + rng.randint(1, 90))
    new = " ".join(words)
    touched.update((old, new))
    sentences[place] = new
    return [("changed", "sentence", new)]


def _add_sentence(draft: Draft, rng: random.Random, touched: set[str]) -> list[Edit]:
    sentences = rng.choice(list(draft.text.values()))
    did = rng.choice(("asked for", "declined", "paid for", "approved"))
    new = f"{rng.choice(_PEOPLE)} {did} a workshop on topic {rng.randint(1, 9_999)}."
    touched.add(new)
    sentences.append(new)
    return [("added", "sentence", new)]


def _remove_sentence(draft: Draft, rng: random.Random, touched: set[str]) -> list[Edit]:
    sentences = rng.choice(list(draft.text.values()))
    old = rng.choice(sentences)
    if old in touched or len(sentences) < 2:
        return []
    touched.add(old)
    sentences.remove(old)
    return [("removed", "sentence", old)]


def main(arguments: Sequence[str]) -> None:
    """Prints the report as JSON."""
    print_json(asdict(evaluate_comparison(int(arguments[0]) if arguments else 200)))


if __name__ == "__main__":
    main(sys.argv[1:])
