"""Work done by several threads, with the results in the order of the work."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


def in_order(executor: ThreadPoolExecutor, work: Callable[[In], Out], items: Iterable[In], ahead: int) -> Iterator[Out]:
    """`work` of each item; at most `ahead` of them are done or under way before the first is taken."""
    pending: deque[Future[Out]] = deque()
    try:
        for item in items:
            pending.append(executor.submit(work, item))
            if len(pending) >= ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()
