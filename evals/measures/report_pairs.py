"""Made-up reports in two versions, with the list of everything that was edited between them.

The generator knows nothing of how reports are compared: it makes tables and text as people write them, in English or
German notation, edits some places and reorders others.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

# (kind, part, what tells it: the cell's row and column, the row's, column's or section's name, or the sentence)
Edit = tuple[str, str, str]

_AREAS = ("Payments", "Claims", "Logistics", "Retail", "Wholesale", "Plants", "Offices", "Branches", "Depots", "Labs")
_THINGS = ("servers", "laptops", "mailboxes", "gateways", "printers", "sensors", "accounts", "switches", "licences")
_COLUMNS = ("Covered", "Open findings", "Response hours", "Satisfaction", "Yearly cost", "Last test", "Owner")
_PEOPLE = ("Ines Holt", "Karl Brandt", "Moira Fenn", "Tomas Vidal", "Yuki Arai", "Petra Lang")
_HEADINGS = ("Summary", "Coverage", "Incidents", "Training", "Outlook", "Licences")
_NEW_HEADINGS = ("Decisions of the board", "Physical access", "Suppliers", "Staffing")
_OPENINGS = ("The rollout to", "The review of", "Work on", "The audit of", "Maintenance of", "The migration of")
_ENDINGS = (
    "was finished ahead of the plan", "waits for a decision of the board", "found no critical weakness",
    "needs a second engineer in spring", "cost less than was budgeted", "will be repeated after the summer",
    "was postponed because of the holidays", "showed how little documentation there is",
)  # fmt: skip
# Which way is better, for what says so by its name.
DIRECTIONS = {"Covered": 1, "Open findings": -1, "Satisfaction": 1, "Yearly cost": -1}


@dataclass
class MadeReport:
    """A report while it is made: tables by heading (header, rows), sentences by heading."""

    tables: dict[str, tuple[list[str], list[list[str]]]] = field(default_factory=dict)
    text: dict[str, list[str]] = field(default_factory=dict)
    german: bool = False


@dataclass(frozen=True)
class ReportPair:
    """Two versions of a report, and what differs.

    Attributes:
        edits: What was edited; the order of rows alone is no edit.
        amounts: The edited cells that are numbers, by row and column → the difference between both versions.
    """

    before: MadeReport
    after: MadeReport
    edits: tuple[Edit, ...]
    amounts: dict[str, float]


def report_pair(rng: random.Random, most_tables: int = 3, with_text: bool = True) -> ReportPair:
    """One pair. `most_tables` and `with_text` fit it to formats that hold one table, or no text."""
    german = rng.random() < 0.3
    before = _report(rng, most_tables, with_text, german)
    after = MadeReport(
        {h: (list(header), [list(r) for r in rows]) for h, (header, rows) in before.tables.items()},
        {h: list(s) for h, s in before.text.items()},
        german,
    )
    editor = _Editor(after, rng, german)
    for _ in range(rng.randint(1, 10)):
        rng.choice(editor.cell_edits + (editor.text_edits if with_text else ()))()
    if rng.random() < 0.3:
        # Order alone is no change.
        for _, rows in after.tables.values():
            rng.shuffle(rows)
    return ReportPair(before, after, tuple(editor.made), editor.amounts)


class _Editor:
    """Edits a draft at places that no earlier edit has touched, and keeps what it did."""

    def __init__(self, draft: MadeReport, rng: random.Random, german: bool) -> None:
        self._draft, self._rng, self._german = draft, rng, german
        self._touched: set[str] = set()
        self.made: list[Edit] = []
        self.amounts: dict[str, float] = {}
        self.cell_edits: tuple[Callable[[], None], ...] = (
            *(self._change_cell,) * 4, self._add_row, self._remove_row, self._add_column,
        )  # fmt: skip
        self.text_edits: tuple[Callable[[], None], ...] = (
            *(self._change_number, self._change_ending, self._add_sentence, self._remove_sentence) * 2,
            self._add_section, self._remove_section,
        )  # fmt: skip

    def _change_cell(self) -> None:
        header, rows = self._rng.choice(list(self._draft.tables.values()))
        row, column = self._rng.choice(rows), self._rng.randrange(1, len(header))
        if row[0] in self._touched or header[column] in self._touched:
            return
        number, text = _cell(header[column], self._rng, self._german)
        if text == row[column]:
            return
        label = f"{row[0]}, {header[column]}"
        if number is not None:
            old = value_of(row[column], self._german)
            self.amounts[label] = round(number - old, 6)
        self._touched.add(row[0])
        row[column] = text
        self.made.append(("changed", "cell", label))

    def _add_row(self) -> None:
        header, rows = self._rng.choice(list(self._draft.tables.values()))
        known = {r[0] for _, body in self._draft.tables.values() for r in body} | self._touched
        name = self._rng.choice([n for a in _AREAS for t in _THINGS if (n := f"{a} {t}") not in known])
        self._touched.add(name)
        cells = [_cell(c, self._rng, self._german)[1] for c in header[1:]]
        rows.insert(self._rng.randint(0, len(rows)), [name, *cells])
        self.made.append(("added", "row", name))

    def _remove_row(self) -> None:
        _, rows = self._rng.choice(list(self._draft.tables.values()))
        row = self._rng.choice(rows)
        if row[0] in self._touched or len(rows) < 4:
            return
        self._touched.add(row[0])
        rows.remove(row)
        self.made.append(("removed", "row", row[0]))

    def _add_column(self) -> None:
        header, rows = self._rng.choice(list(self._draft.tables.values()))
        free = [c for c in _COLUMNS if c not in header]
        if not free or len(header) > 4 or self._touched & set(header):
            return
        name = self._rng.choice(free)
        self._touched.add(name)
        place = self._rng.randint(1, len(header))
        header.insert(place, name)
        for row in rows:
            row.insert(place, _cell(name, self._rng, self._german)[1])
        self.made.append(("added", "column", name))

    def _sentence(self) -> tuple[list[str], int] | None:
        sentences = self._rng.choice(list(self._draft.text.values()))
        place = self._rng.randrange(len(sentences))
        return None if sentences[place] in self._touched else (sentences, place)

    def _replace(self, sentences: list[str], place: int, new: str) -> None:
        self._touched.update((sentences[place], new))
        sentences[place] = new
        self.made.append(("changed", "sentence", new))

    def _change_number(self) -> None:
        found = self._sentence()
        if found is None:
            return
        words = found[0][found[1]].split()
        number = next((n for n, w in enumerate(words) if w.isdigit()), None)
        if number is not None:
            words[number] = str(int(words[number]) + self._rng.randint(1, 90))
            self._replace(*found, " ".join(words))

    def _change_ending(self) -> None:
        found = self._sentence()
        if found is None:
            return
        old = found[0][found[1]]
        ending = next((e for e in _ENDINGS if old.endswith(f"{e}.")), None)
        if ending is not None:
            kept = [w for w in ending.split() if w not in ("ahead", "critical", "second", "little", "less")]
            new = " ".join([*kept[:2], self._rng.choice(("again,", "as feared,", "in most places,")), *kept[2:]])
            self._replace(*found, f"{old.removesuffix(f'{ending}.')}{new}.")

    def _add_sentence(self) -> None:
        # What is added to a section that is new itself is no edit of its own.
        old = [heading for heading in self._draft.text if heading not in self._touched]
        new = self._other_sentence()
        self._draft.text[self._rng.choice(old)].append(new)
        self.made.append(("added", "sentence", new))

    def _other_sentence(self) -> str:
        did = self._rng.choice(("asked for", "declined", "paid for", "approved"))
        new = f"{self._rng.choice(_PEOPLE)} {did} a workshop on topic {self._rng.randint(1, 9_999)}."
        self._touched.add(new)
        return new

    def _remove_sentence(self) -> None:
        found = self._sentence()
        if found is None or len(found[0]) < 2:
            return
        old = found[0].pop(found[1])
        self._touched.add(old)
        self.made.append(("removed", "sentence", old))

    def _add_section(self) -> None:
        heading = self._rng.choice([h for h in _NEW_HEADINGS if h not in self._draft.text] or [""])
        if heading:
            self._draft.text[heading] = [self._other_sentence() for _ in range(self._rng.randint(2, 4))]
            self._touched.add(heading)
            self.made.append(("added", "section", heading))

    def _remove_section(self) -> None:
        heading = self._rng.choice(list(self._draft.text))
        sentences = self._draft.text[heading]
        if len(self._draft.text) > 2 and heading not in self._touched and self._touched.isdisjoint(sentences):
            del self._draft.text[heading]
            self._touched.update(sentences)
            self.made.append(("removed", "section", heading))


def _report(rng: random.Random, most_tables: int, with_text: bool, german: bool) -> MadeReport:
    draft = MadeReport(german=german)
    for heading in rng.sample(("Estate", "Service levels", "Teams"), rng.randint(1, most_tables)):
        names = rng.sample([f"{a} {t}" for a in _AREAS for t in _THINGS], rng.randint(4, 12))
        columns = rng.sample(_COLUMNS, rng.randint(2, 4))
        rows = [[n, *(_cell(c, rng, german)[1] for c in columns)] for n in names]
        draft.tables[heading] = (["Area", *columns], rows)
    if with_text:
        sentences = _sentences(rng, 30)
        for heading in rng.sample(_HEADINGS, rng.randint(2, 5)):
            draft.text[heading] = [sentences.pop() for _ in range(rng.randint(2, 5))]
    return draft


def _cell(column: str, rng: random.Random, german: bool) -> tuple[float | None, str]:
    """A cell's number, if it is one, and how it is written."""
    match column:
        case "Owner":
            return None, rng.choice(_PEOPLE)
        case "Last test":
            day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(2025, 2026)
            return None, f"{day:02}.{month:02}.{year}" if german else f"{year}-{month:02}-{day:02}"
        case "Covered":
            value = rng.randint(600, 999) / 10
            return value, f"{_notation(value, german)} %" if german else f"{value:.1f}%"
        case "Response hours":
            value = rng.randint(10, 120) / 10
            return value, f"{_notation(value, german)} h"
        case "Satisfaction":
            value = rng.randint(20, 50) / 10
            return value, _notation(value, german)
        case "Yearly cost":
            value = rng.randint(20, 9_000) * 100.0
            return value, f"{_notation(value, german)} EUR" if german else f"€{_notation(value, german)}"
        case _:
            value = float(rng.randint(0, 4_000))
            return value, _notation(value, german)


def _notation(value: float, german: bool) -> str:
    text = f"{value:,.0f}" if value == int(value) and value >= 100 else f"{value:,.1f}".removesuffix(".0")
    return text.translate(str.maketrans(",.", ".,")) if german else text


def value_of(text: str, german: bool) -> float:
    """The number in a cell, in the notation that the report is written in."""
    digits = "".join(c for c in text if c.isdigit() or c in ",.")
    return float((digits.translate(str.maketrans(",.", ".,")) if german else digits).replace(",", ""))


def _sentences(rng: random.Random, count: int) -> list[str]:
    made = [
        f"{opening} {rng.randint(3, 900)} {thing} in {area} {rng.choice(_ENDINGS)}."
        for opening in _OPENINGS
        for thing in _THINGS
        for area in _AREAS
    ]
    return rng.sample(made, count)
