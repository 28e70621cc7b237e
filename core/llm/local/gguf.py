"""A GGUF file's header: what model it is, how much text it reads, how much memory it takes.

Source: the format's specification, ggml-org/ggml, docs/gguf.md.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import ModelError

_NUMBERS: Mapping[int, str] = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
_STRING, _ARRAY = 8, 9
_VERSIONS = (2, 3)
_LONGEST_STRING = 10_000_000
_MOST_KEYS = 10_000
_CACHE_BYTES = 2  # a key's or value's number is kept in 16 bits
_WORKING_BYTES = 400_000_000


@dataclass(frozen=True, slots=True)
class Gguf:
    """What a file's header says.

    Attributes:
        context_tokens: The most that the model was made for.
        token_bytes: Memory for each token of the context.
    """

    path: Path
    name: str
    architecture: str
    size_bytes: int
    context_tokens: int
    token_bytes: int

    def memory_bytes(self, context_tokens: int) -> int:
        """About what a server takes: the weights twice, since llama.cpp also keeps them in the processor's order."""
        return 2 * self.size_bytes + context_tokens * self.token_bytes + _WORKING_BYTES


def read_gguf(path: Path) -> Gguf:
    """The header of a file.

    Raises:
        ModelError: there is no such file, or it isn't a GGUF file or not a whole one.
    """
    if not path.is_file():
        raise ModelError(f"There is no model file {path}; `debrief model list` shows those that there are.")
    try:
        with path.open("rb") as file:
            values = _metadata(file, path)
    except (struct.error, EOFError, UnicodeDecodeError, OverflowError) as error:
        raise ModelError(f"The model file {path} is damaged or not whole; fetch it again.") from error
    kind = str(values.get("general.architecture", ""))

    def number(key: str, default: int) -> int:
        value = values.get(f"{kind}.{key}")
        return int(value) if isinstance(value, int) and not isinstance(value, bool) else default

    heads = max(1, number("attention.head_count", 1))
    width = number("attention.key_length", number("embedding_length", 0) // heads)
    return Gguf(
        path,
        str(values.get("general.name", path.stem)),
        kind,
        path.stat().st_size,
        number("context_length", 4_096),
        2 * _CACHE_BYTES * number("block_count", 0) * number("attention.head_count_kv", heads) * width,
    )


def _metadata(file: BinaryIO, path: Path) -> dict[str, Any]:
    if file.read(4) != b"GGUF":
        raise ModelError(f"{path} is no GGUF file; name one that llama.cpp can read, they end in .gguf.")
    version, _, keys = struct.unpack("<IQQ", _exactly(file, 20))
    if version not in _VERSIONS or keys > _MOST_KEYS:
        raise ModelError(f"{path} has GGUF version {version}, and {_VERSIONS[-1]} is the newest known; fetch another.")
    return {_string(file): _value(file, _number(file, "I")) for _ in range(keys)}


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _string(file)
    if kind in _NUMBERS:
        return _number(file, _NUMBERS[kind])
    if kind != _ARRAY:
        raise EOFError(f"kind {kind}")
    of, count = struct.unpack("<IQ", _exactly(file, 12))
    if of in _NUMBERS:
        file.seek(struct.calcsize("<" + _NUMBERS[of]) * count, 1)
    else:
        for _ in range(count):  # vocabularies; nothing that is asked for here
            _value(file, of)
    return None


def _string(file: BinaryIO) -> str:
    length = _number(file, "Q")
    if length > _LONGEST_STRING:
        raise EOFError(f"a string of {length} bytes")
    return _exactly(file, length).decode("utf-8", "replace")


def _number(file: BinaryIO, form: str) -> Any:
    return struct.unpack("<" + form, _exactly(file, struct.calcsize("<" + form)))[0]


def _exactly(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) < length:
        raise EOFError
    return data
