"""`debrief model get` with the real hub package against a stand-in of the hub."""

import hashlib
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi

from core.errors import ModelError
from core.llm.hub import fetch_from_hub
from core.llm.local.store import is_intact
from tests.core.local.gguf_file import write_gguf

pytestmark = pytest.mark.integration
COMMIT = "0" * 40


class Hub:
    """Files by name, and the digest that the hub says each has."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files, self.digests = files, {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        self.downloads: list[str] = []

    def tree(self) -> list[dict[str, Any]]:
        return [
            {"type": "file", "oid": COMMIT, "size": len(data), "path": name,
             "lfs": {"oid": self.digests[name], "size": len(data), "pointerSize": 130}}
            for name, data in self.files.items()
        ]  # fmt: skip


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    whole = write_gguf(tmp_path / "source.gguf").read_bytes()
    held = Hub(
        {"tiny-q8_0.gguf": whole + b"8", "tiny-q4_k_m.gguf": whole, "README.md": b"#", "b-00001-of-00002.gguf": b"x"}
    )

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            if not self.path.startswith(("/api/models/acme/tiny/", "/acme/tiny/")):
                return self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            if "/tree/" in self.path:
                return self._send(200, json.dumps(held.tree()).encode(), {"Content-Type": "application/json"})
            name = self.path.rpartition("/")[2]
            if self.command == "GET":
                held.downloads.append(name)
            headers = {
                "ETag": f'"{held.digests[name]}"',
                "X-Repo-Commit": COMMIT,
                "X-Linked-Size": str(len(held.files[name])),
            }
            return self._send(200, held.files[name], headers)

        def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr("huggingface_hub.HfApi", partial(HfApi, endpoint=address, token=False))
    monkeypatch.setenv("DEBRIEF_MODELS", str(tmp_path / "models"))
    yield held
    server.shutdown()
    server.server_close()


def test_the_usual_file_is_fetched_once_and_checked(hub: Hub) -> None:
    file = fetch_from_hub("acme/tiny")
    assert file.name == "tiny-q4_k_m.gguf" and is_intact(file) is True
    assert fetch_from_hub("acme/tiny") == file and hub.downloads == ["tiny-q4_k_m.gguf"]


def test_another_file_is_named_by_a_part_or_whole(hub: Hub) -> None:
    assert fetch_from_hub("acme/tiny:q8_0").name == fetch_from_hub("acme/tiny/tiny-q8_0.gguf").name == "tiny-q8_0.gguf"
    with pytest.raises(ModelError, match=r"no file like 'q5'; there are tiny-q4_k_m\.gguf, tiny-q8_0\.gguf"):
        fetch_from_hub("acme/tiny:q5")


def test_what_comes_with_another_content_isnt_kept(hub: Hub, tmp_path: Path) -> None:
    hub.digests["tiny-q4_k_m.gguf"] = "f" * 64
    with pytest.raises(ModelError, match=r"came with another content|can't be reached"):
        fetch_from_hub("acme/tiny")
    assert not list((tmp_path / "models").glob("*.gguf"))


def test_a_repository_that_isnt_there_or_has_nothing_for_us(hub: Hub) -> None:
    with pytest.raises(ModelError, match=r"no repository acme/other that we may read"):
        fetch_from_hub("acme/other")
    with pytest.raises(ModelError, match="names no repository; write OWNER/REPOSITORY, or one of small"):
        fetch_from_hub("tiny")
    for name in ("tiny-q4_k_m.gguf", "tiny-q8_0.gguf"):
        del hub.files[name]
    with pytest.raises(ModelError, match="only models in several parts"):
        fetch_from_hub("acme/tiny")


def test_what_is_no_model_isnt_kept(hub: Hub, tmp_path: Path) -> None:
    hub.files["tiny-q4_k_m.gguf"] = b"<html>"
    hub.digests["tiny-q4_k_m.gguf"] = hashlib.sha256(b"<html>").hexdigest()
    with pytest.raises(ModelError, match="is no GGUF file"):
        fetch_from_hub("acme/tiny")
    assert not list((tmp_path / "models").glob("*.gguf"))
