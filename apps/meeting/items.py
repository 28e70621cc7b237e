"""What came of a meeting, one by one, and how the same one said twice becomes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from apps.meeting.cues import cue
from core.text.words import overlap, terms

_SAME = 0.5


@dataclass(frozen=True, slots=True)
class MeetingItem:
    """A decision, an action or a question, with the turns that it stands on.

    Attributes:
        text: The sentence it was found in, or what minutes say.
        turn: The turn of that sentence.
        told: It as it stands in a list, understood without the meeting.
        due_text: A day as it was spoken, where the calendar doesn't know it ("before Easter").
        turns: All turns that it stands on.
    """

    text: str
    turn: int
    speaker: str
    owner: str = ""
    due: date | None = None
    told: str = ""
    due_text: str = ""
    turns: tuple[int, ...] = ()

    @property
    def row(self) -> str:
        return self.told or self.text


def add_item(items: list[MeetingItem], item: MeetingItem) -> None:
    """Adds an item, or completes the one that says the same."""
    for n, known in enumerate(items):
        if known.turn == item.turn and known.text == item.text:
            return
        if _same(known, item):
            due, due_text = (known.due, known.due_text) if known.due else (item.due or known.due, item.due_text)
            items[n] = replace(
                known, owner=known.owner or item.owner, due=due, due_text=due_text,
                turns=tuple(dict.fromkeys((*known.turns, *item.turns))),
            )  # fmt: skip
            # A summary's wording stands by itself better than a promise about "it" did.
            if cue("pointing").search(known.row) and not cue("pointing").search(item.row) and len(terms(item.row)) > 1:
                items[n] = replace(items[n], told=item.row)
            return
    items.append(item)


def _same(known: MeetingItem, item: MeetingItem) -> bool:
    same_person = known.owner == item.owner or not (known.owner and item.owner)
    if not same_person or (known.due and item.due and known.due != item.due):
        return False
    shared = overlap(known.row, item.row)
    same_day = known.due is not None and known.due == item.due and bool(item.owner)
    near = abs(known.turn - item.turn) <= 1
    return shared >= _SAME or (same_day and shared >= (0.34 if near else 0.25))


def latest(items: list[MeetingItem], turn: int, within: int, fits: Callable[[MeetingItem], bool]) -> int | None:
    """The index of the last item of the turns just before that fits."""
    return next((n for n in range(len(items) - 1, -1, -1) if turn - items[n].turn <= within and fits(items[n])), None)
