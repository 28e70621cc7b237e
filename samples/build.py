"""Builds the sample workspace: `python -m samples.build`.

Facts come from world.yaml, texts from content/; the same inputs give the same files, byte for byte.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from samples.builders import (
    confluence,
    directory,
    health_checks,
    pdf,
    redshift,
    salesforce,
    sharepoint,
    sheets,
    sidecars,
    slides,
    smartsheet,
    tables,
    text,
    totango,
    word,
)
from samples.builders.source import Source, read_sources
from samples.builders.world import SAMPLES, WORKSPACE

WRITERS: dict[str, Callable[[Source, Path], None]] = {
    "docx": word.write,
    "pptx": slides.write,
    "xlsx": sheets.write,
    "pdf": pdf.write,
    "html": text.write_html,
    "vtt": text.write_transcript,
    "eml": text.write_email,
    "md": text.write_markdown,
    "txt": text.write_plain,
}


def build(workspace: Path = WORKSPACE) -> int:
    """Writes the whole workspace anew and says how many documents of files, s3 and sharepoint it has."""
    shutil.rmtree(workspace, ignore_errors=True)
    sources = [*read_sources(), *health_checks.sources()]
    for source in sources:
        target = workspace / source.root / source.path
        target.parent.mkdir(parents=True, exist_ok=True)
        WRITERS[source.suffix](source, target)
        if source.root != "sharepoint":
            sidecars.write_sidecar(source, target)
    sidecars.write_prefix_access(workspace)
    sharepoint.write(workspace / "sharepoint", [s for s in sources if s.root == "sharepoint"])
    totango.write(workspace / "totango")
    redshift.write(workspace / "redshift")
    confluence.write(workspace / "confluence")
    salesforce.write(workspace / "salesforce")
    smartsheet.write(workspace / "smartsheet")
    tables.write(workspace / "tables")
    return len(sources)


if __name__ == "__main__":
    print(f"{build()} documents in {WORKSPACE}")
    (SAMPLES / "users.yaml").write_text(directory.users_text(), encoding="utf-8")
