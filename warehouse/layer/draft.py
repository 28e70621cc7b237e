"""A first layer from a database's catalogue, keys, comments and samples; what a person must decide is said beside
it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from babel import Locale
from rapidfuzz import fuzz

from core.errors import SourceError
from warehouse.databases.base import Catalogue, Database, TableInfo
from warehouse.layer.model import EVERYONE, Column, ColumnType, Entity, Layer, Relation

_WORD = re.compile(r"[A-ZÀ-Þ]+(?=[A-ZÀ-Þ][a-zß-ÿ])|[A-ZÀ-Þ]?[a-zß-ÿ]+|[A-ZÀ-Þ]+|\d+|[^\W\d_]+")
# "Menge [Stk]", "Amount (USD)": a column's unit.
_UNIT = re.compile(r"\s*[\[(]\s*([^\])]{1,12}?)\s*[\])]\s*$")
# In a file's name they say which copy of it this is.
_EDITIONS = frozenset("export report final copy new old v q kw".split())
# Ends of tables' names that say how they are kept, not what they hold.
_KEPT = frozenset(
    "daily weekly monthly hourly data info table record records list log history snapshot fact dim tbl".split()
)
_PREFIXES = frozenset("tbl t dim fact fct stg vw v mart".split())
_YES_NO = (("1", "0"), ("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f"), ("ja", "nein"))
_SECRET = re.compile(r"password|secret|api_?key|token|ssn|hash", re.IGNORECASE)
_NAMING = ("name", "title", "label", "subject", "full name")
# What many tables have and none is known by.
_COMMON = re.compile(
    r"id|name|title|code|number|date|key|(first|last|given|family|sur|full) ?name|.*(date|email|phone|city|address)"
)
# Names of tables that hold figures of other tables.
_ADDED_UP = re.compile(r"(^|[_.])(agg|aggregate|mv|rollup|summary|cube)(_|$)|_by_\w|_(daily|weekly|monthly|yearly)$")
_WAYS = {"from": ("origin", "departure", "starting"), "to": ("destination", "arrival")}
_CODED = re.compile(r"^(\w+) for ([\w /-]+)$")


def drafted(catalogue: Catalogue, database: Database | None = None, name: str = "data") -> tuple[Layer, list[str]]:
    """A layer that everybody may ask, and in sentences what its owner should decide.

    Args:
        database: Where numbers that hold times, and text that holds days, are told from samples; None looks at none.
    """
    shared = _shared_prefix([_spoken(t.spelling(t.name).rpartition(".")[2]) for t in catalogue])
    names = _entity_names(catalogue, shared)
    entities = {names[t.name]: _entity(t, names[t.name], set(names.values()) - {names[t.name]}) for t in catalogue}
    seen = Samples(database) if database is not None else None
    if seen is not None:
        entities = {name: _with_truths(entity, seen) for name, entity in entities.items()}
    relations = _relations(catalogue, names, entities, seen)
    hints = [
        f"{entity}: {column} looks like a secret and is hidden from everyone."
        for entity, e in entities.items()
        for column, c in e.columns.items()
        if EVERYONE in c.hidden
    ]
    joined = {r.many.partition(".")[0] for r in relations} | {r.one.partition(".")[0] for r in relations}
    hints += [
        f"{e}: nothing joins it with other tables; add a relation if there is one." for e in entities if e not in joined
    ]
    hints += [
        f"{t.name} looks like figures that are already added up; if so, move it from entities to views."
        for t in catalogue
        if _ADDED_UP.search(t.name.lower()) and len(catalogue) > 1
    ]
    hints += getattr(database, "notes", [])
    hints.append("Everybody may see every row of every table; write a scope for each entity and role.")
    return Layer(name=name, entities=entities, relations=tuple(relations)), hints


def _spoken(identifier: str) -> tuple[str, ...]:
    """sbCustJoinDt → (sb, customer, join, date)."""
    said = [_short().get(word.lower(), word.lower()) for word in _WORD.findall(identifier)]
    said = said[1:] if len(said) > 1 and said[0] in _PREFIXES else said
    return tuple(word for n, word in enumerate(said) if n == 0 or word != said[n - 1])


def _shared_prefix(names: Sequence[tuple[str, ...]], least: float = 0.8) -> int:
    """How many first words nearly all names share and say nothing, so that they are left off."""
    if len(names) < 3:
        return 0
    length = 0
    while all(len(n) > length for n in names):
        word, count = Counter(n[length] for n in names).most_common(1)[0]
        if count < least * len(names) or not all(len(n) > length + 1 for n in names if n[length] == word):
            break
        length += 1
    return length


def _entity_names(catalogue: Catalogue, shared: int) -> dict[str, str]:
    made: dict[str, str] = {}
    for table in catalogue:
        words = _spoken(table.spelling(table.name).rpartition(".")[2])[shared:] or _spoken(table.name)
        words = tuple(w for n, w in enumerate(words) if n == 0 or not (w.isdigit() or w in _EDITIONS))
        name = " ".join([*words[:-1], _singular(words[-1])])
        made[table.name] = name if name not in made.values() else " ".join(_spoken(table.name))
    return made


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return (
        word[:-1]
        if word.endswith("s") and not word.endswith(("ss", "us", "is", "news", "series")) and len(word) > 3
        else word
    )


def _entity(table: TableInfo, name: str, others: Collection[str]) -> Entity:
    spoken = {column: _spoken(_UNIT.sub("", table.spelling(column))) for column in table.columns}
    # A table's own mark before each of its columns: sbTxDateTime, sbTxAmount.
    shared = _shared_prefix(list(spoken.values()), 0.9)
    columns: dict[str, Column] = {}
    layer_names: dict[str, str] = {}
    for column, kind in table.columns.items():
        said = " ".join(spoken[column][shared:] or spoken[column]) or column
        said = said if said not in columns else " ".join(spoken[column])
        layer_names[column] = said
        columns[said] = _column(table, column, kind, said)
    key = tuple(layer_names[c] for c in table.key if c in layer_names) or _guessed_key(name, columns, others)
    shown = {c: m for c, m in columns.items() if EVERYONE not in m.hidden}
    label = _label(name, shown, key)
    dates = [c for c, meant in columns.items() if meant.type in ("date", "datetime")]
    return Entity(
        table=table.name,
        key=key,
        label=label,
        names=_heads(name, others),
        date=dates[0] if dates else "",
        columns=columns,
        scope={EVERYONE: ()},
    )


def _heads(name: str, others: Collection[str]) -> tuple[str, ...]:
    """What else a table of several words is called: without how it is kept, and by its last word alone."""
    words = [w for w in name.split() if w not in _KEPT] or name.split()
    words[-1] = _singular(words[-1])
    said = [" ".join(words), words[-1]]
    taken = {*others, *(w for other in others for w in (other.split()[-1],))}
    return tuple(dict.fromkeys(s for s in said if s != name and s not in taken and len(s) > 3))


def _column(table: TableInfo, column: str, kind: str, said: str) -> Column:
    comment = table.comments.get(column, "") or ""
    type_, epoch, format_ = type_of(kind, said, comment), 0, ""
    lowered = comment.lower()
    if type_ == "number" and re.search(r"epoch|unix", lowered):
        type_, epoch = "datetime", 1000 if re.search(r"milli|ms\b", lowered) else 1
    if type_ == "text" and (m := re.search(r"(yyyy[-/]?mm[-/]?dd(?:[ T]hh:mm:ss)?)", lowered)):
        type_, format_ = "datetime", m[1].replace("yyyy", "%Y").replace("-mm-", "-%m-").replace("/mm/", "/%m/")
        format_ = re.sub(r"%Ymm", "%Y%m", format_).replace("dd", "%d").replace("hh:mm:ss", "%H:%M:%S")
    hidden = (EVERYONE,) if _SECRET.search(column) else ()
    way = re.fullmatch(r"(?P<way>from|to) (?P<w>[a-z ]+)", said)
    return Column(
        names=tuple(f"{end} {way['w']}" for end in _WAYS[way["way"]]) if way else (),
        type=type_,
        column=column if column != said else "",
        description=comment,
        unit=unit[1] if type_ == "number" and (unit := _UNIT.search(column)) else "",
        values=_coded_values(comment),
        epoch=epoch,
        format=format_,
        hidden=hidden,
    )


def type_of(kind: str, said: str, comment: str) -> ColumnType:
    """What a column of the database's type `kind` is in a layer; `said` and `comment` tell ids from numbers."""
    low = kind.lower()
    if low.startswith("bool"):
        return "boolean"
    if low.startswith("timestamp") or low == "datetime":
        return "datetime"
    if low.startswith("date"):
        return "date"
    if low.startswith("time"):
        return "time"
    numeric = re.match(r"(big|small|tiny|huge)?(int|serial)|u?(big|small)?int|numeric|decimal|double|real|float", low)
    whole = not re.match(r"numeric|decimal|double|real|float", low)
    if (
        re.search(r"(^| )id$", said)
        or (whole and re.search(r"^(?!paid|said|aid|bid)[a-z]{1,2}id$", said))
        or re.search(r"\bunique id", comment.lower())
    ):
        return "id"
    return "number" if numeric else "text"


def _coded_values(comment: str) -> Mapping[str, tuple[str, ...]]:
    """ "0 for user, 1 for merchant" → {"0": ("user",), "1": ("merchant",)}."""
    found = {}
    for part in re.split(r"[,;]\s*", comment):
        if m := _CODED.match(part.strip()):
            found[m[1]] = (m[2].strip().lower(),)
    return found if len(found) > 1 else {}


def _guessed_key(name: str, columns: Mapping[str, Column], others: Collection[str]) -> tuple[str, ...]:
    """The column that by its name makes a row of `name` unique; nothing where none does.

    A name made of others' names ("domain author") is a link between them, and none of its columns is its own.
    """
    shorts = {name, name.replace(" ", "")} | ({name.rsplit(maxsplit=1)[-1]} - set(others))
    own = {"id", "key", "code"} | {f"{w}{e}" for w in shorts for e in (" id", " code", " key", " number", "id", "code")}
    if not set(name.split()) & set(others):
        own |= {f"{w[:n]}{e}" for w in shorts for n in (1, 2, 3, 4) for e in ("id", " id")}
    said = [c for c in columns if c in own]
    said += [
        c
        for c, meant in columns.items()
        if re.match(r"(the )?unique (id\w*|number|code)", meant.description.lower())
        and re.sub(r" ?(id|code|number)$", "", c) not in others
    ]
    return (said[0],) if said else ()


def _label(name: str, columns: Mapping[str, Column], key: tuple[str, ...]) -> tuple[str, ...]:
    first_last = [c for c in columns if re.fullmatch(r"(first|last|given|family|sur) ?name", c)]
    if len(first_last) >= 2:
        return tuple(first_last)
    said = [
        *_NAMING,
        *(f"{name} {n}" for n in _NAMING),
        *(f"{name.rsplit(maxsplit=1)[-1]} {n}" for n in _NAMING),
        f"{name}name",
        name,
    ]
    named = [c for n in said for c in columns if c == n]
    named += [c for c, meant in columns.items() if c.endswith("name") and meant.type == "text"]
    if named:
        return (named[0],)
    numbered = [c for n in (name, name.rsplit(maxsplit=1)[-1]) for c in columns if c in (f"{n} number", f"{n} no")]
    if numbered:
        return (numbered[0],)
    texts = [c for c, meant in columns.items() if meant.type == "text" and c not in key]
    links = [c for c in columns if c not in key and c.endswith("id")]
    return tuple(texts[:2]) if texts and not links and key else key


def _relations(
    catalogue: Catalogue, names: Mapping[str, str], entities: Mapping[str, Entity], seen: Samples | None
) -> list[Relation]:
    """Foreign keys, and columns that by name and values hold another entity's key."""
    found: dict[tuple[str, str], Relation] = {}
    for table in catalogue:
        own = names[table.name]
        for column, (other, far) in table.foreign.items():
            if other in names:
                near_name, far_name = _said(entities[own], column), _said(entities[names[other]], far)
                if near_name and far_name:
                    found[own, near_name] = Relation(many=f"{own}.{near_name}", one=f"{names[other]}.{far_name}")
    for own, entity in entities.items():
        for column in entity.columns:
            if (own, column) not in found and (one := _referred(own, column, entities, seen)) is not None:
                found[own, column] = Relation(many=f"{own}.{column}", one=one)
    return list(found.values())


def _referred(own: str, column: str, entities: Mapping[str, Entity], seen: Samples | None) -> str | None:
    """The entity.key that a column holds; of several the one whose name the column says."""
    candidates: list[tuple[int, str]] = []
    for other, there in entities.items():
        keys = {_keyed(other, there), column if column in there.columns else ""} - {""}
        for key in keys if other != own else ():
            strength = _likeness(column, key, other)
            own_name = re.sub(r" ?(id|code|key)$", "", column) == own
            if not strength or (own_name and strength < 4) or (entities[own].key == (column,) and strength < 4):
                continue
            if seen is None or (seen.unique(there, key) and seen.within(entities[own], column, there, key)):
                candidates.append((strength, f"{other}.{key}"))
    return max(candidates, default=(0, None), key=lambda c: c[0])[1]


def _keyed(name: str, entity: Entity) -> str:
    """The one column that others would refer to."""
    if len(entity.key) == 1:
        return entity.key[0]
    named = [c for c in entity.label if len(entity.label) == 1 and c not in _NAMING and not entity.key]
    return named[0] if named else ""


def _likeness(column: str, key: str, other: str) -> int:
    """0: not the key of `other`; 1, 2: the same name, and it says the entity; 3, 4: it says the key and the
    entity, wholly.
    """
    plain, whole = column.replace(" ", ""), other.replace(" ", "")
    short = other.rsplit(maxsplit=1)[-1]
    ending = next((e for e in ("id", "code", "key") if key.endswith(e) and plain.endswith(e)), "")
    stem = plain[: -len(ending)] if ending else plain
    if ending and stem in (whole, short):
        return 4 if stem == whole else 3
    if plain == key.replace(" ", "") and not _COMMON.fullmatch(key):
        return 2 if plain.startswith((whole, short)) or plain.startswith(whole[: max(len(plain) - 2, 1)]) else 1
    if not stem or (not ending and not key.endswith(("id", "name", "code"))):
        return 0
    says = (len(stem) > 2 and (whole.startswith(stem) or short.startswith(stem))) or stem.endswith(short)
    if ending:
        return 3 if says or fuzz.ratio(stem, whole) >= 88 else 0
    return 1 if column.rsplit(maxsplit=1)[-1] == other.rsplit(maxsplit=1)[-1] else 0


def _said(entity: Entity, column: str) -> str:
    return next((c for c, meant in entity.columns.items() if column in (meant.column, c)), "")


def _with_truths(entity: Entity, seen: Samples) -> Entity:
    """Columns of yes and no that are kept as numbers or words become such; codes of countries and states get their
    names.
    """
    made = dict(entity.columns)
    for name, column in entity.columns.items():
        if column.type == "text" and not column.values and (named := seen.codes(entity, name)):
            made[name] = column.model_copy(update={"values": named})
            continue
        truth = seen.truth(entity, name) if column.type in ("text", "number") else None
        said = re.match(r"(is|has|was|can|allows?) ", name) or "whether" in column.description.lower()
        if truth is not None and (column.type == "text" or said):
            made[name] = column.model_copy(update={"type": "boolean", "truth": truth})
    return entity.model_copy(update={"columns": made})


class Samples:
    """What the rows themselves say: whether a column is unique, and whether its values are all another's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unique(self, entity: Entity, column: str) -> bool:
        """Whether no two rows share a value."""
        name = _quoted(entity, column)
        return self._holds(f"SELECT COUNT({name}) = COUNT(DISTINCT {name}) FROM {entity.table}")

    def within(self, entity: Entity, column: str, other: Entity, key: str) -> bool:
        """Whether half of the column's values, or more, are the other's, as far as the types can be compared."""
        near, far = _quoted(entity, column), _quoted(other, key)
        return self._holds(
            f"SELECT COALESCE(AVG(CASE WHEN {near} IN (SELECT {far} FROM {other.table})"
            f" THEN 1.0 ELSE 0 END), 0) >= 0.5 "
            f"FROM (SELECT DISTINCT {near} FROM {entity.table} WHERE {near} IS NOT NULL) AS t"
        )

    def truth(self, entity: Entity, column: str) -> tuple[str | int, str | int] | None:
        """The values for yes and no of a column that has only these; None for any other."""
        name = _quoted(entity, column)
        try:
            found = [
                r[0]
                for r in self._database.rows(f"SELECT DISTINCT {name} FROM {entity.table} WHERE {name} IS NOT NULL", 3)[
                    1
                ]
            ]
        except SourceError:
            return None
        said = {str(v).strip().lower(): v for v in found if v is not None}
        for yes, no in _YES_NO:
            if said and set(said) <= {yes, no}:
                kept = next(iter(said.values()))
                if isinstance(kept, int):
                    return 1, 0
                styled = [
                    w.upper() if str(kept).isupper() else w.title() if str(kept)[:1].isupper() else w for w in (yes, no)
                ]
                return styled[0], styled[1]
        return None

    def codes(self, entity: Entity, column: str) -> dict[str, tuple[str, ...]]:
        """Names of the two-letter codes of countries or of the states of the USA that a column holds."""
        known = _words()["states"] if "state" in column.split() else _countries() if "country" in column.split() else {}
        name = _quoted(entity, column)
        sql = f"SELECT DISTINCT {name} FROM {entity.table} WHERE {name} IS NOT NULL"
        try:
            found = [str(r[0]) for r in self._database.rows(sql, 500)[1]] if known else []
        except SourceError:
            return {}
        return {code: (known[code],) for code in found} if found and set(found) <= set(known) else {}

    def _holds(self, sql: str) -> bool:
        try:
            return bool(self._database.rows(sql, 1)[1][0][0])
        except SourceError:
            return False


@cache
def _countries() -> dict[str, str]:
    return {code: str(name) for code, name in Locale("en").territories.items() if len(code) == 2 and code.isalpha()}


@cache
def _words() -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((files(__package__) / "words.yaml").read_text(encoding="utf-8"))
    return values


@cache
def _short() -> dict[str, str]:
    return dict(pair.split(":") for pair in _words()["short"].split())


def _quoted(entity: Entity, column: str) -> str:
    name = entity.columns[column].column or column
    return '"' + name.replace('"', '""') + '"'
