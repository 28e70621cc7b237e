"""When a meeting was held, as it is said in its first minutes; never the day of a promise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from apps.meeting.cues import cue
from apps.meeting.days import spoken_days, told_today

# The day of the meeting is said in the first turns.
_OPENING_SENTENCES = 30
# Words before a date that tell another day than today's.
_OTHER_DAY = re.compile(
    r"\b(?:by|until|till|before|after|since|from|on|vom|von|seit|bis|zum|ab|antes de|desde|hasta|antes del|del|avant|"
    r"depuis|d'ici|du|dem|proposed|ended|ends)\s+(?:the |el |le )?(?:\w+day,? (?:the )?)?$",
    re.IGNORECASE,
)
_ACTS = ("promise", "handover", "decision", "request", "proposal")


def said_at_the_beginning(sentences: Sequence[str], now: date) -> date | None:
    """The day of a meeting that its first sentences name; one without a year is the latest until `now`."""
    for sentence in sentences[:_OPENING_SENTENCES]:
        acts = [m for kind in _ACTS if (m := cue(kind).search(sentence))]
        if not acts and (today := told_today(sentence, now)) is not None:
            return today
        for found in spoken_days(sentence, None):
            if any(m.begin < found.begin for m in acts):
                continue
            before = sentence[: found.begin] + re.split(r"\d", sentence[found.begin : found.end])[0]
            if not _OTHER_DAY.search(before) or re.search(r"(?i)\b(?:today|heute|hoy|aujourd)", before):
                return found.day
    return None
