"""`stop`: ends the run with a sentence, where there is nothing to hand over; it counts no saved time."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from apps.run import Context
from apps.steps.kind import Parameters, StepKind
from core.errors import AppError


class Stop(Parameters):
    """Attributes: say: what was looked for, where, and what to do."""

    say: str = Field(min_length=1, max_length=1_000)


def stop(given: Stop, context: Context) -> dict[str, Any]:
    """Nothing. Raises AppError with the sentence."""
    raise AppError(given.say)


KIND = StepKind("stop", "Ends the run with a sentence.", Stop, ("say",), stop)
