"""A file that stays in a recording's folder."""

from __future__ import annotations

import os
from pathlib import Path


def write(file: Path, body: bytes) -> None:
    """Writes the file whole or not at all, readable by this user alone."""
    new = file.with_name(file.name + ".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(body)
    new.replace(file)
