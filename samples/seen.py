"""A small labelled set of videos: `python -m samples.seen DIR [--photo face:FACE.png:0.3,0.1,0.4,0.5]`.

Drawn objects move over photographs (those that scikit-learn ships, CC BY) and over drawn rooms; the box of each is
known for every second. A photograph of one's own may be moved, too: label, file, and which part of it the object is;
one whose label begins with "no-" is moved to see whether it is taken for something else.
Videos without an object, and with others that look alike, measure its absence. For `debrief vision eval DIR`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw

WIDTH, HEIGHT, RATE, SECONDS = 640, 360, 5, 12
_ROUND_S = 12  # to and fro
PROMPTS = {"ball": "a red ball", "box": "a blue box", "star": "a yellow star"}
# What is moved in each video; the last ones look alike and are none of the prompts.
_VIDEOS: dict[str, tuple[str, ...]] = {
    "ball": ("ball",), "box": ("box",), "star": ("star",), "all": ("ball", "box", "star"),
    "two": ("ball", "ball"), "empty": (), "alike": ("tomato", "ring"), "other": ("green",),
}  # fmt: skip


@dataclass(frozen=True)
class _Thing:
    """A picture with transparency, and which part of it the object is: shares of left, top, width, height."""

    picture: Image.Image
    part: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the videos and truth.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photo", action="append", default=[], help="label:file:left,top,width,height (shares)")
    parser.add_argument("--only-photos", action="store_true", help="Ask for the photographed objects alone.")
    chosen = parser.parse_args(arguments)
    make(chosen.folder, [given.split(":") for given in chosen.photo], only_photos=chosen.only_photos)


def make(folder: Path, photos: Sequence[Sequence[str]] = (), *, only_photos: bool = False) -> None:
    """Writes the set into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    things = {name: _Thing(_drawn(name)) for name in ("ball", "box", "star", "tomato", "ring", "green")}
    prompts, videos = ({} if only_photos else dict(PROMPTS)), dict(_VIDEOS)
    for label, file, part in photos:
        picture = Image.open(file).convert("RGBA")
        picture.thumbnail((220, 220))
        left, top, width, height = map(float, part.split(","))
        things[label] = _Thing(picture, (left, top, width, height))
        if not label.startswith("no-"):
            prompts[label] = label
        videos |= {label: (label,), f"{label}-two": (label, "ball")}
    truth: dict[str, Any] = {"prompts": prompts, "every_s": 1.0, "videos": {}}
    for number, (name, moved) in enumerate(videos.items()):
        boxes = _write(folder / f"{name}.mp4", [(one, things[one]) for one in moved], _backdrop(number), number)
        wanted = {at: [box for box in some if box["label"] in prompts] for at, some in boxes.items()}
        truth["videos"][f"{name}.mp4"] = wanted
    (folder / "truth.json").write_text(json.dumps(truth, indent=1), encoding="utf-8")


def _write(
    file: Path, moved: Sequence[tuple[str, _Thing]], backdrop: Image.Image, seed: int
) -> dict[str, list[dict[str, Any]]]:
    """Writes one video; the boxes at each second."""
    boxes: dict[str, list[dict[str, Any]]] = {}
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, (picture, there) in enumerate(_pictures(moved, backdrop, seed)):
            if number % RATE == 0:
                boxes[str(number / RATE)] = there
            frame = av.VideoFrame.from_ndarray(np.asarray(picture, np.uint8), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return boxes


def _pictures(
    moved: Sequence[tuple[str, _Thing]], backdrop: Image.Image, seed: int
) -> Iterator[tuple[Image.Image, list[dict[str, Any]]]]:
    """Each picture, and the boxes in it: things go to and fro, each on a band of its own."""
    random = np.random.default_rng(seed)
    phases = random.random(len(moved))
    for number in range(RATE * SECONDS):
        picture, there = backdrop.copy(), []
        for n, (label, thing) in enumerate(moved):
            wide, high = thing.picture.size
            share = abs(((number / (RATE * _ROUND_S) + phases[n]) * 2) % 2 - 1)
            x = round(share * (WIDTH - wide))
            y = min(HEIGHT - high, round((n + 0.5) * HEIGHT / len(moved) - high / 2))
            picture.paste(thing.picture, (x, max(0, y)), thing.picture)
            left, top, across, down = thing.part
            there.append(
                {"label": label, "x": x + left * wide, "y": max(0, y) + top * high, "width": across * wide,
                 "height": down * high}
            )  # fmt: skip
        yield picture, there


def _backdrop(number: int) -> Image.Image:
    """A photograph, or a drawn room."""
    if number % 2:
        picture = Image.new("RGB", (WIDTH, HEIGHT), (214, 208, 196))
        draw = ImageDraw.Draw(picture)
        draw.rectangle((0, 260, WIDTH, HEIGHT), fill=(150, 120, 90))
        draw.rectangle((60, 60, 200, 180), fill=(170, 200, 220), outline=(90, 90, 90), width=4)
        return picture
    from sklearn.datasets import load_sample_image

    photograph = load_sample_image("china.jpg" if number % 4 else "flower.jpg")
    return Image.fromarray(photograph).resize((WIDTH, HEIGHT))


def _drawn(name: str) -> Image.Image:
    """A drawn object that fills its picture."""
    picture = Image.new("RGBA", (90, 90), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    if name == "ball":
        draw.ellipse((0, 0, 89, 89), fill=(200, 20, 20))
        draw.ellipse((20, 15, 40, 35), fill=(250, 150, 150))
    elif name == "tomato":
        draw.ellipse((0, 12, 89, 89), fill=(215, 45, 30))
        draw.polygon([(45, 12), (30, 0), (60, 0)], fill=(40, 130, 40))
    elif name == "ring":
        draw.ellipse((0, 0, 89, 89), outline=(200, 20, 20), width=10)
    elif name == "star":
        angles = np.arange(10) * np.pi / 5 - np.pi / 2
        points = [(45 + r * np.cos(a), 45 + r * np.sin(a)) for a, r in zip(angles, [44, 18] * 5, strict=True)]
        draw.polygon(points, fill=(245, 210, 30))
    else:
        draw.rectangle((0, 0, 89, 89), fill=(30, 60, 200) if name == "box" else (40, 150, 60))
    return picture


if __name__ == "__main__":
    main()
