"""A video's picture with what was found drawn into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from vision.shapes import Frame

_COLOURS = ("#e4572e", "#2e86ab", "#3fa34d", "#b23a9b", "#e0a100")


def annotated(frame: Frame, objects: Iterable[Mapping[str, Any]]) -> bytes:
    """The picture as JPEG, with each object's box, label and confidence."""
    picture = Image.fromarray(frame.pixels)
    draw = ImageDraw.Draw(picture)
    labels: dict[str, str] = {}
    for one in objects:
        colour = labels.setdefault(str(one["label"]), _COLOURS[len(labels) % len(_COLOURS)])
        left, top = one["x"] / frame.scale, one["y"] / frame.scale
        right, bottom = left + one["width"] / frame.scale, top + one["height"] / frame.scale
        draw.rectangle((left, top, right, bottom), outline=colour, width=3)
        said = f"{one['label']} {float(one['confidence']):.2f}"
        draw.rectangle((left, max(0, top - 13), left + 7 * len(said), max(13, top)), fill=colour)
        draw.text((left + 2, max(0, top - 13)), said, fill="white")
    body = BytesIO()
    picture.save(body, "JPEG", quality=85)
    return body.getvalue()
