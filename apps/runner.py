"""Runs an app: inputs checked, steps one after the other with their states, outputs at the end.

    for event in run_app(app, {"transcript": file}, context):
        ...                       # StepState …, and last the RunResult

Limits (steps, seconds, tokens, output size) and the cancel switch are looked at before each step and while texts are
filled; the message says which limit it was. Where a step asks a person the run ends as "waiting", and `resume` goes on
from there with the answers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError

from apps.accounts.documents import with_documents
from apps.language.expressions import OWN_PHRASES, Guard, Skipped
from apps.language.isolated import evaluate, truth
from apps.language.spec import App, Input, Step
from apps.run.context import Asked, Context, LimitReached, SourceQuote
from apps.run.inputs import check_fields, check_inputs, plain
from apps.run.offers import OfferedForm, offered_forms
from apps.run.outputs import OutputValue, filled, make_output, redacted_output, redacted_value
from apps.steps import KINDS
from core.database import utc_now
from core.errors import AppError, DebriefError
from core.types import User

State = Literal["waiting", "running", "done", "skipped", "asking", "failed", "cancelled"]
Status = Literal["completed", "failed", "cancelled", "waiting"]
_MOST_ITEMS = 200


@dataclass(frozen=True, slots=True)
class StepState:
    """Where one step is. `detail` says how far, or why it was skipped or failed."""

    step: str
    title: str
    state: State
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run gives. `error` is one sentence when it didn't complete.

    Attributes:
        evidence: What was read; expressions number these from 1.
        notes: What a person should know, such as a step that needs a model.
        inputs: What was put in, as plain values; files by their names.
        values: Inputs and step results, for a follow-up on the same run.
        offers: Forms for other systems that a person may review.
        asks: What a person is asked before the run goes on, in the step `asks_in` of the app `asked_by`.
    """

    app: str
    version: str
    status: Status
    outputs: tuple[OutputValue, ...] = ()
    evidence: tuple[SourceQuote, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    tokens: int = 0
    saved_minutes: float = 0.0
    error: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] | None = None
    offers: tuple[OfferedForm, ...] = ()
    asks: tuple[Input, ...] = ()
    asks_in: str = ""
    asks_until: datetime | None = None
    otherwise: Mapping[str, Any] = field(default_factory=dict)
    asked_by: App | None = None

    def output(self, name: str) -> OutputValue | None:
        """The output of that name; None if its condition kept it away."""
        return next((o for o in self.outputs if o.name == name), None)


class _Cancelled(Exception):
    """The person stopped the run."""


def may_use(app: App, user: User) -> bool:
    """Whether the app's audience includes `user`; an app without audience is for everyone."""
    return not app.audience or bool(set(app.audience) & set(user.groups))


def run_app(app: App, given: Mapping[str, Any], context: Context) -> Iterator[StepState | RunResult]:
    """The states of the steps as they change; the last event is the RunResult.

    Raises:
        AppError: the person may not use the app, or its inputs are wrong. A step that fails ends in the result.
    """
    _check_audience(app, context.user)
    values = with_documents(app, check_inputs(app, given), context)
    return _Run(app, values, context).events(app.steps)


def _check_audience(app: App, user: User) -> None:
    if not may_use(app, user):
        raise AppError(
            f"The app {app.name} is for {', '.join(app.audience)}, and {user.email} is in none of these "
            f"groups; ask its owner {app.owner}."
        )


def resume(
    app: App, waiting: RunResult, answers: Mapping[str, Any], context: Context, *, late: bool = False
) -> Iterator[StepState | RunResult]:
    """The rest of a run that waits for a person, as `run_app`.

    Args:
        late: Nobody answered in time; the answers are those that the app has for that.

    Raises:
        AppError: an answer is wrong, the person may no longer use the app, or the step isn't there any more.
    """
    _check_audience(app, context.user)
    at = next((n for n, step in enumerate(app.steps) if step.id == waiting.asks_in), None)
    if at is None:
        raise AppError(f"The app {app.name} has no step {waiting.asks_in!r} any more; run it from its beginning.")
    run = _Run(app, {}, context)
    run.values |= {k: v for k, v in (waiting.values or {}).items() if k != OWN_PHRASES}
    context.evidence.extend(waiting.evidence)
    context.notes.extend(waiting.notes)
    context.tokens, context.late = waiting.tokens, late
    context.answers = check_fields(app.name, waiting.asks, answers)
    return run.events(app.steps[at:], waiting.seconds)


def finish(app: App, given: Mapping[str, Any], context: Context) -> RunResult:
    """The result that `run_app` ends with. Arguments and errors as there."""
    last: StepState | RunResult | None = None
    for event in run_app(app, given, context):
        last = event
    assert isinstance(last, RunResult)
    return last


class _Run:
    def __init__(self, app: App, inputs: Mapping[str, Any], context: Context) -> None:
        self.app, self.context = app, context
        context.max_tokens = min(context.max_tokens, app.limits.tokens)
        context.style = app.style
        context.max_chars = app.limits.output_chars
        context.deadline = min(context.deadline, context.clock() + app.limits.seconds)
        self.steps_left = app.limits.steps
        self._last_error = ""
        user = {"email": context.user.email, "name": context.user.name or context.user.email.split("@")[0]}
        self.values: dict[str, Any] = {
            "today": context.today.isoformat(),
            "company": context.company,
            "user": user,
            **inputs,
            OWN_PHRASES: app.phrases,
        }
        context.values = self.values
        context.run_app, context.running = finish, app.name

    def events(self, steps: Sequence[Step], seconds_before: float = 0.0) -> Iterator[StepState | RunResult]:
        begin, redact = time.monotonic() - seconds_before, self.context.tools.redact
        status: Status = "completed"
        error = ""
        outputs: tuple[OutputValue, ...] = ()
        offers: tuple[OfferedForm, ...] = ()
        asks: tuple[Input, ...] = ()
        until, otherwise = None, dict[str, Any]()
        for step in steps:
            yield StepState(step.id, _title(step), "waiting")
        current = steps[0]
        try:
            self._set_variables()
            with self.context.tools.running(self.context.user.email):
                for current in steps:
                    yield StepState(current.id, _title(current), "running")
                    started = time.monotonic()
                    skipped = self._step(current)
                    seconds = round(time.monotonic() - started, 3)
                    yield StepState(current.id, _title(current), "skipped" if skipped else "done", skipped, seconds)
                outputs = self._outputs()
                offers = self._offers()
        except _Cancelled:
            status, error = "cancelled", f"The run was cancelled before the step '{_title(current)}'."
            yield StepState(current.id, _title(current), "cancelled")
        except Asked as asked:
            status, error, asks, otherwise = "waiting", str(asked), asked.fields, asked.otherwise
            until = None if asked.within is None else utc_now() + asked.within
            yield StepState(current.id, _title(current), "asking", error)
        except DebriefError as problem:
            status, error = "failed", str(problem)
            yield StepState(current.id, _title(current), "failed", error)
        yield RunResult(
            app=self.app.name,
            version=self.app.version,
            status=status,
            outputs=outputs,
            evidence=tuple(replace(e, quote=redact(e.quote)) for e in self.context.evidence),
            notes=tuple(redact(note) for note in dict.fromkeys(self.context.notes)),
            seconds=round(time.monotonic() - begin, 3),
            tokens=self.context.tokens,
            saved_minutes=self.app.saves_minutes if status == "completed" else 0.0,
            error=error,
            inputs={i.name: plain(self.values[i.name]) for i in self.app.inputs},
            values=self.values,
            offers=offers,
            asks=asks,
            asks_in=current.id if asks else "",
            asks_until=until,
            otherwise=otherwise,
            asked_by=self.app if asks else None,
        )

    def _set_variables(self) -> None:
        """Fills the app's variables, each of which may use those before it."""
        guard = Guard(self.context.max_chars, self.context.deadline, self.context.clock)
        for name, value in self.app.variables.items():
            try:
                self.values.setdefault(name, filled(value, self.values, guard))
            except AppError as error:
                raise AppError(f"Variable '{name}': {error}") from error

    def _step(self, step: Step) -> str:
        """Runs a step; why it was skipped, or an empty text."""
        try:
            if step.when and not truth(step.when, self.values):
                self.values[step.id] = Skipped(KINDS[step.use].fields)
                return f"because {step.when} doesn't hold"
            if not step.for_each:
                done = self._tried(step, self.values, "")
                self.values[step.id] = Skipped(KINDS[step.use].fields) if done is None else done
                return "" if done is not None and not done.get("error") else self.context.notes[-1]
            rows = evaluate(step.for_each, self.values, bare=True)
            if not isinstance(rows, list | tuple):
                raise AppError(f"for_each needs a list, and {step.for_each} is a {type(rows).__name__}.")
            if len(rows) > _MOST_ITEMS:
                raise AppError(f"for_each has {len(rows)} items and the limit is {_MOST_ITEMS}; narrow the list.")
            self.values[step.id] = self._rows(step, rows)
        except (Asked, LimitReached):
            raise
        except AppError as error:
            raise AppError(f"Step '{step.id}' ({step.use}): {error}") from error
        return ""

    def _rows(self, step: Step, items: Sequence[Any]) -> list[dict[str, Any]]:
        """The result of each item, with the item; nothing is left where none could be done.

        Raises:
            AppError: there are items, and nothing could be done for any of them.
        """
        made = [self._tried(step, {**self.values, "item": item}, _short(item)) for item in items]
        said = {"error": ""} if step.on_error == "say" else {}
        rows = [{**said, **row, "item": item} for item, row in zip(items, made, strict=True) if row is not None]
        if items and all(row.get("error") for row in rows):
            raise AppError(f"it could be done for none of {len(items)}: {self._last_error}")
        return rows

    def _tried(self, step: Step, values: Mapping[str, Any], name: str) -> dict[str, Any] | None:
        """The step's result; what `on_error` leaves of it where it can't be done: nothing, or a row that says why."""
        self._check_limits()
        try:
            return self._call(step, values)
        except (Asked, LimitReached):
            raise
        except DebriefError as error:
            self._last_error = str(error)
            if step.on_error == "stop":
                raise
            about = f" for {name}" if name else ""
            left = "was left out" if step.on_error == "skip" else "could not be done"
            self.context.notes.append(f"{_title(step)}{about} {left}: {error}")
            # A field that the result would have is there, so that a table can have a column of it.
            return {**Skipped(KINDS[step.use].fields), "error": str(error)} if step.on_error == "say" else None

    def _call(self, step: Step, values: Mapping[str, Any]) -> dict[str, Any]:
        kind = KINDS[step.use]
        guard = Guard(self.context.max_chars, self.context.deadline, self.context.clock)
        given = {
            k: v if k in (*kind.templates, *kind.literal) else filled(v, values, guard) for k, v in step.values.items()
        }
        # A parameter that came out empty, such as an optional input, is as if it weren't there.
        given = {k: v for k, v in given.items() if v is not None}
        if kind.makes_files:
            given = redacted_value(given, self.context.tools.redact)
        self.context.values = values
        try:
            parameters = kind.parameters.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(p) for p in first["loc"][:1])
            raise AppError(f"the parameter '{name}' came out as {_short(given.get(name))}: {first['msg']}.") from error
        return kind.run(parameters, self.context)

    def _check_limits(self) -> None:
        if self.context.cancelled():
            raise _Cancelled
        self.steps_left -= 1
        if self.steps_left < 0:
            raise LimitReached(f"the run is over its limit of {self.app.limits.steps} steps; raise limits.steps.")
        if self.context.clock() > self.context.deadline:
            raise LimitReached(
                f"the run is over its limit of {self.app.limits.seconds:g} seconds; give it less, or raise "
                "limits.seconds."
            )

    def _offers(self) -> tuple[OfferedForm, ...]:
        guard = Guard(self.context.max_chars, self.context.deadline, self.context.clock)
        redact = self.context.tools.redact
        made = offered_forms(self.app.actions, self.values, self.context.evidence, guard)
        return tuple(
            replace(
                form,
                fields={name: redact(value) for name, value in form.fields.items()},
                evidence={n: tuple(replace(q, quote=redact(q.quote)) for q in qs) for n, qs in form.evidence.items()},
            )
            for form in made
        )

    def _outputs(self) -> tuple[OutputValue, ...]:
        guard = Guard(self.context.max_chars, self.context.deadline, self.context.clock)
        evidence = [
            {"number": n, "title": e.title, "url": e.url, "locator": e.locator, "quote": e.quote}
            for n, e in enumerate(self.context.evidence, start=1)
        ]
        values = {**self.values, "evidence": evidence, "remarks": list(self.context.notes)}
        made = []
        for output in self.app.outputs:
            try:
                if not output.when or truth(output.when, values):
                    made.append(redacted_output(make_output(output, values, guard), self.context.tools.redact))
            except AppError as error:
                raise AppError(f"Output '{output.name}': {error}") from error
        return tuple(made)


def _title(step: Step) -> str:
    return step.title or step.id.replace("_", " ").capitalize()


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
