"""A report's figures and rows by themselves, for who asks about one document: the names on which others rely.

Rows of tasks are called "recommendations", as apps call them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apps.accounts.reading import read_account
from apps.accounts.reported import ReportedFigure
from apps.accounts.vocabulary import Vocabulary
from apps.compare import ComparedReport


def figures_in(report: ComparedReport, words: Vocabulary | None = None) -> Iterator[ReportedFigure]:
    """The figures of the report's tables and lines; without `words` by the standard ones."""
    yield from read_account(report, words or Vocabulary(), lambda _: False).figures


def rows_in(report: ComparedReport, words: Vocabulary | None = None) -> Iterator[tuple[str, Mapping[str, str]]]:
    """(part, row) of each row or sentence of risks, incidents or recommendations."""
    for row in read_account(report, words or Vocabulary(), lambda _: False).rows:
        if row.part in ("tasks", "risks", "incidents"):
            yield ("recommendations" if row.part == "tasks" else row.part), row.fields
