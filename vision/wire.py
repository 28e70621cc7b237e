"""How a video's process replies: facts as JSON, and pictures as raw pixels behind them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np


def packed(head: dict[str, Any], pixels: Sequence[Any] = ()) -> bytes:
    """A reply: its head's length, the head as JSON, and the pictures one after the other."""
    said = json.dumps({**head, "shapes": [picture.shape for picture in pixels]}).encode()
    return b"".join([len(said).to_bytes(4, "big"), said, *(picture.tobytes() for picture in pixels)])


def unpacked(reply: bytes) -> tuple[dict[str, Any], list[Any]]:
    """The head, and the pictures as arrays."""
    size = int.from_bytes(reply[:4], "big")
    head, at, pixels = json.loads(reply[4 : 4 + size]), 4 + size, []
    for shape in head.pop("shapes"):
        length = int(np.prod(shape))
        pixels.append(np.frombuffer(reply, np.uint8, length, at).reshape(shape))
        at += length
    return head, pixels
