"""A first accounts.yaml out of what is indexed: each label's nearest notion, by words, meaning and the look of values.

Nobody has confirmed it. What is found by meaning alone must also look right: a contract's end is a day, a value a
number. What stays unknown is listed with an example, for a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from apps.accounts.accounts_file import AccountsFile
from apps.accounts.customer_word import CustomerWord
from apps.accounts.labels import label_words
from apps.accounts.reading import table_kind
from apps.accounts.shapes import constant_column, figure_columns, looks_like, rows_by_look
from apps.accounts.sketches import sketches
from apps.accounts.survey import Seen, Survey, SurveyedTable, surveyed
from apps.accounts.vocabulary import ROW_KINDS, Vocabulary, notions
from apps.accounts.whose import owned
from apps.compare.blocks import ComparedTable
from apps.compare.values import number_of
from core import records
from core.arrays import FloatArray
from core.types import Chunk
from retrieval.models.embed import Embedder

# Nearer than this by meaning, and so much nearer than any other notion, a label is taken for it. With the packaged
# model, labels that mean nothing known come to 0.55 ("Staffing" 0.48, "Training plan" 0.51), most that do to more.
_NEAR, _AHEAD = 0.55, 0.1
# So much likelier one column has to be the target than the other.
_LIKELIER = 0.1
# What values under a notion look like.
SHAPES: Mapping[str, str] = {
    "contract_end": "day",
    "contract_start": "day",
    "contract_value": "money",
    "account_owner": "name",
    "health": "colour",
    "due": "day",
    "date": "day",
    "closed": "day",
    "value": "number",
    "target": "number",
    "previous": "number",
    "owner": "name",
}
# No shape tells these from anything else, so meaning alone isn't enough.
_BY_WORDS_ONLY = frozenset(
    ["customer", "period", "satisfaction", "tier", "products", "unit", "direction", "notice_period"]
)
_OPEN_RECORDS = frozenset([records.USAGE_REPORT, records.INCIDENT_RECORD])


@dataclass
class Draft:
    """The proposed file, and for each of its lists what a person should see beside it.

    Attributes:
        examples: (section, notion, label) → an example, with its document.
        unknown: Section → labels that mean nothing known, each with an example.
        proposed: (section, notion, label) of those that only a language model took for it.
        customers: What says whose documents are, besides the usual words; only the sure ones stand in the file.
    """

    file: AccountsFile
    survey: Survey
    examples: dict[tuple[str, str, str], str] = field(default_factory=dict)
    unknown: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    proposed: tuple[tuple[str, str, str], ...] = ()
    customers: Sequence[CustomerWord] = ()


def drafted(chunks: Iterable[Chunk], embedder: Embedder | None = None, company: str = "") -> Draft:
    """The draft for the documents of an index; without an embedder by words and looks alone.

    Args:
        company: Our own name, which is no customer's.
    """
    kept = list(chunks)
    whose = owned(list(sketches(kept)), company)
    base = {"metadata": whose.metadata, "customers": whose.places}
    words = Vocabulary(AccountsFile.model_validate(base))
    draft = _Drafting(surveyed(kept, words), words, _Meaning(embedder)).draft(base)
    draft.customers = whose.words
    return draft


class _Meaning:
    """How near a label is to each notion, by the words that notions.yaml has for it."""

    def __init__(self, embedder: Embedder | None) -> None:
        self._embedder = embedder
        self._vectors: dict[str, FloatArray] = {}

    def nearest(self, label: str, section: str) -> str:
        """The notion of a section of notions.yaml, if it is near enough; else ""."""
        near = sorted(self.similarities(label, section).items(), key=lambda pair: -pair[1])
        if len(near) < 2 or near[0][1] < _NEAR or near[0][1] - near[1][1] < _AHEAD:
            return ""
        return near[0][0]

    def similarities(self, label: str, section: str) -> dict[str, float]:
        """Each notion's similarity: that of its nearest word; {} without an embedder."""
        if self._embedder is None or not label_words(label):
            return {}
        words = [(notion, word) for notion, known in notions()[section].items() for word in known]
        if section not in self._vectors:
            self._vectors[section] = self._embedder.encode_texts([word for _, word in words])
        near = self._vectors[section] @ self._embedder.encode_texts([" ".join(label.split())])[0]
        found: dict[str, float] = {}
        for (notion, _), similarity in zip(words, near, strict=True):
            found[notion] = max(found.get(notion, -1.0), float(similarity))
        return found


class _Drafting:
    def __init__(self, survey: Survey, words: Vocabulary, meaning: _Meaning) -> None:
        self.survey, self.words, self.meaning = survey, words, meaning
        self.found: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.titles: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        self.result = Draft(AccountsFile(), survey)

    def draft(self, base: Mapping[str, Mapping[str, Sequence[str]]]) -> Draft:
        headings = {label: self.words.headings.find(label, 0.3) for label in self.survey.headings}
        lines = {label: self.words.facts.find(label) for label in self.survey.lines}
        # Known words first: what is known can't be meant by another label.
        for label in sorted(headings, key=lambda label: not headings[label]):
            self._take("headings", label, self.survey.headings[label], headings[label])
        for label in sorted(lines, key=lambda label: not lines[label]):
            self._take("facts", label, self.survey.lines[label], lines[label])
        for table in self.survey.tables.values():
            self._table(table)
        columns = {kind: self._of(kind) for kind in ("figures", *ROW_KINDS)}
        self.words = Vocabulary(AccountsFile.model_validate({**base, "columns": columns}))
        self.result.file = AccountsFile.model_validate(
            {
                **base,
                "types": self._types(),
                "facts": self._of("facts"),
                "headings": self._of("headings"),
                "columns": columns,
                "directions": self._directions(),
                "for_customers": {**self._labels(base["metadata"]), "unlabelled_types": self._open_types()},
            }
        )
        return self.result

    def _of(self, section: str) -> dict[str, list[str]]:
        return {notion: labels for (part, notion), labels in self.found.items() if part == section}

    def _take(self, section: str, label: str, seen: Seen, known: str) -> None:
        """Puts a label under its notion: the one that its words say, else the nearest whose values look right."""
        notion = known or self._by_look(section, seen) or self._by_meaning(section, label, seen)
        example = f"{seen.values[0]} ({seen.examples[0][1]})" if seen.examples else ""
        if not notion:
            self.result.unknown[section][label] = example
        elif label not in self.found[section, notion]:
            self.found[section, notion].append(label)
            self.titles[section, notion] += seen.examples if known else []
            self.result.examples[section, notion, label] = example

    def _by_meaning(self, section: str, label: str, seen: Seen) -> str:
        notion = self.meaning.nearest(label, section)
        if notion in _BY_WORDS_ONLY or (notion in SHAPES and not looks_like(SHAPES[notion], seen.values)):
            return ""
        # Where a document says it in known words, something that only means nearly the same is something else.
        known = {title for _, title in self.titles[section, notion]}
        return "" if known & {title for _, title in seen.examples} else notion

    @staticmethod
    def _by_look(section: str, seen: Seen) -> str:
        """A field whose values are nothing but colours of a traffic light is the account's health."""
        return "health" if section == "facts" and seen.values and looks_like("colour", seen.values) else ""

    def _table(self, table: SurveyedTable) -> None:
        """The columns of a table: those that its kind has, or, for a list of customers, facts of an account."""
        columns = list(zip(*table.rows, strict=True)) if table.rows else [() for _ in table.header]
        seen = [Seen(1, [(cell, table.title) for cell in dict.fromkeys(filter(None, cells))][:3]) for cells in columns]
        if any(self.words.facts.exact(heading) == "customer" for heading in table.header):
            for heading, cells in zip(table.header, seen, strict=True):
                if known := self.words.facts.exact(heading) or self._by_look("facts", cells):
                    self._take("facts", heading, cells, known)
        compared = ComparedTable(table.heading, "", table.header, tuple(table.rows))
        kind = table_kind(compared, self.words)
        named = {number: notion for notion, number in self.words.columns(kind, table.header).items()} if kind else {}
        if table.of_customer and table.rows:
            kind, looked = self._by_cells(table, kind)
            named = {n: notion for n, notion in looked.items() if notion not in named.values()} | named
        if not kind:
            self.result.unknown["tables"][" | ".join(table.header)] = f"{table.heading} ({table.title})"
            return
        for number, heading in enumerate(table.header):
            if number in named or self.words.facts.exact(heading) != "customer":
                self._take(kind, heading, seen[number], named.get(number, ""))

    def _by_cells(self, table: SurveyedTable, kind: str) -> tuple[str, dict[int, str]]:
        """(kind, column → notion) of a table in a customer's document: by the look of cells where words don't say."""
        if kind in ("", "tasks", "incidents"):
            looked, columns = rows_by_look(table.rows)
            if looked and kind in ("", looked):
                return looked, columns
        numbers = figure_columns(table.rows) if not kind else []
        target = constant_column(table.rows, numbers) if numbers else None
        if numbers and target is None:
            target = self._likely_target(table.header, numbers)
        if target is None:
            return kind, {}
        return "figures", {0: "name", target: "target", next(n for n in numbers if n != target): "value"}

    def _likely_target(self, header: Sequence[str], numbers: Sequence[int]) -> int | None:
        """The one of two columns that is the target by what the headings mean; None where that isn't clear."""
        near = [self.meaning.similarities(header[n], "figures") for n in numbers]
        if not all(near):
            return None
        first, second = (near[a]["target"] + near[b]["value"] for a, b in ((0, 1), (1, 0)))
        return None if abs(first - second) < _LIKELIER else numbers[0] if first > second else numbers[1]

    def _types(self) -> dict[str, list[str]]:
        types: dict[str, list[str]] = defaultdict(list)
        for kind in self.survey.types:
            if notion := self._type_of(kind):
                types[notion].append(kind)
            else:
                self.result.unknown["types"][kind] = f"{self.survey.types[kind]} documents"
        return types

    def _type_of(self, kind: str) -> str:
        """What documents of this type are: by its words; a report if they are about customers and have figures."""
        survey = self.survey
        is_report = survey.of_customers[kind] and survey.with_figures[kind] * 2 >= survey.types[kind]
        return self.words.types.find(kind, 0.34) or ("report" if is_report else "")

    def _directions(self) -> dict[str, list[str]]:
        """The figures by which way is better; unknown ones are named as such."""
        found: dict[str, list[str]] = {"higher": [], "lower": []}
        for table in self.survey.tables.values():
            columns = self.words.columns("figures", table.header)
            compared = ComparedTable(table.heading, "", table.header, tuple(table.rows))
            if table_kind(compared, self.words) != "figures":
                continue
            for row in table.rows:
                name = row[columns.get("name", 0)]
                target = row[columns["target"]] if "target" in columns else ""
                figure = number_of(row[columns["value"]]) if "value" in columns else None
                way = self.words.better(name, target, figure.value if figure else 0.0, figure.unit if figure else "")
                if way == "neither":
                    self.result.unknown["directions"].setdefault(name, f"target {target}" if target else "no target")
                elif name not in found[way]:
                    found[way].append(name)
        return found

    def _labels(self, metadata: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """The labels in use that say that the customer may know all of a document, or a report."""
        standard = {
            key: {label_words(word) for word in notions()["labels"][kind]}
            for key, kind in (("labels", "open"), ("report_labels", "of_customer"))
        }
        values = [v for name in metadata["confidentiality"] for v in self.survey.attributes[name].values]
        found = {key: [v for v in values if label_words(v) in known] for key, known in standard.items()}
        for value in values:
            if value not in found["labels"] + found["report_labels"]:
                self.result.unknown["labels"][value] = "not for customers unless you add it"
        return found

    def _open_types(self) -> list[str]:
        """Types of documents without any label that customers get anyway: reports on them, and advice to everybody."""
        found = []
        for kind, count in self.survey.types.items():
            notion = self._type_of(kind)
            about = self.survey.of_customers[kind]
            report = (notion == "report" or kind in _OPEN_RECORDS) and about == count
            if not self.survey.labelled[kind] and (report or (notion == "advice" and not about)):
                found.append(kind)
        return found
