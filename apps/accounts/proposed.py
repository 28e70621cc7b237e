"""What a language model takes the unknown labels of a draft for, each checked against what is indexed under that label.

    with_proposals(draft, model.fill)     # the draft with them in their lists, each said to be the model's

A proposal counts only if the label is one of the unknown ones, the notion is one of its section, the example that the
model names stands under that very label, and the values there look as the notion's do. A heading whose part may go to
customers is proposed as a comment only: a person uncomments it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, Field

from apps.accounts.draft import SHAPES, Draft
from apps.accounts.shapes import looks_like
from apps.accounts.survey import SurveyedTable
from apps.accounts.vocabulary import ROW_KINDS, notions
from core.text.words import folded
from prompts import load_prompt

# (system, text, schema) → the value, and the tokens that it took.
Fill = Callable[[str, str, type[BaseModel]], tuple[BaseModel, int]]
_TABLES = ("figures", *ROW_KINDS)
# So many labels are asked about at once; a model loses its place in longer lists.
_AT_ONCE, _EXAMPLES = 40, 3


class Meant(BaseModel):
    """What one label is taken for."""

    number: int
    means: str = Field(description="One of the notions listed for it, or an empty text")
    example: str = Field(description="A value that is listed for it, copied")


class AllMeant(BaseModel):
    """The model's reply."""

    labels: list[Meant]


@dataclass(frozen=True)
class Asked:
    """An unknown label. `table` is the header that it stands in; `allowed` the notions that it may be."""

    section: str
    label: str
    values: tuple[str, ...]
    allowed: frozenset[str]
    table: tuple[str, ...] = ()


def with_proposals(draft: Draft, fill: Fill) -> Draft:
    """The draft with what the model proposes and the index confirms. Raises ModelError: it gave nothing usable."""
    asked = [*_labels(draft), *_columns(draft)]
    found: list[tuple[Asked, str]] = []
    for begin in range(0, len(asked), _AT_ONCE):
        part = asked[begin : begin + _AT_ONCE]
        (_, system), (_, text) = load_prompt("accounts").render(notions=_known(part), labels=_listed(part))
        reply, _ = fill(system.strip(), text, AllMeant)
        assert isinstance(reply, AllMeant)
        found += _confirmed(part, reply.labels)
    return _taken(draft, _of_one_kind(found))


def _labels(draft: Draft) -> Iterator[Asked]:
    """Unknown headings, and unknown fields of accounts."""
    seen = {"headings": draft.survey.headings, "facts": draft.survey.lines}
    for section, labels in seen.items():
        allowed = frozenset(f"{section}.{notion}" for notion in notions()[section])
        for label in draft.unknown[section]:
            if label in labels:
                yield Asked(section, label, tuple(labels[label].values[:_EXAMPLES]), allowed)


def _columns(draft: Draft) -> Iterator[Asked]:
    """The columns of unknown tables, and the unknown columns of known ones."""
    unknown = draft.unknown["tables"]
    for header, table in draft.survey.tables.items():
        kinds = _TABLES if " | ".join(header) in unknown and table.of_customer else ()
        for number, label in enumerate(header):
            own = kinds or tuple(kind for kind in _TABLES if label in draft.unknown[kind])
            allowed = frozenset(f"{kind}.{notion}" for kind in own for notion in notions()[kind])
            if allowed and label:
                yield Asked("columns", label, _cells(table, number), allowed, header)


def _cells(table: SurveyedTable, number: int) -> tuple[str, ...]:
    cells = [" ".join(row[number].split())[:60] for row in table.rows if number < len(row)]
    return tuple(dict.fromkeys(filter(None, cells)))[:_EXAMPLES]


def _known(asked: Sequence[Asked]) -> str:
    """The notions that are asked about, each with a few of its words."""
    allowed = sorted({notion for one in asked for notion in one.allowed})
    words = {notion: notions()[notion.split(".")[0]][notion.split(".")[1]] for notion in allowed}
    return "\n".join(f"- {notion}: {', '.join(words[notion][:4])}" for notion in allowed)


def _listed(asked: Sequence[Asked]) -> str:
    lines = []
    for number, one in enumerate(asked, start=1):
        place = f"a column of the table {' | '.join(one.table)}" if one.table else f"one of the {one.section}"
        kinds = ", ".join(sorted({notion.split(".")[0] for notion in one.allowed}))
        lines.append(f"{number}. “{one.label}”, {place} ({kinds}). Values: {'; '.join(one.values) or '(none)'}")
    return "\n".join(lines)


def _confirmed(asked: Sequence[Asked], meant: Sequence[Meant]) -> Iterator[tuple[Asked, str]]:
    """(label, notion) of the proposals that hold; of two for one label the first."""
    taken: set[int] = set()
    for one in meant:
        if not 1 <= one.number <= len(asked) or one.number in taken:
            continue
        label = asked[one.number - 1]
        if one.means in label.allowed and _stands(one.example, label.values) and _fits(one.means, label.values):
            taken.add(one.number)
            yield label, one.means


def _stands(example: str, values: Sequence[str]) -> bool:
    return folded(" ".join(example.split()))[:60] in {folded(value)[:60] for value in values}


def _fits(means: str, values: Sequence[str]) -> bool:
    shape = SHAPES.get(means.split(".")[1])
    return shape is None or looks_like(shape, values)


def _of_one_kind(found: Sequence[tuple[Asked, str]]) -> Iterator[tuple[Asked, str]]:
    """A table lists one kind of thing, and has each of its columns once: that of most of its columns, first come."""
    kinds: Mapping[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for label, means in found:
        kinds[label.table][means.split(".")[0]] += 1
    once: set[tuple[tuple[str, ...], str]] = set()
    for label, means in found:
        if label.table:
            if means.split(".")[0] != kinds[label.table].most_common(1)[0][0] or (label.table, means) in once:
                continue
            once.add((label.table, means))
        yield label, means


def _taken(draft: Draft, found: Iterator[tuple[Asked, str]]) -> Draft:
    """The draft with the proposals in the place of the unknown labels."""
    file = draft.file.model_dump()
    examples, unknown = dict(draft.examples), {name: dict(labels) for name, labels in draft.unknown.items()}
    proposed, leaves = list(draft.proposed), set(draft.file.for_customers.parts)
    for label, means in found:
        section, notion = means.split(".")
        example = label.values[0] if label.values else ""
        if section == "headings" and notion in leaves:
            unknown[section][label.label] = f"{notion}, says the model; it may go to customers: move it there if right"
            continue
        lists = file["columns"][section] if label.table else file[section]
        if label.label not in lists.setdefault(notion, []):
            lists[notion].append(label.label)
            proposed.append((section, notion, label.label))
            examples[section, notion, label.label] = example
        unknown.get(section, {}).pop(label.label, None)
        unknown.get("tables", {}).pop(" | ".join(label.table), None)
    kept: dict[str, dict[str, str]] = defaultdict(dict, unknown)
    return replace(
        draft, file=type(draft.file).model_validate(file), examples=examples, unknown=kept, proposed=tuple(proposed)
    )
