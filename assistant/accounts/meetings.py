"""What was decided, promised or left open in a meeting that is indexed: which one is meant, and the part asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.run import Context
from apps.run.indexed import file_of
from apps.steps.extract_meeting import ExtractMeeting, extract_meeting
from assistant.accounts.account import Account, Place, place_of
from assistant.accounts.asked import Asked
from assistant.accounts.documents import IndexedMeeting, meetings
from assistant.accounts.known import Known
from assistant.accounts.periods import Window, asks_for_last
from assistant.accounts.sheet import Sheet
from assistant.accounts.vocabulary import covered, said, tokens_of, vocabulary
from assistant.accounts.wording import say
from core.errors import AppError
from core.text.dates import find_day
from core.text.locale import long_date
from core.text.words import folded
from core.types import Answer, Chunk, User

# Actions, and the chunks of the document that they stand in.
_Found = tuple[Sequence[dict[str, Any]], Sequence[Chunk]]
_MOST_NAMED = 3
_WISHES = 2
_ASIDE = frozenset(["people", "day"])
_PRESENT = re.compile(
    r"^\W*(?:present|attendees|participants|anwesend|teilnehmer(?:innen)?|asistentes|participantes|présents)\W*:\s*"
    r"(?P<people>.+)$",
    re.IGNORECASE | re.MULTILINE,
)
_PARTS = ("promises", "actions", "decisions", "questions", "people", "day", "summary")


@dataclass(frozen=True, slots=True)
class MeetingAsked:
    """What is asked of which meeting. `parts` are of `_PARTS`; `meeting` is None when there is none that fits.

    Attributes:
        people: The words by which it names somebody who was there; what is asked is theirs.
    """

    parts: tuple[str, ...]
    meeting: IndexedMeeting | None
    people: frozenset[str] = frozenset()


def asked_meeting(asked: Asked, known: Known) -> MeetingAsked | None:
    """The meeting that the question is about; None when it is about none, or about more than meetings have."""
    words = vocabulary().meetings
    found = {part: said(words[part], asked.tokens) for part in _PARTS}
    noun = said(words["noun"], asked.tokens)
    parts = tuple(part for part in _PARTS if found[part])
    # "Who does what by when" asks for actions.
    parts = tuple(p for p in parts if p not in _ASIDE) or parts
    if not parts or not (noun or (asked.customers and ("promises" in parts or _names_day(asked)))):
        return None
    if set(parts) <= _ASIDE and not noun:
        return None
    candidates = meetings(known, asked.customers)
    rest = asked.rest(noun, said(words["said"], asked.tokens), *found.values())
    chosen = _chosen(asked, candidates, rest, noun)
    left = covered(rest, tokens_of(chosen.chunk.title), _people(chosen.chunk)) if chosen else rest
    # A summary may be ordered with a wish or two: "in German", "for the board".
    if len(left) > (_WISHES if "summary" in parts and asked.customers else 0):
        return None
    if chosen is None and not (asked.customers or asked.window):
        return None
    present = _people(chosen.chunk) if chosen else frozenset()
    return MeetingAsked(parts, chosen, present & set(rest))


def meeting_meant(asked: Asked, known: Known) -> IndexedMeeting | None:
    """The meeting that an order speaks of ("write to them after the last meeting with Acme"); None if of none."""
    noun = said(vocabulary().meetings["noun"], asked.tokens)
    if not (noun or asked.window) or len(asked.customers) > 1:
        return None
    return _chosen(asked, meetings(known, asked.customers), asked.rest(noun), noun)


def no_meeting_answer(asked: Asked, known: Known) -> Answer:
    """That there is no such meeting, and which there are."""
    language = asked.language
    who = say("with", language, customer=asked.customers[0]) if asked.customers else ""
    window = asked.past_window
    day = window.begin if window else None
    when = say("on", language, day=long_date(day, language)) if day else ""
    sheet = Sheet()
    sheet.line(say("no_meeting", language, who=who, when=when))
    others = meetings(known, asked.customers)[:_MOST_NAMED] if asked.customers else []
    if others:
        titles = ", ".join(f"“{m.chunk.title}” ({long_date(m.day, language)})" for m in others)
        sheet.line(say("there_are", language, titles=titles), separator=" ")
    return sheet.answer("no_evidence")


def meeting_answer(
    asked: Asked, wanted: MeetingAsked, known: Known, user: User, account: Account | None
) -> Answer | None:
    """The parts that are asked for, each with its place; None when the document doesn't say any of them."""
    assert wanted.meeting is not None
    parts = known.parts(wanted.meeting.chunk.document_id)
    try:
        read = extract_meeting(ExtractMeeting(source=file_of(parts)), Context(user))
    except AppError:
        return None
    sheet, title, language = Sheet(), wanted.meeting.chunk.title, asked.language
    for part in wanted.parts:
        if part == "people":
            people = ", ".join(read["participants"] or _named_people(parts[0]))
            sheet.line(say("people", language, title=title, people=people), [place_of(people[:20], parts)])
        elif part == "day":
            sheet.line(f"{long_date(wanted.meeting.day, language)}: “{title}”", [place_of(title, parts)])
        elif part in ("actions", "promises"):
            done = [i for i in read["action_items"] if _is_of(i, wanted.people, asked, user)]
            _add_actions(sheet, asked, part, (done, parts), account if not wanted.people else None)
        else:
            key = {"decisions": "decisions", "questions": "open_questions"}[part]
            items = [(i["text"], _said_at(i, parts)) for i in read[key]]
            _add_list(sheet, asked, part, items or _listed(part, parts))
    if wanted.parts == ("promises",) and account is not None:
        _add_tasks(sheet, asked, account)
    return sheet.answer() if sheet.citations else None


def _listed(part: str, parts: Sequence[Chunk]) -> list[tuple[str, Place]]:
    """The lines under a heading that is called so: "Open", "Beschlossen"."""
    under = (c for c in parts if c.heading_path and said(vocabulary().meetings[part], tokens_of(c.heading_path[-1])))
    lines = [(line.strip(" -•*"), c) for c in under for line in c.text.splitlines() if line.strip()]
    return [(line, place_of(line, [chunk])) for line, chunk in lines]


def _add_tasks(sheet: Sheet, asked: Asked, account: Account) -> None:
    """The open tasks of records whose owner is on the side that is asked for; none where it isn't known who is."""
    language, theirs = asked.language, account.people
    rows = [t for t in account.tasks if not t.fields["done"] and theirs]
    rows = [t for t in rows if (folded(t.fields["owner"]) in theirs) == _by_customer(asked)]
    if not rows:
        return
    sheet.line(say("also_tasks", language))
    sheet.table(
        [say(name, language) for name in ("task", "owner", "due")],
        [
            [(t.fields["task"], t.place), (t.fields["owner"], None), (long_date(t.fields["due"], language), None)]
            for t in sorted(rows, key=lambda t: t.fields["due"])
        ],
    )


def _add_list(sheet: Sheet, asked: Asked, part: str, items: Sequence[tuple[str, Place]]) -> None:
    if items:
        title = items[0][1].chunk.title
        sheet.line(say(part, asked.language, title=title))
        for text, place in items:
            sheet.line(f"- {text}", [place], "\n")


def _is_of(item: dict[str, Any], people: frozenset[str], asked: Asked, user: User) -> bool:
    """Whether an action is of the person who is named, or of whoever asks what they promised themselves."""
    own = set(tokens_of(asked.text)) & {"i", "ich", "je", "yo"}
    named = people or (frozenset(tokens_of(user.name)[-1:]) if own and user.name else frozenset())
    return not named or not named.isdisjoint(tokens_of(f"{item['owner'] or item['task']}"))


def _names_day(asked: Asked) -> bool:
    return asked.window is not None and asked.window.begin == asked.window.end


def _add_actions(sheet: Sheet, asked: Asked, part: str, found: _Found, account: Account | None) -> None:
    items, parts = found
    title, language = parts[0].title, asked.language
    theirs = account.people if account else set()
    phrase, chosen = part, list(items)
    if part == "promises":
        phrase = "promises_any"
        by_customer = _by_customer(asked)
        if theirs:
            phrase = "their_promises" if by_customer else "promises"
            chosen = [i for i in items if (_owner(i) in theirs or _first_in(i, theirs)) == by_customer]
    if not chosen:
        return
    sheet.line(say(phrase, language, title=title, customer=account.name if account else ""))
    sheet.table(
        [say(name, language) for name in ("task", "owner", "due")],
        [
            [(i["task"], _said_at(i, parts)), (i["owner"] or "–", None), (long_date(i["due"], language) or "–", None)]
            for i in chosen
        ],
    )


def _by_customer(asked: Asked) -> bool:
    """Whether the promise is the customer's: "what did Acme promise us", not "what did we promise Acme"."""
    first = tokens_of(asked.text)
    ours = next((n for n, t in enumerate(first) if t in ("we", "wir", "hemos", "nous", "avons", "haben")), len(first))
    to_us = any(t in ("us", "uns", "nos") for t in first)
    return to_us and ours == len(first)


def _owner(item: dict[str, Any]) -> str:
    return folded(item["owner"] or "")


def _first_in(item: dict[str, Any], people: set[str]) -> bool:
    """Whether the owner is named by a part of one of these names."""
    parts = {word for person in people for word in person.split()}
    return bool(_owner(item)) and set(_owner(item).split()) <= parts


def _said_at(item: dict[str, Any], parts: Sequence[Chunk]) -> Place:
    return place_of(item["quote"][:60], parts)


def _chosen(
    asked: Asked, candidates: Sequence[IndexedMeeting], rest: Sequence[str], noun: Sequence[str] | frozenset[str]
) -> IndexedMeeting | None:
    """The newest meeting that the words and the day fit."""
    window = asked.past_window
    fitting = [m for m in candidates if window is None or _on(m, window)]
    named = set(rest) | set(noun)
    overlap = {m.chunk.id: len(named & set(tokens_of(m.chunk.title))) for m in fitting}
    if not asked.customers:
        # Without a customer the title must say which meeting is meant.
        telling = {m.chunk.id: len(set(rest) & ({*tokens_of(m.chunk.title)} | _people(m.chunk))) for m in fitting}
        fitting = [m for m in fitting if telling[m.chunk.id] or (asked.window and overlap[m.chunk.id])]
    if not fitting:
        return None
    most = max(overlap[m.chunk.id] for m in fitting)
    by_title = [m for m in fitting if overlap[m.chunk.id] == most]
    return fitting[0] if asks_for_last(asked.text) and not asked.window else by_title[0]


def _on(meeting: IndexedMeeting, window: Window) -> bool:
    """Whether it was on one of these days."""
    day = find_day(meeting.day, None)
    return day is not None and window.holds(day)


def _people(chunk: Chunk) -> frozenset[str]:
    return frozenset(token for person in _named_people(chunk) for token in tokens_of(person))


def _named_people(chunk: Chunk) -> list[str]:
    """Who was there, by the metadata or the line that says so."""
    for name in ("speakers", "participants"):
        value = chunk.metadata.get(name)
        if value:
            return list(value) if isinstance(value, tuple) else [p.strip() for p in str(value).split(",")]
    line = _PRESENT.search(chunk.text)
    return [re.sub(r"\(.*?\)", "", p).strip() for p in line["people"].split(",")] if line else []
