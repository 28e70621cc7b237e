"""A system that Debrief depends on is down or hangs. Language models: tests/integration/test_openai_protocol.py."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.faults.conftest import QUESTION
from tests.faults.test_processes import free_port, listening

ROOT = Path(__file__).parents[2]
SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "only-for-this-test-run-0123456789"
client_id = "debrief"
client_secret = "only-for-this-test-run"
server_metadata_url = "http://127.0.0.1:{dead}/.well-known/openid-configuration"
"""


@pytest.fixture
def hanging():
    """A port where connections are taken and never answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held = []

        def accept():
            try:
                while True:
                    held.append(server.accept()[0])
            except OSError:
                return

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        for connection in held:
            connection.close()
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.integration
def test_a_source_that_hangs_is_given_up_and_the_others_are_read(make_workspace, tmp_path, hanging):
    workspace = make_workspace(tmp_path / "data")
    with (tmp_path / "debrief.yaml").open("a") as file:
        file.write(
            f"  - {{name: store, kind: s3, bucket: b, endpoint_url: 'http://127.0.0.1:{hanging}', region: eu-central-1, "
            "access_key_id: x, secret_access_key: y, read_timeout_s: 1, attempts: 2}\n"
        )
    begun = time.monotonic()
    result = workspace.debrief("sync")
    assert time.monotonic() - begun < 150  # two tries of a second, on a machine with other work, too
    said = result.stdout + result.stderr
    assert result.returncode == 1 and "Traceback" not in said
    assert "SUCCEEDED" in said and "FAILED" in said and "endpoint_url" in said
    assert "180 euros" in workspace.debrief("ask", QUESTION).stdout


@pytest.mark.integration
def test_an_identity_provider_that_is_down_is_said(tmp_path):
    port, dead = free_port(), free_port()
    (tmp_path / "debrief.yaml").write_text("data_dir: data\nauth: {mode: oidc}\n")
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text(SECRETS.format(port=port, dead=dead))
    page = [sys.executable, "-m", "streamlit", "run", str(ROOT / "served" / "server.py"), f"--server.port={port}"]
    environment = {**os.environ, "DEBRIEF_SETTINGS": str(tmp_path / "debrief.yaml")}
    server = subprocess.Popen(
        [*page, "--server.headless=true"], cwd=tmp_path, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert listening(port, True)
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/auth/login", timeout=30)
        assert answer.value.code == 503
        assert "identity provider can't be reached" in answer.value.read().decode()
        assert urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30).status == 200
    finally:
        server.terminate()
        server.wait(timeout=30)
