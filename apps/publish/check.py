"""What the data model can't see: names that expressions use, step kinds and their parameters, tests that fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from apps.accounts.documents import DOCUMENT_TYPES
from apps.language import App, AppTest, ExpressionError, Input, Step, WriteBack, YamlSource
from apps.language.expressions import Names, has_marks, names_in
from apps.language.mentions import mentions
from apps.language.phrases import unknown_phrase
from apps.language.yaml_lines import KeyPath
from apps.publish.triggers import check_triggers
from apps.publish.write_back import check_write_back
from apps.run.inputs import value_problem
from apps.run.schemas import schema_problem
from apps.steps import KINDS
from core.errors import FilterError
from core.nearest import nearest
from core.text.languages import LANGUAGES
from core.text.patterns import pattern_problem
from retrieval.query.filters import parse_filter

# Names that every expression may use besides inputs and earlier steps.
ALWAYS = ("today", "user", "company", "item", "evidence", "remarks", "say")
_BINARY = ("docx", "pptx", "xlsx")
# Keys of an input that say which documents it may be.
_OF_DOCUMENTS = ("filter", "kind", "customer", "latest")


@dataclass(frozen=True)
class _Scope:
    """What expressions at one place may name: inputs and earlier steps, and what those steps give; `steps` are all."""

    known: list[str]
    fields: dict[str, tuple[str, ...]]
    steps: list[str]


def check_app(app: App, source: YamlSource) -> None:
    """Refuses an app that could not run. Raises AppError with file, line, field, what was found and what is right."""
    for n, code in enumerate(app.languages):
        if code not in LANGUAGES:
            raise source.refusal(("languages", n), f"found '{code}'; {nearest(code, list(LANGUAGES), 'languages')}")
    _check_inputs(app, source)
    queries = next((n for n, s in enumerate(app.steps) if s.use == "query"), None)
    if queries is not None and not app.audience:
        # The warehouse knows the service's account, not the person; who may see its rows is said by the audience.
        raise source.refusal(("steps", queries, "use"), "an app that queries needs an `audience`; name its groups.")
    scope = _Scope([i.name for i in app.inputs], {}, [step.id for step in app.steps])
    for name, value in app.variables.items():
        if name in scope.known or name in ALWAYS:
            raise source.refusal(("variables", name), f"'{name}' is taken already; rename the variable.")
        _check_texts(value, ("variables", name), source, scope)
        scope.known.append(name)
    for n, step in enumerate(app.steps):
        path: KeyPath = ("steps", n)
        if step.id in scope.known or step.id in ALWAYS:
            raise source.refusal((*path, "id"), f"'{step.id}' is taken already; give the step another id.")
        _check_step(step, path, source, scope)
        if step.for_each and step.use == "ask":
            raise source.refusal((*path, "for_each"), "a step that asks stops the run once; take `for_each` away.")
        if _one_text(step.for_each, app):
            raise source.refusal(
                (*path, "for_each"),
                f"'{_one_text(step.for_each, app)}' is one value; go through a list: "
                "an input of type multi_choice or files, or what a step gives.",
            )
        scope.known.append(step.id)
        if not step.for_each:
            scope.fields[step.id] = KINDS[step.use].fields
    _check_phrases(app, source)
    names: set[str] = set()
    for n, output in enumerate(app.outputs):
        if output.name in names:
            raise source.refusal(("outputs", n, "name"), f"'{output.name}' stands twice; rename one output.")
        names.add(output.name)
        _check_texts(output.value, ("outputs", n, "value"), source, scope)
        if output.schema_ is not None and (problem := schema_problem(output.schema_)):
            raise source.refusal(("outputs", n, "schema"), problem)
        if output.when:
            _check_text(output.when, ("outputs", n, "when"), source, scope, bare=True)
        if output.kind in _BINARY and not _is_file(output.value, app):
            raise source.refusal(
                ("outputs", n, "value"),
                f"found {output.value!r}; a {output.kind} is the file of a `render` step, "
                'as in "{{ document.file }}".',
            )
    for n, action in enumerate(app.actions):
        check_write_back(action, ("actions", n), source)
        _check_write_back_texts(action, ("actions", n), source, scope)
    check_triggers(
        app,
        source,
        lambda value, path, fields, bare: _check_texts(
            value, path, source, _Scope(["event"], {"event": fields}, []), bare=bare
        ),
    )
    for n, test in enumerate(app.tests):
        _check_test(app, test, ("tests", n), source)


def _check_write_back_texts(action: WriteBack, path: KeyPath, source: YamlSource, scope: _Scope) -> None:
    within = replace(scope, known=[*scope.known, "item"]) if action.for_each else scope
    for part in ("fields", "evidence"):
        _check_texts(getattr(action, part), (*path, part), source, within)
    _check_texts(action.title, (*path, "title"), source, within)
    for part in ("when", "for_each"):
        if getattr(action, part):
            _check_text(getattr(action, part), (*path, part), source, scope, bare=True)


def _is_file(value: Any, app: App) -> bool:
    """Whether the value asks a `render` step for its file."""
    renders = {step.id for step in app.steps if step.use in ("render", "run_app")}
    if not isinstance(value, str):
        return False
    found = names_in(value)
    return any(name in renders for name, _ in found.names)


def _check_phrases(app: App, source: YamlSource) -> None:
    for code in app.phrases:
        if code not in app.languages:
            raise source.refusal(("phrases", code), f"found '{code}', which isn't in `languages`; add it there.")
    places: list[tuple[KeyPath, str]] = [
        text for n, step in enumerate(app.steps) for text in _texts(step.values, ("steps", n, "with"))
    ]
    places += [text for name, value in app.variables.items() for text in _texts(value, ("variables", name))]
    places += [text for n, output in enumerate(app.outputs) for text in _texts(output.value, ("outputs", n, "value"))]
    for path, text in places:
        if not has_marks(text):
            continue
        for phrase, line in names_in(text).phrases:
            problem = unknown_phrase(phrase, app.languages, app.phrases)
            if problem is not None:
                raise source.refusal(path, problem, line)


def _check_inputs(app: App, source: YamlSource) -> None:
    seen: set[str] = set()
    accounts = [i.name for i in app.inputs if i.type == "account"]
    for n, item in enumerate(app.inputs):
        if item.customer and item.customer not in accounts:
            raise source.refusal(
                ("inputs", n, "customer"),
                f"found '{item.customer}'; {nearest(item.customer, accounts, 'account inputs')}",
            )
        path: KeyPath = ("inputs", n)
        if item.name in seen or item.name in ALWAYS:
            raise source.refusal((*path, "name"), f"'{item.name}' is taken already; rename the input.")
        seen.add(item.name)
        problem = _input_problem(item)
        if problem is not None:
            raise source.refusal((*path, problem[0]), problem[1])


def _input_problem(item: Input) -> tuple[str, str] | None:
    """The field and what is wrong with it."""
    if item.type in ("choice", "multi_choice") and not item.choices:
        return "choices", f"a {item.type} needs choices; list them."
    if item.choices and item.type not in ("choice", "multi_choice", "language"):
        return "choices", f"found choices on a {item.type}; make it a choice, or remove them."
    if item.accept and item.type not in ("file", "files"):
        return "accept", f"found file types on a {item.type}; remove them, or make it a file."
    for extension in item.accept:
        if not extension.startswith("."):
            return "accept", f"found '{extension}'; write file types with their point, such as .docx."
    if item.pattern and (problem := pattern_problem(item.pattern)):
        return "pattern", problem
    if item.min is not None and item.max is not None and item.min > item.max:
        return "min", f"found {item.min:g}, over max {item.max:g}; swap them."
    if item.type not in DOCUMENT_TYPES and (own := next((f for f in _OF_DOCUMENTS if getattr(item, f)), "")):
        return own, f"found it on a {item.type}; make it a document, or remove it."
    try:
        parse_filter(item.filter)
    except FilterError as error:
        return "filter", str(error)
    if isinstance(item.default, tuple) and item.type not in ("multi_choice", "files", "documents"):
        return "default", f"found a list on a {item.type}, which has one value; write one."
    problem = value_problem(item, item.default)
    return ("default", problem) if problem else None


def _check_step(step: Step, path: KeyPath, source: YamlSource, scope: _Scope) -> None:
    kind = KINDS.get(step.use)
    if step.use == "generate":
        raise source.refusal((*path, "use"), "found 'generate'; write `write`, and a `prompt` for its instructions.")
    if kind is None:
        raise source.refusal((*path, "use"), f"found '{step.use}'; {nearest(step.use, list(KINDS), 'step kinds')}")
    allowed = [field.alias or name for name, field in kind.parameters.model_fields.items()]
    for name in step.values:
        if name not in allowed:
            raise source.refusal(
                (*path, "with", name),
                f"'{step.use}' has no parameter '{name}'; {nearest(name, allowed, 'parameters')}",
            )
    for name, field in kind.parameters.model_fields.items():
        if field.is_required() and (field.alias or name) not in step.values:
            raise source.refusal((*path, "with"), f"'{step.use}' needs the parameter '{name}'; add it.")
    if kind.needs_one and not any(name in step.values for name in kind.needs_one):
        raise source.refusal((*path, "with"), f"'{step.use}' needs {' or '.join(map(repr, kind.needs_one))}; add one.")
    _check_literals(step, path, source)
    for name, value in step.values.items():
        if name in kind.literal and _has_expression(value):
            raise source.refusal(
                (*path, "with", name), f"found an expression in '{name}', which must be fixed; pass values by name."
            )
        more = replace(scope, known=[*scope.known, "item", *kind.names]) if name in kind.templates else scope
        bare = name in kind.expressions and not step.values.get("prompt")
        if name in kind.prompts:
            _check_mentions(str(value), (*path, "with", name), source, scope)
        _check_texts(value, (*path, "with", name), source, more, bare=bare)
    for name in ("when", "for_each"):
        text = getattr(step, name)
        if text:
            _check_text(text, (*path, name), source, scope, bare=True)


def _one_text(text: str, app: App) -> str:
    """The input that a `for_each` would go through letter by letter; empty when it names none."""
    name = text.strip().removeprefix("{{").removesuffix("}}").strip()
    item = app.input(name)
    lists = ("multi_choice", "files", "documents")
    return name if item is not None and item.type not in lists else ""


def _check_literals(step: Step, path: KeyPath, source: YamlSource) -> None:
    """Values that stand in the file as they are can be checked now; expressions only when they run."""
    kind = KINDS[step.use]
    fixed = {k: v for k, v in step.values.items() if not _has_expression(v)}
    try:
        kind.parameters.model_validate(fixed)
    except ValidationError as error:
        for found in error.errors():
            name = str(found["loc"][0]) if found["loc"] else ""
            if name in fixed and found["type"] != "missing":
                where: KeyPath = (*path, "with", *found["loc"])
                raise source.refusal(
                    where, f"found {found['input']!r}: {found['msg'][0].lower()}{found['msg'][1:]}."
                ) from error


def _has_expression(value: Any) -> bool:
    return any(has_marks(text) for _, text in _texts(value, ()))


def _check_texts(value: Any, path: KeyPath, source: YamlSource, scope: _Scope, *, bare: bool = False) -> None:
    """Checks what stands in marks; `bare` are expressions without any, too."""
    for where, text in _texts(value, path):
        if has_marks(text) or bare:
            _check_text(text, where, source, scope, bare=bare and not has_marks(text))


def _check_mentions(text: str, path: KeyPath, source: YamlSource, scope: _Scope) -> None:
    """Refuses an `@name` that is no input, variable or earlier step, or a field that the step doesn't give."""
    for found in mentions(text):
        if found.name in scope.steps and found.name not in scope.known:
            raise source.refusal(
                path, f"the step '{found.name}' comes only later; move it before this one.", found.line
            )
        if found.name not in scope.known and found.name not in ALWAYS:
            near = nearest(found.name, scope.known, "inputs and earlier steps")
            raise source.refusal(
                path, f"'@{found.name}' is no input or step; {near} (write @@ for a plain @)", found.line
            )
        fields = scope.fields.get(found.name)
        if fields and found.field and found.field not in fields:
            near = nearest(found.field, list(fields), "it gives")
            raise source.refusal(path, f"the step '{found.name}' gives no '{found.field}'; {near}", found.line)


def _texts(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list | tuple):
        for n, item in enumerate(value):
            yield from _texts(item, (*path, n))


def _check_text(text: str, path: KeyPath, source: YamlSource, scope: _Scope, *, bare: bool = False) -> None:
    try:
        found: Names = names_in(text, bare=bare)
    except ExpressionError as error:
        raise source.refusal(path, str(error), error.line) from error
    names = [*scope.known, *(n for n in ALWAYS if n not in scope.known)]
    for name, line in found.names:
        if name in scope.steps and name not in names:
            raise source.refusal(path, f"the step '{name}' comes only later; move it before this one.", line)
        if name not in names and name != "range" and "*" not in names:
            raise source.refusal(
                path, f"the name '{name}' is unknown; {nearest(name, names, 'inputs and earlier steps')}", line
            )
    for name, attribute, line in found.attributes:
        if name in scope.fields and attribute not in scope.fields[name]:
            raise source.refusal(
                path,
                f"{'the step ' * (name in scope.steps)}'{name}' gives no '{attribute}'; "
                f"{nearest(attribute, list(scope.fields[name]), 'it gives')}",
                line,
            )


def _check_test(app: App, test: AppTest, path: KeyPath, source: YamlSource) -> None:
    inputs = [i.name for i in app.inputs]
    for name in test.inputs:
        if name not in inputs:
            raise source.refusal((*path, "inputs", name), f"there is no such input; {nearest(name, inputs, 'inputs')}")
    if not test.expect and not test.fails and not test.judge:
        raise source.refusal(path, "the test expects nothing; add `expect`, `judge` or `fails`.")
    outputs = [o.name for o in app.outputs]
    for n, wanted in enumerate(test.expect):
        if wanted.output not in outputs:
            raise source.refusal(
                (*path, "expect", n, "output"),
                f"found '{wanted.output}'; {nearest(wanted.output, outputs, 'outputs')}",
            )
        for m, pattern in enumerate(wanted.matches):
            if problem := pattern_problem(pattern):
                raise source.refusal((*path, "expect", n, "matches", m), problem)
