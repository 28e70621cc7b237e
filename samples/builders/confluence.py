"""The lab's wiki as the stand-in for Confluence reads it: one file with space, contents, people and groups."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from samples.builders.directory import members_of
from samples.builders.world import CONTENT, email_of, load_world


def write(folder: Path) -> None:
    """Writes wiki.json."""
    world = load_world()
    said: dict[str, Any] = yaml.safe_load((CONTENT / "wiki.yaml").read_text(encoding="utf-8"))
    for number, entry in enumerate(said["contents"], start=20_001):
        entry["id"] = f"att{number}" if entry["kind"] == "attachment" else str(number)
        entry["day"] = entry["day"].isoformat()
    wiki = {
        **said,
        "users": {key: {"displayName": who["name"], "email": email_of(key)} for key, who in world["people"].items()},
        "groups": {name: sorted(members_of(name)) for name in world["groups"]},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wiki.json").write_text(json.dumps(wiki, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
