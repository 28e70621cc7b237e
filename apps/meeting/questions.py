"""Open questions of what is said: asked and not answered, or told as open."""

from __future__ import annotations

import re

from apps.meeting.cues import cue
from apps.meeting.items import MeetingItem, add_item
from apps.meeting.talk import Talk, written

# A reply that tells no answer is short, or says so within its first sentences.
_ASKED_WITHIN_TURNS = 3


def find_questions(talk: Talk, recap: frozenset[int]) -> list[MeetingItem]:
    """The questions that stay open, in order."""
    found: list[MeetingItem] = []
    for at, sentence in enumerate(talk.said):
        if not sentence.speaker or sentence.turn in recap or cue("courtesy").search(sentence.text):
            continue
        item = _told(talk, at) or _unanswered(talk, at)
        if item is not None:
            add_item(found, item)
    return found


def _told(talk: Talk, at: int) -> MeetingItem | None:
    """ "I couldn't find out whether …", "Open question: who …?"."""
    sentence = talk.said[at]
    match = cue("open").search(sentence.text)
    if match is None or talk.count(match.what) < 2:
        return None
    return _item(talk, at, match.what, (sentence.turn,))


def _unanswered(talk: Talk, at: int) -> MeetingItem | None:
    """What nobody could answer: the question before "no idea", or the wish before "I can't promise that"."""
    sentence = talk.said[at]
    unknown = cue("unknown").search(sentence.text)
    if unknown is None or (cue("promise").search(sentence.text) and unknown.begin > 0 and sentence.text.endswith("?")):
        return None
    if sentence.text.endswith("?") and talk.count(sentence.text) >= 3:
        return _item(talk, at, sentence.text, (sentence.turn,))
    others = [s for s in talk.said[max(0, at - 6) : at] if s.turn == sentence.turn - 1 and s.text.endswith("?")]
    for n in range(at - 1, max(-1, at - 8), -1):
        earlier = talk.said[n]
        if earlier.turn == sentence.turn and others and earlier.text.endswith("?"):
            continue
        if sentence.turn - earlier.turn > _ASKED_WITHIN_TURNS:
            return None
        asked = earlier.text.endswith("?") and not cue("request").search(earlier.text)
        if asked and (cue("assent").search(earlier.text) or cue("raises").search(earlier.text)):
            continue
        if asked and earlier.turn == sentence.turn and cue("reason").search(sentence.text[:12]):
            return None
        leans = (
            talk.count(earlier.text) < 3
            and n
            and cue("pointing").search(earlier.text)
            and talk.said[n - 1].turn == earlier.turn
        )
        if asked and talk.count(earlier.text) >= 2 and not leans:
            return _item(talk, n, earlier.text, (earlier.turn, sentence.turn))
        if asked and n and talk.said[n - 1].turn == earlier.turn:
            both = f"{talk.said[n - 1].text} {earlier.text}"
            return _item(talk, n, both, (earlier.turn, sentence.turn)) if talk.count(both) >= 2 else None
        if asked and talk.count(earlier.text) == 1 and (meant := talk.meant(n)) is not None:
            told = f"{written(earlier.text).rstrip(' ?')} ({talk.context(meant)})?"
            return _item(talk, n, told, (meant.turn, sentence.turn))
        if (
            cue("expected").search(earlier.text)
            and earlier.speaker != sentence.speaker
            and talk.count(earlier.text) >= 1
        ):
            return _item(talk, n, earlier.text, (earlier.turn, sentence.turn), asked=False)
        wish = cue("wants_to_know").search(earlier.text)
        if wish is not None and talk.count(wish.what) >= 2:
            return _item(talk, n, cue("aside").sub(wish.what), (earlier.turn, sentence.turn))
    return None


def _item(talk: Talk, at: int, what: str, turns: tuple[int, ...], *, asked: bool = True) -> MeetingItem:
    sentence = talk.said[at]
    told = written(what).rstrip(" .,;")
    told = re.sub(r",? (?:is that on us|or not)$", "", told)
    if asked and not told.endswith("?"):
        told = f"{told}?"
    return MeetingItem(sentence.text, sentence.turn, sentence.speaker, told=told, turns=turns)
