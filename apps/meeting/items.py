"""What came of a meeting, one by one: decisions, actions and questions, and how the same one said twice becomes one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from apps.meeting.cues import POINTING
from apps.meeting.turns import Meeting, SpokenSentence, SpokenTurn
from core.text.words import overlap, terms

_SAME = 0.5


@dataclass(frozen=True, slots=True)
class MeetingItem:
    """A decision, an action or a question, with the turn that it stands on."""

    text: str
    turn: int
    speaker: str
    owner: str = ""
    due: date | None = None


def add_item(items: list[MeetingItem], item: MeetingItem) -> None:
    """Adds an item, or completes the one that says the same."""
    for n, known in enumerate(items):
        same_words = overlap(known.text, item.text)
        same_person = known.owner == item.owner or not (known.owner and item.owner)
        same_day = known.due is not None and known.due == item.due
        if known.turn == item.turn and known.text == item.text:
            return
        if same_person and (same_words >= _SAME or (same_day and bool(item.owner) and same_words >= 0.15)):
            if known.due and item.due and known.due != item.due:
                continue
            items[n] = replace(known, owner=known.owner or item.owner, due=known.due or item.due)
            # A summary's wording stands by itself better than a promise about "it" did.
            anywhere = POINTING.search(known.text) and not POINTING.search(item.text)
            bare = bool(item.owner) and (anywhere or (POINTING.match(known.text) and not POINTING.match(item.text)))
            if bare or len(terms(item.text)) > 2 * len(terms(known.text)):
                items[n] = replace(items[n], text=item.text, turn=item.turn, speaker=item.speaker)
            return
    items.append(item)


def sentences_before(meeting: Meeting, turn: SpokenTurn, place: int) -> list[SpokenSentence]:
    earlier = [s for t in meeting.turns[max(0, turn.number - 6) : turn.number - 1] for s in t.sentences]
    return [*earlier, *turn.sentences[:place]]
