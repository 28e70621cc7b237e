"""Files that are cut or damaged, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.errors import ParseError
from ingestion.parse import parse


def outcomes(bodies: Iterable[bytes], name: str) -> list[str]:
    """What becomes of each body: "read", or the reason why not in one sentence; anything else raised goes through."""
    found = []
    for body in bodies:
        try:
            parse(body, name)
            found.append("read")
        except ParseError as error:
            found.append(str(error))
    return found


def cut_everywhere(body: bytes) -> Iterator[bytes]:
    """The file cut at each tenth of it, and at each tenth byte of its first 2,000."""
    yield from (body[: len(body) * part // 10] for part in range(1, 10))
    yield from (body[:size] for size in range(10, 2_000, 10))


def damaged(body: bytes) -> Iterator[bytes]:
    """One byte in ten wrong, in 40 places after its head, one place at a time; and without every tenth."""
    length = max((len(body) - 512) // 40, 1)
    for begin in range(512, len(body), length):
        broken = bytearray(body)
        broken[begin : begin + length : 10] = bytes(byte ^ 0xFF for byte in broken[begin : begin + length : 10])
        yield bytes(broken)
    yield bytes(byte for at, byte in enumerate(body) if at % 10)
