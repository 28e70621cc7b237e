"""A language model that says what an app's test makes it say."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ValidationError

from apps.run.context import WritingTask
from core.errors import ModelError


class ScriptedModel:
    """Gives the replies one after the other; after the last it says that there is none."""

    def __init__(self, replies: Sequence[str]) -> None:
        self._replies = list(replies)

    def write(self, system: str, text: str, task: WritingTask = "write") -> tuple[str, int]:
        """The next reply. Raises ModelError after the last."""
        if not self._replies:
            raise ModelError("the test scripts fewer replies of a model than the app asks for; add to `model_reply`.")
        return self._replies.pop(0), 0

    def fill(self, system: str, text: str, schema: type[BaseModel]) -> tuple[BaseModel, int]:
        """The next reply as a value, or the one after it where that doesn't fit. Raises ModelError."""
        for last in (False, True):
            try:
                return schema.model_validate_json(self.write(system, text)[0]), 0
            except ValidationError as error:
                if last:
                    raise ModelError(f"neither reply fits the schema: {error.errors()[0]['msg']}") from error
        raise AssertionError("unreachable")
