"""The facts of the made-up company, and how its numbers are written."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

SAMPLES = Path(__file__).resolve().parent.parent
WORKSPACE = SAMPLES / "workspace"
CONTENT = SAMPLES / "content"

World = dict[str, Any]


@cache
def load_world() -> World:
    """The contents of world.yaml."""
    world: World = yaml.safe_load((SAMPLES / "world.yaml").read_text(encoding="utf-8"))
    return world


def email_of(person: str) -> str:
    """A person's address from the key in world.yaml; other names come back as they are."""
    world = load_world()
    return f"{person}@{world['company']['domain']}" if person in world["people"] else person


def name_of(person: str) -> str:
    """A person's full name from the key in world.yaml; other names come back as they are."""
    people = load_world()["people"]
    return str(people[person]["name"]) if person in people else person


def arr(customer: str) -> int:
    """The customer's yearly value in euros: licensed units times list price."""
    world = load_world()
    subscriptions = world["customers"][customer]["subscriptions"]
    return sum(units * int(world["products"][product]["price"]) for product, units in subscriptions.items())


def number(value: float | None) -> str:
    """A number as the reports print it: thousands with commas, no needless decimals."""
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def euros(value: float) -> str:
    """An amount as the reports print it, for example "EUR 684,000"."""
    return f"EUR {value:,.0f}"


def metric(customer: str, quarter: str, key: str) -> str:
    """One metric with its unit, for example "11 minutes" or "98.8%"."""
    world = load_world()
    unit = world["metrics"][key]["unit"].replace("points of ", "of ")
    text = number(world["quarters"][customer][quarter][key])
    return f"{text}%" if unit == "%" else f"{text} {unit}"


def at(day: date | str, hour: int = 9) -> datetime:
    """The moment that a date of the workspace stands for (UTC)."""
    parsed = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime(parsed.year, parsed.month, parsed.day, hour, tzinfo=UTC)


def iso(day: date | str, hour: int = 9) -> str:
    """The same moment as ISO 8601 text ending in Z."""
    return at(day, hour).strftime("%Y-%m-%dT%H:%M:%SZ")
