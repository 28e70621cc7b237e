"""An action item's sentence → the task alone, as it stands in a list beside owner and day."""

from __future__ import annotations

import re

from apps.meeting.cues import NEED
from apps.meeting.romance import infinitive_of
from core.text.dates import MONTH

_DUE = re.compile(
    r"[,\s]*\b(?:by|until|before|on|bis(?: zum)?|am|antes del?|para el|el|pour le|d['’]ici le|avant le|le)\s+"
    rf"(?:the )?\d{{1,2}}(?:st|nd|rd|th|er|\.)?\s+(?:of |de )?(?:{MONTH})(?:\s+(?:de )?20\d\d)?(?=[\s.,;]|$)",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:(?:so|and|then|okay|yes|good|great|fine|understood|all right|sure|good (?:question|point|idea))[,.]? )*"
    r"(?:(?:I|we)(?:['’]ll| will| shall|['’]m going to| can)|let me|I (?:propose|suggest) (?:that I|to))\s+"
    r"(?:also\s+)?",
    re.IGNORECASE,
)
_PLEASE = re.compile(
    r"^(?:(?:and|so|then|also) )?(?:[A-Z]\w+, )?"
    r"(?:please|(?:can|could|would) (?:you|your team|your people)(?: please)?(?: also)?)\s+",
    re.IGNORECASE,
)
# "Send us the list": beside the owner's name it doesn't say who "us" is.
_TO_US = re.compile(r"^(\w+) (?:us|me) (?=the|a|an|your|our|\d|three|two)", re.IGNORECASE)
_WANTED = re.compile(
    r"^(?:and |so |then |also )?I want ((?:the|a|an|this|that|you)\b.{2,60}?) to (?=\w)", re.IGNORECASE
)
_ABOUT = re.compile(
    r"^(?:on|for|as for|about) ((?:the |our |your )?[\w -]{3,40}), (?:I|we)(?:['’]ll| will)\s+(.+)$", re.I | re.S
)
_PROVIDED = re.compile(
    r"^(?:(?:yes|sure|okay|good|and|then),? )?you(?:['’]ll| will) (?:have|get|receive) (?=the\b|a\b|an\b|our\b|my\b)",
    re.IGNORECASE,
)
_GRANTED = re.compile(
    r"\byou(?:['’]ll| will) (?:have|get|receive)|\b(?:bekommen|erhalten) sie|"
    r"\bwe(?:['’]ll| will) do|\bI(?:['’]ll| will) (?:do|send)\b",
    re.IGNORECASE,
)
_DATE_LEFT = re.compile(
    r"[,\s]+(?:by |before |until |on |for )?(?:(?:the )?end of (?:the |this )?week|this week|next week|"
    r"tomorrow|today|tonight|(?:monday|tuesday|wednesday|thursday|friday)|demain|mañana|esta semana|"
    r"la semaine prochaine)(?=[.?!]?$)|\s+bis (?:freitag|montag|dienstag|mittwoch|donnerstag)\b|\s+\([^()]*\b20\d\d\)$",
    re.IGNORECASE,
)
# "und dann schicke ich Ihnen …": (what stands before the verb, verb, what follows) of a German promise or request.
_GERMAN = tuple(
    re.compile(
        rf"^(?:(?:und|dann|also|gut|ja|genau|einverstanden|in ordnung)[,.]?\s+)*{shape}\s+(?P<rest>.+)$", re.I | re.S
    )
    for shape in (
        r"(?P<front>)(?:ich|wir)\s+(?P<verb>[a-zäöüß]+en?)",
        r"(?P<front>)bitte\s+(?P<verb>[a-zäöüß]+en)\s+sie",
        r"(?P<front>(?:[^\s,.]+\s+){0,4}?)(?P<verb>[a-zäöüß]+e)\s+ich",
        r"(?P<front>(?:[^\s,.]+\s+){0,4}?)(?P<verb>[a-zäöüß]+en)\s+wir",
    )
)
_GERMAN_REQUEST = re.compile(
    r"^(?:und )?(?:könnten|können|würden) sie (?:(?:bitte|mir|uns|auch|noch) )*(?P<rest>.+en)$",
    re.IGNORECASE | re.DOTALL,
)
_PARTICLE = re.compile(
    r"\s+(ab|an|auf|aus|bei|durch|ein|fest|fort|her|hin|los|mit|nach|um|vor|weg|weiter|zu|zurück|zusammen)$",
    re.IGNORECASE,
)
_MODAL = frozenset("werde werden möchte möchten".split())
_SEVERAL = re.compile(r"[.!?]\s+[A-ZÄÖÜ]")
_IRREGULAR = {"has": "have", "does": "do", "goes": "go", "is": "be"}


def task_of(text: str, owner: str, language: str) -> str:
    """The task of `text`: without its day, and as an instruction in English and German; else the sentence."""
    task = _DATE_LEFT.sub("", _DUE.sub("", text).strip())
    if _SEVERAL.search(task):
        needed = _needed(task, language)
        context, promise = (needed, "") if needed else _in_two(task)
        if needed or (promise and len(promise.split()) > 1):
            shown = needed or f"{task_of(promise, owner, language)} ({context})"
            return shown[:1].upper() + shown[1:]
    if language == "en":
        task = _PROVIDED.sub("I'll provide ", task)
        task = _WANTED.sub(r"arrange for \1 to ", _ABOUT.sub(r"I'll \2 (\1)", task.rstrip(".")))
        for opening in (_OPENING, _PLEASE):
            shorter = opening.sub("", task)
            if shorter != task and len(shorter.split()) >= 2:
                task = shorter
                break
        else:
            # Of several sentences the first may be what somebody needs, which is no task of his.
            if not _SEVERAL.search(task):
                task = _instruction(task, owner)
    elif language == "de" and not _SEVERAL.search(task):
        task = _infinitive(task.strip(" ,.?"))
    elif language in ("fr", "es") and not _SEVERAL.search(task):
        task = infinitive_of(task, owner, language)
    task = _TO_US.sub(r"\1 ", task)
    task = task.strip(" ,.?")
    return task[:1].upper() + task[1:] if task else text


def _in_two(task: str) -> tuple[str, str]:
    """The last sentence is the promise; what stands before says what it is about."""
    cut = [m.start() + 1 for m in _SEVERAL.finditer(task)][-1]
    return task[:cut].strip(" .!"), task[cut:].strip()


def _needed(task: str, language: str) -> str:
    """ "I need the drawings. You'll get them." → "provide the drawings"; empty when it isn't a need that is granted."""
    need, _, promise = task.partition(". ")
    match = NEED.search(need)
    if match is None or not promise or not _GRANTED.search(promise):
        return ""
    what = next(part for part in match.groups() if part).strip(" ,.")
    what = re.sub(r",? (?:though|dann|too)$", "", what)
    if match["do"]:
        return what
    return f"{what} liefern" if language == "de" else f"provide {what}"


def _instruction(task: str, owner: str) -> str:
    """ "Lukas sends the report" → "send the report"."""
    names = [re.escape(form) for form in dict.fromkeys((owner, *owner.split())) if form]
    match = (
        re.match(rf"(?:{'|'.join([*names, 'I'])})[ :,–-]+(?:will )?(?!want\b|need\b)([a-z]+)\b(.*)", task, re.DOTALL)
        if names
        else None
    )
    if match is None:
        return task
    return _base(match.group(1)) + match.group(2)


def _infinitive(task: str) -> str:
    """ "Ich stimme den Entwurf ab" → "den Entwurf abstimmen"; what isn't built so stays as it is."""
    asked = _GERMAN_REQUEST.match(task)
    if asked:
        return asked["rest"]
    match = next((m for shape in _GERMAN if (m := shape.match(task))), None)
    if match is None:
        return task
    main, comma, subordinate = match["rest"].partition(",")
    main = re.sub(r"^(?:mir|ihnen|uns)\s+", "", main.strip(), flags=re.IGNORECASE)
    main = re.sub(r"\b(?:mich|uns)\b", "sich", main)
    verb = match["verb"].lower()
    if verb in _MODAL:
        return f"{match['front']}{main}{comma}{subordinate}"
    particle = _PARTICLE.search(main)
    if particle:
        main = main[: particle.start()]
    if not verb.endswith("n"):
        # "kümmere" → "kümmern", but "kläre" → "klären".
        verb = verb[:-1] + "n" if re.search(r"[^aeiouäöü](?:er|el)e$", verb) else verb + "n"
    return f"{match['front']}{main} {particle.group(1).lower() if particle else ''}{verb}{comma}{subordinate}"


def _base(verb: str) -> str:
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith("ies") and len(verb) > 4:
        return verb[:-3] + "y"
    if re.search(r"(?:ss|sh|ch|x|zz|o)es$", verb):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb
