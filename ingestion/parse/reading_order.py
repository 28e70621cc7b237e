"""Boxes on a page → the order in which eyes read them: columns from left to right, each from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """Where something stands on a page, in any unit; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """The numbers of the boxes in reading order.

    The page is cut recursively ("XY cut"): where a gap runs through from top to bottom between groups of several boxes
    these are columns; else from side to side; what can't be cut is read from the top.
    """
    return _ordered(list(range(len(boxes))), boxes)


def _ordered(numbers: list[int], boxes: Sequence[Box]) -> list[int]:
    if len(numbers) < 2:
        return numbers
    columns = _cut(numbers, boxes, across=False)
    rows = _cut(numbers, boxes, across=True)
    # Two boxes beside each other over a wide one are a row of a page; columns have something below each other.
    stacked = len(columns) > 1 and any(len(column) > 1 for column in columns)
    parts = columns if stacked or len(rows) < 2 else rows
    if len(parts) < 2:
        return sorted(numbers, key=lambda n: (boxes[n].top, boxes[n].left))
    return [number for part in parts for number in _ordered(part, boxes)]


def _cut(numbers: list[int], boxes: Sequence[Box], *, across: bool) -> list[list[int]]:
    """The boxes in groups that don't overlap along one axis; boxes may touch by a tenth of their size."""
    spans = sorted((_span(boxes[n], across=across), n) for n in numbers)
    groups: list[list[int]] = []
    end = float("-inf")
    for (begin, last), number in spans:
        if begin >= end - 0.1 * (last - begin):
            groups.append([])
        groups[-1].append(number)
        end = max(end, last)
    return groups


def _span(box: Box, *, across: bool) -> tuple[float, float]:
    return (box.top, box.bottom) if across else (box.left, box.right)
