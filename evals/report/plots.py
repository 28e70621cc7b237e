"""Inline SVG plots. No script, no font and no file from elsewhere; each has its figures as text for screen readers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from evals.metrics import Measured

_WIDTH, _HEIGHT, _MARGIN = 260, 90, 24


def trend_plot(metric: str, values: Sequence[float | None], labels: Sequence[str], errors: Sequence[float]) -> str:
    """A metric over runs, the oldest first, with bars of one standard error; None where a run hasn't got it."""
    known = [(i, v) for i, v in enumerate(values) if v is not None and not math.isnan(v)]
    if not known:
        return ""
    top = max(1.0, *(v for _, v in known)) if max(v for _, v in known) > 1 else 1.0
    step = (_WIDTH - 2 * _MARGIN) / max(1, len(values) - 1)
    points = [(_MARGIN + i * step, _y(v / top), i, v) for i, v in known]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
    marks = []
    for x, y, i, v in points:
        error = errors[i] if i < len(errors) and not math.isnan(errors[i]) else 0.0
        reach = error / top * (_HEIGHT - 2 * _MARGIN)
        marks.append(f'<line class="bar" x1="{x:.1f}" x2="{x:.1f}" y1="{y - reach:.1f}" y2="{y + reach:.1f}"/>')
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{escape(labels[i])}: {v:.3f}</title></circle>')
    said = f"{metric}: " + ", ".join(f"{labels[i]} {v:.3f}" for i, v in known)
    return (
        f"<figure><figcaption>{escape(metric)} <b>{known[-1][1]:.3f}</b></figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(said, quote=True)}">'
        f'<line class="axis" x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" y1="{_y(0):.1f}" y2="{_y(0):.1f}"/>'
        f'<text x="2" y="{_y(1) + 4:.1f}">{top:.2g}</text><text x="2" y="{_y(0) + 4:.1f}">0</text>'
        f'<polyline points="{line}"/>{"".join(marks)}</svg></figure>'
    )


def tag_plot(metric: str, rows: Mapping[str, Measured], before: Mapping[str, Measured]) -> str:
    """One bar a tag; a tick where the baseline was."""
    height = 18
    parts = []
    for n, (tag, measured) in enumerate(rows.items()):
        y, width = n * height, 200 * measured.value
        parts.append(f'<text x="0" y="{y + 12}">{escape(tag)} ({measured.n})</text>')
        parts.append(
            f'<rect x="130" y="{y + 2}" width="{width:.1f}" height="12"><title>{escape(tag)}: {measured}</title></rect>'
        )
        if tag in before:
            x = 130 + 200 * before[tag].value
            parts.append(f'<line class="tick" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + 16}"/>')
        parts.append(f'<text x="338" y="{y + 12}">{measured.value:.2f}</text>')
    said = f"{metric} by tag: " + ", ".join(f"{tag} {m.value:.2f}" for tag, m in rows.items())
    return (
        f'<svg class="tags" viewBox="0 0 370 {max(1, len(rows)) * height}" role="img" '
        f'aria-label="{escape(said, quote=True)}">{"".join(parts)}</svg>'
    )


def _y(share: float) -> float:
    return _HEIGHT - _MARGIN - share * (_HEIGHT - 2 * _MARGIN)
