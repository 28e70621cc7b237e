"""The process that parses: it reads requests from stdin and forks once for each file.

The fork shares the loaded libraries, so a process of its own costs a file a few milliseconds; limits and damage
die with it. Frames both ways are an 8-byte length and that many bytes: a request is JSON, then the file's bytes in a
second frame; a reply is JSON. Nothing here is trusted by the parent beyond its JSON.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import select
import signal
import struct
import sys
import time
from typing import Any, NoReturn

from core.errors import ParseError, TooLarge
from ingestion.parse.draft import ParseLimits
from ingestion.parse.formats import PARSERS, parse

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


def serve() -> None:
    """Answers requests until stdin closes."""
    inbox, outbox = os.dup(0), os.dup(1)
    silence = os.open(os.devnull, os.O_RDWR)
    for module in {entry.rsplit(".", 1)[0] for entry in PARSERS.values()}:
        importlib.import_module(f"ingestion.parse.{module}")
    for stream in (0, 1, 2):  # a library that prints must not spoil the replies
        os.dup2(silence, stream)
    gc.collect()
    gc.freeze()  # what is loaded stays shared between the forks
    write_frame(outbox, b"ready")
    while (request := read_frame(inbox)) is not None:
        body = read_frame(inbox)
        if body is None:
            return
        write_frame(outbox, json.dumps(_isolated(json.loads(request), body, inbox)).encode())


def _isolated(request: dict[str, Any], body: bytes, inbox: int) -> dict[str, Any]:
    """Parses in a child process; what it said, what it used, and how it ended."""
    limits = ParseLimits(**request["limits"])
    receive, send = os.pipe()
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(receive)
        _child(request, body, limits, send)
    os.close(send)
    reply = bytearray()
    state = "done"
    deadline = begun + limits.timeout_s
    while True:
        ready, _, _ = select.select([receive, inbox], [], [], max(0.0, deadline - time.monotonic()))
        if inbox in ready and ready != [receive]:
            os.kill(child, signal.SIGKILL)  # the parent is gone
            os._exit(0)
        if not ready or len(reply) > MAX_REPLY_BYTES:
            state = "time" if not ready else "reply"
            os.kill(child, signal.SIGKILL)
            break
        piece = os.read(receive, 1 << 20)
        if not piece:
            break
        reply += piece
    os.close(receive)
    _, status, usage = os.wait4(child, 0)
    seconds, peak_mb = time.monotonic() - begun, usage.ru_maxrss / 1024
    answer: dict[str, Any] = {}
    if state == "done" and os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        with contextlib.suppress(ValueError):
            answer = json.loads(bytes(reply))
    if not answer:
        killer = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if state == "done" and killer in (signal.SIGXCPU, signal.SIGKILL) and seconds > 0.9 * limits.timeout_s:
            state = "time"
        # A library that gets no memory aborts; so does one that hits a bug, but not at the limit.
        if state == "done" and killer and peak_mb > 0.8 * limits.max_memory_mb:
            state = "memory"
        if state == "done" and os.WIFEXITED(status) and os.WEXITSTATUS(status) == _OUT_OF_MEMORY:
            state = "memory"
        answer = {"ended": state, "signal": killer}
    return {**answer, "seconds": seconds, "peak_mb": peak_mb}


def _child(request: dict[str, Any], body: bytes, limits: ParseLimits, send: int) -> NoReturn:
    """Parses under the limits and exits; the reply goes to `send`."""
    code = 0
    gc.disable()
    try:
        _restrict(limits)
        reply = _parsed(request, body, limits)
        with os.fdopen(send, "wb") as pipe:
            pipe.write(reply)
    except MemoryError:
        code = _OUT_OF_MEMORY
    except BaseException:
        code = 1
    os._exit(code)


def _parsed(request: dict[str, Any], body: bytes, limits: ParseLimits) -> bytes:
    reply: dict[str, Any]
    try:
        parsed = parse(body, request["name"], request["media_type"], limits)
        reply = {
            "sections": [[s.text, s.heading_path, s.page, s.locator, s.kind, s.rows] for s in parsed.sections],
            "title": parsed.title,
            "metadata": dict(parsed.metadata),
            "warnings": parsed.warnings,
        }
    except ParseError as error:
        reply = {"error": type(error).__name__, "message": str(error)}
    except MemoryError:
        reply = {"error": TooLarge.__name__, "message": f"{request['name'] or 'The file'}: {limits.out_of_memory()}."}
    return json.dumps(reply, ensure_ascii=False).encode("utf-8", "replace")


def _restrict(limits: ParseLimits) -> None:
    """Memory, processor time, no files written, no core dump, no network or programs from Python."""
    memory, seconds = limits.max_memory_mb << 20, int(limits.timeout_s) + 2
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(3_000)

    def refuse(event: str, _: tuple[Any, ...]) -> None:
        if event.startswith(_FORBIDDEN):
            raise PermissionError(f"{event} is not allowed while parsing")

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
