"""A reply while it comes."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from core.llm.calls import Stop


class Streamed(Iterator[str]):
    """A reply in pieces, as they come.

    Attributes:
        text: What has come so far.
        stop: How it ended; None until it has.
        model: Who writes, once something has come.
    """

    def __init__(self, pieces: Iterator[str] | None = None) -> None:
        self.text, self.model = "", ""
        self.stop: Stop | None = None
        self._pieces = pieces or iter(())

    def __next__(self) -> str:
        try:
            piece = next(self._pieces)
        except StopIteration:
            self.stop = self.stop or "end"
            raise
        self.text += piece
        return piece

    def begin(self, pieces: Iterator[str]) -> Streamed:
        """Itself, with the pieces of a generator that notes on it how the reply ends."""
        self._pieces = pieces
        return self

    def close(self) -> None:
        """Stops the model; what came is counted."""
        if isinstance(self._pieces, Generator):
            self._pieces.close()
