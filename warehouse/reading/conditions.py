"""The rows that a marked question means: values, comparisons with numbers, yes and no, what isn't there."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from warehouse.layer.model import Operator
from warehouse.query.structured import Filter
from warehouse.reading.annotate import Annotated
from warehouse.reading.cues import pattern
from warehouse.reading.lexicon import Lexicon, Part

Bound = Literal["more", "least", "less", "most"]
_OPERATORS: dict[str, Operator] = {"more": ">", "least": ">=", "less": "<", "most": "<="}
_BETWEEN = (
    r"(?:(?P<f>C\d+) (?:\S+ ){{0,3}}?)?{between} (?P<a>N\d+) (?:and|und|y|et|to) (?P<b>N\d+)(?: (?P<g>[CEM]\d+))?"
)


_OR = re.compile(
    r"(?: [CE]\d+)?,? ?(?:or|oder|o|ou)(?: (?:else|that|who|which|whose|with|in|from|of|at|are|is|"
    r"was|were|have|has|had|the|an?|"
    r"their|located|based|live|lives|work|works|mit|aus|die|deren|con|en|de|que|avec|dans|qui|dont|E\d+))* ?"
)


@dataclass(frozen=True)
class Found:
    """A condition and where it stands in the text.

    Attributes:
        counted: Compares how many rows of an entity there are.
        either: It or the condition before it must hold, not both.
    """

    begin: int
    end: int
    filter: Filter | None = None
    counted: tuple[str, Operator, float] | None = None
    without: str = ""
    either: bool = False


def conditions(text: str, marks: Annotated, lexicon: Lexicon) -> list[Found]:
    """The conditions in `text`, in order, not overlapping."""
    found: list[Found] = []
    for make in (
        _starting, _between, _twice_bounded, _bounded, _bounded_by_unit, _equal_number, _absent, _done, _values,
        _yes_no, _nothing,
    ):  # fmt: skip
        for one in make(text, marks, lexicon):
            if all(one.end <= f.begin or one.begin >= f.end for f in found):
                found.append(one)
    found.sort(key=lambda f: f.begin)
    # "with red health or over 100 seats": a bare "or" parts the two.
    return [
        replace(f, either=True) if n and _OR.fullmatch(text[found[n - 1].end : f.begin]) else f
        for n, f in enumerate(found)
    ]


def _is_number(field: str, lexicon: Lexicon) -> bool:
    return lexicon.layer.column(field).type == "number"


def _starting(text: str, marks: Annotated, lexicon: Lexicon) -> Iterator[Found]:
    said = (
        r"(?P<f>C\d+) (?:\S+ ){0,2}?(?P<how>start(?:s|ing)? with|begin(?:s|ning)"
        r"? with|contain(?:s|ing)?|includ(?:es|ing))(?: the)?(?: letters?| words?|"
        r" string)? (?P<v>[VQ]\d+)"
    )
    for m in re.finditer(said, text):
        # `contains` is the only one of the three that a query knows.
        value = marks.words[m["v"]].strip("\"'“”‘’`")
        yield Found(*m.span(), Filter(marks.names[m["f"]].what, "contains", value))


def _between(text: str, marks: Annotated, lexicon: Lexicon) -> Iterator[Found]:
    for m in pattern(_BETWEEN.replace("{{", "{").replace("}}", "}")).finditer(text):
        mark = m["f"] or m["g"]
        if mark and mark.startswith("C") and _is_number(marks.names[mark].what, lexicon):
            field = marks.names[mark].what
            yield Found(m.start(), m.end(), Filter(field, ">=", marks.numbers[m["a"]]))
            yield Found(m.end(), m.end(), Filter(field, "<=", marks.numbers[m["b"]]))


def _twice_bounded(text: str, marks: Annotated, lexicon: Lexicon) -> Iterator[Found]:
    """ "a price under 10 or over 50": the second bound is about the same."""
    for (one, op), (other, next_op) in itertools.permutations(_OPERATORS.items(), 2):
        form = (
            rf"(?P<f>C\d+)(?: (?!C\d|E\d)\S+){{0,3}}? {{{one}}} (?P<a>N\d+),? (?P<j>and|or|und|oder|y|o|et|ou) "
            rf"(?:is |are )?{{{other}}} (?P<b>N\d+)(?! [CE]\d)"
        )
        for m in pattern(form).finditer(text):
            field = marks.names[m["f"]].what
            if _is_number(field, lexicon):
                yield Found(m.start(), m.start("j"), Filter(field, op, marks.numbers[m["a"]]))
                either = m["j"] in ("or", "oder", "o", "ou")
                yield Found(m.start("j"), m.end(), Filter(field, next_op, marks.numbers[m["b"]]), either=either)


def _bounded(text: str, marks: Annotated, lexicon: Lexicon) -> Iterator[Found]:
    for name, op in _OPERATORS.items():
        cue = f"{{{name}}}"
        after = rf"(?P<f>C\d+)(?: (?!C\d|E\d)\S+){{0,3}}? {cue} (?P<n>N\d+)"
        before = rf"{cue} (?P<n>N\d+)(?: (?!C\d|E\d)\S+){{0,2}}? (?P<f>[CE]\d+)"
        for form in (after, before):
            for m in pattern(form).finditer(text):
                what = marks.names[m["f"]].what
                if m["f"].startswith("E"):
                    yield Found(*m.span(), counted=(what, op, marks.numbers[m["n"]]))
                elif _is_number(what, lexicon):
                    yield Found(*m.span(), Filter(what, op, marks.numbers[m["n"]]))


_CURRENCIES = (
    ("eur", "euro", "euros", "€"),
    ("usd", "dollar", "dollars", "dolares", "$"),
    ("gbp", "pound", "pounds", "£"),
)
_UNIT = r"(?P<u>(?:eur|euros?|usd|dollars?|dolares|gbp|pounds?|chf)\b|[€$£%])"


def _bounded_by_unit(text: str, marks: Annotated, lexicon: Lexicon) -> Iterator[Found]:
    """ "over 1000 euros": about the one column that is kept in these, of the things that the question names."""
    for name, op in _OPERATORS.items():
        for form in (rf"{{{name}}} (?P<n>N\d+) ?{_UNIT}", rf"{{{name}}} {_UNIT} ?(?P<n>N\d+)"):
            for m in re.finditer(pattern(form).pattern.removesuffix(r"(?![^\W_])"), text):
                if (field := _kept_in(m["u"], marks, lexicon)) and not re.match(r" [CE]\d", text[m.end() :]):
                    yield Found(*m.span(), Filter(field, op, marks.numbers[m["n"]]))


def _kept_in(unit: str, marks: Annotated, lexicon: Lexicon) -> str:
    """The only column of numbers in this unit; nothing where none is, or several are."""
    alike = next((names for names in _CURRENCIES if unit in names), (unit,))
    named = {m.what.partition(".")[0] for m in marks.names.values() if m.kind != "metric"}
    found = [
        f"{entity}.{column}"
        for entity, meant in lexicon.layer.entities.items()
        for column, of in meant.columns.items()
        if of.type == "number" and of.unit.lower() in alike and (entity in named or not named)
    ]
    return found[0] if len(found) == 1 else ""


def _equal_number(text: str, marks: Annotated, lexicon: Lexicon) -> Iterator[Found]:
    for m in re.finditer(
        (
            r"(?P<f>C\d+)(?: (?:is|of|was|are|equals?|equal to|=|number|id|ids|ist|es|"
            r"est))* (?P<n>N\d+)(?:(?: and| or|,) (?P<o>N\d+))?(?! [CE]\d)"
        ),
        text,
    ):
        what = marks.names[m["f"]].what
        column = lexicon.layer.column(what)
        if column.type in ("number", "id"):
            values = [marks.numbers[n] for n in (m["n"], m["o"]) if n]
            whole = [int(v) if v == int(v) else v for v in values]
            yield Found(*m.span(), Filter(what, "in", tuple(whole)) if len(whole) > 1 else Filter(what, "=", whole[0]))


def _absent(text: str, marks: Annotated, lexicon: Lexicon) -> Iterator[Found]:
    for m in pattern(
        r"(?:{without}(?: (?!E\d|C\d)\S+){0,5}?|{not} (?:\S+ ){0,3}?(?:any|an?|keine\w*|"
        r"ningun\w*|aucune?)) (?P<e>[EC]\d+)"
    ).finditer(text):
        mention = marks.names[m["e"]]
        if m["e"].startswith("E"):
            yield Found(*m.span(), without=mention.what)
        elif lexicon.layer.column(mention.what).type == "boolean":
            yield Found(*m.span(), Filter(mention.what, "=", False))
        elif (thing := re.match(r" (?:an?|any|one) (?P<e>E\d+)", text[m.end() :])) and (
            marks.names[thing["e"]].what == mention.what.partition(".")[0]
        ):
            # "never brought in a repair" is about who has none.
            yield Found(m.start(), m.end() + thing.end(), without=marks.names[thing["e"]].what)
        else:
            entity = mention.what.partition(".")[0]
            key = mention.what.partition(".")[2] in (
                *lexicon.layer.entities[entity].key,
                *lexicon.layer.entities[entity].label,
            )
            yield Found(*m.span(), without=entity) if key else Found(*m.span(), Filter(mention.what, "is null"))


def _values(text: str, marks: Annotated, lexicon: Lexicon) -> Iterator[Found]:
    run = r"V\d+(?:(?:,| and| or| und| oder| y| o| et| ou|, or|, and) (?:the |in |with )?V\d+)*"
    for m in re.finditer(run, text):
        denied = pattern(r"(?:{not}|non)[ -](?:\S+ ){0,2}?").search(text[max(0, m.start() - 25) : m.start()])
        denied = denied if denied and denied.end() == len(text[max(0, m.start() - 25) : m.start()]) else None
        by_field: dict[str, list[object]] = {}
        for mark in re.findall(r"V\d+", m[0]):
            mention = marks.names[mark]
            known = by_field.setdefault(mention.what, [])
            known += [v for v in _spellings(mention.what, mention.value, lexicon) if v not in known]
        for n, (field, values) in enumerate(by_field.items()):
            one = len(values) == 1
            op: Operator = ("!=" if one else "not in") if denied else ("=" if one else "in")
            if one and isinstance(values[0], Part):
                op = "contains"
            span = _with_its_column(text, m, field, marks) if n == 0 else (m.end(), m.end())
            either = n > 0 and re.search(r"\b(?:or|oder|o|ou)\b", m[0]) is not None
            yield Found(*span, Filter(field, op, values[0] if one else tuple(values)), either=either)


def _spellings(field: str, value: object, lexicon: Lexicon) -> list[object]:
    """The value as it is kept: "Approved" and "approved" are one to people."""
    if isinstance(value, Part) or not isinstance(value, str):
        return [value]
    return [v for v in lexicon.values.get(field, ()) if v != value and str(v).lower() == value.lower()] + [value]


def _with_its_column(text: str, m: re.Match[str], field: str, marks: Annotated) -> tuple[int, int]:
    """Where the values stand, with the name of their own column beside them: "high severity"."""
    after = re.match(r" (?P<c>C\d+)", text[m.end() :])
    if after and marks.names[after["c"]].what == field:
        return m.start(), m.end() + after.end()
    return m.span()


def _done(text: str, marks: Annotated, lexicon: Lexicon) -> Iterator[Found]:
    """ "not fixed yet", "haven't been paid": the day on which it was done is missing; "are paid": it isn't."""
    form = (
        r"(?P<no>(?:{not}|{without}|not|haven't|hasn't|weren't|wasn't|yet to be)(?: an?| been| be| yet| still| got)* )?"
        r"(?P<is>(?:is|are|was|were|been|got|already) )?(?P<c>C\d+)"
    )
    for m in pattern(form).finditer(text):
        field = marks.names[m["c"]].what
        verb = marks.words[m["c"]].lower().endswith(("ed", "en", "id", "nt", "ld"))
        done = lexicon.layer.column(field).type in ("date", "datetime") and verb
        if done and m["no"] and (thing := re.match(r" (?:an?|any|one) (?P<e>E\d+)", text[m.end() :])):
            # "never reported a fault" is about who has none.
            yield Found(m.start(), m.end() + thing.end(), without=marks.names[thing["e"]].what)
        elif done and (m["no"] or (m["is"] and not (marks.periods or marks.grains))):
            yield Found(*m.span(), Filter(field, "is null" if m["no"] else "is not null"))


def _yes_no(text: str, marks: Annotated, lexicon: Lexicon) -> Iterator[Found]:
    for m in pattern(r"(?:(?P<no>{not}|{without}) (?:\S+ ){0,2}?)?(?P<c>C\d+)").finditer(text):
        what = marks.names[m["c"]].what
        if lexicon.layer.column(what).type == "boolean":
            yield Found(*m.span(), Filter(what, "=", not m["no"]))


def _nothing(text: str, marks: Annotated, lexicon: Lexicon) -> Iterator[Found]:
    """Declared, known, missing: a column that is filled, or not."""
    for m in re.finditer(
        r"\b(?P<how>declared|known|specified|recorded|missing|unknown|empty|null)(?: an?| their| any)? (?P<c>C\d+)",
        text,
    ):
        gone = m["how"] in ("missing", "unknown", "empty", "null")
        yield Found(*m.span(), Filter(marks.names[m["c"]].what, "is null" if gone else "is not null"))
