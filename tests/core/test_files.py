"""A file is written whole or not at all, and one process at a time holds a lock."""

import subprocess
import sys
import threading

import pytest

from core.files import locked, write_atomically

HOLD = """\
import sys, time
from pathlib import Path
from core.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("data", ["grüße\n", b"\x00\xff"])
def test_what_is_written_is_read_back_and_nothing_else_is_left(tmp_path, data):
    file = tmp_path / "made" / "file"
    write_atomically(file, "before")
    write_atomically(file, data)
    assert file.read_bytes() == (data.encode() if isinstance(data, str) else data)
    assert names(file.parent) == ["file"]


def test_a_link_and_the_permissions_stay(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("a")
    real.chmod(0o640)
    link.symlink_to(real)
    write_atomically(link, "b")
    assert link.is_symlink() and real.read_text() == "b"
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path):
    target = tmp_path / "folder"
    target.mkdir()
    (target / "kept").write_text("a")
    with pytest.raises(OSError):
        write_atomically(target, "b")  # a folder can't be replaced by a file
    assert names(tmp_path) == ["folder"] and (target / "kept").read_text() == "a"


def test_a_reader_never_sees_a_part(tmp_path):
    file, texts = tmp_path / "file", ["a" * 200_000, "b" * 200_000]
    write_atomically(file, texts[0])
    seen, done = set(), threading.Event()

    def read():
        while not done.is_set():
            seen.add(file.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    writers = [threading.Thread(target=lambda t=t: [write_atomically(file, t) for _ in range(20)]) for t in texts]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join()
    assert seen <= set(texts)
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("name", ["", "LOCK"])
def test_another_process_has_to_wait_for_a_folder_or_a_lock_file(tmp_path, name):
    path = tmp_path / name
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BlockingIOError), locked(path, wait=False):
            pass
    finally:
        holder.communicate("")
    with locked(path, wait=False):
        assert names(tmp_path) == ([name] if name else [])
    with locked(path):
        pass
