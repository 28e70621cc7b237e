"""The company's sheets as the stand-in for Smartsheet reads them: one file with workspaces, groups and sheets."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from samples.builders.directory import members_of
from samples.builders.world import CONTENT, email_of, load_world


def write(folder: Path) -> None:
    """Writes account.json."""
    said: dict[str, Any] = yaml.safe_load((CONTENT / "sheets.yaml").read_text(encoding="utf-8"))
    sheets = []
    for number, sheet in enumerate(said["sheets"], start=4_101):
        day = sheet.pop("day")
        about = {"owner": email_of(sheet.pop("owner")), "shares": list(map(_principal, sheet.pop("shares", ())))}
        sheets.append({"id": number, **sheet, **about, "modified": f"{day.isoformat()}T09:00:00Z"})
    account = {
        "workspaces": {name: list(map(_principal, shares)) for name, shares in said["workspaces"].items()},
        "groups": {name: sorted(map(email_of, members_of(name))) for name in load_world()["groups"]},
        "sheets": sheets,
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(account, indent=1, ensure_ascii=False, default=_plain)
    (folder / "account.json").write_text(text + "\n", encoding="utf-8")


def _principal(said: str) -> str:
    kind, _, name = said.partition(":")
    return f"user:{email_of(name)}" if kind == "user" else said


def _plain(value: Any) -> str:
    assert isinstance(value, date)
    return value.isoformat()
