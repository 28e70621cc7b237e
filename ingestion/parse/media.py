"""Which files are recordings, by their first bytes and, for formats without a mark, by their names."""

from __future__ import annotations

from core.media_names import RECORDINGS, suffix

_MARKS = (b"ID3", b"OggS", b"fLaC", b"\x1aE\xdf\xa3", b"#!AMR", b"0&\xb2u\x8ef\xcf\x11")
# What begins like an mp4 file and is a picture.
_STILL = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"crx ")
_FRAME = (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa", b"\xff\xf1", b"\xff\xf9")  # mp3 and aac without a head


def is_recording(head: bytes, name: str, media_type: str = "") -> bool:
    """Whether a file that begins with `head` holds sound or video."""
    if head.startswith(_MARKS):
        return True
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide"):
        return head[8:12] not in _STILL
    if head.startswith(b"RIFF"):
        return head[8:12] in (b"WAVE", b"AVI ")
    claimed = suffix(name) in RECORDINGS or media_type.startswith(("audio/", "video/"))
    return claimed and head.startswith(_FRAME)
