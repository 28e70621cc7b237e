"""Replies that are kept in memory, and two parts of one put together."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence

from core.llm.calls import Message

_LONGEST_OVERLAP = 400
_SHORTEST_OVERLAP = 8
_BEGINNING = 40


class KeptReplies:
    """The last whole replies, in memory only."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._known: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> str | None:
        """The reply, if it is known."""
        with self._lock:
            return self._known.get(key)

    def put(self, key: str, reply: str) -> None:
        """Keeps a reply, and drops the oldest one above the capacity."""
        with self._lock:
            self._known[key] = reply
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)


def key_of(task: str, model: str, messages: Sequence[Message], access: str) -> str:
    """The same for the same call of somebody who may read the same."""
    parts = [task, model, access, *(part for message in messages for part in message)]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()


def appended(text: str, more: str) -> str | None:
    """What `more` adds to a text that was cut, without what it repeats; None if it begins again from the start."""
    if not more.strip():
        return None
    if text and more.startswith(text):
        return more[len(text) :]
    if len(text) > _BEGINNING and more.lstrip().startswith(text[:_BEGINNING].strip()):
        return None
    for length in range(min(len(text), len(more), _LONGEST_OVERLAP), _SHORTEST_OVERLAP - 1, -1):
        if text.endswith(more[:length]):
            return more[length:]
    return more
