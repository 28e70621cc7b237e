"""`ask`: the run stops for a person, is kept, and goes on with the answers whenever they come, or without in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from apps.language import Input
from apps.run import Context
from apps.run.context import Asked
from apps.run.inputs import check_fields, shown
from apps.steps.kind import Parameters, StepKind

_HOURS = {"h": 1, "d": 24, "w": 7 * 24}
_WORDS = {"h": "{} hours", "d": "{} days", "w": "{} weeks"}


class Ask(Parameters):
    """What is asked.

    Attributes:
        say: What the answers are for, and what to look at.
        questions: As the inputs of an app.
        within: So long it waits, such as "3d" or "12h"; without it, for ever.
        otherwise: The answers that it then goes on with.
    """

    say: str = "Please answer before this goes on."
    questions: list[Input] = Field(min_length=1, max_length=20)
    otherwise: dict[str, Any] = Field(default_factory=dict)
    within: str = Field(default="", pattern=r"^(?:[1-9]\d{0,3}[hdw])?$")

    @field_validator("otherwise")
    @classmethod
    def _asked(cls, otherwise: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if unknown := sorted(otherwise.keys() - {one.name for one in info.data.get("questions", ())}):
            raise ValueError(f"has {', '.join(unknown)}, which isn't asked")
        return otherwise

    @field_validator("within")
    @classmethod
    def _all_answered(cls, within: str, info: ValidationInfo) -> str:
        required = {one.name for one in info.data.get("questions", ()) if one.required}
        if within and (lacking := sorted(required - info.data.get("otherwise", {}).keys())):
            raise ValueError(f"otherwise lacks {', '.join(lacking)}, which must be answered")
        return within


def ask(given: Ask, context: Context) -> dict[str, Any]:
    """The answers by name. Raises Asked where there are none yet, InputsWrong where one is wrong."""
    fields = tuple(given.questions)
    if context.answers is None:
        if not given.within:
            raise Asked(given.say, fields)
        told = ", ".join(f"{shown(one)}: {given.otherwise.get(one.name, '–')}" for one in fields)
        count, unit = int(given.within[:-1]), given.within[-1]
        say = f"{given.say}\n\nWithout an answer within {_WORDS[unit].format(count)} this goes on with {told}."
        raise Asked(say, fields, timedelta(hours=count * _HOURS[unit]), given.otherwise)
    answers, context.answers = context.answers, None
    late, context.late = context.late, False
    return {"answers": check_fields("question", fields, answers), "late": late}


KIND = StepKind("ask", "Stops until a person has answered.", Ask, ("answers", "late"), ask)
