"""Small GGUF files: a header without weights."""

from __future__ import annotations

import struct
from pathlib import Path


def text(value: str) -> bytes:
    """A string as the format has it."""
    return struct.pack("<Q", len(value)) + value.encode()


def write_gguf(file: Path, *, version: int = 3, size: int = 0) -> Path:
    """A model of 2 layers with 2 key heads of width 8; `size` makes the file (sparsely) as large."""
    numbers = {"context_length": 4096, "block_count": 2, "embedding_length": 32, "attention.head_count": 4,
               "attention.head_count_kv": 2}  # fmt: skip
    pairs = [text("general.architecture") + struct.pack("<I", 8) + text("tiny")]
    pairs.append(text("general.name") + struct.pack("<I", 8) + text("Tiny Model"))
    pairs.append(text("tokenizer.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b"))
    pairs += [text(f"tiny.{key}") + struct.pack("<II", 4, value) for key, value in numbers.items()]
    file.write_bytes(b"GGUF" + struct.pack("<IQQ", version, 0, len(pairs)) + b"".join(pairs))
    if size:
        with file.open("r+b") as opened:
            opened.truncate(size)
    return file
