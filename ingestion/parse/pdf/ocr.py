"""Scanned pages → text, with the optional extra `ocr` (RapidOCR: models in the wheel, works offline)."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ingestion.parse.draft import clean

SCALE = 200 / 72  # rendered at 200 dots per inch
MAX_PIXELS = 12_000_000
MIN_CONFIDENCE = 0.5


@lru_cache(maxsize=1)
def line_reader() -> Callable[[Any], list[str]] | None:
    """A function from a picture's pixels to its lines in reading order; None when the extra isn't installed."""
    if importlib.util.find_spec("rapidocr_onnxruntime") is None:
        return None
    engine = importlib.import_module("rapidocr_onnxruntime").RapidOCR()

    def read(pixels: Any) -> list[str]:
        found, _ = engine(pixels)
        lines = [(box, text) for box, text, score in found or [] if float(score) >= MIN_CONFIDENCE]
        return _rows(lines)

    return read


def recogniser() -> Callable[[Any], str] | None:
    """A function from a PDF page to its text in reading order; None when the extra isn't installed."""
    lines = line_reader()
    if lines is None:
        return None

    def read(page: Any) -> str:
        area = max(page.get_width() * page.get_height(), 1.0)
        scale = min(SCALE, (MAX_PIXELS / area) ** 0.5)
        return clean("\n".join(lines(page.render(scale=scale).to_numpy())))

    return read


def _rows(lines: list[tuple[Any, str]]) -> list[str]:
    """Recognised boxes as lines: those at the same height belong to one, left to right."""
    rows: list[tuple[float, float, list[tuple[float, str]]]] = []
    for box, text in sorted(lines, key=lambda line: float(line[0][0][1])):
        top, bottom, left = float(box[0][1]), float(box[2][1]), float(box[0][0])
        middle = (top + bottom) / 2
        if rows and rows[-1][0] < middle < rows[-1][1]:
            rows[-1][2].append((left, text))
        else:
            rows.append((top, bottom, [(left, text)]))
    return [" ".join(text for _, text in sorted(cells)) for _, _, cells in rows]
