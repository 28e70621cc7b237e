"""Runs an app: inputs checked, steps one after the other with their states, outputs at the end.

    for event in run_app(app, {"transcript": file}, context):
        ...                       # StepState …, and last the RunResult

Limits (steps, seconds, tokens, output size) and the cancel switch are looked at before each step and while texts are
filled; the message says which limit it was.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import ValidationError

from apps.language.expressions import OWN_PHRASES, Guard, Skipped
from apps.language.isolated import evaluate, truth
from apps.language.spec import App, Step
from apps.run.context import Context, SourceQuote
from apps.run.inputs import check_inputs, plain
from apps.run.outputs import OutputValue, filled, make_output, redacted_output, redacted_value
from apps.steps import KINDS
from core.errors import AppError, DebriefError
from core.types import User

State = Literal["waiting", "running", "done", "skipped", "failed", "cancelled"]
Status = Literal["completed", "failed", "cancelled"]
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
    if not may_use(app, context.user):
        raise AppError(
            f"The app {app.name} is for {', '.join(app.audience)}, and {context.user.email} is in none of these "
            "groups; ask its owner " + app.owner + "."
        )
    values = check_inputs(app, given)
    return _Run(app, values, context).events()


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
        user = {"email": context.user.email, "name": context.user.name or context.user.email.split("@")[0]}
        self.values: dict[str, Any] = {
            "today": context.today.isoformat(),
            "company": context.company,
            "user": user,
            **inputs,
            OWN_PHRASES: app.phrases,
        }
        context.values = self.values

    def events(self) -> Iterator[StepState | RunResult]:
        begin, redact = time.monotonic(), self.context.tools.redact
        status: Status = "completed"
        error = ""
        outputs: tuple[OutputValue, ...] = ()
        for step in self.app.steps:
            yield StepState(step.id, _title(step), "waiting")
        current = self.app.steps[0]
        try:
            with self.context.tools.running(self.context.user.email):
                for current in self.app.steps:
                    yield StepState(current.id, _title(current), "running")
                    started = time.monotonic()
                    skipped = self._step(current)
                    seconds = round(time.monotonic() - started, 3)
                    yield StepState(current.id, _title(current), "skipped" if skipped else "done", skipped, seconds)
                outputs = self._outputs()
        except _Cancelled:
            status, error = "cancelled", f"The run was cancelled before the step '{_title(current)}'."
            yield StepState(current.id, _title(current), "cancelled")
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
        )

    def _step(self, step: Step) -> str:
        """Runs a step; why it was skipped, or an empty text."""
        try:
            if step.when and not truth(step.when, self.values):
                self.values[step.id] = Skipped(KINDS[step.use].fields)
                return f"because {step.when} doesn't hold"
            if not step.for_each:
                self.values[step.id] = self._call(step, self.values)
                return ""
            rows = evaluate(step.for_each, self.values, bare=True)
            if not isinstance(rows, list | tuple):
                raise AppError(f"for_each needs a list, and {step.for_each} is a {type(rows).__name__}.")
            if len(rows) > _MOST_ITEMS:
                raise AppError(f"for_each has {len(rows)} items and the limit is {_MOST_ITEMS}; narrow the list.")
            self.values[step.id] = [self._call(step, {**self.values, "item": item}) for item in rows]
        except AppError as error:
            raise AppError(f"Step '{step.id}' ({step.use}): {error}") from error
        return ""

    def _call(self, step: Step, values: Mapping[str, Any]) -> dict[str, Any]:
        self._check_limits()
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
            raise AppError(f"the run is over its limit of {self.app.limits.steps} steps; raise limits.steps.")
        if self.context.clock() > self.context.deadline:
            raise AppError(
                f"the run is over its limit of {self.app.limits.seconds:g} seconds; give it less, or raise "
                "limits.seconds."
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
