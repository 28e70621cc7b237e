"""Which table, row, column and sentence of one report is which of the other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

from apps.compare.blocks import plain_name
from apps.compare.meaning import name_other_things, shared_words
from apps.compare.shape import ShapedTable
from apps.compare.units import Quantity, quantity, unit_in, without_unit
from apps.compare.values import number_of
from apps.compare.words import Role
from core.text.dates import days_in
from core.text.words import folded

T = TypeVar("T")
Pair = tuple[int, int]

_TABLES_ALIKE = 0.5
_ROWS_ALIKE = 0.72
_SENTENCES_ALIKE = 0.6
_COLUMNS_ALIKE = 0.75
_CELLS_ALIKE = 0.25
# The last columns of numbers on both sides are one if so many rows count at most so many times as much.
_LAST_ROWS, _ABOUT = 2, 1.15
_WORDINGS_ALIKE, _SOME_CELLS = 0.5, 20
# A period's column that isn't the current one is compared with nothing: the other report has other periods.
_JOINED_ROLES: tuple[Role, ...] = ("value", "target", "unit")
# Beyond this many possible pairs only equal keys are paired.
_MAX_PAIRS = 60_000


def pair_tables(before: Sequence[ShapedTable], after: Sequence[ShapedTable]) -> list[Pair]:
    """Indices of tables that are the same: by heading and header together."""
    return best_pairs(before, after, _tables_alike, _TABLES_ALIKE)


def pair_columns(before: ShapedTable, after: ShapedTable) -> list[Pair]:
    """Indices of columns that are the same: by what they hold, by name, and where names are new by their cells."""
    pairs = []
    for role in _JOINED_ROLES:
        a, b = before.column(role), after.column(role)
        if a is not None and b is not None:
            pairs.append((a, b))
    left_a, left_b = _nameless(before, pairs, 0), _nameless(after, pairs, 1)
    named = best_pairs(
        [plain_name(without_unit(before.header[n])) for n in left_a],
        [plain_name(without_unit(after.header[n])) for n in left_b],
        alike,
        _COLUMNS_ALIKE,
    )
    pairs += [(left_a[i], left_b[j]) for i, j in named]
    if all(before.key != i for i, _ in pairs) and all(after.key != j for _, j in pairs):
        pairs.append((before.key, after.key))
    left_a, left_b = _nameless(before, pairs, 0), _nameless(after, pairs, 1)
    renamed = best_pairs(left_a, left_b, lambda i, j: _cells_alike(before, i, after, j), _CELLS_ALIKE)
    pairs += [(left_a[i], left_b[j]) for i, j in renamed]
    return sorted([*pairs, *_last_left(before, after, pairs)])


def _last_left(before: ShapedTable, after: ShapedTable, pairs: Sequence[Pair]) -> list[Pair]:
    """The one column of numbers that each table has left, if both count about as much in every row they share."""
    (a, *more_a), (b, *more_b) = (_nameless(before, pairs, 0) or [-1]), (_nameless(after, pairs, 1) or [-1])
    if min(a, b) < 0 or more_a or more_b:
        return []
    rows = {after.rows[j][after.key].strip().lower(): j for j in range(len(after.rows))}
    both = [(i, rows[k]) for i, row in enumerate(before.rows) if (k := row[before.key].strip().lower()) in rows]
    if len(both) < _LAST_ROWS:
        return []
    for i, j in both:
        one, other = _amount_at(before, i, a), _amount_at(after, j, b)
        if one is None or other is None or one.measures != other.measures:
            return []
        if not one.measures and folded(one.unit) != folded(other.unit):
            return []
        if max(abs(one.amount), abs(other.amount)) > _ABOUT * min(abs(one.amount), abs(other.amount)):
            return []
    return [(a, b)]


def _amount_at(table: ShapedTable, row: int, column: int) -> Quantity | None:
    """The cell's amount, in the unit that its column names: "29,400" under "Turnover (€)"."""
    number = number_of(table.rows[row][column], table.table.decimal)
    return None if number is None else quantity(number, unit_in(table.header[column]))


def _nameless(table: ShapedTable, pairs: Sequence[Pair], side: int) -> list[int]:
    """The columns without a role of their own that are in no pair yet."""
    paired = {pair[side] for pair in pairs}
    return [n for n, role in enumerate(table.roles) if role is None and n not in paired]


def _cells_alike(before: ShapedTable, a: int, after: ShapedTable, b: int) -> float:
    """0..1, by the words that cells have in common; two columns of days are alike whatever the days."""
    one, other = ([row[n].strip() for row in t.rows if row[n].strip()] for t, n in ((before, a), (after, b)))
    if not one or not other:
        return 0.0
    if all(days_in(c, None) for c in one) and all(days_in(c, None) for c in other):
        return 1.0
    said = [{c.lower() for c in cells if number_of(c) is None} for cells in (one, other)]
    equal = len(said[0] & said[1]) / max(1, min(len(said[0]), len(said[1])))
    return max(equal, _wordings_alike(one, other))


def _wordings_alike(before: Sequence[str], after: Sequence[str]) -> float:
    """How much cells of words have in common, cell by cell ("covered", "not covered"); 0 for little."""
    some = before[:_SOME_CELLS]
    shared = sum(max(shared_words(a, b) for b in after[:_SOME_CELLS]) for a in some) / len(some)
    return shared if shared >= _WORDINGS_ALIKE else 0.0


def pair_rows(before: ShapedTable, after: ShapedTable, columns: Sequence[Pair]) -> tuple[int, list[Pair]]:
    """The pair of columns (its place in `columns`) that names rows, and the pairs of rows."""
    key = _key_column(before, after, columns)
    a, b = columns[key]
    names_a = _numbered([r[a].strip().lower() for r in before.rows])
    names_b = _numbered([r[b].strip().lower() for r in after.rows])
    pairs = _equal_pairs(names_a, names_b)
    left_a = [i for i in range(len(names_a)) if i not in {x for x, _ in pairs}]
    left_b = [i for i in range(len(names_b)) if i not in {y for _, y in pairs}]

    def renamed(x: int, y: int) -> float:
        one, other = names_a[x][0], names_b[y][0]
        # "Claims printers" and "Claims switches" are two rows, unless most of what else they say is the same.
        same = sum(before.rows[x][c] == after.rows[y][d] for c, d in columns)
        if name_other_things(one, other) and 2 * same < len(columns):
            return 0.0
        return _names_alike(one, other)

    more = best_pairs(left_a, left_b, renamed, _ROWS_ALIKE)
    return key, sorted([*pairs, *((left_a[x], left_b[y]) for x, y in more)])


def pair_sentences(before: Sequence[str], after: Sequence[str]) -> list[Pair]:
    """Indices of sentences that are the same or an edit of each other; the order may have changed."""
    pairs = _equal_pairs(
        _numbered([" ".join(s.split()) for s in before]), _numbered([" ".join(s.split()) for s in after])
    )
    left_a = [i for i in range(len(before)) if i not in {x for x, _ in pairs}]
    left_b = [i for i in range(len(after)) if i not in {y for _, y in pairs}]
    more = best_pairs(left_a, left_b, lambda x, y: _sentences_alike(before[x], after[y]), _SENTENCES_ALIKE)
    return sorted([*pairs, *((left_a[x], left_b[y]) for x, y in more)])


def best_pairs(before: Sequence[T], after: Sequence[T], score: Callable[[T, T], float], least: float) -> list[Pair]:
    """Pairs in the order of their score, each element once; at equal scores the nearest places first."""
    if len(before) * len(after) > _MAX_PAIRS:
        return []
    scored = [
        (-s, abs(i - j), i, j) for i, a in enumerate(before) for j, b in enumerate(after) if (s := score(a, b)) >= least
    ]
    used_a: set[int] = set()
    used_b: set[int] = set()
    pairs = []
    for _, _, i, j in sorted(scored):
        if i not in used_a and j not in used_b:
            pairs.append((i, j))
            used_a.add(i)
            used_b.add(j)
    return sorted(pairs)


def alike(one: str, other: str) -> float:
    """0..1, how much two texts have in common in order."""
    if one == other:
        return 1.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _tables_alike(a: ShapedTable, b: ShapedTable) -> float:
    columns = len(pair_columns_by_name(a.header, b.header)) / max(len(a.header), len(b.header))
    headings = alike(plain_name(a.heading), plain_name(b.heading)) if a.heading or b.heading else columns
    keys_a, keys_b = {r[0].lower() for r in a.rows}, {r[0].lower() for r in b.rows}
    rows = len(keys_a & keys_b) / max(1, min(len(keys_a), len(keys_b)))
    return 0.4 * columns + 0.4 * headings + 0.2 * rows


def pair_columns_by_name(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """The plain names that both headers have."""
    return {plain_name(n) for n in before} & {plain_name(n) for n in after}


def _key_column(before: ShapedTable, after: ShapedTable, columns: Sequence[Pair]) -> int:
    """The column that names rows: different in each row, words rather than numbers, and mostly found again."""

    def worth(place: int) -> tuple[float, int]:
        a, b = columns[place]
        names_a, names_b = [r[a].lower() for r in before.rows], [r[b].lower() for r in after.rows]
        if not names_a or not names_b:
            return (0.0, -place)
        unique = (len(set(names_a)) / len(names_a) + len(set(names_b)) / len(names_b)) / 2
        distinct = min(len(set(names_a)), len(set(names_b)))
        # That one row's "high" is the other's says nothing about what names rows.
        again = len(set(names_a) & set(names_b)) / max(distinct, 2)
        wordy = sum(number_of(n) is None and bool(n) for n in names_a) / len(names_a)
        return (unique * 3 + again + wordy + (0.6 if place == first else 0.0), -place)

    # The first column that isn't a mere number of the row.
    first = next((n for n, (a, _) in enumerate(columns) if any(number_of(r[a]) is None for r in before.rows)), 0)

    return max(range(len(columns)), key=worth)


def _numbered(values: Sequence[str]) -> list[tuple[str, int]]:
    """Each value with how often it came before: the second "Other" of one table is the second of the other."""
    seen: dict[str, int] = {}
    result = []
    for value in values:
        result.append((value, seen.get(value, 0)))
        seen[value] = seen.get(value, 0) + 1
    return result


def _equal_pairs(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[Pair]:
    places = {value: j for j, value in enumerate(after)}
    return [(i, places[value]) for i, value in enumerate(before) if value in places]


def _names_alike(one: str, other: str) -> float:
    # Names that differ in a number name different things ("Server 12", "Server 13").
    if [c for c in one if c.isdigit()] != [c for c in other if c.isdigit()]:
        return 0.0
    return alike(one, other)


def _sentences_alike(one: str, other: str) -> float:
    a, b = one.split(), other.split()
    if not a or not b:
        return 0.0
    return SequenceMatcher(None, a, b, autojunk=False).ratio() * 0.7 + alike(one, other) * 0.3
