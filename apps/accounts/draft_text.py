"""A draft as the text of accounts.yaml: what was found, with an example beside it, and what wasn't, as comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import yaml

from apps.accounts.customer_word import CustomerWord
from apps.accounts.draft import Draft
from apps.accounts.vocabulary import ROW_KINDS, notions

_HEAD = """\
# How we call the facts of our customers: drafted from {documents} documents about {customers} customers; nobody has
# confirmed it yet. Read each line, mend what is wrong, and move unknown labels to where they belong. What isn't here is
# read by the standard words. Check a customer with: debrief accounts check "{example}"
"""
_MOST_UNKNOWN = 25
_NAMES = 3


def draft_text(draft: Draft) -> str:
    """The file, ready to be saved; it loads as it stands."""
    survey, file = draft.survey, draft.file
    example = next(iter(survey.customers), "NAME")
    lines = [*_HEAD.format(documents=survey.documents, customers=len(survey.customers), example=example).splitlines()]
    lines += ["", "metadata:              # attributes of documents"]
    lines += (f"  {name}: {_listed(names)}" for name, names in file.metadata.model_dump().items())
    lines += ["", "customers:             # what says whose a document is, where no attribute does"]
    lines += (f"  {place}: {_listed(labels)}" for place, labels in file.customers.model_dump().items())
    lines += map(_why, draft.customers)
    lines += ["", "types:                 # values of the document's type"]
    lines += [f"  {notion}: {_listed(kinds)}" for notion, kinds in file.types.items()] or ["  {}"]
    lines += _unknown(draft, "types")
    lines += ["", "facts:                 # how a line, a column or an attribute calls it"]
    lines += _section(draft, "facts", file.facts, notions()["facts"], 2)
    lines += ["", "headings:              # what stands under a heading"]
    lines += _section(draft, "headings", file.headings, notions()["headings"], 2)
    lines += ["", "columns:               # headings of columns, by what the table lists"]
    for kind in ("figures", *ROW_KINDS):
        lines += [f"  {kind}:"]
        lines += _section(draft, kind, getattr(file.columns, kind), notions()[kind], 4)
    lines += [f"  # unknown table: {head}  – {where}" for head, where in _first(draft.unknown["tables"])]
    lines += ["", "directions:            # which way is better, by words of a figure's name"]
    lines += [f"  higher: {_listed(file.directions.higher)}", f"  lower: {_listed(file.directions.lower)}"]
    lines += ["  neither: []"]
    lines += [
        f"  # unknown, so never on or off target: {name} ({what})" for name, what in _first(draft.unknown["directions"])
    ]
    lines += ["", "targets: {}            # a figure's name: its target, for reports that don't have it"]
    lines += ["done: []               # how a state says that a task is over, besides done, closed and such"]
    lines += ["", "for_customers:         # what may leave the house; everything else stays in"]
    rules = file.for_customers
    lines += [f"  labels: {_listed(rules.labels)}"]
    lines += [f"  report_labels: {_listed(rules.report_labels)}    # of one customer: only reports with it may leave"]
    lines += [f"  # label {label}: {what}" for label, what in _first(draft.unknown["labels"])]
    lines += [f"  unlabelled_types: {_listed(rules.unlabelled_types)}    # documents without a label: confirm each"]
    lines += [f"  parts: {_listed(rules.parts)}    # risks and questions stay in"]
    lines += [f"  facts: {_listed(rules.facts)}    # what both sides signed"]
    return "\n".join(lines) + "\n"


def _why(word: CustomerWord) -> str:
    """How many documents and which names speak for a word for customers, and what else does."""
    names = f"{', '.join(list(word.names)[:_NAMES])}{' …' if len(word.names) > _NAMES else ''}"
    said = "" if word.sure else "; not sure, so not used: add it if it is right (an attribute under metadata)"
    place = {"attributes": "attribute", "lines": "line", "folders": "folder"}[word.place]
    return (
        f"  # {place} {_quoted(word.label)}: {len(word.names)} names in {word.documents} documents ({names}); "
        f"{'; '.join(word.signs)}{said}"
    )


def _section(
    draft: Draft, section: str, found: Mapping[str, Sequence[str]], known: Mapping[str, object], indent: int
) -> Iterator[str]:
    """A line for each notion with its labels and an example; those that nothing was found for, as a comment."""
    space = " " * indent
    for notion, labels in found.items():
        example = draft.examples.get((section, notion, labels[0]), "")
        yield f"{space}{notion}: {_listed(labels)}" + (f"    # {example}" if example else "")
        yield from (
            f"{space}# a language model took {_quoted(label)} for this: {draft.examples[section, notion, label]}"
            for label in labels
            if (section, notion, label) in draft.proposed
        )
    if missing := [notion for notion in known if notion not in found]:
        yield f"{space}# not found: {', '.join(missing)}"
    yield from _unknown(draft, section, indent)


def _unknown(draft: Draft, section: str, indent: int = 2) -> Iterator[str]:
    labels = draft.unknown[section]
    for label, example in _first(labels):
        yield f"{' ' * indent}# unknown: {_quoted(label)}" + (f"  – {example}" if example else "")
    if len(labels) > _MOST_UNKNOWN:
        yield f"{' ' * indent}# and {len(labels) - _MOST_UNKNOWN} more"


def _first(labels: Mapping[str, str]) -> list[tuple[str, str]]:
    return list(labels.items())[:_MOST_UNKNOWN]


def _listed(values: Sequence[str]) -> str:
    return str(yaml.safe_dump(list(values), default_flow_style=True, allow_unicode=True, width=10_000)).strip()


def _quoted(value: str) -> str:
    return _listed([value])[1:-1]
