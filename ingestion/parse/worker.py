"""What a parser process does with one file: its bytes → sections, as JSON."""

from __future__ import annotations

import importlib
import json
from typing import Any

from core.errors import ParseError, TooLarge
from core.isolation import worker
from ingestion.parse.draft import ParseLimits
from ingestion.parse.formats import PARSERS, parse


def serve() -> None:
    """Parses one file a request until stdin closes."""
    worker.serve(_parsed, _load_parsers)


def _load_parsers() -> None:
    for module in {entry.rsplit(".", 1)[0] for entry in PARSERS.values()}:
        importlib.import_module(f"ingestion.parse.{module}")


def _parsed(head: bytes, body: bytes) -> bytes:
    request = json.loads(head)
    limits = ParseLimits(**request["limits"])
    reply: dict[str, Any]
    try:
        parsed = parse(body, request["name"], request["media_type"], limits)
        reply = {
            "sections": [[s.text, s.heading_path, s.page, s.locator, s.kind, s.rows] for s in parsed.sections],
            "title": parsed.title,
            "metadata": dict(parsed.metadata),
            "warnings": parsed.warnings,
        }
    except ParseError as error:
        reply = {"error": type(error).__name__, "message": str(error)}
    except MemoryError:
        reply = {"error": TooLarge.__name__, "message": f"{request['name'] or 'The file'}: {limits.out_of_memory()}."}
    return json.dumps(reply, ensure_ascii=False).encode("utf-8", "replace")
