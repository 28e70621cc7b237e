"""The model files that were fetched, in one folder for all workspaces of a person; outside of any repository."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from core.errors import ModelError
from core.llm.local.gguf import Gguf, read_gguf
from core.llm.names import LOCAL
from core.nearest import nearest

_BLOCK = 1 << 20


def models_folder() -> Path:
    """$DEBRIEF_MODELS, or `debrief/models` in the person's cache folder."""
    own = os.environ.get("DEBRIEF_MODELS")
    if own:
        return Path(own)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "debrief" / "models"


def stored_models() -> list[Path]:
    """The files in the folder, the newest first; the first one is what `local` stands for."""
    files = [file for file in models_folder().glob("*.gguf") if file.is_file()]
    return sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)


def find_model(name: str) -> Gguf:
    """The model that `local`, `local:NAME` or a path stands for.

    Raises:
        ModelError: there is none, or the file can't be read as one.
    """
    if name.endswith(".gguf") and not name.startswith(f"{LOCAL}:"):
        return read_gguf(Path(name).expanduser())
    wanted = name.partition(":")[2].removesuffix(".gguf")
    files = stored_models()
    if not files:
        raise ModelError(
            f"There is no model in {models_folder()}; fetch one with `debrief model get OWNER/REPOSITORY`, "
            "or in a checkout for development with `make model`."
        )
    known = {file.stem: file for file in files}
    if wanted and wanted not in known:
        raise ModelError(
            f"There is no model {wanted!r} in {models_folder()}; {nearest(wanted, sorted(known), 'there are')}"
        )
    return read_gguf(known[wanted] if wanted else files[0])


def sha256_of(file: Path, progress: Callable[[int], None] = lambda _: None) -> str:
    """The digest in hexadecimal; `progress` is told the bytes read so far."""
    digest, done = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
            done += len(block)
            progress(done)
    return digest.hexdigest()


def checksum_file(file: Path) -> Path:
    """Where the digest that a file was fetched with is kept."""
    return file.with_name(file.name + ".sha256")


def is_intact(file: Path) -> bool | None:
    """Whether the file is still what was fetched; None when nothing says what that was."""
    kept = checksum_file(file)
    return kept.read_text(encoding="ascii").split()[0] == sha256_of(file) if kept.is_file() else None
