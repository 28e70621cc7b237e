"""A company's words for the facts of its accounts: its accounts.yaml over the standard words of notions.yaml."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import yaml

from apps.accounts.accounts_file import AccountsFile
from apps.accounts.labels import Labels, holds, label_words
from apps.accounts.periods import end_of, period_of
from apps.accounts.sketches import folders_of, is_name, lines_of
from apps.compare.values import Better
from apps.customers import names_of
from core import records
from core.records import text_of
from core.text.dates import find_day
from core.text.words import folded
from core.types import Attributes, Chunk
from retrieval.query.filters import All, AnyOf, Either, Exists, Filter, Not

# Kinds of tables, beside tables of figures, whose rows apps read; the first column is what a row is about.
ROW_KINDS = ("incidents", "tasks", "risks")
# An aim of so many percent or more is one to reach, not one to stay below.
_HIGH_SHARE = 50.0
_TIMES = frozenset(
    "h hrs hour hours std stunde stunden min minute minutes minuten day days tag tage d s sec s.".split()
)
_TIMES |= frozenset(
    "heure heures hora horas ore ora uur uren jours jour dias dia giorni giorno dagen minuti minutos".split()
)
# What a type of a record of our own connectors is.
_RECORD_TYPES = {
    records.CONTRACT: "contract",
    records.HEALTH_CHECK: "report",
    records.USAGE_REPORT: "report",
    records.TOUCHPOINT: "meeting",
}


@lru_cache(maxsize=1)
def notions() -> Mapping[str, Any]:
    """The standard words, as notions.yaml has them."""
    raw: dict[str, Any] = yaml.safe_load(files("apps.accounts").joinpath("notions.yaml").read_text(encoding="utf-8"))
    return raw


class Vocabulary:
    """What a label means for this company. `drafted` says that nobody has confirmed the file yet."""

    def __init__(self, file: AccountsFile | None = None, *, drafted: bool = False) -> None:
        self.file = file or AccountsFile()
        self.drafted = drafted
        words, ignored = notions(), self.file.ignore
        places = self.file.customers
        own = {**self.file.facts, "customer": [*self.file.facts.get("customer", []), *places.lines]}
        self.facts = Labels.of(own, words["facts"], ignored)
        self._lines = frozenset(map(label_words, places.lines))
        self._folders = frozenset(map(folded, places.folders))
        self.headings = Labels.of(self.file.headings, words["headings"], ignored)
        self.types = Labels.of(self.file.types, words["types"], ignored)
        self._columns = {
            kind: Labels.of(getattr(self.file.columns, kind), words[kind], ignored) for kind in ("figures", *ROW_KINDS)
        }
        self._done = {label_words(word) for word in (*self.file.done, *words["done"])}
        self._open = {label_words(word) for word in (*self.file.for_customers.labels, *words["labels"]["open"])}
        self._of_customer = {
            label_words(w) for w in (*self.file.for_customers.report_labels, *words["labels"]["of_customer"])
        }
        self._closed = {label_words(word) for word in words["labels"]["closed"]}

    @cached_property
    def _directions(self) -> list[tuple[Better, list[tuple[str, ...]]]]:
        said, words = self.file.directions, notions()["directions"]
        kinds: list[tuple[Better, Sequence[str]]] = [
            ("higher", said.higher),
            ("lower", said.lower),
            ("neither", said.neither),
            ("higher", words["within"]),
            ("lower", words["lower"]),
            ("higher", words["higher"]),
        ]
        return [(better, [label_words(word) for word in names]) for better, names in kinds]

    def declared_directions(self) -> dict[str, Better]:
        """Figure's name → which way is better, as a person wrote it down; nothing of what was only drafted."""
        said = self.file.directions
        kinds: tuple[tuple[Better, Sequence[str]], ...] = (
            ("higher", said.higher),
            ("lower", said.lower),
            ("neither", said.neither),
        )
        return {} if self.drafted else {name: better for better, names in kinds for name in names}

    def columns(self, kind: str, header: Sequence[str]) -> dict[str, int]:
        """Field → the number of the first column that is called so; whole headings go before parts of them."""
        found: dict[str, int] = {}
        labels = self._columns[kind]
        for find in (labels.exact, labels.find):
            for number, heading in enumerate(header):
                if number not in found.values() and (field := find(heading)):
                    found.setdefault(field, number)
        return found

    def part(self, heading: str) -> str:
        """What stands under a heading ("Outer › Inner"), the inner one first; "" for nothing known."""
        steps = [step for step in reversed(heading.split(" › ")) if step.strip()]
        return next((part for step in steps if (part := self.headings.find(step, 0.3))), "")

    def type_of(self, chunk: Chunk) -> str:
        """contract, report, meeting, letter or advice, by the document's type, else by its title; "" for another."""
        known = chunk.metadata
        said = _RECORD_TYPES.get(records.record_of(known), "")
        kinds = [text_of(known, name) for name in self.file.metadata.document_type]
        for kind in filter(None, kinds):
            said = said or self.types.find(kind, 0.34)
        return said or ("" if any(kinds) else self.types.find(chunk.title, 0.0))

    def customers_of(self, chunk: Chunk) -> tuple[str, ...]:
        """The customers that a document says it is of."""
        return names_of(chunk, self.file.metadata.customer)

    def dated(self, chunk: Chunk) -> str:
        """The day as of which a document is true, ISO; "" where nothing says."""
        texts = (text_of(chunk.metadata, name) for name in self.file.metadata.date)
        day = next((d for text in texts if (d := iso_day(text))), "")
        named = end_of(period_of(chunk.title))
        # A file's own day may be that of the template that it was made from.
        return named if named[:4] > day[:4] else day

    def label_of(self, known: Attributes) -> str:
        """The document's label of confidentiality; "" for none."""
        return next((text for name in self.file.metadata.confidentiality if (text := text_of(known, name))), "")

    def is_open(self, chunk: Chunk) -> bool:
        """Whether the document may be told to the customer that it is about."""
        if label := self.label_of(chunk.metadata):
            said = label_words(label)
            return said in self._open or (said in self._of_customer and self.type_of(chunk) == "report")
        title = label_words(chunk.title)
        if any(holds(title, word) for word in self._closed):
            return False
        # Documents without a type are named by what they are: "report".
        kinds = self.kinds_of(chunk.metadata) or {self.type_of(chunk)}
        return not kinds.isdisjoint(self.file.for_customers.unlabelled_types)

    def kinds_of(self, known: Attributes) -> set[str]:
        """What the document calls its type, and what record it is."""
        kinds = {records.record_of(known), *(text_of(known, name) for name in self.file.metadata.document_type)}
        return kinds - {""}

    def keeps_in(self, chunk: Chunk, owners: Collection[str] = ()) -> bool:
        """Whether a passage on a customer stands under a heading whose part stays in the house, such as risks."""
        part = self.part(" › ".join(chunk.heading_path)) if owners or self.customers_of(chunk) else ""
        return bool(part) and part not in self.file.for_customers.parts

    def open_filter(self) -> Filter:
        """Documents that may be told to a customer, for a search; whose they are is another question."""
        rules, names = self.file.for_customers, self.file.metadata.confidentiality
        labels = tuple(dict.fromkeys([*rules.labels, *notions()["labels"]["open"]]))
        opened: list[Filter] = [AnyOf(name, labels) for name in names]
        if reports := self.file.types.get("report"):
            of_customer = tuple(dict.fromkeys([*rules.report_labels, *notions()["labels"]["of_customer"]]))
            is_report = Either(tuple(AnyOf(name, tuple(reports)) for name in self.file.metadata.document_type))
            opened += [All((AnyOf(name, of_customer), is_report)) for name in names]
        if rules.unlabelled_types:
            of_type = tuple(
                AnyOf(name, tuple(rules.unlabelled_types))
                for name in (*self.file.metadata.document_type, records.RECORD)
            )
            opened.append(All((*(Not(Exists(name)) for name in names), Either(of_type))))
        return Either(tuple(opened))

    def is_done(self, status: str) -> bool:
        """Whether a task in this state is over."""
        words = label_words(status)
        return words in self._done or (bool(words) and words[:1] in self._done and not words[0].isdigit())

    def better(self, name: str, target: str, value: float, unit: str) -> Better:
        """Which way is better for a figure: as declared, by the word beside its target, by its name, by its unit."""
        words = label_words(name)
        declared, standard = self._directions[:3], self._directions[3:]
        for better, known in declared:
            if any(holds(words, word) for word in known):
                return better
        if sign := target_sign(target):
            return "lower" if sign == "at_most" else "higher"
        for better, known in standard[:1]:
            if any(holds(words, word) for word in known):
                return better
        sizes = {
            better: max((len("".join(k)) for k in known if _names(words, k)), default=0)
            for better, known in standard[1:]
        }
        if sizes["lower"] != sizes["higher"]:
            return max(sizes, key=lambda better: sizes[better])
        return _by_unit(target, value, unit)

    def names_target(self, text: str) -> bool:
        """Whether a text says that a number is a target."""
        words, known = (
            label_words(text),
            [*self.file.columns.figures.get("target", []), *notions()["figures"]["target"]],
        )
        return bool(target_sign(text)) or any(holds(words, label_words(word)) for word in known)

    @property
    def tells_owners(self) -> bool:
        """Whether lines or folders say whose documents are, besides attributes."""
        return bool(self._lines or self._folders)

    def own_attributes(self) -> list[str]:
        """The attributes that say whose a document is and aren't called so everywhere."""
        usual = set(map(label_words, notions()["metadata"]["customer"]))
        return [n for n in self.file.metadata.customer if label_words(n.replace("_", " ")) not in usual]

    def unusual_owners(self) -> list[str]:
        """What says whose documents are, besides attributes that are called so everywhere: "the attribute grower"."""
        places = {
            "attribute": self.own_attributes(),
            "line": self.file.customers.lines,
            "folder": self.file.customers.folders,
        }
        return [f"the {place} “{label}”" for place, labels in places.items() for label in labels]

    def owner_of(self, chunk: Chunk) -> str:
        """The customer whose folder the document lies in, or whom a line of this chunk names; "" for nobody."""
        folders = folders_of(chunk) if self._folders else ()
        inside = (inner for outer, inner in pairwise(folders) if folded(outer) in self._folders)
        lines = (v for label, v in lines_of(chunk.text) if label_words(label) in self._lines) if self._lines else ()
        return next((name for name in (*inside, *lines) if is_name(name)), "")

    def named_in_rows(self, chunk: Chunk) -> tuple[str, ...]:
        """The customers that a list of customers has: a table with a column of them and one of facts of an account."""
        header = chunk.rows[0] if chunk.rows else ()
        found = [self.facts.exact(heading) for heading in header]
        if "customer" not in found or len(header) < 3 or not set(found) - {"", "customer", "period"}:
            return ()
        cells = (row[found.index("customer")].strip() for row in chunk.rows[1:] if len(row) == len(header))
        return tuple(c for c in cells if 2 < len(c) <= 60 and len(c.split()) <= 6 and not c.isdigit())

    def target_of(self, name: str, written: str) -> str:
        """The figure's target: as written beside it, else as the company's file has it."""
        return written or next((t for n, t in self.file.targets.items() if label_words(n) == label_words(name)), "")

    def health(self, said: str) -> str:
        """A state of health in the word that apps say; another than a colour as it is."""
        words = label_words(said)
        colours: Mapping[str, Sequence[str]] = notions()["health"]
        return next((colour for colour, names in colours.items() if words in map(label_words, names)), said)


def iso_day(text: str) -> str:
    """The day that a text is or names, ISO; "" for none."""
    if re.match(r"\d{4}-\d\d-\d\d", text):
        return text[:10]
    day = find_day(text, None)
    return day.isoformat() if day else ""


def target_sign(target: str) -> str:
    """ "at_most" or "at_least", as a target's words or signs say; "" where they don't."""
    low = folded(target)
    for sign in ("at_most", "at_least"):
        for word in notions()["directions"][sign]:
            plain = folded(word)
            found = (
                plain in low
                if not plain[0].isalpha()
                else label_words(word) and holds(label_words(target), label_words(word))
            )
            if found:
                return sign
    return ""


def bare_target(target: str) -> str:
    """The target's number without "at most", "≥" and such."""
    match = re.search(r"[-−]?\d.*$", target)
    return re.sub(r"^\D*?(?=[€$£¥]|EUR|USD|GBP|CHF|[-−]?\d)", "", target) if match else ""


def _names(words: Sequence[str], known: Sequence[str]) -> bool:
    return holds(words, known) or (len(known) == 1 and len(known[0]) > 4 and any(w.startswith(known[0]) for w in words))


def _by_unit(target: str, value: float, unit: str) -> Better:
    """A time that has a target is one to stay below; a share with a high target is one to reach."""
    number = re.search(r"\d+(?:[.,]\d+)?", target)
    if number is None:
        return "neither"
    if folded(unit) in _TIMES:
        return "lower"
    return "higher" if unit == "%" and float(number[0].replace(",", ".")) >= _HIGH_SHARE else "neither"
