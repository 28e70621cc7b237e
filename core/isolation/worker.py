"""Inside an isolated process: it reads requests from stdin and forks once for each.

The fork shares the loaded libraries, so a process of its own costs a request a few milliseconds; limits and damage
die with it. A request is three frames: the bounds as JSON, and two of bytes that only the work reads. A reply is two:
how it ended as JSON, and the work's bytes. A frame is an 8-byte length and that many bytes.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import struct
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

# (request, body) → reply; runs in a process of its own.
Work = Callable[[bytes, bytes], bytes]

MAX_REPLY_BYTES = 400_000_000
_OUT_OF_MEMORY = 66  # exit code of a child that couldn't even say so
_FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.spawn",
    "os.posix_spawn",
    "os.fork",
    "pty.",
    "ctypes.dlopen",
)


def serve(work: Work, before: Callable[[], object] = lambda: None) -> None:
    """Answers requests until stdin closes.

    Args:
        before: Loads what every request needs.
    """
    inbox, outbox = os.dup(0), os.dup(1)
    silence = os.open(os.devnull, os.O_RDWR)
    before()
    for stream in (0, 1, 2):  # a library that prints must not spoil the replies
        os.dup2(silence, stream)
    gc.collect()
    gc.freeze()  # what is loaded stays shared between the forks
    write_frame(outbox, b"ready")
    while (bounds := read_frame(inbox)) is not None:
        request, body = read_frame(inbox), read_frame(inbox)
        if request is None or body is None:
            return
        ended, reply = _isolated(work, request, body, json.loads(bounds), inbox)
        write_frame(outbox, json.dumps(ended).encode())
        write_frame(outbox, reply)


def _isolated(
    work: Work, request: bytes, body: bytes, bounds: dict[str, Any], inbox: int
) -> tuple[dict[str, Any], bytes]:
    """(How the work ended in a child process and what it used, what it said)."""
    receive, send = os.pipe()
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(receive)
        _child(work, request, body, bounds, send)
    os.close(send)
    reply, state = _received(child, receive, begun + bounds["timeout_s"], inbox)
    os.close(receive)
    _, status, usage = os.wait4(child, 0)
    seconds, peak_mb = time.monotonic() - begun, usage.ru_maxrss / 1024
    killer = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if state == "done" and status != 0:
        state = _ending(status, killer, seconds, peak_mb, bounds)
    return {"ended": state, "signal": killer, "seconds": seconds, "peak_mb": peak_mb}, reply


def _received(child: int, receive: int, deadline: float, inbox: int) -> tuple[bytes, str]:
    """What the child says until it ends; it is killed for saying too much, or nothing in time."""
    reply = bytearray()
    while True:
        ready, _, _ = select.select([receive, inbox], [], [], max(0.0, deadline - time.monotonic()))
        if inbox in ready and ready != [receive]:
            os.kill(child, signal.SIGKILL)  # the parent is gone
            os._exit(0)
        if not ready or len(reply) > MAX_REPLY_BYTES:
            os.kill(child, signal.SIGKILL)
            return b"", "reply" if ready else "time"
        piece = os.read(receive, 1 << 20)
        if not piece:
            return bytes(reply), "done"
        reply += piece


def _ending(status: int, killer: int, seconds: float, peak_mb: float, bounds: dict[str, Any]) -> str:
    """Why a child ended that didn't end well."""
    if killer in (signal.SIGXCPU, signal.SIGKILL) and seconds > 0.9 * bounds["timeout_s"]:
        return "time"
    # A library that gets no memory aborts; so does one that hits a bug, but not at the limit.
    if killer and peak_mb > 0.8 * bounds["max_memory_mb"]:
        return "memory"
    return "memory" if os.WIFEXITED(status) and os.WEXITSTATUS(status) == _OUT_OF_MEMORY else "crash"


def _child(work: Work, request: bytes, body: bytes, bounds: dict[str, Any], send: int) -> NoReturn:
    """Works under the limits and exits; the reply goes to `send`."""
    code = 0
    gc.disable()
    try:
        _restrict(bounds["timeout_s"], bounds["max_memory_mb"])
        reply = work(request, body)
        with os.fdopen(send, "wb") as pipe:
            pipe.write(reply)
    except MemoryError:
        code = _OUT_OF_MEMORY
    except BaseException:
        code = 1
    os._exit(code)


def _restrict(timeout_s: float, max_memory_mb: int) -> None:
    """Memory, processor time, no files written, no core dump, no network or programs from Python."""
    memory, seconds = max_memory_mb << 20, int(timeout_s) + 2
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(3_000)

    def refuse(event: str, _: tuple[Any, ...]) -> None:
        if event.startswith(_FORBIDDEN):
            raise PermissionError(f"{event} is not allowed here")

    sys.addaudithook(refuse)


def read_frame(stream: int) -> bytes | None:
    """The next frame; None at the end of the stream."""
    head = _read(stream, 8)
    return None if head is None else _read(stream, struct.unpack(">Q", head)[0])


def write_frame(stream: int, body: bytes) -> None:
    """Writes one frame."""
    for part in (struct.pack(">Q", len(body)), body):
        view = memoryview(part)
        while view:
            view = view[os.write(stream, view) :]


def _read(stream: int, size: int) -> bytes | None:
    pieces: list[bytes] = []
    while size:
        piece = os.read(stream, min(size, 1 << 20))
        if not piece:
            return None
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
