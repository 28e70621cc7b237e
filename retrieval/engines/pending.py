"""Documents that wait to be written together: an update of an engine costs much more than a chunk in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

Point = TypeVar("Point")


class Pending(Generic[Point]):
    """The last version of each waiting document, up to `size` points or documents."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._documents: dict[str, list[Point]] = {}
        self._points = 0

    def __bool__(self) -> bool:
        return bool(self._documents)

    def add(self, document_id: str, points: Sequence[Point]) -> bool:
        """Keeps the document's points in place of earlier ones; True when it is time to write."""
        self._points += len(points) - len(self._documents.get(document_id, ()))
        self._documents[document_id] = list(points)
        return self._points >= self._size or len(self._documents) >= self._size

    def take(self) -> dict[str, list[Point]]:
        """Everything that waits; nothing waits after that."""
        taken, self._documents, self._points = self._documents, {}, 0
        return taken
