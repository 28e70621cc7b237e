"""A local model's server, started when it is first needed and shared by the processes of one data folder."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import portalocker

from core.errors import ModelError
from core.llm.local.gguf import Gguf
from core.settings import LlmModel

log = logging.getLogger("core.llm")
DEFAULT_CONTEXT = 8_192
_START_S = 300.0
_LOOK_S = 0.1
_ROOT = Path(__file__).resolve().parents[3]
_GB = 1e9


class Lease:
    """A claim on the server of one model: while a process holds it, the server runs.

    The lock that says so is let go of by the operating system however the process ends, and with the last one the
    server ends, within a second.
    """

    def __init__(self, model: Gguf, own: LlmModel, data_dir: Path | None) -> None:
        """Args: data_dir: Processes that pass the same one share a server; None shares it with nobody."""
        self._model = model
        self._wanted: dict[str, Any] = {
            "path": str(model.path.resolve()),
            "name": model.path.stem,
            "context_tokens": min(own.context_tokens or DEFAULT_CONTEXT, model.context_tokens),
            "threads": own.threads or os.cpu_count() or 1,
        }
        self._memory_gb = own.memory_gb
        self._folder = (data_dir or Path(tempfile.mkdtemp(prefix="debrief-model-"))) / "local-model"
        self._users: portalocker.Lock | None = None
        self._guard = threading.Lock()

    def state(self) -> dict[str, Any]:
        """The running server's url, key, context_tokens, threads and started_s; started if it doesn't run.

        Raises:
            ModelError: it can't be started: the package isn't installed, the memory doesn't suffice, or llama.cpp
                doesn't read the file.
        """
        with self._guard:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = self._folder / f"{self._digest()}.json"
            if self._users is None:
                self._users = portalocker.Lock(file.with_suffix(".users"), "a", flags=portalocker.LOCK_SH)
                self._users.acquire()
            # One process starts it, the others wait here and then find it.
            with portalocker.Lock(file.with_suffix(".starting"), "a", timeout=_START_S):
                return _running(file) or self._started(file)

    def close(self) -> None:
        """Lets go of it; the server ends if nobody else holds it."""
        with self._guard:
            if self._users is not None:
                self._users.release()
                self._users = None

    def _started(self, file: Path) -> dict[str, Any]:
        self._check()
        file.unlink(missing_ok=True)
        file.with_suffix(".wanted").write_text(json.dumps(self._wanted), encoding="utf-8")
        with file.with_suffix(".log").open("wb") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", "core.llm.local.server", str(file)],
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in a terminal is for whoever asks, not for a server that others share
            )
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            if (state := _running(file)) is not None:
                log.info(
                    "local model %(model)s is ready after %(seconds).1f s",
                    {"model": self._wanted["name"], "seconds": state["started_s"]},
                )
                return state
            if child.poll() is not None:
                raise ModelError(
                    f"llama.cpp can't load {self._model.path} ({_last_error(file.with_suffix('.log'))}); fetch the "
                    "file again, or choose a model that it knows."
                )
            time.sleep(_LOOK_S)
        child.kill()
        raise ModelError(f"{self._model.path} wasn't loaded within {_START_S:.0f} s; choose a smaller model.")

    def _check(self) -> None:
        missing = [name for name in ("xllamacpp", "langchain_openai") if find_spec(name) is None]
        if missing:
            raise ModelError(
                f"A local model needs the package {missing[0]}, which isn't installed; "
                "run: pip install 'debrief[local]'"
            )
        needed = self._model.memory_bytes(self._wanted["context_tokens"]) / _GB
        free = self._memory_gb or available_memory_bytes() / _GB
        if needed > free:
            limit = "llm.models' memory_gb allows" if self._memory_gb else "are free"
            raise ModelError(
                f"{self._model.path.name} needs about {needed:.1f} GB of memory and {free:.1f} GB {limit}; choose a "
                "smaller model or a smaller context_tokens."
            )

    def _digest(self) -> str:
        return hashlib.sha256(json.dumps(self._wanted, sort_keys=True).encode()).hexdigest()[:12]


def available_memory_bytes() -> float:
    """What can be had without taking it from others; infinite where the system doesn't say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(float(line.split()[1]) * 1_024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return float("inf")


def _running(file: Path) -> dict[str, Any] | None:
    """The state of a server that answers."""
    try:
        state: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        healthy = httpx.get(f"{state['url']}/health", timeout=5.0).status_code == 200
    except (OSError, ValueError, KeyError, httpx.HTTPError):
        return None
    return state if healthy else None


def _last_error(log_file: Path) -> str:
    lines = log_file.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    telling = [line for line in lines if "error" in line.lower() or "failed" in line.lower()] or lines
    return " ".join(telling[-1].split())[-200:] if telling else "it said nothing"
