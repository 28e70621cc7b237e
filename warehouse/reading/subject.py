"""What a question leaves out where there is only one thing to ask about: "How many are open?", "who has the most?"."""

from __future__ import annotations

import re

from core.text.words import folded
from warehouse.layer import Layer
from warehouse.reading.cues import pattern

_HOW_MANY = r"how many|wie ?viele|cu[aá]nt[oa]s|combien"
_BE = (
    r"are|is|were|was|aren['’]t|isn['’]t|weren['’]t|have|has|had|haven['’]t|hasn['’]t|do|don['’]t|did|didn['’]t|sind|"
    r"waren|wurden|werden|haben|hatten|ist|war|son|est[aá]n|fueron|tienen|sont|ont|[eé]taient"
)
_COUNTED = re.compile(rf"\b(?P<n>{_HOW_MANY})(?: of (?:them|those|these)| davon| de ellos| d['’]entre eux)?(?= (?:{_BE})\b| (?:per|pro|por|par|by|in|im|en)\b)", re.IGNORECASE)  # fmt: skip
_OF_THEM = re.compile(r"\b(?:of (?:them|those|these)|davon|de ellos)\b", re.IGNORECASE)
_WHICH = re.compile(rf"^(?P<n>which|welche|cu[aá]les|lesquels)(?= (?:{_BE})\b)", re.IGNORECASE)
_WHO = re.compile(r"^(?:who|wer|qui[eé]n(?:es)?|qui)\b(?! (?:is|are|am|ist|sind|es|est)\b)", re.IGNORECASE)


def with_subject(question: str, layer: Layer) -> str:
    """The question with its thing where the layer has only one: "How many tickets are open?"."""
    if len(layer.entities) != 1:
        return question
    thing = next(iter(layer.entities))
    said = _COUNTED.sub(lambda m: f"{m['n']} {thing}", question)
    said = _OF_THEM.sub("", said)
    said = _WHICH.sub(lambda m: f"{m['n']} {thing}", said)
    if person := _person(layer):
        said = _WHO.sub(f"which {person}", said)
    return re.sub(r"  +", " ", said)


def _person(layer: Layer) -> str:
    """The one column that holds people; nothing where none does, or several do."""
    columns = next(iter(layer.entities.values())).columns
    texts = [c for c, of in columns.items() if of.type == "text"]
    for said in ("{person}", "{named}"):
        found = [c for c in texts if pattern(said).search(folded(c))]
        if found:
            return found[0] if len(found) == 1 else ""
    return ""
