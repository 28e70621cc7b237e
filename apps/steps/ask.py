"""`ask`: the run stops for a person, is kept, and goes on with the answers whenever they come."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from apps.language import Input
from apps.run import Context
from apps.run.context import Asked
from apps.run.inputs import check_fields
from apps.steps.kind import Parameters, StepKind


class Ask(Parameters):
    """Attributes: say: what the answers are for, and what to look at; questions: as the inputs of an app."""

    say: str = "Please answer before this goes on."
    questions: list[Input] = Field(min_length=1, max_length=20)


def ask(given: Ask, context: Context) -> dict[str, Any]:
    """The answers by name. Raises Asked where there are none yet, InputsWrong where one is wrong."""
    fields = tuple(given.questions)
    if context.answers is None:
        raise Asked(given.say, fields)
    answers, context.answers = context.answers, None
    return {"answers": check_fields("question", fields, answers)}


KIND = StepKind("ask", "Stops until a person has answered.", Ask, ("answers",), ask)
