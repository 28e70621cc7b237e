"""What a thread makes piece by piece → an async iterator, and that as server-sent events.

Whoever stops listening ends the work: the iterator is closed as soon as its current piece is done, which frees what it
holds, such as a person's place among the questions that run.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from service.problems import problem_of

_Piece = TypeVar("_Piece")
# Answers take processor time, of which there is a fixed amount; more threads than people at once help nobody.
_THREADS = ThreadPoolExecutor(64, thread_name_prefix="api")
# Proxies close what is silent for a minute.
_ALIVE_S = 15.0
_END = object()


class Pieces(Generic[_Piece]):
    """The pieces of an iterator that blocks, each made in a thread."""

    def __init__(self, made: Iterator[_Piece]) -> None:
        self._made, self._context = made, contextvars.copy_context()
        self._running: Future[Any] | None = None

    async def next(self, patience_s: float | None = None) -> _Piece | None:
        """The next piece; None at the end. Raises TimeoutError after `patience_s`; the piece then comes next time."""
        if self._running is None:
            self._running = _THREADS.submit(self._context.run, self._one)
        waiting = asyncio.shield(asyncio.wrap_future(self._running))
        piece = await asyncio.wait_for(waiting, patience_s)
        self._running = None
        return None if piece is _END else piece

    def _one(self) -> object:
        return next(self._made, _END)

    def close(self) -> None:
        """Ends the iterator, at once or as soon as its current piece is done."""
        running = self._running
        if running is None:
            _THREADS.submit(self._end)
        else:
            running.add_done_callback(lambda _: self._end())

    def _end(self) -> None:
        with suppress(Exception):
            if close := getattr(self._made, "close", None):
                self._context.run(close)


async def collected(made: Iterator[_Piece]) -> AsyncIterator[_Piece]:
    """The pieces; closed when the listener goes."""
    pieces = Pieces(made)
    try:
        while (piece := await pieces.next()) is not None:
            yield piece
    finally:
        pieces.close()


def event(name: str, data: BaseModel | dict[str, Any]) -> bytes:
    """One server-sent event."""
    text = data.model_dump_json() if isinstance(data, BaseModel) else json.dumps(data, ensure_ascii=False)
    return f"event: {name}\ndata: {text}\n\n".encode()


async def as_events(pieces: Pieces[bytes], first: bytes | None) -> AsyncIterator[bytes]:
    """The events, `first` being taken already; an error on the way is the last one, as a problem."""
    try:
        piece = first
        while piece is not None:
            yield piece
            while True:
                try:
                    piece = await pieces.next(_ALIVE_S)
                    break
                except TimeoutError:
                    yield b": still working\n\n"
    except Exception as error:
        yield event("problem", problem_of(error))
    finally:
        pieces.close()
