"""Runs what needs an event loop of its own: in one process with the browser tests there is one already."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work` returns, done in a thread of its own."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(work, *arguments).result()
