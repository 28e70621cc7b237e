"""Streams that fall silent, drip for ever, or flood: each is given up, and its reader is let go."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import pytest

from core.llm import waiting
from core.llm.waiting import Silent, within


def test_a_stream_comes_as_it_is() -> None:
    assert list(within(lambda: iter("abc"), bool, 5, 5)) == ["a", "b", "c"]


@pytest.mark.parametrize("alive", [True, False])
def test_a_stream_that_drips_for_ever_is_given_up_and_closed(alive: bool) -> None:
    closed, pause = threading.Event(), threading.Event()

    def drip() -> Iterator[str]:
        try:
            for _ in itertools.count():
                pause.wait(0.005)
                yield "."
        finally:
            closed.set()

    with pytest.raises(Silent, match=r"hadn't ended after|nothing came"):
        for _ in within(drip, lambda _: alive, 0.1, 0.02):
            pass
    assert closed.wait(5)


def test_a_stream_that_floods_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_MOST_PIECES", 100)
    got: list[str] = []
    with pytest.raises(Silent, match=r"hadn't ended after .* or 100 pieces"):
        got.extend(within(lambda: itertools.repeat("x"), bool, 60, 60))
    assert len(got) <= 100
