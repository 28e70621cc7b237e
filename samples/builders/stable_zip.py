"""Makes an office file the same bytes each time: fixed order and timestamps inside the zip."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """Writes the zip in `data` to `path` with every entry dated 1 January 1980."""
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        # [Content_Types].xml comes first, as readers of office files expect.
        for name in sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
