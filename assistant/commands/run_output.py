"""An app's run on the command line: its outputs printed, as JSON, or saved as files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape

from apps.run.inputs import shown
from apps.runner import RunResult
from core.console import err, out


def saved_files(result: RunResult, folder: Path | None) -> Mapping[str, str]:
    """Writes the files that a run made into `folder`; the path of each output's."""
    if folder is None:
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for output in result.outputs:
        if output.content:
            # The name comes from a title that an app or a person chose.
            path = folder / re.sub(r"[^\w.-]", "-", Path(output.file_name).name)
            path.write_bytes(output.content)
            paths[output.name] = str(path)
    return paths


def run_facts(result: RunResult, saved: Mapping[str, str]) -> dict[str, Any]:
    """The run as one JSON object; `saved` as `saved_files` gives it."""
    outputs = [
        {
            "name": o.name,
            "kind": o.kind,
            "title": o.title,
            "text": o.text,
            "value": o.value,
            "file": saved.get(o.name, ""),
        }
        for o in result.outputs
    ]
    asks = [{"name": i.name, "type": i.type, "label": shown(i), "required": i.required} for i in result.asks]
    kept = ("app", "version", "status", "error", "seconds", "tokens", "saved_minutes", "notes", "evidence")
    return {**{k: getattr(result, k) for k in kept}, "outputs": outputs, "asks": asks}


def print_run(result: RunResult, saved: Mapping[str, str]) -> None:
    """Outputs to stdout; errors, files and notes to stderr."""
    if result.error:
        err.print(f"[bold red]Error:[/] {escape(result.error)}")
    for output in result.outputs:
        if output.name in saved:
            err.print(f"Saved {saved[output.name]}")
        elif output.content:
            err.print(f"{escape(output.title)}: {len(output.content):,} bytes; write it with --save FOLDER.")
        else:
            text = json.dumps(output.value, ensure_ascii=False) if output.kind == "json" else output.text
            out.print(f"── {output.title}\n{text}\n", markup=False)
    for note in result.notes:
        err.print(f"[dim]{escape(note)}[/]")
