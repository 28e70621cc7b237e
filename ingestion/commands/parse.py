"""`debrief parse FILE`: what the index would get of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from core.console import out, print_json
from core.errors import ParseError
from core.settings import settings_or_defaults
from core.types import Document
from ingestion.enrich import chunk_document
from ingestion.parse import ParserPool


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("parse")(parse_file)


def parse_file(
    file: Annotated[Path, typer.Argument(help="The file to parse.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Shows a file's sections, metadata and chunks as the index would get them."""
    settings = settings_or_defaults()
    try:
        body = file.read_bytes()
    except OSError as error:
        reason = (error.strerror or "it can't be read").lower()
        raise ParseError(f"{file} can't be read: {reason}; check the path and its permissions.") from error
    with ParserPool(settings.parsing) as pool:
        measured = pool.measure(body, file.name)
    if measured.parsed is None:
        raise measured.error or ParseError(f"{file.name}: the parser gave no result.")
    parsed = measured.parsed
    document = Document(file.name, "file", parsed.title or file.stem, str(file), body, name=file.name)
    chunks = chunk_document(document, parsed, settings.chunking, str(parsed.metadata.get("language", "en")))
    if as_json:
        print_json(
            {
                "file": str(file),
                "title": parsed.title,
                "metadata": parsed.metadata,
                "warnings": parsed.warnings,
                "sections": parsed.sections,
                "chunks": [
                    {
                        "ordinal": chunk.ordinal,
                        "text": chunk.text,
                        "heading_path": chunk.heading_path,
                        "page": chunk.page,
                        "locator": chunk.locator,
                        "kind": chunk.kind,
                    }
                    for chunk in chunks
                ],
                "seconds": round(measured.seconds, 3),
                "peak_mb": round(measured.peak_mb, 1),
            }
        )
        return
    facts = Table(show_header=False, box=None)
    facts.add_row("title", parsed.title or "(none)")
    for key, value in parsed.metadata.items():
        facts.add_row(key, ", ".join(value) if isinstance(value, tuple) else str(value))
    for warning in parsed.warnings:
        facts.add_row("warning", warning)
    facts.add_row("read in", f"{measured.seconds:.2f} s, {measured.peak_mb:.0f} MB at most")
    out.print(facts, markup=False)
    for number, section in enumerate(parsed.sections, 1):
        where = " › ".join((section.locator, *section.heading_path) if section.locator else section.heading_path)
        out.print(f"\n── section {number} · {section.kind}{' · ' + where if where else ''}", markup=False)
        out.print(section.text, markup=False)
    out.print(f"\n{len(parsed.sections)} sections, {len(chunks)} chunks:", markup=False)
    for chunk in chunks:
        head = " › ".join(chunk.heading_path)
        out.print(f"{chunk.ordinal:5d}  {len(chunk.text.split()):4d} words  {chunk.locator}  {head}", markup=False)
