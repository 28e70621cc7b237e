"""A question in plain words → what to calculate over a table; None where the table isn't what is asked about.

Every word must be accounted for: by what is to be done, by a column, by a cell, or as a word that says nothing here. A
question with a word that the table doesn't know is a question about something else, and is left to the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from assistant.tables.calculation import Calculation, Operation
from assistant.tables.conditions import conditions_in
from assistant.tables.table import Column, Kind, Table
from core.text.words import content_words, folded

_OPERATIONS: tuple[tuple[Operation, str], ...] = (
    ("median", r"median\w*|mediana|médiane"),
    ("average", r"average|avg|mean|on average|durchschnitt\w*|mittelwert|promedio|media|moyenne"),
    ("count", r"how many|number of|count(?: of)?|wie ?viele?n?|anzahl|cuánt[oa]s|número de|combien de|nombre de|"
     r"is there an?y?|are there any|gibt es|hay alg\w+|y a-t-il"),
    ("earliest", r"oldest|earliest|first|soonest|älteste\w*|früheste\w*|erste[rsn]?|zuerst|más antigu[oa]|primer[oa]?|"
     r"plus ancien(?:ne)?|premi(?:er|ère)"),
    ("latest", r"newest|latest|last|most recent|youngest|neue?ste\w*|letzte[rsn]?|späteste\w*|zuletzt|más reciente|"
     r"últim[oa]|plus récente?|derni(?:er|ère)"),
    ("highest", r"most expensive|highest|largest|biggest|greatest|max(?:imum)?|longest|dearest|the most|most|"
     r"höchste\w*|"
     r"größte\w*|meisten?|teuerste\w*|längste\w*|mayor|más (?:car[oa]|alt[oa]|larg[oa])|máxim[oa]|"
     r"plus (?:ch(?:er|ère)|grande?|longue?|élevée?)|le plus"),
    ("lowest", r"least expensive|lowest|smallest|min(?:imum)?|cheapest|shortest|the least|least|fewest|niedrigste\w*|"
     r"kleinste\w*|billigste\w*|günstigste\w*|kürzeste\w*|wenigsten|menor|más barat[oa]|mínim[oa]|moins ch(?:er|ère)|"
     r"plus petite?"),
    ("sum", r"(?:in )?total|sum(?: of)?|altogether|together|in all|overall|how much|wie ?viel|summe|insgesamt|"
     r"gesamt\w*|"
     r"zusammen|suma|en total|cuánto|somme|au total|combien"),
    ("list", r"list|show(?: me)?|which(?: ones)?|what are|welche[rsn]?|liste|zeig\w*|cuáles|lista|muestra\w*|"
     r"quel(?:le)?s|"
     r"lesquel(?:le)?s|liste[rz]?"),
)  # fmt: skip
_BY = re.compile(
    r"\b(?:per|by|for each|for every|in each|each|pro|je|nach|für jede[nrs]?|por(?: cada)?|según|par|pour chaque|"
    r"selon)\s+"
    r"(?P<what>[^\W\d_][\w-]*(?:\s[^\W\d_][\w-]*)?)",
    re.IGNORECASE,
)
_WHICH = re.compile(r"\b(?:which|what|welche[rsn]?|qué|cuál|quel(?:le)?)\s+(?P<what>[^\W\d_][\w-]*)", re.IGNORECASE)
# What people call a column of money, of time, of days.
_CALLED: Mapping[str, str] = {
    "number": "amount cost price fee money net gross value spend spent pay expensive cheap euro eur usd chf dollar "
    "franc "
    "hour time duration minute day week quantity units betrag kosten preis gebühr summe stunde dauer zeit menge "
    "importe "
    "coste precio horas tiempo cantidad montant coût prix heure durée quantité sum total",
    "day": "date day when due deadline deliver delivery delivered open opened start end fällig datum frist liefer "
    "beginn "
    "fecha plazo entrega échéance livraison old new recent",
}
# Which column a superlative is about where the question names none.
_ABOUT: tuple[tuple[str, str], ...] = (
    (r"longest|shortest|längste\w*|kürzeste\w*|más (?:larg|cort)[oa]|plus (?:longue?|courte?)",
     "length long duration time hour day week minute länge dauer zeit stunde tag duración largo horas durée longueur"),
    (r"expensive|cheap\w*|dear\w*|teuer\w*|billig\w*|günstig\w*|car[oa]|barat[oa]|ch(?:er|ère)|spend|spent|cost\w*|pay",
     "price cost fee amount net gross value preis kosten betrag gebühr precio coste importe prix coût montant"),
    (r"old\w*|young\w*|jüngste\w*", "age alter edad âge"),
)  # fmt: skip
_SAYS_NOTHING = frozenset(
    content_words(
        "one ones row rows entry entries item items record records line lines there come comes came got get gets give "
        "have has had made make all every yet still currently now please file table sheet attached attachment tell "
        "need want see say says thing things work do does everything anything any zeile zeilen eintrag einträge datei "
        "tabelle alle noch bitte gibt filas fila tabla archivo todos todas ligne lignes tableau fichier tous toutes it "
        "die den war waren hat hay tiene tienen ont a été high hoch hohe alto alta haut haute that this those these "
        "of them ist sind was were be been it's"
    )
)
_LIKE = 4


@dataclass
class _Words:
    """The question's words, and which of them are accounted for."""

    asked: set[str]
    told: set[str] = field(default_factory=set)

    def take(self, text: str | Iterable[str]) -> None:
        """Accounts for words."""
        self.told.update(content_words(text) if isinstance(text, str) else text)

    @property
    def left(self) -> set[str]:
        """What nothing accounts for."""
        open_words = self.asked - self.told - _SAYS_NOTHING
        return {word for word in open_words if not any(map(str.isdigit, word)) and not word.endswith(("n't", "n’t"))}


def planned(question: str, table: Table) -> Calculation | None:
    """The calculation that the question asks for; None if it asks for none, or for what isn't in the table."""
    calculation, left = understood(question, table)
    return calculation if calculation is not None and not left else None


def understood(question: str, table: Table) -> tuple[Calculation | None, set[str]]:
    """(what seems to be asked for, the words that nothing of the table accounts for)."""
    words = _Words(set(content_words(question)))
    words.take(content_words(table.name))
    by = _grouping(question, table, words)
    conditions = conditions_in(question, table, words.take)
    operation = _operation(question, words)
    if operation is None and any(c.column.kind in ("number", "day") for c in conditions):
        operation = "list"
    columns = _named(table, words)
    if operation is None or (operation == "list" and not conditions):
        return None, words.left
    first = table.columns[0]
    words.take(word for word in words.left if _alike(word, first.terms))
    if operation in ("count", "list"):
        return Calculation(operation, table, conditions, by=by), words.left
    column = _compared(question, operation, columns, table, words)
    if by is None and operation in ("highest", "lowest"):
        by = _competing(question, table)
    if column is None and not (by is not None and operation in ("highest", "lowest")):
        return None, words.left
    return Calculation(operation, table, conditions, column, by), words.left


def _operation(question: str, words: _Words) -> Operation | None:
    for operation, pattern in _OPERATIONS:
        match = re.search(rf"(?<!\w)(?:{pattern})(?!\w)", question, re.IGNORECASE)
        if match:
            for _, other in _OPERATIONS:
                for said in re.finditer(rf"(?<!\w)(?:{other})(?!\w)", question, re.IGNORECASE):
                    words.take(said.group())
            return operation
    return None


def _grouping(question: str, table: Table, words: _Words) -> Column | None:
    for match in _BY.finditer(question):
        for what in (match["what"], match["what"].split()[0]):
            column = next((c for c in table.columns if _alike_all(content_words(what), c.terms)), None)
            if column is not None and _repeats(column):
                words.take(f"{match.group().split()[0]} {what}")
                return column
    return None


def _competing(question: str, table: Table) -> Column | None:
    """The column whose values compete as groups: "which country got the most", where countries have several rows."""
    match = _WHICH.search(question)
    column = next((c for c in table.columns if match and _alike_all(content_words(match["what"]), c.terms)), None)
    return column if column is not None and _repeats(column) else None


def _repeats(column: Column) -> bool:
    """Whether its values make groups: some stand in several rows."""
    filled = [cell for cell in column.cells if cell]
    return len(set(filled)) < len(filled)


def _named(table: Table, words: _Words) -> list[Column]:
    """The columns whose header the question names, those with more of its words first."""
    hits: list[tuple[int, Column]] = []
    for column in table.columns:
        said = {word for word in words.asked if _alike(word, column.terms)}
        if said:
            hits.append((len(said), column))
            words.take(said)
    return [column for _, column in sorted(hits, key=lambda hit: -hit[0])]


def _compared(question: str, operation: Operation, named: list[Column], table: Table, words: _Words) -> Column | None:
    """The column that is summed or compared: the named one, what people call such a column, or the only one."""
    kind: Kind = "day" if operation in ("latest", "earliest") else "number"
    fitting = [column for column in named if column.kind == kind]
    called = set(content_words(_CALLED[kind]))
    words.take(word for word in words.left if word in called or _alike(word, called))
    if fitting:
        return fitting[0]
    others = table.of_kind(kind)
    if kind == "day" and len(others) > 1:
        meant = [c for c in others if set(c.terms) & called and set(c.terms) & words.asked]
        return (meant or others)[0]
    for pattern, about in _ABOUT:
        meant = [c for c in others if set(c.terms) & set(content_words(about))]
        if meant and re.search(rf"(?<!\w)(?:{pattern})(?!\w)", question, re.IGNORECASE):
            return meant[0]
    return others[0] if len(others) == 1 or (others and kind == "day") else None


def _alike_all(words: list[str], terms: Iterable[str]) -> bool:
    return bool(words) and all(_alike(word, terms) for word in words)


def _alike(word: str, terms: Iterable[str]) -> bool:
    """Whether a word is one of the terms, or begins like it: "delivered" and "delivery"."""
    return any(
        word == term
        or (
            len(word) >= _LIKE
            and len(term) >= _LIKE
            and _common(word, term) >= max(_LIKE, min(len(word), len(term)) - 1)
        )
        for term in terms
    )


def _common(one: str, other: str) -> int:
    length = 0
    for a, b in zip(folded(one), folded(other), strict=False):
        if a != b:
            break
        length += 1
    return length
