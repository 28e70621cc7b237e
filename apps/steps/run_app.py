"""`run_app`: another app, run for the same person and with the same limits; its outputs come back as a result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import Field

from apps.run import Context
from apps.steps.kind import Parameters, StepKind
from core.errors import AppError

# An app may call one that calls one.
_DEEPEST = 3


class RunApp(Parameters):
    """Attributes: app: its name, as it stands in the list of apps; inputs: of its form."""

    app: str = Field(min_length=1, max_length=40)
    inputs: dict[str, Any] = Field(default_factory=dict)


def run_app(given: RunApp, context: Context) -> dict[str, Any]:
    """The text of its first output, and each output by name.

    Raises:
        AppError: there is no such app, the person may not use it, it calls itself, or it doesn't complete.
    """
    if context.tools.app is None or context.run_app is None:
        raise AppError("there are no other apps here; run it where they are, or write the steps into this one.")
    callers = (*context.calls, context.running)
    way = [*callers, given.app]
    if given.app in callers:
        raise AppError(f"the apps call each other in a circle ({' → '.join(way)}); take one call out.")
    if len(callers) > _DEEPEST:
        raise AppError(f"the apps call each other {len(callers)} deep ({' → '.join(way)}) and the limit is {_DEEPEST}.")
    app = context.tools.app(given.app)
    if any(step.use == "ask" for step in app.steps):
        raise AppError(f"the app {app.name} asks a person in between and can't be called; run it by itself.")
    # What it reads and remarks goes into this run's lists, so that its markers count with these.
    inner = replace(context, calls=callers)
    result = context.run_app(app, {k: v for k, v in given.inputs.items() if v is not None}, inner)
    context.spend(inner.tokens - context.tokens)
    if result.status != "completed":
        raise AppError(f"the app {app.name} didn't complete: {result.error}")
    outputs = {o.name: _value(o) for o in result.outputs}
    first = next(iter(outputs.values()), {"text": ""})
    return {"text": first["text"], "value": first.get("value"), "file": first.get("file"), "outputs": outputs}


def _value(output: Any) -> dict[str, Any]:
    file = None
    if output.content:
        file = {
            "name": output.file_name,
            "media_type": output.media_type,
            "content": output.content,
            "text": output.text,
        }
    return {"title": output.title, "text": output.text, "value": output.value, "file": file}


KIND = StepKind("run_app", "Runs another app.", RunApp, ("text", "value", "file", "outputs"), run_app)
