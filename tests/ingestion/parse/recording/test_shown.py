"""Slides of a recording: read once, merged over time, chapters of what is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ingestion.parse.draft import Budget, Draft
from ingestion.parse.recording.shown import EVERY_S, Slide, kept_slides, read_slides
from ingestion.parse.recording.transcribe import corrected
from ingestion.parse.recording.turns import Utterance, add_turns
from vision.shapes import Frame

# What stands on each picture; the brightness tells the pictures apart.
PICTURES = [
    (10, ["Roadmap", "Pilot in Lyon in May"]),
    (10, ["Roadmap", "Pilot in Lyon in May"]),
    (60, ["Roadmap", "Pilot in Ly0n in May", "Rollout in June"]),  # the same slide, a line more, one misread
    (120, ["12:04"]),  # nobody's slide
    (200, ["Costs", "The pilot costs 40,000 euros"]),
]


def _frames() -> Iterator[Frame]:
    for number, (grey, _) in enumerate(PICTURES):
        yield Frame(number * EVERY_S, np.full((36, 64, 3), grey, np.uint8))


def test_slides_are_merged_over_time(tmp_path: Path) -> None:
    read: list[int] = []

    def lines(pixels: np.ndarray) -> list[str]:
        read.append(int(pixels[0, 0, 0]))
        return next(said for grey, said in PICTURES if grey == pixels[0, 0, 0])

    slides = kept_slides(tmp_path, lambda: read_slides(_frames(), lines))
    assert read == [10, 60, 120, 200], "a picture that hasn't changed isn't read again"
    assert slides == [
        Slide(0.0, 6.0, ("Roadmap", "Pilot in Lyon in May", "Rollout in June")),
        Slide(8.0, 10.0, ("Costs", "The pilot costs 40,000 euros")),
    ]
    assert kept_slides(tmp_path, list) == slides, "what is kept isn't read again"


def test_a_slide_is_a_chapter_of_what_is_said() -> None:
    said = [
        Utterance(0.5, 3.0, "We begin in Lyon."),
        Utterance(3.0, 9.0, "In May."),
        Utterance(9.5, 12.0, "It is dear."),
    ]
    slides = [
        Slide(0.0, 8.0, ("Roadmap", "Pilot")),
        Slide(8.0, 10.0, ("Costs", "40,000")),
        Slide(20.0, 22.0, ("Thanks",)),
    ]
    draft = Draft(Budget())
    add_turns(draft, said, slides)
    found = [(s.locator, s.kind, s.heading_path, s.text) for s in draft.parsed().sections]
    assert found == [
        ("00:00:00", "text", ("Roadmap",), "Roadmap\nPilot"),
        ("00:00:00", "turn", ("Roadmap",), "We begin in Lyon. In May."),
        ("00:00:08", "text", ("Costs",), "Costs\n40,000"),
        ("00:00:09", "turn", ("Costs",), "It is dear."),
        ("00:00:20", "text", ("Thanks",), "Thanks"),
    ]


def test_what_is_misheard_is_put_right() -> None:
    said = [Utterance(0.0, 1.0, "The cessla rollout, Cessla's and cesslas.")]
    assert corrected(said, {"cessla": r"Kessler \1"})[0].text == r"The Kessler \1 rollout, Kessler \1's and cesslas."
