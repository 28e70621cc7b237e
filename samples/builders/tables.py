"""Tables that people ask in plain words: customers and their use from the world, and a made-up staff schedule."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from samples.builders import redshift
from samples.builders.world import World, load_world

_SEED = 20
_FIRST_DAY, _LAST_DAY = date(2025, 10, 1), date(2026, 11, 22)
_PLANNED_UNTIL = date(2026, 12, 20)
_DEPARTMENTS = [
    ("D1", "Service desk", "dach"),
    ("D2", "Security operations", "soc"),
    ("D3", "Field services", "iberia-france"),
    ("D4", "Training", "uk-north"),
]
_POSITIONS = ("Agent", "Shift lead", "Engineer")
_NAMES = ("Aino Berg Caleb Dana Emil Fadi Gala Hugo Iris Jan Kira Liam Mona Nael Olga Pia Quin Rana Sven Tara Udo Vera "
          "Wim Xenia").split()  # fmt: skip
_SURNAMES = "Abel Brandt Costa Diaz Ekman Falk Gruber Hansen Ivanov Jensen Kovac Lopes".split()
# How many start at which hour, and how busy each day of the week is.
_STARTS = {6: 3, 8: 4, 9: 4, 13: 3, 14: 4, 22: 2}
_BUSY = (1.0, 1.0, 0.95, 1.0, 0.9, 0.45, 0.3)


def write(folder: Path) -> None:
    """One CSV file a table."""
    folder.mkdir(parents=True, exist_ok=True)
    world = load_world()
    for name, header, rows in (*_customer_tables(world), *_staff_tables()):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(rows)


def _customer_tables(world: World) -> Iterator[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]:
    for name, rows in redshift.tables(world):
        yield name, redshift.columns(name), rows


def _staff_tables() -> Iterator[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]:
    chance = random.Random(_SEED)
    employees = [_employee(n, chance) for n in range(48)]
    yield "departments", ("department_id", "department_name", "manager_group"), _DEPARTMENTS
    yield (
        "employees",
        ("employee_id", "employee_name", "department_id", "emp_typ_cd", "position", "gender", "hired_on"),
        employees,
    )
    yield "shifts", ("shift_id", "employee_id", "started_at", "hours", "status"), _shifts(employees, chance)
    yield (
        "absences",
        ("absence_id", "employee_id", "kind", "first_day", "last_day", "days"),
        _absences(employees, chance),
    )


def _employee(n: int, chance: random.Random) -> tuple[Any, ...]:
    name = f"{_NAMES[n % len(_NAMES)]} {_SURNAMES[n % len(_SURNAMES)]}"
    hired = date(2019, 1, 1) + timedelta(days=chance.randrange(2_300))
    return (f"E{n + 1:03}", name, f"D{n % 4 + 1}", chance.choice(["FT", "FT", "FT", "PT"]), _POSITIONS[n % 7 % 3],
            "female" if chance.random() < 0.46 else "male", hired)  # fmt: skip


def _shifts(employees: Sequence[tuple[Any, ...]], chance: random.Random) -> Iterator[tuple[Any, ...]]:
    number, day = 0, _FIRST_DAY
    while day <= _PLANNED_UNTIL:
        for employee in employees:
            if chance.random() < 0.55 * _BUSY[day.weekday()]:
                number += 1
                start = chance.choices(list(_STARTS), list(_STARTS.values()))[0]
                hours = 8.0 if employee[3] == "FT" else 4.5
                status = "cancelled" if chance.random() < 0.03 else "planned" if day > _LAST_DAY else "worked"
                yield (
                    number,
                    employee[0],
                    datetime.combine(day, time(start)),
                    hours + chance.choice([0, 0, 0, 0.5, 1]),
                    status,
                )
        day += timedelta(days=1)


def _absences(employees: Sequence[tuple[Any, ...]], chance: random.Random) -> Iterator[tuple[Any, ...]]:
    number = 0
    for employee in employees:
        for _ in range(chance.randrange(2, 7)):
            number += 1
            first = _FIRST_DAY + timedelta(days=chance.randrange((_LAST_DAY - _FIRST_DAY).days + 40))
            kind = chance.choice(["holiday", "holiday", "sick leave", "training"])
            days = chance.randrange(1, 11) if kind == "holiday" else chance.randrange(1, 5)
            yield (number, employee[0], kind, first, first + timedelta(days=days - 1), days)
