"""What people changed of who speaks: names, and turns that belong to somebody else; each change can be taken back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from core.errors import QuestionError
from ingestion.parse.recording.kept_file import write
from ingestion.parse.recording.turns import Utterance

_FILE = "names.json"
MAX_NAME = 80
MAX_CHANGES = 2_000


@dataclass(frozen=True, slots=True)
class SpeakerChange:
    """One change.

    Attributes:
        speaker: Whose turns it is about, as they were called then; with a `begin_s`, of the turn that begins there.
        name: What they are called from then on.
        by: The address of who changed it.
        end_s: Where the turn ends.
    """

    speaker: str
    name: str
    by: str
    begin_s: float | None = None
    end_s: float | None = None

    def applies(self, said: Utterance) -> bool:
        """Whether it is about this utterance."""
        if said.speaker != self.speaker:
            return False
        if self.begin_s is None or self.end_s is None:
            return True
        return self.begin_s <= said.begin_s < self.end_s


def changes(folder: Path) -> list[SpeakerChange]:
    """What was changed in this recording, in order."""
    try:
        return [SpeakerChange(**change) for change in json.loads((folder / _FILE).read_bytes())]
    except (OSError, ValueError, TypeError):
        return []


def change(folder: Path, new: SpeakerChange) -> None:
    """Adds a change.

    Raises:
        QuestionError: the name is empty, too long, or could be read as something else.
    """
    name = " ".join(new.name.split())
    if not name or len(name) > MAX_NAME or any(sign in name for sign in ":<>\0"):
        raise QuestionError(
            f"{new.name[:MAX_NAME]!r} can't be a speaker's name; write 1 to {MAX_NAME} characters without : < and >."
        )
    before = changes(folder)
    if len(before) >= MAX_CHANGES:
        raise QuestionError(f"This recording has {MAX_CHANGES} changes of speakers; take some back first.")
    _save(folder, [*before, replace(new, name=name)])


def undo(folder: Path) -> SpeakerChange | None:
    """Takes the last change back, and says which it was; None when there is none."""
    before = changes(folder)
    if not before:
        return None
    _save(folder, before[:-1])
    return before[-1]


def renamed(said: Sequence[Utterance], made: Sequence[SpeakerChange]) -> list[Utterance]:
    """The utterances under the names that people gave, one change after the other."""
    for one in made:
        said = [replace(u, speaker=one.name) if one.applies(u) else u for u in said]
    return list(said)


def _save(folder: Path, made: Sequence[SpeakerChange]) -> None:
    write(folder / _FILE, json.dumps([asdict(one) for one in made], ensure_ascii=False).encode())
