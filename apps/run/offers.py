"""What a run offers to write into other systems: forms that are filled in, each value with the words it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.language import Guard, evaluate
from apps.language.isolated import truth
from apps.language.spec import WriteBack
from apps.run.context import SourceQuote
from apps.run.outputs import filled
from core.errors import AppError

_MOST = 50


@dataclass(frozen=True, slots=True)
class OfferedForm:
    """One form. `to` is KIND.OPERATION, or NAME.OPERATION of one configured system; `title` what its button says."""

    to: str
    title: str
    fields: Mapping[str, str]
    evidence: Mapping[str, tuple[SourceQuote, ...]]


def offered_forms(
    wanted: Sequence[WriteBack], values: Mapping[str, Any], evidence: Sequence[SourceQuote], guard: Guard
) -> tuple[OfferedForm, ...]:
    """The forms over a run's values. Raises AppError: a value doesn't fit, or there are too many."""
    made: list[OfferedForm] = []
    for number, one in enumerate(wanted, start=1):
        try:
            if one.when and not truth(one.when, values):
                continue
            items: Any = [None]
            if one.for_each:
                items = evaluate(one.for_each, values, bare=True)
            if not isinstance(items, list | tuple):
                raise AppError(f"for_each needs a list, and {one.for_each} is a {type(items).__name__}.")
            made += [_form(one, {**values, "item": item}, evidence, guard) for item in items]
        except AppError as error:
            raise AppError(f"Action {number} ({one.to}): {error}") from error
    if len(made) > _MOST:
        raise AppError(f"The run offers {len(made)} forms and the limit is {_MOST}; narrow `for_each`.")
    return tuple(made)


def _form(one: WriteBack, values: Mapping[str, Any], evidence: Sequence[SourceQuote], guard: Guard) -> OfferedForm:
    fields = {name: _text(filled(value, values, guard)) for name, value in one.fields.items()}
    quotes = {name: _quotes(filled(value, values, guard), evidence) for name, value in one.evidence.items()}
    title = str(filled(one.title, values, guard)) if one.title else ""
    return OfferedForm(one.to, title, fields, {name: found for name, found in quotes.items() if found})


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _quotes(value: Any, evidence: Sequence[SourceQuote]) -> tuple[SourceQuote, ...]:
    """The places that a value names: numbers of the run's evidence, items with a `number`, or lists of these."""
    if isinstance(value, list | tuple):
        return tuple(dict.fromkeys(quote for part in value for quote in _quotes(part, evidence)))
    told = value.get("number") if isinstance(value, Mapping) else value
    if isinstance(told, bool) or not str(told).strip().isdigit():
        return ()
    number = int(str(told))
    return (evidence[number - 1],) if 1 <= number <= len(evidence) else ()
