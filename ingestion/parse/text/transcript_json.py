"""Transcripts that meeting programs export as JSON: a list of objects with who, what and when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from ingestion.parse.draft import Draft, one_line

# Microsoft's, Zoom's and what others write, without capitals and underscores.
_WHO = ("speakername", "speakerdisplayname", "speaker", "displayname", "username")
_WHAT = ("spokentext", "text", "content", "displaytext", "transcript")
_WHEN = ("startoffset", "startdatetime", "starttime", "start", "begin", "offset", "timestamp")
_CLOCK = re.compile(r"^(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:[.,]\d+)?$")
_LEAST = 2


def add_spoken(value: object, draft: Draft) -> dict[str, tuple[str, ...]]:
    """Who speaks, when `value` is a transcript, whose turns are then in the draft; {} when it is something else."""
    turns = next((found for entries in _lists(value) if (found := _turns(entries))), [])
    if turns and isinstance(value, Mapping):
        # What the meeting is called and when it was stand beside what was said.
        for key, item in value.items():
            if isinstance(item, str) and item.strip():
                draft.text(f"{key}: {one_line(item)}")
    for moment, who, said in turns:
        draft.add(f"{who}: {said}", "turn", moment)
    return {"speakers": tuple(dict.fromkeys(who for _, who, _ in turns))} if turns else {}


def _lists(value: object) -> Iterator[Sequence[object]]:
    """The value itself or what stands at its first level, where that is a list."""
    for item in [value, *value.values()] if isinstance(value, Mapping) else [value]:
        if isinstance(item, list):
            yield item


def _turns(entries: Sequence[object]) -> list[tuple[str, str, str]]:
    """(Time, speaker, words) of each entry, neighbours of one speaker joined; [] if an entry lacks one of them."""
    rows: list[tuple[object, str, str]] = []
    for entry in entries:
        if not isinstance(entry, Mapping):
            return []
        named = {str(key).lower().replace("_", ""): item for key, item in entry.items()}
        who, what, when = (_first(named, names) for names in (_WHO, _WHAT, _WHEN))
        if not (isinstance(who, str) and isinstance(what, str)) or when is None:
            return []
        if who.strip() and what.strip():
            rows.append((when, one_line(who), one_line(what)))
    if len(rows) < _LEAST:
        return []
    first = _datetime(rows[0][0])
    turns: list[tuple[str, str, str]] = []
    for when, who, said in rows:
        if turns and turns[-1][1] == who:
            turns[-1] = (turns[-1][0], who, f"{turns[-1][2]} {said}")
        else:
            turns.append((_clock(when, first), who, said))
    return turns


def _first(named: Mapping[str, object], names: Sequence[str]) -> object:
    return next((named[name] for name in names if name in named), None)


def _datetime(when: object) -> datetime | None:
    try:
        return datetime.fromisoformat(when) if isinstance(when, str) else None
    except ValueError:
        return None


def _clock(when: object, first: datetime | None) -> str:
    """00:01:05 of seconds, of a clock's time or of a moment after the first one; "" for anything else."""
    seconds = -1.0
    if isinstance(when, int | float) and not isinstance(when, bool):
        seconds = float(when)
    elif isinstance(when, str) and (found := _CLOCK.match(when)):
        seconds = sum(int(part or 0) * scale for part, scale in zip(found.groups(), (3600, 60, 1), strict=True))
    elif first is not None and (moment := _datetime(when)) is not None and bool(moment.tzinfo) == bool(first.tzinfo):
        seconds = (moment - first).total_seconds()
    if not 0 <= seconds < 360_000:
        return ""
    return f"{int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}:{int(seconds) % 60:02d}"
