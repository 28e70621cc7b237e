"""What a result is good for: how long and how large something is shown, how a picture is cropped, finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.text.words import terms
from vision.shapes import Box

_THIRDS = ("left", "middle", "right")


def objects(result: Mapping[str, Any]) -> Iterator[tuple[str, float, Mapping[str, Any]]]:
    """(Field, seconds, object) of all fields at the level of frames."""
    for name, field in result["fields"].items():
        for value in field["values"]:
            for one in value.get("objects", ()):
                yield name, float(one.get("at_s", value.get("at_s", value.get("begin_s", 0.0)))), one


def placement(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row a label: seconds on screen, mean and greatest share of the picture, and where it mostly is.

    Of fields at the level of frames; each frame stands for the time to the next one.
    """
    video, every_s = result["video"], float(result["every_s"])
    whole = max(1.0, float(video["width"]) * float(video["height"]))
    shown: dict[tuple[str, str], dict[float, list[Mapping[str, Any]]]] = {}
    for name, at, one in objects(result):
        if result["fields"][name]["level"] == "frame":
            shown.setdefault((name, str(one["label"])), {}).setdefault(at, []).append(one)
    rows = []
    for (name, label), frames in shown.items():
        shares = [min(1.0, sum(o["width"] * o["height"] for o in some) / whole) for some in frames.values()]
        middles = [o["x"] + o["width"] / 2 for some in frames.values() for o in some]
        where = [_THIRDS[min(2, int(3 * x / max(1, video["width"])))] for x in middles]
        rows.append(
            {
                "field": name,
                "label": label,
                "seconds": round(min(len(frames) * every_s, float(video["seconds"]) or len(frames) * every_s), 2),
                "first_s": min(frames),
                "objects": len({one["track"] for some in frames.values() for one in some}),
                "mean_area": round(sum(shares) / len(shares), 4),
                "greatest_area": round(max(shares), 4),
                "position": max(_THIRDS, key=where.count),
            }
        )
    return sorted(rows, key=lambda row: -row["seconds"])


def crop(width: int, height: int, ratio: float, boxes: Sequence[Box]) -> Box:
    """The largest part of the picture with that ratio of width to height, around the middle of the boxes."""
    wide, high = (height * ratio, float(height)) if width > height * ratio else (float(width), width / ratio)
    area = sum(box.area for box in boxes) or 1.0
    middle_x = sum((box.x + box.width / 2) * box.area for box in boxes) / area if boxes else width / 2
    middle_y = sum((box.y + box.height / 2) * box.area for box in boxes) / area if boxes else height / 2
    x = min(max(0.0, middle_x - wide / 2), width - wide)
    y = min(max(0.0, middle_y - high / 2), height - high)
    return Box(round(x, 1), round(y, 1), round(wide, 1), round(high, 1))


def crops(result: Mapping[str, Any], ratio: float) -> list[dict[str, Any]]:
    """A crop box for each moment at which something was found."""
    width, height = int(result["video"]["width"]), int(result["video"]["height"])
    at: dict[float, list[Box]] = {}
    for _, moment, one in objects(result):
        at.setdefault(moment, []).append(Box(one["x"], one["y"], one["width"], one["height"]))
    found = ((moment, crop(width, height, ratio, boxes)) for moment, boxes in sorted(at.items()))
    return [{"at_s": m, "x": b.x, "y": b.y, "width": b.width, "height": b.height} for m, b in found]


def search(result: Mapping[str, Any], question: str) -> list[dict[str, Any]]:
    """Where what the question names was found, each object once, the likest first."""
    wanted = set(terms(question))
    best: dict[tuple[str, int], tuple[float, dict[str, Any]]] = {}
    for name, at, one in objects(result):
        shared = wanted & set(terms(f"{name.replace('_', ' ')} {one['label']}"))
        key, score = (name, int(one["track"])), len(shared) + float(one["confidence"])
        if shared and (key not in best or best[key][0] < score):
            best[key] = (score, {"field": name, **one, "at_s": at})
    return [row for _, row in sorted(best.values(), key=lambda scored: -scored[0])]
