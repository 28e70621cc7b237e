"""The comparison itself: rows by name and value, figures wherever they stand, sentences by meaning."""

from __future__ import annotations

from collections.abc import Mapping

from apps.compare.blocks import ComparedReport
from apps.compare.changes import ReportComparison
from apps.compare.join import Join, Side
from apps.compare.meaning import Embed
from apps.compare.prose import join_edited, join_figures, join_meaning, sentences_alone
from apps.compare.rows import join_rows, join_tables, rows_alone
from apps.compare.shape import turned_like
from apps.compare.words import Better

# Two reports with as little in common are two different ones, unless they are this short.
_HARDLY = 0.1
_SHORT = 6


def compare(
    before: ComparedReport, after: ComparedReport, directions: Mapping[str, Better], embed: Embed | None = None
) -> ReportComparison:
    """What differs between the two reports.

    Args:
        directions: Which way is better, by words of the metric's name.
        embed: Makes vectors of sentences; without it, those are about the same that share their words.
    """
    join = Join(Side.of(before), Side.of(after), embed, directions)
    for one in join.before.tables:
        join.after.tables = [turned_like(table, one) for table in join.after.tables]
    for step in (join_tables, join_rows, join_edited, join_figures, join_meaning, rows_alone, sentences_alone):
        step(join)
    periods = join.before.period, join.after.period
    sizes = [sum(len(t.rows) for t in side.tables) + len(side.statements) for side in (join.before, join.after)]
    joined = min(len(side.rows) + len(side.sentences) for side in (join.before, join.after))
    return ReportComparison(
        tuple(join.metrics),
        tuple(join.changes),
        swapped=periods[0] is not None and periods[1] is not None and periods[0] > periods[1],
        unrelated=min(sizes) >= _SHORT and joined < _HARDLY * min(sizes),
    )
