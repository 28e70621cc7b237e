"""What a task's row is made of: its words, what a pronoun stands for, and whether it can be understood at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from apps.meeting.cues import CueMatch, cue, words_of
from apps.meeting.days import SpokenDay, due_in
from apps.meeting.items import MeetingItem
from apps.meeting.names import is_self
from apps.meeting.talk import Talk
from apps.meeting.tasks import deed, provided, tidy
from apps.meeting.turns import SpokenSentence

# What may be meant by "I'll do that": something asked for, or needed.
WANTED = ("request", "need_do", "need_thing", "ask_who")
# What a bare "I'll do it" is about must say so much itself.
_TELLS = 3


def worded(talk: Talk, match: CueMatch, at: int, owner: str, text: str = "") -> tuple[str, str, date | None]:
    """(task, day as spoken, day) of a promise or request, with its condition and what a pronoun in it means."""
    text = text or talk.said[at].text
    task, due_text, due = deed(match, text, owner, talk.day)
    about_first = cue("about_first").search(text)
    if about_first is not None and about_first.end <= match.begin + 1:
        task = f"{task} ({about_first.what})"
    condition = cue("condition").search(text)
    if condition is not None and match.language == "en" and condition.end <= match.begin + 1:
        task = f"{task} ({text[condition.begin : condition.end].strip(' ,').lower()})"
    if talk.leans(task) and match.language == "en" and cue("request").search(text):
        meant = talk.meant(at, "need_do", "need_thing")
        task = f"{task} ({talk.context(meant)})" if meant is not None else task
    return task, due_text, due


def about(talk: Talk, task: str, meant: SpokenSentence, language: str) -> str:
    """The task that a leaning promise is about, with what the promise adds."""
    text = meant.text
    says = talk.count(task) >= 1
    for kind in ("request", "need_do", "ask_who"):
        match = cue(kind).search(text)
        if match is not None and talk.count(task) < 2:
            main = deed(match, text, "", talk.day)[0]
            if talk.count(main) >= 2:
                return main
    match = cue("need_thing").search(text)
    if match is not None and talk.count(match.what) >= 1 and not says:
        return provided(match.what, match.language, talk.day)
    context = talk.context(meant)
    if not says and talk.count(context) < _TELLS:
        return ""
    if not says:
        return tidy(str(words_of(language)["care"]).format(context), language)
    return f"{task} ({context})"


def task_item(
    talk: Talk, at: int, task: str, owner: str, when: tuple[date | None, str], *, turns: Sequence[int]
) -> MeetingItem | None:
    """The item, unless nobody could tell what it is about; `when` is its day, and its words where it is none."""
    sentence = talk.said[at]
    task = talk.unaddressed(task).strip(" ,")
    task = task[:1].upper() + task[1:]
    if talk.count(task) < 1 or (len(task.split()) < 2) or is_self(task):
        return None
    told = tuple(dict.fromkeys(turns))
    return MeetingItem(sentence.text, sentence.turn, sentence.speaker, owner, when[0], task, when[1], told)


def day_after(talk: Talk, at: int) -> SpokenDay | None:
    """The day that the same person's next sentence begins with: "Thursday would be great"."""
    following = talk.said[at + 1] if at + 1 < len(talk.said) else None
    if following is None or following.turn != talk.said[at].turn:
        return None
    found = due_in(following.text, talk.day)
    return found if found is not None and found.begin < 4 else None


def without_cues(text: str) -> str:
    """The text without the words that only take something on, or assent."""
    for kind in ("take", "assent"):
        text = cue(kind).sub(text)
    return text
