"""A stream that is given up when it falls silent or never ends; no provider's client has a time-out for these."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

Item = TypeVar("Item")
# A whole reply may take so many times as long as a silence, and have so many pieces, a token or more each.
_WHOLE, _MOST_PIECES = 10, 200_000


class Silent(TimeoutError):
    """Nothing came in time."""


def within(
    open_stream: Callable[[], Iterator[Item]], begun: Callable[[Item], bool], first_s: float, next_s: float
) -> Iterator[Item]:
    """The stream's items as they come.

    Args:
        begun: Whether an item is a sign that the model has begun; headers aren't.
        first_s: Until the first such item.
        next_s: Between items after it.

    Raises:
        Silent: nothing came in that time, or it went on and on. The reading thread ends with its connection's own
            time-out.
    """
    items: queue.SimpleQueue[tuple[Item | None, BaseException | None]] = queue.SimpleQueue()
    given_up = threading.Event()

    def read() -> None:
        stream = None
        try:
            stream = open_stream()
            for item in stream:
                items.put((item, None))
                if given_up.is_set():
                    break
            items.put((None, None))
        except BaseException as error:
            items.put((None, error))
        finally:
            if stream is not None:
                with suppress(Exception):
                    stream.close()  # type: ignore[attr-defined]

    threading.Thread(target=read, name="language model", daemon=True).start()
    alive, until = False, time.monotonic() + first_s
    end = until + _WHOLE * next_s
    try:
        for _ in range(_MOST_PIECES):
            try:
                item, error = items.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise Silent(f"nothing came for {next_s if alive else first_s:g} s") from None
            if error is not None:
                raise error
            if item is None:
                return
            alive = alive or begun(item)
            if alive:
                until = min(end, time.monotonic() + next_s)
            if time.monotonic() > end:
                break
            yield item
        raise Silent(f"it hadn't ended after {first_s + _WHOLE * next_s:g} s or {_MOST_PIECES:,} pieces")
    finally:
        given_up.set()
