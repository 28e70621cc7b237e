"""An action item's sentence → the task alone, as it stands in a list beside owner and day."""

from __future__ import annotations

import re

from apps.words import MONTHS

_MONTH = "|".join(" ".join(MONTHS.values()).split())
_DUE = re.compile(
    r"[,\s]*\b(?:by|until|before|on|bis(?: zum)?|am|antes del?|para el|el|pour le|d['’]ici le|avant le|le)\s+"
    rf"(?:the )?\d{{1,2}}(?:st|nd|rd|th|er|\.)?\s+(?:of |de )?(?:{_MONTH})(?:\s+(?:de )?20\d\d)?(?=[\s.,;]|$)",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:(?:so|and|then|okay|yes|good|great|understood|all right)[,.]? )*"
    r"(?:(?:I|we)(?:['’]ll| will| shall|['’]m going to| can)|let me|I (?:propose|suggest) (?:that I|to))\s+"
    r"(?:also\s+)?",
    re.IGNORECASE,
)
_PLEASE = re.compile(r"^(?:(?:and|so|then|also) )?(?:please|(?:can|could|would) you(?: please)?)\s+", re.IGNORECASE)
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
_PARTICLE = re.compile(
    r"\s+(ab|an|auf|aus|bei|durch|ein|fest|fort|her|hin|los|mit|nach|um|vor|weg|weiter|zu|zurück|zusammen)$",
    re.IGNORECASE,
)
_MODAL = frozenset("werde werden möchte möchten".split())
_SEVERAL = re.compile(r"[.!?]\s+[A-ZÄÖÜ]")
_IRREGULAR = {"has": "have", "does": "do", "goes": "go", "is": "be"}


def task_of(text: str, owner: str, language: str) -> str:
    """The task of `text`: without its day, and as an instruction in English and German; else the sentence."""
    task = _DUE.sub("", text).strip()
    if language == "en":
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
    task = task.strip(" ,.?")
    return task[:1].upper() + task[1:] if task else text


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
