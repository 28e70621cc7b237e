"""What a question needs and the data hasn't: the thing that is asked for, what it is grouped by, a name.

A word that nothing knows may be said by the way ("written", "in detail"); one that stands where a figure, a thing or a
name must stand is what the question is about, and a number without it would answer another question.
"""

from __future__ import annotations

import re

from core.text.words import folded
from warehouse.reading.annotate import Annotated
from warehouse.reading.cues import asking_words, is_cue, pattern

_WORD = r"[a-z][a-z'’-]+"
_ENDS = (
    r"(?=(?: (?:of|for|by|per|in|at|from|is|are|was|were|than|over|do|does|did|"
    r"has|have|had|who|that|which|on|to|with|and|each|among|across) ?| E\d| "
    r"[?]|[?,.;:)]|$))"
)
_AFTER_FIGURE = (
    r"(?:{average}|{sum}|{highest}|{lowest}|{median}|{count}|{distinct}|total number of|whose)"
    rf"(?: of| the| all| our| their| its| an?| each)* (?P<w>{_WORD}(?: {_WORD})?){_ENDS}"
)
_OF_SOMETHING = (
    rf"\b(?:the|an?) (?P<w>{_WORD}(?: {_WORD})?) (?:of|for|from) (?:the |all |each |every |our )*(?:[ECV]\d)"
)
# "the finance department": which one of them is a name that the data hasn't.
_WHICH_OF = r"(?:in|of|at|from|for|by|to|on) (?:the |our |an? |this |that )?(?P<w>[a-z][a-z'’-]+) E\d"
_OF_A_THING = r"(?:{average}|{median}|{highest}|{lowest})" + rf"(?: of| the)* E\d+ (?P<w>{_WORD}){_ENDS}"
_SORT_OF = r"(?:{count}) (?P<w>[a-z][a-z'’-]+) E\d"
_SUBJECT_OF_WHICH = rf"^¿?(?:which|welche[rsn]?|quel(?:le)?s?|que|cual) (?P<w>{_WORD})(?= )"
_HAD = rf"(?:have|has|had|having|with) (?:an?|any|the) (?P<w>{_WORD}(?: {_WORD})?){_ENDS}"
_BEHIND_MARK = rf"[CV]\d+ (?P<w>{_WORD}) (?:of|for|per|by) (?:the |all |each |every )*[ECV]\d"
_SUBJECT = (
    rf"^(?:which|what|how many|how much|list|show(?: me)?|give(?: me)?|return|"
    rf"name)(?: all| the| our)* (?P<w>{_WORD}(?: {_WORD})?){_ENDS}"
)
_GROUP = rf"(?:per|for each|in each|of each|by each|for every|each|grouped by|by) (?P<w>{_WORD}(?: {_WORD})?){_ENDS}"
# "Which orders were delayed?": what they must have been, and nothing else.
_STATE = re.compile(
    r"E\d+ (?:that |which |who )?(?:is|are|was|were|has been|have been|got) (?:not |still |already )?(?P<w>[a-z]+ed)"
    r"(?= D\d|\W*$)"
)
# What is done with any record.
_DONE_TO_ANY = frozenset(
    "recorded created added listed placed registered received ordered booked reported used".split()
)
_NAMED = re.compile(
    r"\b(?:in|at|from|for|by|of|named|called|to|with|than|und|von|para|de|pour|chez)\s+"
    r"(?:the\s+|Mr\.?\s+|Ms\.?\s+|Dr\.?\s+)?(?P<name>[A-Z][\w’'&.-]+[\w’'](?:\s+[A-Z][\w’'&.-]*\w)*)"
)
# Nouns that asking is done with.
_SAID_ALONE = frozenset(
    "result results counts sums averages database table tables value values question list order data time times "
    "people person thing things record records way kind type types sort amount number numbers figure figures name "
    "names id ids date dates day days week weeks month months year years quarter hour hours detail details "
    "information answer output count total average rate ratio percentage percent share proportion combination "
    "combinations pair pairs group groups case cases difference rest top bottom highest lowest most least first "
    "last other others same different entire whole letter word words string strings integer format system today "
    "end start beginning participants questions column columns row rows distribution breakdown trend overview "
    "summary development chart graph plot histogram scatter more less common square kilometer kilometers meter meters "
    "expensive popular recent left right inner outer join following remaining unix iso usd eur gmt utc".split()
)


def missing_words(question: str, marks: Annotated) -> list[str]:
    """The words that the question is about and that the data has nothing for; empty when all stands on something."""
    found: list[str] = []
    text = re.sub(r"\s+", " ", marks.text)
    for form in (
        _AFTER_FIGURE,
        _SUBJECT,
        _SUBJECT_OF_WHICH,
        _HAD,
        _GROUP,
        _OF_SOMETHING,
        _BEHIND_MARK,
        _WHICH_OF,
        _OF_A_THING,
        _SORT_OF,
    ):
        for m in (pattern(form) if "{" in form.replace("{_", "") else re.compile(form)).finditer(text):
            words = [w for w in m["w"].split() if w not in asking_words()]
            if form == _WHICH_OF and any(w.endswith("ing") and w not in _SAID_ALONE and not is_cue(w) for w in words):
                found.append(" ".join(words))
            if any(map(_says, words)) and all(_says(w) or w in _SAID_ALONE for w in words):
                found.append(" ".join(words))
    found += [m["w"] for m in _STATE.finditer(text) if m["w"] not in _DONE_TO_ANY]
    for m in re.finditer(rf"\b(?P<w>{_WORD}) (?P<c>C\d+)", text):
        # "the baggage fee" isn't any fee that goes by another word here.
        if (
            _says(m["w"])
            and marks.names[m["c"]].strength <= 0.6
            and folded(marks.words[m["c"]]) not in marks.names[m["c"]].what
        ):
            found.append(f"{m['w']} {marks.words[m['c']]}")
    covered = " ".join(marks.words.values())
    named = {w for m in marks.names.values() if m.kind == "column" for w in m.what.partition(".")[2].split()}
    found = [f for f in found if not set(re.split(r"[ -]", f)) <= named]
    for m in _NAMED.finditer(question):
        if m["name"].split()[0] not in covered and _says(folded(m["name"].split()[0])):
            found.append(m["name"])
    for m in re.finditer(r"(?<=[\w,;:] )[A-Z][\w’'-]+", question):
        # A name that stands on nothing: "in branch South".
        if m[0] not in covered and _says(folded(m[0])):
            found.append(m[0])
    if not question.isupper():
        # "IT" is no "it".
        short = re.findall(r"(?<=\w )[A-Z]{2,4}\b", question)
        found += [w for w in short if w not in covered and w.lower() not in _SAID_ALONE and folded(w) in asking_words()]
    return list(dict.fromkeys(found))


def says(word: str) -> bool:
    """Whether a word that nothing knows says something of its own."""
    return _says(folded(word))


def _says(word: str) -> bool:
    plain = word.strip("'’-")
    return not (
        plain in _SAID_ALONE
        or plain in asking_words()
        or is_cue(plain)
        or plain.endswith(("ed", "ing", "ly", "wn", "ught"))
        or (plain.endswith("est") and len(plain) > 5)
        or len(plain) < 3
    )
