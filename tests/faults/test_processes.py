"""Processes are killed. A sync: tests/ingestion/sync/test_crash.py. The page: tests/integration/test_many_people.py."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from tests.faults.conftest import one_sentence

pytestmark = pytest.mark.integration


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listening(port, wanted, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if (probe.connect_ex(("127.0.0.1", port)) == 0) is wanted:
                return True
        time.sleep(0.1)
    return False


def serve(folder, port):
    command = [sys.executable, "-c", "from cli import main; main()", "serve", "--port", str(port)]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_the_service_ends_and_starts_again_on_the_same_port(make_workspace, tmp_path, ending):
    workspace, port = make_workspace(tmp_path / "data"), free_port()
    assert workspace.debrief("sync").returncode == 0
    service = serve(workspace.folder, port)
    try:
        assert listening(port, True)
        second = workspace.debrief("serve", "--port", str(free_port()))
        assert one_sentence(second, f"is served by process {service.pid}", "stop that first")
        os.kill(service.pid, ending)
        assert service.wait(timeout=30) == (0 if ending == signal.SIGTERM else -9)
        assert listening(port, False), "the page has ended, too"
        service = serve(workspace.folder, port)
        assert listening(port, True)
    finally:
        service.terminate()
        service.wait(timeout=30)
