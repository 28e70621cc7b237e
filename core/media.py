"""Opening and decoding media files, for what hears and what sees; needs PyAV, which the extras bring.

Both sides run in processes with limits, and take a damaged file for what can still be read of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av
import av.error

from core.errors import ParseError

# Seconds to open a file, and between two reads of it.
_PATIENCE_S = (20.0, 60.0)


def opened_media(path: str, what: str) -> av.container.InputContainer:
    """The file, whose container is whatever PyAV knows.

    Args:
        what: What it was taken for: "recording", "video".

    Raises:
        ParseError: it is damaged.
    """
    try:
        return av.open(path, mode="r", metadata_errors="ignore", timeout=_PATIENCE_S)
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise ParseError(f"it is damaged and can't be read as a {what}; get a fresh copy") from error


def decoded(container: av.container.InputContainer, stream: av.AudioStream | av.VideoStream) -> Iterator[Any]:
    """The frames that can be decoded; a damaged stretch is left out, and a file that is cut off ends where it does."""
    packets = container.demux(stream)
    while True:
        try:
            yield from next(packets).decode()
        except (StopIteration, av.error.EOFError):
            return
        except av.error.InvalidDataError:
            continue
        except av.error.FFmpegError:
            return
