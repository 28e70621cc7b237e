"""Tables that came with a question, such as an attached CSV, as a warehouse of their own: asked like the company's.

    asked = attached_warehouse([AttachedTable("tickets", (("Ticket", "Status"), ("T1", "open")))])
    asked.ask("How many are open?", user).rows

The layer is drafted from headers and cells; the tables live in memory, and who holds them may see all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from warehouse.ask import Warehouse
from warehouse.databases.duck import DuckFiles
from warehouse.databases.sheets import framed
from warehouse.layer import Layer
from warehouse.layer.draft import drafted
from warehouse.layer.model import Column, Entity
from warehouse.reading.lexicon import GENERAL

_MOST_ROWS = 10_000
# What people call the rows of a list that they hold.
_ROWS = tuple("row one entry item line record Zeile Eintrag Posten fila línea ligne".split())
_DAYS = ("date", "datetime")
_CURRENCIES = frozenset("EUR USD GBP CHF".split())
# What people call the one column of money of a list.
_MONEY = tuple(
    "money amount cost price spend spent paid revenue Betrag Kosten Umsatz Ausgabe Preis ausgegeben bezahlt gezahlt "
    "gekostet importe coste gasto gastado pagado precio montant coût prix dépensé payé".split()
)
_TIME = tuple("time duration Zeit Dauer tiempo duración temps durée".split())
_LASTS = frozenset(
    "hour hours minute minutes day days night nights duration stunden minuten tage dauer horas heures".split()
)


_NUMBERED = re.compile(r"^(?:n º|nº|nr|no|num) | (?:id|no|nr|nummer|number|code|key)$")


@dataclass(frozen=True)
class AttachedTable:
    """A table as a parser hands it over: its file's or sheet's name, and its cells, header included."""

    name: str
    rows: tuple[tuple[str, ...], ...]


def attached_warehouse(tables: Sequence[AttachedTable]) -> Warehouse | None:
    """The tables to be asked; None where the cells make no table. What is left out of them is in `database.notes`."""
    notes: list[str] = []
    frames: dict[str, pd.DataFrame] = {}
    for table in tables:
        frame = framed(table.rows, table.name, notes)
        if frame is not None and len(frame) and len(frame.columns) > 1:
            frames[_free_name(table.name, frames)] = frame
    if not frames:
        return None
    database = DuckFiles.of_frames(frames, notes)
    layer, _ = drafted(database.catalogue(), database)
    return Warehouse(_as_held(layer, frames), database, _MOST_ROWS)


def _free_name(name: str, taken: Mapping[str, object]) -> str:
    plain = re.sub(r"\W+", "_", name).strip("_").lower() or "table"
    return next(n for n in (plain, *(f"{plain}_{k}" for k in range(2, len(taken) + 3))) if n not in taken)


def _as_held(layer: Layer, frames: Mapping[str, pd.DataFrame]) -> Layer:
    """The drafted layer for the person who holds the tables: nothing hidden, and each row known by its first column."""
    alone = len(layer.entities) == 1
    entities = {}
    for name, entity in layer.entities.items():
        held = _entity(entity, frames[entity.table], alone)
        thing = _thing(held) if alone else ""
        entities[thing or name] = held.model_copy(update={"names": (*held.names, *([name] if thing else ()))})
    return layer.model_copy(update={"entities": entities})


def _thing(entity: Entity) -> str:
    """What one row is, as its first column says: "ticket" of "Ticket", "rental" of "Rental ID"."""
    named = _NUMBERED.sub("", entity.key[0]) if len(entity.key) == 1 and entity.key == entity.label else ""
    return "" if named in GENERAL else named


def _more_names(name: str, column: Column, entity: Entity) -> tuple[str, ...]:
    """What people call the list's one column of money, or of time; beside others, money with the column's own name."""
    money = [n for n, c in entity.columns.items() if c.unit in _CURRENCIES]
    if name in money:
        return _MONEY if len(money) == 1 else (f"money {name}", f"amount {name}", f"{name} money")
    lasting = [n for n, c in entity.columns.items() if c.type == "number" and set(n.split()) & _LASTS]
    return _TIME if [name] == lasting else ()


def _entity(entity: Entity, frame: pd.DataFrame, alone: bool) -> Entity:
    called = {word for name in entity.columns for word in name.split()}
    columns = {
        name: c.model_copy(update={"hidden": (), "names": (*c.names, *(w for w in more if w not in called))})
        for name, c in entity.columns.items()
        for more in [_more_names(name, c, entity)]
    }
    first = next(iter(columns))
    single = frame.iloc[:, 0].notna().all() and frame.iloc[:, 0].is_unique and columns[first].type in ("text", "id")
    own = (first,) if single else ()
    days = [name for name, c in columns.items() if c.type in _DAYS]
    return entity.model_copy(
        update={
            "columns": columns,
            "key": own or entity.key,
            "label": own or entity.label,
            # Of several dates the question says which, or is asked.
            "date": days[0] if len(days) == 1 else "",
            "names": (*entity.names, *(own if single else ()), *(_ROWS if alone else ())),
        }
    )
