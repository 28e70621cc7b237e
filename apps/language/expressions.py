"""Jinja in a sandbox: values and templates over inputs and earlier steps, with errors that name what is unknown.

A field that is one expression, `{{ meeting.decisions }}`, keeps its type; any other text is a template.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, meta, nodes, pass_context
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.runtime import Context as JinjaContext
from jinja2.sandbox import ImmutableSandboxedEnvironment, safe_range

from apps.language.excerpts import excerpt, questions_in
from apps.language.phrases import translated
from core.errors import AppError
from core.nearest import nearest
from core.tables import table_cell
from core.text.locale import joined, long_date, number_text, signed_text

_WHOLE = re.compile(r"\A\s*\{\{((?:(?!\}\}|\{\{).)*)\}\}\s*\Z", re.DOTALL)
_LARGEST = 1_000_000_000_000
# Under this name the phrases that an app brings along stand among the values.
OWN_PHRASES = "_phrases"
_MARKS = re.compile(r"\{[{%#]")


class ExpressionError(AppError):
    """An expression that can't be understood or filled; `line` counts into its text, from 0."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class _Missing(StrictUndefined):
    """Says what there is instead."""

    @property
    def _undefined_message(self) -> str:
        name, owner = self._undefined_name, self._undefined_obj
        if isinstance(owner, Mapping):
            return f"there is no '{name}' here; there is: {', '.join(map(str, owner)) or 'nothing'}."
        return f"'{name}' is unknown here."


class Skipped(dict[str, Any]):
    """The result of a step that didn't run: false, and every field of it empty."""

    def __init__(self, fields: tuple[str, ...] = ()) -> None:
        super().__init__(dict.fromkeys(fields))

    def __bool__(self) -> bool:
        return False


class _Sandbox(ImmutableSandboxedEnvironment):
    """Also keeps sums to numbers of everyday size, which says sooner what is wrong than the process's limits do."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: JinjaContext, operator: str, left: Any, right: Any) -> Any:
        """The operation, for numbers of everyday size only."""
        numbers = all(isinstance(v, int | float) for v in (left, right))
        if not numbers or operator == "**" or max(abs(left), abs(right)) > _LARGEST:
            raise SecurityError(f"'{operator}' is only for numbers up to {_LARGEST:,}")
        return super().call_binop(context, operator, left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What a mapping holds under the name, before its methods: `event.values` are the values of the event."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def _as_date(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _language(context: JinjaContext, chosen: str | None) -> str:
    """The language that was asked for, else the one that the text is written in."""
    language = chosen or context.get("language")
    return language if isinstance(language, str) and language else "en"


@pass_context
def _say(context: JinjaContext, phrase: str, language: str | None = None, **values: object) -> str:
    return translated(str(phrase), _language(context, language), context.get(OWN_PHRASES) or {}, values)


@pass_context
def _long_date(context: JinjaContext, value: object, language: str | None = None) -> str:
    return long_date(value, _language(context, language))


@pass_context
def _joined(context: JinjaContext, values: Iterable[Any], language: str | None = None) -> str:
    return joined(values, _language(context, language))


@pass_context
def _number(context: JinjaContext, value: object, language: str | None = None, digits: int | None = None) -> str:
    return number_text(value, _language(context, language), digits)


@pass_context
def _figure(context: JinjaContext, value: object, language: str | None = None) -> str:
    """A long number that stands as digits in a text, with separators; a year or another text as it is."""
    plain = re.fullmatch(r"(-?\d{5,15}(?:\.\d+)?)(\s?(?:[A-Z]{3}|[€$£]))?", str(value).strip())
    return number_text(float(plain[1]), _language(context, language)) + (plain[2] or "") if plain else str(value)


@pass_context
def _signed(context: JinjaContext, value: object, language: str | None = None) -> str:
    return signed_text(value, _language(context, language))


def _environment() -> ImmutableSandboxedEnvironment:
    environment = _Sandbox(
        undefined=_Missing, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False, autoescape=False
    )
    environment.globals.clear()
    environment.globals["range"] = safe_range
    environment.globals["say"] = _say
    environment.filters |= {
        "long_date": _long_date,
        "joined": _joined,
        "number": _number,
        "figure": _figure,
        "signed": _signed,
        "questions": questions_in,
        "excerpt": excerpt,
        "as_date": _as_date,
        "cell": lambda value: table_cell(str(value)),
    }
    for name in ("center", "filesizeformat", "format", "indent", "pprint", "random", "urlize", "wordwrap", "xmlattr"):
        environment.filters.pop(name, None)
    return environment


ENVIRONMENT = _environment()


@dataclass(frozen=True)
class Names:
    """What an expression refers to: names, the attributes asked of them directly, and the phrases that it says."""

    names: tuple[tuple[str, int], ...]
    attributes: tuple[tuple[str, str, int], ...]
    phrases: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Guard:
    """Limits while a template is filled."""

    max_chars: int = 200_000
    deadline: float = float("inf")
    clock: Callable[[], float] = time.monotonic


def has_marks(text: str) -> bool:
    """Whether `text` has anything for Jinja in it."""
    return _MARKS.search(text) is not None


def names_in(text: str, *, bare: bool = False) -> Names:
    """The free names of a template, or of a `bare` expression (as in `when`).

    Raises:
        ExpressionError: it isn't Jinja.
    """
    tree = parsed(text, bare=bare)
    # A name that is set in one branch counts as free there for Jinja; the text knows it all the same.
    own = {n.name for n in tree.find_all(nodes.Name) if n.ctx == "store"}
    free = meta.find_undeclared_variables(tree) - own
    found = tuple((n.name, n.lineno - 1) for n in tree.find_all(nodes.Name) if n.ctx == "load" and n.name in free)
    attributes = [
        (node.node.name, node.attr, node.lineno - 1)
        for node in tree.find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Name) and node.node.name in free
    ]
    for item in tree.find_all(nodes.Getitem):
        key = item.arg.value if isinstance(item.arg, nodes.Const) else None
        if isinstance(key, str) and isinstance(item.node, nodes.Name) and item.node.name in free:
            attributes.append((item.node.name, key, item.lineno - 1))
    said = tuple(
        (call.args[0].value, call.lineno - 1)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name)
        and call.node.name == "say"
        and call.args
        and isinstance(call.args[0], nodes.Const)
    )
    return Names(found, tuple(attributes), said)


def evaluate_here(text: str, values: Mapping[str, Any], *, bare: bool, guard: Guard) -> Any:
    """What `text` gives over `values`, in this process, whatever it takes; others call `isolated.evaluate`."""
    whole = _WHOLE.match(text)
    try:
        if bare or whole:
            expression = _bare(text) if bare else whole.group(1) if whole else text
            found = ENVIRONMENT.compile_expression(expression, undefined_to_none=False)(**values)
            if isinstance(found, StrictUndefined):
                raise ExpressionError(str(found._undefined_message))
            return found
        return _filled(text, values, guard)
    except TemplateSyntaxError as error:
        raise ExpressionError(f"{error.message}; mend the expression.", (error.lineno or 1) - 1) from error
    except UndefinedError as error:
        raise ExpressionError(str(error.message)) from error
    except SecurityError as error:
        raise ExpressionError(f"{error}; an app can only read values.") from error
    except TemplateRuntimeError as error:
        raise ExpressionError(f"{error.message}; mend the expression.") from error
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        raise ExpressionError(f"{type(error).__name__}: {error}; check the values that go in.") from error


def _filled(text: str, values: Mapping[str, Any], guard: Guard) -> str:
    pieces, size = [], 0
    for piece in ENVIRONMENT.from_string(text).generate(**values):
        pieces.append(piece)
        size += len(piece)
        if size > guard.max_chars:
            raise ExpressionError(f"the text grows over {guard.max_chars:,} characters; shorten it.")
        if guard.clock() > guard.deadline:
            raise ExpressionError("the run's time is up while a text is filled; loop over less.")
    return "".join(pieces).strip("\n")


def _bare(text: str) -> str:
    whole = _WHOLE.match(text)
    return whole.group(1) if whole else text


def _wrapped(text: str) -> str:
    return "{{ " + _bare(text) + " }}"


def parsed(text: str, *, bare: bool = False) -> nodes.Template:
    """The syntax tree of a template, or of a `bare` expression. Raises ExpressionError: it isn't Jinja."""
    text = _wrapped(text) if bare else text
    try:
        tree = ENVIRONMENT.parse(text)
        for node in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
            raise ExpressionError("a template can't take in other files; write the text here.", node.lineno - 1)
        for used in tree.find_all(nodes.Filter):
            _known(used.name, ENVIRONMENT.filters, "filter", used.lineno)
        for asked in tree.find_all(nodes.Test):
            _known(asked.name, ENVIRONMENT.tests, "test", asked.lineno)
        return tree
    except TemplateSyntaxError as error:
        if re.search("[“”‘’„«»]", text):
            raise ExpressionError(
                "found typographic quotes; write straight ones (' or \") in an expression.", (error.lineno or 1) - 1
            ) from error
        message = (error.message or "").replace("print statement", "expression").rstrip(".")
        raise ExpressionError(f"{message}; mend the expression.", (error.lineno or 1) - 1) from error
    except RecursionError as error:
        raise ExpressionError("the expression nests too deep; write it flatter.") from error


def _known(name: str, known: Mapping[str, object], what: str, line: int) -> None:
    if name not in known:
        near = nearest(name, sorted(known), f"{what}s")
        raise ExpressionError(f"the {what} '{name}' is unknown; {near}", line - 1)
