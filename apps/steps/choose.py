"""`choose`: one of several ways, by conditions or, with a model, by what a text says in words."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from apps.language import Guard, evaluate
from apps.language.isolated import truth
from apps.run import Context
from apps.steps.kind import Parameters, StepKind
from apps.steps.material import Material, prompt_text
from core.errors import AppError, ModelError
from prompts import load_prompt


class Choose(Parameters):
    """Parameters.

    Attributes:
        options: Name → condition, of which the first that holds is taken; with a `prompt`, name → what it means.
        prompt: What to decide, in words; a model does.
        otherwise: What is taken where no condition holds, or no model decides.
    """

    options: dict[str, str] = Field(min_length=1)
    prompt: str = ""
    otherwise: str = ""


def choose(given: Choose, context: Context) -> dict[str, Any]:
    """The chosen name; `why` says by what. Raises AppError where nothing was chosen and there is no `otherwise`."""
    if not given.prompt:
        for name, condition in given.options.items():
            if truth(condition, context.values):
                return _result(name, f"{condition.strip()} holds")
        return _otherwise(given, "none of the conditions holds", context)
    try:
        return _by_model(given, context)
    except ModelError as error:
        return _otherwise(given, str(error).rstrip("."), context)


def _by_model(given: Choose, context: Context) -> dict[str, Any]:
    model = context.tools.model
    if model is None:
        raise ModelError("it takes a language model to decide that, and none is set up")
    material = Material(context)
    guard = Guard(context.max_chars, context.deadline, context.clock)
    asked = prompt_text(given.prompt, partial(evaluate, values=context.values, guard=guard), material, context.values)
    (_, system), (_, text) = load_prompt("choose").render(
        options="\n".join(f"- {name}: {meaning}" for name, meaning in given.options.items()),
        sources="\n\n".join(f"{s.title}:\n{s.text}" for s in material.sources()) or "(none)",
        prompt=asked,
    )
    names: Any = Literal[tuple(given.options)]
    schema: type[BaseModel] = create_model("Choice", choice=(names, ...), why=(str, ""))
    reply, tokens = model.fill(system, text, schema)
    context.spend(tokens)
    chosen = reply.model_dump()
    return _result(chosen["choice"], chosen["why"])


def _otherwise(given: Choose, why: str, context: Context) -> dict[str, Any]:
    if not given.otherwise:
        raise AppError(f"nothing was chosen of {', '.join(given.options)}: {why}; add `otherwise`.")
    if given.prompt:
        context.notes.append(f"“{given.otherwise}” was taken without a decision: {why}.")
    return _result(given.otherwise, why)


def _result(choice: str, why: str) -> dict[str, Any]:
    return {"choice": choice, "why": why}


KIND = StepKind(
    "choose",
    "Takes one of several ways.",
    Choose,
    ("choice", "why"),
    choose,
    templates=("options", "prompt"),
    prompts=("prompt",),
    expressions=("options",),
)
