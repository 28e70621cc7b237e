"""Totango's records: accounts, users, touchpoints, tasks and look-ups, in the shapes of its API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from samples.builders.source import render
from samples.builders.world import CONTENT, World, arr, at, email_of, load_world, name_of

_QUARTERS = ("2026-Q1", "2026-Q2", "2026-Q3")


def write(folder: Path) -> None:
    """Writes accounts.json, users.json, touchpoints.json, tasks.json and lookups.json."""
    world = load_world()
    folder.mkdir(parents=True, exist_ok=True)
    _dump(folder / "accounts.json", [_account(world, key) for key in world["customers"]])
    _dump(folder / "users.json", _users(world))
    notes = yaml.safe_load((CONTENT / "touchpoints.yaml").read_text(encoding="utf-8"))
    _dump(folder / "touchpoints.json", [_note(world, number, note) for number, note in enumerate(notes, start=88001)])
    _dump(folder / "tasks.json", [_task(world, action) for action in world["actions"]])
    _dump(folder / "lookups.json", _LOOKUPS)


_LOOKUPS = {
    "activity_types": {
        "adoption": {"display_name": "Adoption"},
        "renewal": {"display_name": "Renewal"},
        "escalation": {"display_name": "Escalation"},
        "business_review": {"display_name": "Business review"},
    },
    "touchpoint_types": [
        {"id": "meeting", "name": "Meeting"},
        {"id": "call", "name": "Call"},
        {"id": "email", "name": "Email"},
        {"id": "internal", "name": "Internal note"},
    ],
    "touchpoint_tags": [
        {"id": "risk", "name": "Risk"},
        {"id": "renewal", "name": "Renewal"},
        {"id": "executive", "name": "Executive"},
        {"id": "product", "name": "Product feedback"},
    ],
}


def _ms(day: Any) -> int:
    return int(at(day).timestamp() * 1000)


def _account(world: World, key: str) -> dict[str, Any]:
    facts = world["customers"][key]
    metrics = {
        f"{world['metrics'][name]['name']} ({quarter})": value
        for quarter in _QUARTERS
        for name, value in world["quarters"][key][quarter].items()
    }
    attributes = {
        "Success Manager": name_of(facts["csm"]),
        "Success Manager Email": email_of(facts["csm"]),
        "Consultant": name_of(facts["consultant"]),
        "Consultant Email": email_of(facts["consultant"]),
        "Team": facts["team"],
        "Region": facts["region"],
        "Country": facts["country"],
        "City": facts["city"],
        "Industry": facts["industry"],
        "Language": facts["language"],
        "Tier": facts["tier"],
        "Contract Value": arr(key),
        "Contract Currency": world["company"]["currency"],
        "Contract Renewal Date": facts["renewal"].isoformat(),
        "Customer Since": facts["since"].isoformat(),
        "Products": ", ".join(world["products"][p]["name"] for p in facts["subscriptions"]),
        "Satisfaction": world["quarters"][key]["2026-Q3"]["csat"],
    }
    return {
        "id": facts["id"],
        "display_name": facts["name"],
        "status": "Active",
        "status_group": "paying",
        "health": {"curr": facts["health"]},
        "last_activity_time": _ms("2026-11-20"),
        "attributes": {name: {"val": value} for name, value in attributes.items()},
        "metrics": metrics,
    }


def _users(world: World) -> list[dict[str, Any]]:
    return [
        {
            "id": contact["email"],
            "name": contact["email"],
            "display_name": contact["name"],
            "account": {"id": facts["id"], "display_name": facts["name"]},
            "last_activity_time": _ms("2026-11-18"),
            "attributes": {"Title": {"val": contact["title"]}, "Language": {"val": facts["language"]}},
        }
        for facts in world["customers"].values()
        for contact in facts["contacts"]
    ]


def _note(world: World, number: int, note: dict[str, Any]) -> dict[str, Any]:
    facts = world["customers"][note["customer"]]
    return {
        "id": f"note-{number}",
        "timestamp": _ms(note["date"]),
        "type": "note",
        "account": {"id": facts["id"], "display_name": facts["name"]},
        "note_content": {
            "note_id": number,
            "text": render(note["text"]).strip(),
            "totango_user": {"user_name": email_of(note["by"])},
        },
        "properties": {
            "activity_type_id": note["activity"],
            "subject": note["subject"],
            "meeting_type": note["type"],
            "touchpoint_tags": note.get("tags", []),
            "totango_participants": note.get("participants", []),
        },
    }


def _task(world: World, action: dict[str, Any]) -> dict[str, Any]:
    facts = world["customers"][action["customer"]]
    return {
        "id": action["id"],
        "title": action["task"],
        "description": f"{action['task']}. Owner: {name_of(action['owner'])}. Due {action['due']}.",
        "due_date": action["due"].isoformat(),
        "priority": 1 if facts["health"] == "red" else 2,
        "status": action["status"],
        "account_id": facts["id"],
        "account": {"id": facts["id"], "display_name": facts["name"]},
        "assignee": email_of(action["owner"]),
        "activity_type_id": "escalation" if facts["health"] == "red" else "adoption",
        "timestamp": _ms("2026-11-12"),
    }


def _dump(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
