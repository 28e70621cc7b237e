"""A local model's server: started once, shared, ended with its last user; over a stand-in of llama.cpp, and for real."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import BaseModel

from core.errors import ModelError
from core.llm import Spending, open_chat_models
from core.llm.local import Lease, read_gguf, stored_models
from core.settings import LlmModel, LlmSettings
from tests.core.local.gguf_file import write_gguf

pytestmark = pytest.mark.integration

# What `core.llm.local.server` uses of the package; the server answers everything alike.
STAND_IN = """
import json, os, threading, types
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class CommonParams(types.SimpleNamespace):
    def __init__(self):
        part = types.SimpleNamespace
        super().__init__(model=part(), cpuparams=part(), cpuparams_batch=part())

class Server:
    def __init__(self, given):
        if "broken" in given.model.path:
            print("llama_model_load: error loading model: unknown architecture"); os._exit(1)
        key = given.api_keys[0]
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *a): pass
            def do_GET(self): self.send_response(200); self.end_headers()
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                right = self.headers["Authorization"] == "Bearer " + key
                self.send_response(200 if right else 401); self.send_header("Content-Type", "text/event-stream"); self.end_headers()
                for delta, end in (({"content": f"{asked['model']}, {given.n_ctx}"}, None), ({}, "stop")):
                    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "x",
                             "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
                    self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\\n\\n")
        server = ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.listening_address = f"http://127.0.0.1:{given.port}"
"""
HOLDER = """
import sys, time
from pathlib import Path
from core.llm.local import Lease, read_gguf
from core.settings import LlmModel
lease = Lease(read_gguf(Path(sys.argv[1])), LlmModel(), Path(sys.argv[2]))
print(lease.state()["pid"], flush=True)
time.sleep(60)
"""


class Colours(BaseModel):
    colours: list[str]


@pytest.fixture
def llama(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model file, with the stand-in found before the real package."""
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "xllamacpp.py").write_text(STAND_IN, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))
    monkeypatch.syspath_prepend(tmp_path / "packages")
    return write_gguf(tmp_path / "tiny.gguf")


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits to be noticed by its parent doesn't."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False


def ends(pid: int, within_s: float = 10.0) -> bool:
    until = time.monotonic() + within_s
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.1)
    return not alive(pid)


def test_it_answers_through_the_usual_door_and_starts_with_the_first_call(llama: Path, tmp_path: Path) -> None:
    data, name = tmp_path / "data", str(llama)
    models = open_chat_models(LlmSettings(model=name, models={name: LlmModel(context_tokens=2048)}), data)
    assert models is not None and not data.exists()
    reply = models.reply("answer", [("user", "Who are you?")], Spending())
    assert (reply.text, reply.stop) == ("tiny, 2048", "end")


def test_processes_share_a_server_that_outlives_all_but_the_last(
    llama: Path, tmp_path: Path, project_root: Path
) -> None:
    command = [sys.executable, "-c", HOLDER, str(llama), str(tmp_path / "data")]
    holders = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=project_root) for _ in range(2)]
    try:
        pids = {int(holder.stdout.readline()) for holder in holders if holder.stdout}
        assert len(pids) == 1
        (pid,) = pids
        holders[0].send_signal(signal.SIGKILL)
        holders[0].wait()
        time.sleep(2.5)
        assert alive(pid)
        holders[1].send_signal(signal.SIGKILL)
        holders[1].wait()
        assert ends(pid)
    finally:
        for holder in holders:
            holder.kill()
            holder.wait()


def test_a_server_that_died_is_started_again(llama: Path, tmp_path: Path) -> None:
    lease = Lease(read_gguf(llama), LlmModel(), tmp_path / "data")
    first = lease.state()
    os.kill(first["pid"], signal.SIGKILL)
    assert ends(first["pid"])
    second = lease.state()
    assert second["pid"] != first["pid"] and second["key"] != first["key"]
    lease.close()
    assert ends(second["pid"])


def test_the_key_of_the_server_is_for_its_owner_only(llama: Path, tmp_path: Path) -> None:
    lease = Lease(read_gguf(llama), LlmModel(), tmp_path / "data")
    lease.state()
    (state,) = (tmp_path / "data" / "local-model").glob("*.json")
    assert state.stat().st_mode & 0o077 == 0
    lease.close()


def test_what_llama_cpp_says_of_a_file_that_it_cant_read(llama: Path, tmp_path: Path) -> None:
    broken = write_gguf(tmp_path / "broken.gguf")
    with pytest.raises(ModelError, match=r"can't load .*unknown architecture.*choose a model that it knows"):
        Lease(read_gguf(broken), LlmModel(), tmp_path / "data").state()


def test_a_model_that_is_too_large_for_the_memory(llama: Path, tmp_path: Path) -> None:
    large = write_gguf(tmp_path / "large.gguf", size=3_000_000_000)
    with pytest.raises(ModelError, match=r"needs about 6\.4 GB of memory and 4\.0 GB llm\.models' memory_gb allows"):
        Lease(read_gguf(large), LlmModel(memory_gb=4), tmp_path / "data").state()


def test_a_missing_package_is_named(llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.llm.local.lease.find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"pip install 'debrief\[local\]'"):
        Lease(read_gguf(llama), LlmModel(), tmp_path / "data").state()


@pytest.mark.skipif(
    not os.environ.get("DEBRIEF_TEST_LOCAL_MODEL"), reason="takes a minute and 2 GB; see docs/models.md"
)
def test_the_real_model(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    assert stored_models(), "run `make model`"
    models = open_chat_models(LlmSettings(model="local", max_tokens=60), tmp_path / "data")
    assert models is not None
    spent = Spending()
    # What it says is a weak model's matter; that it says something, counts it, and keeps to a schema is ours.
    reply = models.reply("answer", [("user", "Name three colours.")], spent)
    assert reply.text and reply.stop in {"end", "length"} and spent.calls[0].output_tokens > 0
    assert isinstance(models.structured("plan", [("user", "Name three colours.")], Colours, spent).colours, list)
