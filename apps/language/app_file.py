"""A file that was put into an app, as its expressions and steps see it."""

from __future__ import annotations

from dataclasses import dataclass

from core.types import Parsed


@dataclass(frozen=True)
class AppFile:
    """A file that was put into a run, already parsed."""

    name: str
    parsed: Parsed

    @property
    def text(self) -> str:
        """All of its text."""
        return "\n\n".join(s.text for s in self.parsed.sections)

    @property
    def title(self) -> str:
        """The title that it gives itself, or its name."""
        return self.parsed.title or self.name
