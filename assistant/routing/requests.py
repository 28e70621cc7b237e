"""A message as routing compares it: in English, without names, and with the kind of act that it is.

Names say which customer is meant, not what is wanted; and whether somebody asks to be told something or asks for work
to be done is said by how a message begins more than by its subject.
"""

from __future__ import annotations

import re

from assistant.routing.glossary import english_only

# Capitalised words that say what is wanted.
_KEPT = frozenset(
    "I PowerPoint Word Excel PDF CSV KPI KPIs QBR FAQ ROI CEO CIO CFO CISO C-level Q1 Q2 Q3 Q4 T1 T2 T3 T4 TL DR "
    "MTTR MTTD January February March April May June July August September October November December Monday Tuesday "
    "Wednesday Thursday Friday Saturday Sunday English German Spanish French".split()
)
_NAMES = re.compile(r"(?<=[\w,;:)\"'’-] )((?:[A-ZÀ-Þ][\w’'-]*)(?:(?: & | and (?=[A-Z])| )(?:[A-ZÀ-Þ][\w’'-]*))*)")
_QUESTION = re.compile(
    r"^(?:(?:hi|hello|hey|please|and|so|ok)\b[, ]*)*"
    r"(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|has|have|may|must|should|"
    r"(?:can|could) (?:i(?! have| get)|we(?! have| get)|you tell|customers?|contractors?|consultants?)|"
    r"explain|define|tell me|show me the|find the|in which|i (?:want to|would like to|need to) know)\b",
    re.IGNORECASE,
)
_WORK = re.compile(
    r"\b(?:write|draft|compose|prepare|create|make|build|generate|produce|put (?:together|into|it|this|the|our)|turn|"
    r"convert|summari[sz]e|sum up|condense|compare|analy[sz]e|formulate|compile|list|record|document|capture|save|"
    r"store|file|send|reply|respond|answer (?:this|the|their|his|her|him)|prep|brief|plot|graph|chart|draw|"
    r"visuali[sz]e|get (?:me|this|it)|give me|catch me|help me|i need|i owe|i promised|pls|please|attached|deck|slides|"
    r"(?:can|could) (?:i|we) (?:have|get)|minutes|write-up|recap|digest|snapshot|cheat sheet|one-pager|"
    r"know before|need to know|should i know)\b",
    re.IGNORECASE,
)
# What a person points at rather than asks for: it lies before them, so that something is to be done with it.
_GIVEN = re.compile(
    r"\b(?:attached|attachments?|enclosed|below|vtt|here(?:'s|’s| is| are)|(?:this|these|both|the two) "
    r"(?:\w+ )?(?:files?|documents?|reports?|transcripts?|recordings?|notes|texts?|tables?|e?-?mails?|spreadsheets?)|"
    r"(?:transcript|recording|notes|file|vtt)s? (?:is|are) (?:here|there|attached|below))\b",
    re.IGNORECASE,
)

WORK = "[work]"
QUESTION = "[question]"
# A longer quotation is what the request is about, and says nothing of what is wanted.
_QUOTED = re.compile(r"[“\"„«](?:[^\s”\"“»]+\s+){4,}[^”\"“»]+[”\"“»]")
# A message of so many words may mean the file that came with it.
_SHORT = 6


def plain_request(text: str, *, attached: bool = False) -> str:
    """What of `text` tells which app is meant, and the act: `WORK` when something is to be made.

    Args:
        attached: A file came with it, which short messages refer to without saying so ("summarise").
    """
    told = _QUOTED.sub(" ", text)
    # A message that is nothing but a quotation is taken as it is.
    text = told if len(told.split()) > 1 else text
    english = english_only(text)
    if english == text:
        english = _NAMES.sub(_generic, english)
    return f"{english} {_act(english, attached and len(english.split()) <= _SHORT)}"


def _act(text: str, attached: bool) -> str:
    """A word for the act, which the classifier sees as part of the text."""
    asks, given = _QUESTION.match(text.strip()) is not None, _GIVEN.search(text) is not None
    works = given or _WORK.search(text) is not None
    if works and not asks:
        act, given = WORK, given or attached
    else:
        act = "[question, work]" if works else QUESTION if asks or text.strip().endswith("?") else "[other]"
    return f"{act} [given]" if given else act


def _generic(match: re.Match[str]) -> str:
    words = match.group(1).split()
    kept = [w for w in words if w.rstrip("'s") in _KEPT or w in _KEPT]
    return " ".join(kept) if kept else "the customer"
