"""A reply to the last answer → what it asks for: "yes", "the second one", "no, the other policy", "shorter".

Each is recognised by its form and by what the last answer had to offer: a choice, a list, nearest documents, an app.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from assistant.records import StoredTurn
from assistant.understanding.follow_up import subject_of
from core.settings import AnswerStyle
from core.text.words import content_words, folded
from core.types import Answer

_YES = re.compile(
    r"^\W*(?:(?:yes|yeah|yep|yup|sure|ok(?:ay)?|please|do (?:it|that|so)|go (?:ahead|on)|show (?:me|it|them)|"
    r"why not|ja|gerne?|bitte|klar|mach das|s[ií]|claro|por favor|vale|adelante|oui|volontiers|d'accord|"
    r"s'il (?:vous|te) plaît|vas-y|allez-y)[\s,.!]*)+$",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^\W*(?:no|nope|not (?:that|this)(?: one)?|wrong(?: one)?|i (?:meant?|was asking about)|nein|falsch|ich meinte?|"
    r"non|pas (?:ça|celle-là|celui-là)|je voulais dire|quise decir|me refer[ií]a a)\b[\s,.;:!–-]*"
    r"(?:i (?:meant?|was asking about)|ich meinte?|je voulais dire|quise decir|but|sondern|sino|mais)?\s*"
    r"(?P<rest>.*?)[\s.!?]*$",
    re.IGNORECASE,
)
_GO_ON = re.compile(
    r"^\W*(?:please |bitte |por favor )?(?:continue|go on|carry on|more|weiter(?: so|schreiben)?|mach weiter|"
    r"contin[uú]a|sigue|contin(?:ue[rz]?)|la suite)"
    r"(?:,? (?:please|bitte|por favor|s'il (?:te|vous) plaît))?\W*$",
    re.IGNORECASE,
)
_OTHER = re.compile(r"\b(?:other|another|different|andere[rnsm]?|otr[oa]s?|autres?)\b", re.IGNORECASE)
_ORDINALS = (
    ("first", "1st", "erste", "ersten", "erster", "erstes", "primero", "primera", "premier", "première"),
    ("second", "2nd", "zweite", "zweiten", "zweiter", "zweites", "segundo", "segunda", "deuxième", "second", "seconde"),
    ("third", "3rd", "dritte", "dritten", "dritter", "drittes", "tercero", "tercera", "troisième"),
    ("fourth", "4th", "vierte", "vierten", "cuarto", "cuarta", "quatrième"),
    ("fifth", "5th", "fünfte", "fünften", "quinto", "quinta", "cinquième"),
    ("sixth", "6th", "sechste", "sechsten", "sexto", "sexta", "sixième"),
)
_LAST = ("last", "letzte", "letzten", "último", "última", "dernier", "dernière")
_PLACE = re.compile(
    r"(?P<article>\b(?:the|der|die|das|den|zum|el|la|le|l['’])\s*)?\b(?P<word>"
    + "|".join(sorted({w for group in (*_ORDINALS, _LAST) for w in group}, key=len, reverse=True))
    + r")\b(?P<noun>\s+(?:one|item|point|step|entry|option|document|punkt|eintrag|punto|opción|paso|étape))?"
    r"|\b(?:number|nr\.?|no\.|nummer|número|numéro|#)\s*(?P<number>\d)\b|^\W*(?P<only>\d)\W*$",
    re.IGNORECASE,
)
_SHAPES: tuple[tuple[AnswerStyle, str], ...] = (
    (
        AnswerStyle(length="short"),
        r"(?:(?:a bit |much |even )?(?:shorter|briefer)|(?:in )?short|brief(?:ly)?|(?:in|as) (?:one|a single) sentence|"
        r"summari[sz]e(?: it| that)?|tl;?dr|kürzer|kurz(?: gesagt)?|más (?:corto|breve)|en breve|resumido|plus court|"
        r"en bref)",
    ),
    (
        AnswerStyle(format="bullets"),
        r"(?:(?:as|in) )?(?:an? )?(?:bullet(?:ed)?[ -]?)?(?:list|bullets|bullet points|points)|als (?:eine )?liste|"
        r"stichpunkte|in stichpunkten|como (?:una )?lista|en forma de lista|(?:sous forme de |en )liste",
    ),
    (
        AnswerStyle(length="detailed"),
        r"(?:in )?more (?:detail|details)|longer|more|tell me more|and more|elaborate|ausführlicher|mehr(?: dazu)?|"
        r"más detalles?|más|plus de détails|plus",
    ),
)
_AROUND_SHAPE = (
    r"(?:please |can you |could you |now |bitte |(?:make|put|give|show|write|say|have) (?:me )?(?:it |that |this )?)*"
)
_ITEM = re.compile(r"^(?P<inset>\s*)(?:[-*•]|\d{1,2}[.)])\s+(?P<text>\S.*)$")
_MARKER = re.compile(r"\s*\[\d+\]")
_LABEL_WORDS = 10

_AS_BEFORE = AnswerStyle()

Kind = Literal["", "choice", "item", "nearest", "elsewhere", "app", "other", "restyled"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a reply to the last answer asks for.

    Attributes:
        kind: What of the last answer it takes up; empty when the message is no reply.
        documents: Answer from these alone.
        without: Answer from others than these.
        titled: Words of the title of the document that is meant.
        app: The app that was offered and is accepted.
    """

    kind: Kind = ""
    question: str = ""
    style: AnswerStyle = _AS_BEFORE
    documents: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    titled: str = ""
    app: str = ""


NO_REPLY = Reply()
T = TypeVar("T")


def goes_on(message: str, history: Sequence[StoredTurn]) -> bool:
    """Whether the message asks for the rest of an answer that was cut off."""
    return bool(history) and history[-1].answer.unfinished and _GO_ON.match(message) is not None


def reply_of(message: str, history: Sequence[StoredTurn]) -> Reply:
    """What the message takes up of the last answer; `kind` is empty if it takes up nothing."""
    if not history:
        return NO_REPLY
    last = history[-1]
    return (
        _chosen(message, last)
        or _accepted(message, last)
        or _restyled(message, last)
        or _numbered(message, last)
        or _corrected(message, last)
        or NO_REPLY
    )


def listed(answer: Answer) -> list[tuple[str, str]]:
    """(text, document id) of each item of the answer's list, in order; the innermost where one stands in another."""
    found: list[tuple[int, str, str]] = []
    place = 0
    for line in answer.text.splitlines(keepends=True):
        match = _ITEM.match(line.rstrip("\n"))
        if match:
            end = place + len(line)
            marked = {int(n) for n in re.findall(r"\[(\d+)\]", line)}
            around = [c for c in answer.citations if c.marker in marked or (c.begin < end and c.end > place)]
            document = around[0].document_id if around else ""
            found.append((len(match["inset"]), _MARKER.sub("", match["text"]).strip(), document))
        place += len(line)
    inner = [item for item in found if item[0] > 0]
    chosen = inner if len(inner) > 1 else found
    if not chosen:  # rows are quoted a line each
        lines = [line for line in answer.text.splitlines() if _MARKER.search(line)]
        documents = [c.document_id for c in answer.citations]
        chosen = [
            (0, _MARKER.sub("", line).strip(), documents[min(n, len(documents) - 1)] if documents else "")
            for n, line in enumerate(lines)
        ]
    return [(text, document) for _, text, document in chosen]


def _chosen(message: str, last: StoredTurn) -> Reply | None:
    if last.answer.outcome == "no_evidence" and message.strip() in last.answer.choices:
        return Reply("elsewhere", last.standalone or last.question)
    asked_back = last.answer.outcome == "needs_input" and last.answer.route == "search"
    chosen = named_choice(message, last.answer.choices) if asked_back else ""
    return _taken(chosen, last) if chosen else None


def _taken(choice: str, last: StoredTurn) -> Reply:
    """What a choice of the last answer leads to: an app, plain search, or the question with the choice in it."""
    if choice.startswith("app:"):
        return Reply("app", last.question, app=choice)
    return Reply("elsewhere", last.question) if choice == "search" else Reply("choice", choice)


def _accepted(message: str, last: StoredTurn) -> Reply | None:
    answer = last.answer
    if not _YES.match(message):
        return None
    if answer.outcome == "needs_input" and len(answer.choices) == 1 and answer.route == "search":
        return _taken(answer.choices[0], last)
    if answer.outcome == "no_evidence" and answer.choices:
        return Reply("elsewhere", last.standalone or last.question)
    if answer.outcome == "no_evidence" and answer.nearest:
        documents = tuple(dict.fromkeys(p.chunk.document_id for p in answer.nearest))
        return Reply("nearest", last.standalone or last.question, documents=documents)
    if len(answer.offers) == 1:
        return Reply("app", last.question, app=answer.offers[0])
    return None


def _restyled(message: str, last: StoredTurn) -> Reply | None:
    if not last.answer.found or last.answer.route != "search":
        return None
    style = _shape(message)
    return Reply("restyled", last.standalone or last.question, style=style) if style is not None else None


def is_shape(message: str) -> bool:
    """Whether the message asks for what stands there in another shape: "shorter", "as a list"."""
    return _shape(message) is not None


def _shape(message: str) -> AnswerStyle | None:
    for style, pattern in _SHAPES:
        if re.match(
            rf"^\W*{_AROUND_SHAPE}(?:{pattern})(?:[\s,]*(?:please|bitte|por favor|s'il vous plaît))?\W*$", message, re.I
        ):
            return style
    return None


def _numbered(message: str, last: StoredTurn) -> Reply | None:
    match = _PLACE.search(message)
    if match is None or not _stands_for_an_item(match, message) or len(content_words(message)) > _LABEL_WORDS // 2:
        return None
    answer = last.answer
    if answer.choices and answer.route != "search" and answer.outcome != "needs_input":
        return _choice(match, last)
    if answer.outcome == "needs_input":
        return _choice(match, last) if answer.route == "search" else None
    if answer.outcome == "no_evidence" and answer.nearest:
        documents = list(dict.fromkeys(p.chunk.document_id for p in answer.nearest))
        chosen = _nth(match, documents)
        return Reply("nearest", last.standalone or last.question, documents=(chosen,)) if chosen else None
    items = listed(answer)
    item = _nth(match, items)
    if item is None or len(items) < 2:
        return None
    label = label_of(item[0])
    begun = message[: match.start()].strip(" ¿¡")
    alone = len(content_words(_PLACE.sub(" ", message))) == 0 or not begun
    asked = (
        f"{label} ({subject_of(last.standalone or last.question)})"
        if alone
        else _PLACE.sub(lambda _: f"“{label}”", message, count=1)
    )
    return Reply("item", asked, documents=(item[1],) if item[1] else ())


def _stands_for_an_item(match: re.Match[str], message: str) -> bool:
    """Whether the ordinal is a thing by itself ("the second one", "the fourth?"), unlike in "first class"."""
    ends = not message[match.end() :].strip(" ?.!")
    return not match["word"] or bool(match["noun"]) or (bool(match["article"]) and ends)


def label_of(item: str) -> str:
    """The few words that an item of a list is known by: its row's label, what stands before a colon, its beginning."""
    row = re.match(r"^[^:–]{1,40}: (?P<label>.+?) – ", item)
    if row:
        return row["label"]
    head = re.split(r"(?<=\w)[:.](?:\s|$)", item, maxsplit=1)[0].strip(' *_“”"')
    words = head.split()
    return " ".join(words[:_LABEL_WORDS])


def _choice(match: re.Match[str], last: StoredTurn) -> Reply | None:
    chosen = _nth(match, last.answer.choices)
    return _taken(chosen, last) if chosen else None


def _nth(match: re.Match[str], items: Sequence[T]) -> T | None:
    number = match["number"] or match["only"]
    word = (match["word"] or "").casefold()
    place = int(number) - 1 if number else next((n for n, group in enumerate(_ORDINALS) if word in group), -1)
    if place < 0 and word not in _LAST:
        return None
    return items[place] if -len(items) <= place < len(items) else None


def _corrected(message: str, last: StoredTurn) -> Reply | None:
    match = _NO.match(message)
    if match is None or not match["rest"] or last.answer.route.startswith("app:"):
        return None
    rest = re.sub(r"^(?:the|der|die|das|el|la|le)\s+", "", match["rest"], flags=re.IGNORECASE)
    asked = last.standalone or last.question
    cited = tuple(dict.fromkeys(c.document_id for c in last.answer.citations))[:1]
    wanted = _OTHER.sub("", rest).strip()
    if last.answer.choices and (chosen := named_choice(wanted, last.answer.choices)):
        return _taken(chosen, last)
    if len(content_words(wanted)) > _LABEL_WORDS // 2 or not content_words(asked):
        return None
    new = "" if not wanted or folded(wanted) in folded(asked) else f" ({wanted})"
    without = cited if _OTHER.search(rest) else ()
    return Reply("other", f"{asked.rstrip()}{new}", without=without, titled=wanted)


def named_choice(message: str, choices: Sequence[str]) -> str:
    """The one choice that the message names, whole or by words that no other has; empty if it names none or several."""
    said = set(folded(message).replace("’", "'").split()) if message else set()
    whole = [choice for choice in choices if folded(choice) == folded(message.strip(" .?!"))]
    if whole:
        return whole[0]
    said = {word.strip(" .,?!'\"") for word in said}
    hits = [choice for choice in choices if said & {w for w in folded(choice).split() if len(w) > 2}]
    return hits[0] if len(hits) == 1 and len(said) <= _LABEL_WORDS // 2 else ""
