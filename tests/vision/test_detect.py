"""Frames, blueprints, tracks, results and what they are used for, with a detector that knows colours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage
from typer.testing import CliRunner

from cli import app
from core.errors import DebriefError, SettingsError
from vision.blueprint import Blueprint, load_blueprint
from vision.detect import detect
from vision.detectors.protocol import PerFrame
from vision.measure import evaluate
from vision.scenes import scene_begins
from vision.shapes import Box, Detection, Frame, FrameDetections, overlap_free
from vision.tracks import tracked
from vision.uses import crop, crops, placement, search
from vision.video import Video

COLOURS = {"a red ball": (200, 20, 20), "a blue box": (30, 60, 200), "a red ring": (200, 20, 20)}


class ColourDetector:
    """Finds the pixels of a colour: a picture detector that can be right and wrong."""

    name = "colours"
    labels: tuple[str, ...] = ()

    def find(self, frame: Frame, prompts: Sequence[str]) -> list[Detection]:
        found = []
        for prompt in prompts:
            near = np.abs(frame.pixels.astype(int) - COLOURS.get(prompt, (1, 255, 1))).max(axis=2) < 40
            parts, _ = ndimage.label(near)
            for number, (rows, columns) in enumerate(ndimage.find_objects(parts), 1):
                box = Box(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
                if box.area > 2_000:
                    share = float((parts == number).sum() / box.area)
                    found.append(Detection(prompt, min(1.0, share), box))
        return found


def asked(**fields: Any) -> Blueprint:
    return Blueprint.model_validate({"name": "test", "every_s": 1.0, "fields": fields})


def test_a_result_has_the_shape_of_its_blueprint(labelled: Path) -> None:
    blueprint = asked(
        ball={"prompt": "a red ball", "threshold": 0.5},
        shapes={
            "labels": {"Ball": "a red ball", "Box": {"prompt": "a blue box", "threshold": 0.95}},
            "level": "chapter",
        },
        ball_there={"prompt": "a red ball", "kind": "present", "level": "video"},
        zebra_there={"prompt": "a zebra", "kind": "present", "level": "video"},
        balls={"prompt": "a red ball", "kind": "count", "level": "video"},
        not_ring={"prompt": "a red ball", "distractors": ["a red ring"]},
    )
    with Video(labelled / "ball.mp4") as video:
        assert (video.facts.width, video.facts.height) == (640, 360)
        assert scene_begins(video) == [0.0]
        result = detect(video, blueprint, PerFrame(ColourDetector()))
    fields = result["fields"]
    truth = json.loads((labelled / "truth.json").read_text())["videos"]["ball.mp4"]
    values = fields["ball"]["values"]
    assert [value["at_s"] for value in values] == [0.0, 1.0, 2.0, 3.0]
    for value in values:
        (one,), (box,) = value["objects"], truth[str(value["at_s"])]
        assert Box(*(one[n] for n in ("x", "y", "width", "height"))).overlap(Box(*list(box.values())[1:])) > 0.8
        assert one["track"] == 1
    (chapter,) = fields["shapes"]["values"]
    assert [one["label"] for one in chapter["objects"]] == ["Ball"] and chapter["end_s"] == 4.0
    assert fields["ball_there"]["values"][0]["present"] is True
    assert fields["zebra_there"]["values"][0] == {"begin_s": 0.0, "end_s": 4.0, "present": False, "confidence": 0.0}
    assert fields["balls"]["values"][0]["count"] == 1
    # The same box fits the distractor as well; the one that is asked for first doesn't win by that.
    assert not fields["not_ring"]["values"] or fields["not_ring"]["values"][0]["objects"][0]["label"] == "a red ball"
    (row, *_) = placement(result)
    assert (row["seconds"], row["objects"], row["field"]) == (4.0, 1, "ball") and 0.02 < row["mean_area"] < 0.05
    assert search(result, "where is the ball?")[0]["label"] and search(result, "zebra") == []
    (first, *_) = crops(result, 9 / 16)
    assert first["height"] == 360 and first["width"] == 202.5 and 0 <= first["x"] <= 640 - 202.5


def test_absence_and_finding_are_measured(labelled: Path) -> None:
    report = evaluate(labelled, lambda asked: PerFrame(ColourDetector()), 0.5, lambda name: None)
    ball, star = report["labels"]["ball"], report["labels"]["star"]
    assert ball["recall"] is not None and ball["recall"] > 0.4
    assert ball["false_alarms_a_minute"] > 0, "a tomato is taken for a ball"
    assert star["recall"] == 0 and star["precision"] is None and star["false_alarms_a_minute"] == 0
    strict = evaluate(labelled, lambda asked: PerFrame(ColourDetector()), 1.0, lambda name: None)
    assert strict["recall"] is not None and strict["recall"] < report["recall"]
    assert strict["false_alarms_a_minute"] < report["false_alarms_a_minute"]


def _at(x: float, label: str = "a") -> Detection:
    return Detection(label, 0.5, Box(x, 0, 10, 10))


def test_an_object_keeps_its_number_while_it_is_seen() -> None:
    frames = [[_at(0), _at(90)], [_at(88), _at(15)], [], [_at(6)], [_at(6, "b")], [], [], [_at(6)]]
    numbers = [
        [one.track for one in f.found] for f in tracked(FrameDetections(n, tuple(s)) for n, s in enumerate(frames))
    ]
    assert numbers == [[1, 2], [2, 1], [], [1], [3], [], [], [4]]


def test_boxes_and_crops_stay_in_the_picture() -> None:
    assert Box(-5, 5, 10, 10).within(8, 8) == Box(0.0, 5, 5, 3) and Box(0, 0, 0, 0).overlap(Box(0, 0, 0, 0)) == 0
    assert [d.label for d in overlap_free([_at(0, "x"), Detection("y", 0.9, Box(1, 0, 10, 10)), _at(50)])] == ["y", "a"]
    assert crop(640, 360, 1.0, [Box(600, 0, 40, 40)]) == Box(280.0, 0.0, 360.0, 360.0)
    assert crop(640, 360, 1.0, []).x == 140.0 and crop(100, 400, 2.0, []).height == 50.0


BAD = [
    ("fields: [", "can't be read as YAML"),
    ("- a", "is no blueprint"),
    ("name: a\nfields: {}", "fields"),
    ("name: a\nfields: {x: {}}", "either a prompt or labels"),
    ("name: a\nfields: {x: {prompt: p, labels: {A: b}}}", "either a prompt or labels"),
    ("name: a\nfields: {x: {prompt: p, treshold: 1}}", "treshold"),
    ("name: a\nfields: {x: {prompt: p, threshold: 7}}", "threshold"),
    ("name: '../x'\nfields: {x: {prompt: p}}", "name"),
    ("name: a\nfields: {x: {prompt: p, distractors: [" + ", ".join(f"d{n}" for n in range(70)) + "]}}", "more than 60"),
]


@pytest.mark.parametrize(("text", "said"), BAD, ids=[said for _, said in BAD])
def test_a_wrong_blueprint_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "b.yaml").write_text(text)
    with pytest.raises(SettingsError, match=said):
        load_blueprint(tmp_path / "b.yaml")


def test_the_commands(labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vision.detectors.opened._opened", lambda settings, name: PerFrame(ColourDetector()))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.yaml").write_text("name: balls\nfields:\n  ball: {prompt: a red ball, threshold: 0.5}\n")
    cli = CliRunner()
    given = ["vision", "detect", str(labelled / "ball.mp4"), "--blueprint", "b.yaml"]
    done = cli.invoke(app, [*given, "--detector", "x", "--out", "r.json", "--annotate", "frames"])
    assert done.exit_code == 0, done.output
    assert len(list((tmp_path / "frames").glob("*.jpg"))) == 4
    assert "ball" in cli.invoke(app, ["vision", "placement", "r.json"]).output
    assert json.loads(cli.invoke(app, ["vision", "crops", "r.json", "--ratio", "1:1"]).stdout)["crops"]
    assert cli.invoke(app, ["vision", "search", "r.json", "the ball"]).output.count("a red ball") == 1
    assert "Nothing of that" in cli.invoke(app, ["vision", "search", "r.json", "zebra"]).output
    assert cli.invoke(app, ["vision", "eval", str(labelled), "--detector", "x", "--json"]).exit_code == 0
    for wrong, said in (
        (["crops", "r.json", "--ratio", "wide"], "no ratio"),
        (["placement", "b.yaml"], "is no result"),
        (["eval", "."], "has no truth.json"),
        (["detect", "none.mp4", "--blueprint", "b.yaml"], "no file none.mp4"),
        (["detect", "b.yaml", "--blueprint", "b.yaml"], "damaged"),
        (given[1:], "No detector is set"),
    ):
        caught = cli.invoke(app, ["vision", *wrong]).exception
        assert isinstance(caught, DebriefError) and said in str(caught), wrong
