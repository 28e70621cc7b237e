"""What is written in sentences: figures among them, changed statements, new ones and those that are gone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from apps.compare.align import alike, best_pairs, pair_sentences
from apps.compare.amounts import figures_in_sentence
from apps.compare.blocks import Statement, plain_name
from apps.compare.changes import Kind, Metric, Nature, ReportChange, metric_of, nature_of
from apps.compare.figures import Figure, figures_in_row
from apps.compare.join import Join, Row, Side
from apps.compare.meaning import assigned, cosines, few_enough, name_words, shared_words, word_weights
from apps.compare.rows import change_of, figures_alike
from apps.compare.values import number_of
from apps.compare.words import plain_words, word_set
from core.text.words import folded

# A sentence's number or a row, and what it says.
Placed = tuple[int | Row, Statement]

_LEAST_NAME = 0.4
_IN_A_CELL, _SAME_CELL = 0.8, 0.95
# Two statements are about the same from so much of their words in common; with vectors, from such a cosine.
_SAME_WORDS, _SAME_MEANING, _NEAR_MEANING = 0.5, 0.68, 0.62
# What two short sentences begin with is what both are about.
_SHORT, _SAME_SUBJECT = 3, 0.2
_HEADINGS_ALIKE = 0.75
# A figure in prose has a name of so many words at most.
_MOST_NAME_WORDS = 5
# A sentence's number isn't the same figure as one so many times larger.
_LARGEST_STEP = 5
# The first lines of a report may only say whose it is.
_OPENING = 2


def join_edited(join: Join) -> None:
    """Sentences that are the same or an edit of each other, over the whole reports: one that moved is no change."""
    old, new = join.before.statements, join.after.statements
    for i, j in pair_sentences([s.text for s in old], [s.text for s in new]):
        _changed(join, i, j)


def join_figures(join: Join) -> None:
    """Figures that are left, between cells of any table and the words of a sentence."""
    before, after = _left_figures(join.before), _left_figures(join.after)
    if not few_enough(before, after):
        return
    for x, y in assigned([[_figures_alike(a, b) for b in after] for a in before]):
        one, other = before[x], after[y]
        if one.composed and not other.composed:
            # "Punctuality" under "North" is the row "North" under "Punctuality", and has to be called so.
            other = replace(other, name=one.name)
        metric = metric_of(one, other, join.directions, other.context)
        _use(join.before, one)
        _use(join.after, other)
        if _is_known(join, metric):
            continue
        join.metrics.append(metric)
        if metric.verdict != "same":
            change = ReportChange(
                "changed", "cell", other.context, other.name, one.written, other.written, one.place, other.place
            )
            join.changes.append(change_of(metric, change))


def join_meaning(join: Join) -> None:
    """Statements that are left and are about the same thing, in a sentence here and perhaps in a table's row there."""
    before, after = _left_statements(join.before), _left_statements(join.after)
    if not few_enough(before, after):
        return
    for x, y in assigned(_statements_alike(join, before, after)):
        (source_a, one), (source_b, other) = before[x], after[y]
        for side, source in ((join.before, source_a), (join.after, source_b)):
            if isinstance(source, tuple):
                side.rows.add(source)
            else:
                side.sentences.add(source)
        if _still_open(one.text, other.text):
            continue
        nature = nature_of(one.text, other.text)
        join.changes.append(_sentence("changed", other.heading, one, other, nature=nature))


def _still_open(old: str, new: str) -> bool:
    """Whether the newer text only adds that the finding is open."""
    said, again = plain_words(old), plain_words(new)
    return again[: len(said)] == said and len(again) - len(said) > 0 and set(again[len(said) :]) <= word_set("open")


def sentences_alone(join: Join) -> None:
    """Sentences that only one report has; a new section of them is one change."""
    headings = best_pairs(
        join.before.headings, join.after.headings, lambda a, b: alike(plain_name(a), plain_name(b)), _HEADINGS_ALIKE
    )
    sides: tuple[tuple[Kind, Side, Side, set[int]], ...] = (
        ("removed", join.before, join.after, {i for i, _ in headings}),
        ("added", join.after, join.before, {j for _, j in headings}),
    )
    for kind, side, other, paired in sides:
        named = " ".join([other.title, *other.headings, *(s.text for s in other.statements[:2])])
        left = [
            s
            for n in side.left_sentences()
            if not _stands_in(s := side.statements[n], other.title) and not (n < _OPENING and _only_names(s, named))
        ]
        fresh = [h for n, h in enumerate(side.headings) if n not in paired and _is_whole(side, h)]
        for heading in fresh:
            if not (own := [s for s in left if s.heading == heading]):
                continue
            whole = Statement(heading, own[0].locator, " ".join(s.text for s in own))
            join.changes.append(replace(_lone(kind, whole), part="section"))
        join.changes += [_lone(kind, s) for s in left if s.heading not in fresh]


def _is_whole(side: Side, heading: str) -> bool:
    """Whether nothing under the heading has a counterpart."""
    under = [n for n, s in enumerate(side.statements) if s.heading == heading]
    return bool(under) and side.sentences.isdisjoint(under)


def _only_names(statement: Statement, other: str) -> bool:
    """Whether an opening line of a few words names nothing that the other report's opening doesn't: the company."""
    capitals = {folded(word) for word in re.findall(r"[A-ZÄÖÜ]\w+", statement.text)}
    names = capitals & set(name_words(statement.text))
    return len(statement.text.split()) <= _MOST_NAME_WORDS and bool(names) and names <= set(name_words(other))


def _stands_in(statement: Statement, title: str) -> bool:
    """Whether the line is a field whose value the other report has in its title ("Customer: …")."""
    _, colon, value = statement.text.partition(":")
    words = name_words(value)
    # All but the company's form, which a title leaves out.
    return bool(colon and words) and len(set(words) - set(name_words(title))) < len(words) / 2


def _changed(join: Join, i: int, j: int) -> None:
    one, other = join.before.statements[i], join.after.statements[j]
    join.sentences(i, j)
    if " ".join(one.text.split()) == " ".join(other.text.split()):
        return
    change = _sentence("changed", other.heading, one, other, nature=nature_of(one.text, other.text))
    a, b = _figure_in(join.before, i), _figure_in(join.after, j)
    if change.nature == "amount" and a is not None and b is not None and _figures_alike(a, b):
        metric = metric_of(a, b, join.directions, other.heading)
        if metric.verdict != "same":
            change = change_of(metric, change)
            if not _is_known(join, metric):
                join.metrics.append(metric)
    join.changes.append(change)


def _is_known(join: Join, metric: Metric) -> bool:
    """Whether a figure of the same name moved just so: a sentence then only repeats what a table has."""
    return any(
        (m.before, m.after) == (metric.before, metric.after) and shared_words(m.name, metric.name) >= _LEAST_NAME
        for m in join.metrics
    )


def _figure_in(side: Side, n: int) -> Figure | None:
    """The sentence's figure, if it has one and says little more than its name."""
    statement = side.statements[n]
    found = figures_in_sentence(statement.text, side.decimal, ("sentence", n, 0), _at(statement))
    fits = len(found) == 1 and len(name_words(found[0].name)) <= _MOST_NAME_WORDS
    return found[0] if fits else None


def _left_figures(side: Side) -> list[Figure]:
    found = [f for t, r in side.left_rows() for f in figures_in_row(side.tables[t], r, ("row", t, r))]
    for n in side.left_sentences():
        statement = side.statements[n]
        found += figures_in_sentence(statement.text, side.decimal, ("sentence", n, 0), _at(statement))
    return found


def _use(side: Side, figure: Figure) -> None:
    kind, first, second = figure.source
    if kind == "row":
        side.rows.add((first, second))
    else:
        side.sentences.add(first)


def _figures_alike(a: Figure, b: Figure) -> float:
    """How sure it is that two figures are the same one; 0 below what is needed."""
    name = max(shared_words(a.name, b.name), _with_context(a, b), _with_context(b, a))
    # A cell is named by its row and its column, and both must be the other's.
    if name < (_LEAST_NAME, _IN_A_CELL, _SAME_CELL)[a.composed + b.composed]:
        return 0.0
    if "sentence" in (a.source[0], b.source[0]):
        old, new = abs(a.quantity.amount), abs(b.quantity.amount)
        if a.quantity.measures != b.quantity.measures or max(old, new) > _LARGEST_STEP * min(old, new):
            return 0.0
    return figures_alike(a, b, name)


def _with_context(a: Figure, b: Figure) -> float:
    """The likeness where the heading above one figure is a part of the other's name ("North, Punctuality")."""
    if not b.context or not a.composed:
        return 0.0
    return shared_words(a.name, f"{b.context} {b.name}")


def _left_statements(side: Side) -> list[Placed]:
    found: list[Placed] = [(n, side.statements[n]) for n in side.left_sentences()]
    for t, r in side.left_rows():
        table = side.tables[t]
        cells = [table.rows[r][n] for n in table.attributes()]
        value = table.column("value")
        cells += [table.rows[r][value]] if value is not None else []
        if cells and all(number_of(c) is not None for c in cells if c):
            # Its figures have been joined, or have none to be joined with.
            continue
        text = f"{table.name(r)}: {', '.join(c for c in cells if c)}".removesuffix(": ")
        found.append(((t, r), Statement(table.heading, table.place, text)))
    return found


def _statements_alike(join: Join, before: Sequence[Placed], after: Sequence[Placed]) -> list[list[float]]:
    """How sure it is that two are about the same; rows among themselves have been joined, or not, by their names."""
    weights = word_weights([s.text for side in (join.before, join.after) for s in side.statements])
    near = cosines([s.text for _, s in before], [s.text for _, s in after], join.embed) if join.embed else None
    scores = [[0.0] * len(after) for _ in before]
    for x, (source_a, a) in enumerate(before):
        for y, (source_b, b) in enumerate(after):
            if isinstance(source_a, int) or isinstance(source_b, int):
                words = shared_words(a.text, b.text, weights)
                scores[x][y] = (
                    _by_words(a.text, b.text, words) if near is None else _by_meaning(float(near[x, y]), words)
                )
    return scores


def _by_meaning(cosine: float, words: float) -> float:
    sure = cosine >= _SAME_MEANING or (cosine >= _NEAR_MEANING and words >= _SAME_WORDS)
    return cosine if sure else 0.0


def _by_words(one: str, other: str, words: float) -> float:
    a, b = name_words(one), name_words(other)
    if a and b and words and a[0] == b[0] and min(len(a), len(b)) <= _SHORT:
        words += _SAME_SUBJECT
    return words if words >= _SAME_WORDS else 0.0


def _sentence(kind: Kind, heading: str, one: Statement, other: Statement, *, nature: Nature) -> ReportChange:
    return ReportChange(kind, "sentence", heading, heading, one.text, other.text, _at(one), _at(other), nature=nature)


def _lone(kind: Kind, statement: Statement) -> ReportChange:
    here = _at(statement)
    sides = ("", statement.text, "", here) if kind == "added" else (statement.text, "", here, "")
    return ReportChange(kind, "sentence", statement.heading, statement.heading, *sides)


def _at(statement: Statement) -> str:
    return statement.locator or statement.heading
