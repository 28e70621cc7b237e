"""llama.cpp's OpenAI-compatible server in a process: `python -m core.llm.local.server STATE`; a file says what to do.

It listens on loopback only, with a key that the state file keeps, and ends when nobody holds the users' lock any more:
the operating system lets go of a lock whichever way a process ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import portalocker

LOOK_S = 1.0  # how often it looks whether somebody still needs it


def main(state_file: Path) -> None:
    """Serves what `<state>.wanted` describes, and writes the state file once it is ready."""
    wanted = json.loads(state_file.with_suffix(".wanted").read_text(encoding="utf-8"))
    # If memory runs short it is this process that has to go, and not the pages or a database.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("900", encoding="ascii")
    begin = time.monotonic()
    key, port = secrets.token_urlsafe(24), _free_port()
    server = _serve(wanted, key, port)
    state = {
        **wanted,
        "pid": os.getpid(),
        "url": server.listening_address,
        "key": key,
        "started_s": round(time.monotonic() - begin, 1),
    }
    _write(state_file, state)
    users = portalocker.Lock(
        state_file.with_suffix(".users"), "a", timeout=0, flags=portalocker.LOCK_EX | portalocker.LOCK_NB
    )
    signal.signal(signal.SIGTERM, lambda *_: _end(state_file))
    while not _deserted(users):
        time.sleep(LOOK_S)
    _end(state_file)


def _serve(wanted: dict[str, Any], key: str, port: int) -> Any:
    import xllamacpp

    given = xllamacpp.CommonParams()
    given.model.path = wanted["path"]
    given.model_alias = {wanted["name"]}
    given.hostnames, given.port, given.api_keys = ["127.0.0.1"], port, [key]
    given.n_ctx, given.n_parallel = wanted["context_tokens"], 1
    given.cpuparams.n_threads = given.cpuparams_batch.n_threads = wanted["threads"]
    given.cache_ram_mib, given.use_jinja, given.ui, given.verbosity = 0, True, False, 1
    return xllamacpp.Server(given)


def _deserted(users: portalocker.Lock) -> bool:
    """Whether nobody holds the lock; it is then ours, so that whoever comes now waits until we are gone."""
    try:
        users.acquire()
    except portalocker.LockException:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _write(file: Path, value: dict[str, Any]) -> None:
    new = file.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        json.dump(value, opened)
    new.replace(file)


def _end(state_file: Path) -> None:
    state_file.unlink(missing_ok=True)
    os._exit(0)  # its threads wait for requests and end with nothing else


if __name__ == "__main__":
    main(Path(sys.argv[1]))
