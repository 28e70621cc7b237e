"""The disk of the data folder is full, or can't be written."""

import shutil
import subprocess

import pytest

from tests.faults.conftest import QUESTION, one_sentence

pytestmark = pytest.mark.integration


def fill(disk, leave):
    """Leaves `leave` bytes free, without using memory for what would fill the rest."""
    remount(disk, f"size={-(-(shutil.disk_usage(disk).used + leave) // 4096) * 4096}")


def remount(disk, option):
    subprocess.run(["mount", "-o", f"remount,{option}", str(disk)], check=True)


def test_full(make_workspace, small_disk):
    workspace = make_workspace(small_disk / "data")
    fill(small_disk, leave=20 << 20)
    assert one_sentence(workspace.debrief("sync"), "MB free", "make room there, and sync again")
    remount(small_disk, "size=700m")
    assert workspace.debrief("sync").returncode == 0
    assert "180 euros" in workspace.debrief("ask", QUESTION).stdout

    (workspace.folder / "docs" / "new.md").write_text("# Trains\n\nTrains are booked in second class.\n")
    fill(small_disk, leave=0)
    assert one_sentence(workspace.debrief("sync"), "make room")
    asked = workspace.debrief("ask", QUESTION)
    assert asked.returncode == 0 or one_sentence(asked, "make room")
    assert one_sentence(workspace.debrief("backup", str(small_disk / "backup")), "make room")
    remount(small_disk, "size=700m")
    assert workspace.debrief("sync").returncode == 0
    assert "second class" in workspace.debrief("ask", "In which class are trains booked?").stdout


def test_read_only(make_workspace, small_disk):
    workspace = make_workspace(small_disk / "data")
    assert workspace.debrief("sync").returncode == 0
    remount(small_disk, "ro")
    for command in (("sync",), ("ask", QUESTION), ("backup", str(small_disk / "b"))):
        assert one_sentence(workspace.debrief(*command), "can't be used", "writable"), command
    remount(small_disk, "rw")
    assert "180 euros" in workspace.debrief("ask", QUESTION).stdout
