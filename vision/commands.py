"""`debrief vision`: objects in videos by a blueprint, what results are good for, and how well a detector finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from core.console import err, out, print_json, progress
from core.errors import QuestionError
from core.files import write_atomically
from core.settings import settings_or_defaults

vision_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DetectorOption = Annotated[
    str, typer.Option(help="faces, bedrock, or the name or folder of a zero-shot model; default: vision.detector.")
]
ResultFile = Annotated[Path, typer.Argument(help="A result of `debrief vision detect --out`.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(vision_app, name="vision", help="Objects in videos, found by what they are called.")


@vision_app.command("detect")
def detect_(
    file: Annotated[Path, typer.Argument(help="A video.")],
    blueprint: Annotated[Path, typer.Option(help="What is looked for: a YAML file, see docs/vision.md.")],
    detector: DetectorOption = "",
    to: Annotated[Path | None, typer.Option("--out", help="Write the result to this JSON file.")] = None,
    annotate: Annotated[Path | None, typer.Option(help="Write frames with their boxes into this folder.")] = None,
) -> None:
    """Finds what the blueprint asks for, and prints it in the blueprint's shape."""
    from vision.blueprint import load_blueprint
    from vision.detect import detect
    from vision.detectors.opened import open_detector
    from vision.video import Video

    asked = load_blueprint(blueprint)
    with Video(file) as video, progress() as bar:
        found = open_detector(settings_or_defaults().vision, asked, detector)
        task = bar.add_task(file.name, total=1.0, rate="")
        result = detect(video, asked, found, lambda share: bar.update(task, completed=share))
        if annotate is not None:
            err.print(f"Wrote {_annotated(video, result, annotate)} frames to {annotate}.")
    if to is None:
        print_json(result)
    else:
        write_atomically(to, json.dumps(result, ensure_ascii=False, indent=1))
        err.print(f"Wrote {to}.")


@vision_app.command("placement")
def placement_(result: ResultFile, as_json: AsJson = False) -> None:
    """How long each object is on screen, how much of the picture it takes, and where it is."""
    from vision.uses import placement

    rows = placement(_result(result))
    if as_json:
        print_json({"placements": rows})
        return
    table = Table("field", "label", "seconds", "first", "objects", "mean area", "greatest", "position")
    for row in rows:
        shares = (f"{row['mean_area']:.1%}", f"{row['greatest_area']:.1%}")
        numbers = (f"{row['seconds']:g}", f"{row['first_s']:g}", str(row["objects"]))
        table.add_row(row["field"], row["label"], *numbers, *shares, row["position"])
    out.print(table)


@vision_app.command("crops")
def crops_(
    result: ResultFile,
    ratio: Annotated[str, typer.Option(help="Width to height, such as 9:16.")] = "9:16",
) -> None:
    """Prints where a picture of another shape is cut so that the objects stay in it, for each moment."""
    from vision.uses import crops

    wide, colon, high = ratio.partition(":")
    if not (colon and wide.isdecimal() and high.isdecimal() and int(wide) and int(high)):
        raise QuestionError(f"{ratio!r} is no ratio; write two whole numbers, such as 9:16.")
    print_json({"ratio": ratio, "crops": crops(_result(result), int(wide) / int(high))})


@vision_app.command("search")
def search_(
    result: ResultFile, question: Annotated[str, typer.Argument(help="What is looked for.")], as_json: AsJson = False
) -> None:
    """Says where something was found."""
    from vision.uses import search

    rows = search(_result(result), question)
    if as_json:
        print_json({"found": rows})
        return
    for row in rows:
        box = ", ".join(f"{row[name]:g}" for name in ("x", "y", "width", "height"))
        out.print(f"{row['at_s']:8.1f} s  {row['label']}  {row['confidence']:.2f}  at {box}")
    if not rows:
        out.print("Nothing of that was found.")


@vision_app.command("eval")
def eval_(
    folder: Annotated[Path, typer.Argument(help="Videos and truth.json, such as `python -m samples.seen DIR` makes.")],
    detector: DetectorOption = "",
    threshold: Annotated[float, typer.Option(min=0, max=1, help="From which confidence on something counts.")] = 0.3,
    as_json: AsJson = False,
) -> None:
    """Precision and recall of a detector, and its false alarms a minute where the object isn't."""
    from vision.detectors.opened import open_detector
    from vision.measure import evaluate

    settings = settings_or_defaults().vision
    report = evaluate(folder, lambda asked: open_detector(settings, asked, detector), threshold, err.print)
    if as_json:
        print_json(report)
        return
    table = Table(report["detector"], "boxes", "precision", "recall", "false alarms/min", "minutes without")
    for label, figures in {**report["labels"], "all": report}.items():
        names = ("precision", "recall", "false_alarms_a_minute")
        precision, recall, alarms = ("–" if figures[n] is None else f"{figures[n]:g}" for n in names)
        table.add_row(label, str(figures["boxes"]), precision, recall, alarms, f"{figures['minutes_absent']:g}")
    out.print(table)


def _annotated(video: Any, result: dict[str, Any], folder: Path) -> int:
    """Writes each frame in which something was found; how many there are."""
    from vision.drawn import annotated
    from vision.uses import objects

    folder.mkdir(parents=True, exist_ok=True)
    at: dict[int, list[Any]] = {}
    for _, moment, one in objects(result):
        at.setdefault(round(moment * 1000), []).append(one)
    written = 0
    for frame in video.frames(float(result["every_s"])):
        if found := at.get(round(frame.at_s * 1000)):
            (folder / f"{round(frame.at_s * 1000):010d}.jpg").write_bytes(annotated(frame, found))
            written += 1
    return written


def _result(file: Path) -> dict[str, Any]:
    try:
        result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        assert result["video"]["width"] and result["fields"] and result["every_s"]
    except (OSError, ValueError, KeyError, TypeError, AssertionError) as error:
        raise QuestionError(f"{file} is no result; make one with `debrief vision detect … --out {file}`.") from error
    return result
