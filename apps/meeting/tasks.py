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
_IRREGULAR = {"has": "have", "does": "do", "goes": "go", "is": "be"}


def task_of(text: str, owner: str, language: str) -> str:
    """The task of `text`: without its day, and in English as an instruction. Other languages keep the sentence."""
    task = _DUE.sub("", text).strip()
    if language == "en":
        for opening in (_OPENING, _PLEASE):
            shorter = opening.sub("", task)
            if shorter != task and len(shorter.split()) >= 2:
                task = shorter
                break
        else:
            task = _instruction(task, owner)
    task = task.strip(" ,.?")
    return task[:1].upper() + task[1:] if task else text


def _instruction(task: str, owner: str) -> str:
    """ "Lukas sends the report" → "send the report"."""
    names = [re.escape(form) for form in dict.fromkeys((owner, *owner.split())) if form]
    match = (
        re.match(rf"(?:{'|'.join([*names, 'I'])})[ :,–-]+(?:will )?([a-z]+)\b(.*)", task, re.DOTALL) if names else None
    )
    if match is None:
        return task
    return _base(match.group(1)) + match.group(2)


def _base(verb: str) -> str:
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith("ies") and len(verb) > 4:
        return verb[:-3] + "y"
    if re.search(r"(?:ss|sh|ch|x|zz|o)es$", verb):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb
