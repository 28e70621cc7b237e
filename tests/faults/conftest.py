"""A small workspace and its commands as a person runs them; see docs/reliability.md."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ingestion.sync_world import World

SETTINGS = """
data_dir: {data}
auth: {{development_user: ana@x.example}}
sources:
  - {{name: docs, kind: files, path: docs, public: true}}
"""
QUESTION = "How much may a hotel in Vienna cost a night?"


@dataclass
class Workspace:
    """A folder with settings and documents."""

    folder: Path

    def debrief(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end."""
        return subprocess.run(
            [sys.executable, "-c", "from cli import main; main()", *arguments],
            cwd=self.folder, capture_output=True, text=True, timeout=120, env={**os.environ, **environment},
        )  # fmt: skip


def one_sentence(result: subprocess.CompletedProcess[str], *words: str) -> bool:
    """Whether the command failed with a sentence that has these words, and not with a traceback."""
    said = result.stdout + result.stderr
    assert "Traceback" not in said, said
    assert [word for word in words if word not in said] == [], said
    return result.returncode == 1


@pytest.fixture
def make_workspace(tmp_path: Path) -> Callable[[Path], Workspace]:
    """Makes a workspace of one document whose data lies in the given folder."""

    def make(data: Path) -> Workspace:
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs" / "travel.md").write_text(
            "# Travel policy\n\nA hotel in Vienna may cost 180 euros a night.\n"
        )
        (tmp_path / "debrief.yaml").write_text(SETTINGS.format(data=data))
        return Workspace(tmp_path)

    return make


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 700 MB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("mounting a small disk needs to be root, with the right to mount")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Seven documents, synced."""
    world = World(tmp_path / "data")
    for n in range(7):
        world.source.put(f"{n}.txt", f"Text {n} of the first day.")
    world.sync()
    return world


def again(world: World) -> World:
    """The same data and source in a new process's eyes."""
    reopened = World(world.settings.data_path)
    reopened.source = world.source
    return reopened


def fresh(world: World, folder: Path) -> dict[str, tuple]:
    """What an undisturbed sync of the same source gives."""
    other = World(folder)
    other.source = world.source
    other.sync()
    return other.contents()
