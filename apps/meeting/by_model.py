"""Minutes that a language model takes into a schema; each item is checked against the turns that it names.

    minutes = minutes_by_model(meeting, "en", write)      # None when the reply can't be used

What isn't said in its turns is left out, an owner who doesn't stand there becomes open, and a day that nobody said
goes. A decision needs turns in which somebody agrees, a task turns in which somebody promises or asks, a question one
that asks: small models list whatever was said. A long meeting is read in parts that share some turns; of two tasks
that say the same the later day wins.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pydantic import BaseModel, Field, ValidationError

from apps.meeting.cues import cue
from apps.meeting.days import spoken_days
from apps.meeting.items import MeetingItem
from apps.meeting.names import known_person
from apps.meeting.turns import Meeting, SpokenTurn
from core.text.words import folded, overlap, terms
from prompts import load_prompt

# Characters of a part, and turns that the next part repeats.
_PART_CHARS, _SHARED_TURNS = 8_000, 4
# The share of an item's content words that its turns must have, and of the shorter of two that are the same.
_SUPPORTED, _SAME = 0.5, 0.6
# Words are compared by so many letters: a row says "send" where the meeting says "sent".
_STEM = 4
# An item on more turns than these stands on none; of a reply at least so much must pass, or it isn't used at all.
_MOST_TURNS, _USABLE = 6, 0.5
# What somebody must say in an item's turns, or in the one behind them, for it to be of its kind.
_SIGNS: dict[str, tuple[str, ...]] = {
    "decisions": ("decision", "settled", "concludes", "assent", "accepts", "go_ahead"),
    "tasks": (
        "promise", "handover", "take", "request", "obliged", "offer", "by_other", "third_pronoun", "need_do", "ask_who",
    ),
    "questions": ("open", "unknown", "wants_to_know"),
}  # fmt: skip

Write = Callable[[str, str], str]  # (system, text) → the model's reply


class _Item(BaseModel):
    text: str
    turns: list[int] = Field(min_length=1)
    owner: str = ""
    due: str = ""


class _Reply(BaseModel):
    decisions: list[_Item] = Field(default_factory=list)
    tasks: list[_Item] = Field(default_factory=list)
    questions: list[_Item] = Field(default_factory=list)
    risks: list[_Item] = Field(default_factory=list)
    concerns: list[_Item] = Field(default_factory=list)


@dataclass
class Minutes:
    """What passed the check, by kind; `refused` counts what didn't, `told` all that the model named."""

    decisions: list[MeetingItem] = field(default_factory=list)
    tasks: list[MeetingItem] = field(default_factory=list)
    questions: list[MeetingItem] = field(default_factory=list)
    risks: list[MeetingItem] = field(default_factory=list)
    concerns: list[MeetingItem] = field(default_factory=list)
    refused: int = 0
    told: int = 0

    @property
    def usable(self) -> bool:
        """Whether enough passed that the rest may be believed."""
        return self.told == 0 or self.told - self.refused >= _USABLE * self.told


def minutes_by_model(meeting: Meeting, language: str, write: Write) -> Minutes | None:
    """The checked minutes; None when a reply isn't the JSON that was asked for. Raises what `write` raises."""
    found = Minutes()
    for part in _parts(meeting.turns):
        (_, system), (_, text) = load_prompt("meeting").render(
            language=language,
            day=meeting.day.isoformat() if meeting.day else "not known",
            people=", ".join(meeting.participants) or "not known",
            turns="\n".join(f"[{t.number}] {t.speaker + ': ' if t.speaker else ''}{t.text}" for t in part),
        )
        reply = _parsed(write(system, text))
        if reply is None:
            return None
        for kind in ("decisions", "tasks", "questions", "risks", "concerns"):
            for told in getattr(reply, kind):
                item = _checked(told, meeting)
                found.told += 1
                if item is None or not _is_one(kind, item, meeting):
                    found.refused += 1
                else:
                    _merge(getattr(found, kind), item)
    _once(found)
    return found


def _is_one(kind: str, item: MeetingItem, meeting: Meeting) -> bool:
    """Whether somebody says in the item's turns, or the one behind them, what makes it one of its kind."""
    signs = _SIGNS.get(kind)
    if signs is None:
        return True
    if len(item.turns) > _MOST_TURNS:
        return False
    if kind == "tasks" and item.owner and item.due:
        return True  # notes say "Max sends the draft by 10 March"
    behind = [t for t in meeting.turns if t.number == item.turns[-1] + 1] if kind == "decisions" else []
    said = [s.text for n in item.turns for s in meeting.turns[n - 1].sentences] + [
        s.text for t in behind for s in t.sentences[:2]
    ]
    if kind == "decisions" and any(cue("request").search(text) for text in said):
        signs = tuple(sign for sign in signs if sign != "assent")  # a yes to a request makes a task
    asked = kind == "questions" and any(text.endswith("?") for text in said)
    return asked or any(cue(sign).search(text) for sign in signs for text in said)


def _once(found: Minutes) -> None:
    """What stands both as a decision and as a task is the task."""
    tasks = [task.row for task in found.tasks]
    found.decisions = [d for d in found.decisions if not any(overlap(d.row, task) >= _SAME for task in tasks)]


def joined(first: Sequence[MeetingItem], second: Sequence[MeetingItem]) -> tuple[MeetingItem, ...]:
    """The items of `first`, and those of `second` that say something else or stand on other turns; in order."""
    new = [item for item in second if not any(_same(item, known) for known in first)]
    return tuple(sorted([*first, *new], key=lambda item: item.turn))


def _same(one: MeetingItem, other: MeetingItem) -> bool:
    shared = {one.turn, *one.turns} & {other.turn, *other.turns}
    alike = overlap(one.row, other.row)
    return alike >= _SAME or (bool(shared) and alike >= _SAME / 2)


def _parts(turns: Sequence[SpokenTurn]) -> Iterator[Sequence[SpokenTurn]]:
    begin = 0
    while begin < len(turns):
        end, size = begin, 0
        while end < len(turns) and (end == begin or size + len(turns[end].text) <= _PART_CHARS):
            size += len(turns[end].text)
            end += 1
        yield turns[begin:end]
        if end == len(turns):
            return
        begin = max(begin + 1, end - _SHARED_TURNS)


def _parsed(reply: str) -> _Reply | None:
    """The JSON object in a reply, whatever stands around it."""
    begin, end = reply.find("{"), reply.rfind("}")
    try:
        return _Reply.model_validate(json.loads(reply[begin : end + 1])) if 0 <= begin < end else None
    except (ValueError, ValidationError):
        return None


def _checked(told: _Item, meeting: Meeting) -> MeetingItem | None:
    """The item as far as its turns say so; None when they don't."""
    numbers = sorted({n for n in told.turns if 1 <= n <= len(meeting.turns)})
    if not numbers:
        return None
    said = [meeting.turns[n - 1] for n in numbers]
    text = " ".join(f"{t.speaker} {t.text}" for t in said)
    there = {folded(w)[:_STEM] for w in terms(text)}
    wanted = {folded(w)[:_STEM] for w in terms(told.text)}
    if not wanted or len(wanted & there) < _SUPPORTED * len(wanted):
        return None
    owner = known_person(told.owner, meeting.participants) or told.owner.strip()
    if owner not in {t.speaker for t in said} and not set(folded(owner).split()) & set(folded(text).split()):
        owner = ""
    days = {d.day for t in said for s in t.sentences for d in spoken_days(s.text, meeting.day)}
    due = next((day for day in days if day.isoformat() == told.due), None)
    row = told.text.strip(" .")
    return MeetingItem(said[-1].text, numbers[-1], said[-1].speaker, owner, due, row, "", tuple(numbers))


def _merge(items: list[MeetingItem], item: MeetingItem) -> None:
    """Adds an item, or lets it complete the one that says the same; a later day wins."""
    for n, known in enumerate(items):
        if known.owner == item.owner and overlap(known.row, item.row) >= _SAME:
            turns = tuple(sorted({*known.turns, *item.turns}))
            later = item if item.turn >= known.turn else known
            items[n] = replace(later, due=later.due or known.due or item.due, turns=turns)
            return
    items.append(item)
