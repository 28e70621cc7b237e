"""A promise or request → the task alone, as it stands in a list beside owner and day."""

from __future__ import annotations

import re
from datetime import date

from apps.meeting.cues import CueMatch, cue, plain, words_of
from apps.meeting.days import SpokenDay, due_in
from apps.meeting.romance import infinitive_of
from apps.meeting.talk import written

# "Send us the list": beside the owner's name it doesn't say who "us" is.
_TO_US = re.compile(
    r"^(\w+) (?:us|me|you|him|her|them|mir|uns|ihnen|dir|euch) "
    r"(?=(?:the|a|an|your|our|my|his|their|\d|all|some|die|den|das|der|eine?n?|unsere?n?)\b)",
    re.IGNORECASE,
)
_SEPARABLE = re.compile(
    r"\s+(ab|an|auf|aus|bei|durch|ein|fest|fort|her|hin|los|mit|nach|um|vor|vorbei|weg|weiter|zu|zurück|zusammen|raus|"
    r"rein|rüber|runter|hoch|bereit|heraus|hinaus|vorab)$",
    re.IGNORECASE,
)
_GERMAN = tuple(
    re.compile(shape, re.IGNORECASE | re.DOTALL)
    for shape in (
        r"^(?P<front>)(?:ich|wir)\s+(?P<verb>[a-zäöüß]+?e?n?'?)\s+(?P<rest>.+)$",
        r"^(?P<front>)(?:bitte\s+)?(?P<verb>[a-zäöüß]+(?:en|st))\s+(?:sie|du|ihr)(?:\s+bitte)?\s+(?P<rest>.+)$",
        r"^(?P<front>(?:[^\s,.]+\s+){0,5}?)(?P<verb>[a-zäöüß]+e?)\s+ich\b\s*(?P<rest>.*)$",
        r"^(?P<front>(?:[^\s,.]+\s+){0,5}?)(?P<verb>[a-zäöüß]+en)\s+wir\s+(?P<rest>.+)$",
        r"^(?P<front>)(?P<verb>[a-zäöüß]+e?)\s+(?:mir|uns|ihm|ihr|ihnen|doch|mal|bitte)\s+(?P<rest>.+)$",
        r"^(?P<front>)(?P<verb>[a-zäöüß]+t)\s+(?P<rest>.+)$",
    )
)
_MODAL = frozenset("werde werden möchte möchten will wollen kann können muss müssen wird soll".split())
_STEMS = {
    "gib": "geb",
    "sprich": "sprech",
    "nimm": "nehm",
    "lies": "les",
    "triff": "treff",
    "hilf": "helf",
    "wirf": "werf",
}
_HANDED = re.compile(r",? and you(?:'ll| will) (?:have|get) (?:it|that|them|this)\b.*$", re.IGNORECASE)
# "By Friday, if all goes well, I'll …": so many words may stand before the clause and name its day.
_LEADING_WORDS = 5
_IRREGULAR = {"has": "have", "does": "do", "goes": "go", "is": "be"}
_TRAILING = re.compile(
    r"[\s,;–-]+(?:and|und|y|et|or|spätestens|at the latest|noch|then|dann|anyway|too|though|by|bis|am|on)?[\s,;.!?–-]*$"
)


def deed(
    match: CueMatch,
    text: str,
    owner: str,
    day: date | None,
) -> tuple[str, str, date | None]:
    """(task, day as spoken, day) of a promise or request that a form of words was found in.

    A day goes out of the task only when it is understood, and so stands beside it.
    """
    found = due_of(match, text, day)
    text = text if len(text) - match.end < 3 else text[: match.end]
    language = match.language
    if language == "en":
        wanted = match.parts.get("wanted", "")
        said = f"arrange for {wanted}" if wanted else _from_gerund(match.what) or text
    elif language == "de":
        said = german(match, text)
    else:
        said = (
            match.what
            if (match.what and language == "es") or match.what.split(" ")[0].endswith("r")
            else text[match.begin :]
        )
    said, due_text = without_due(said, day, loose=language != "de")
    if language in ("es", "fr"):
        said = infinitive_of(said, owner, language)
    elif language == "en":
        said = _HANDED.sub("", said)
    bare = cue("aside").sub(said)
    return tidy(bare if len(bare.split()) > 1 else said, language), due_text, found.day if found else None


def due_of(match: CueMatch, text: str, day: date | None) -> SpokenDay | None:
    """The due day of the clause that a form of words stands in; of what stands before it when it has none."""
    begin = max(text.rfind(mark, 0, match.begin + 1) for mark in ",;:") + 1
    if any(cue(kind).search(text[: match.begin]) for kind in ("promise", "handover")):
        return due_in(text[match.begin : match.end], day)
    found = due_in(text[begin : match.end], day)
    return due_in(text[: match.end], day) if found is None and len(text[:begin].split()) < _LEADING_WORDS else found


def without_due(text: str, day: date | None, *, loose: bool = True) -> tuple[str, str]:
    """(the text without its due day, that day's words where the calendar doesn't know them)."""
    text = plain(text).strip()
    found = due_in(text, day)
    if found is not None:
        return " ".join((text[: found.begin].rstrip(" ,") + " " + text[found.end :].lstrip(" ")).split()), ""
    bare = text.rstrip(" .!")
    spoken = cue("loose_due").search(bare) if loose else None
    if spoken is not None and spoken.begin > 8:
        return bare[: spoken.begin], bare[spoken.begin :].strip(" ,;")
    return text, ""


def tidy(task: str, language: str) -> str:
    """The task as a row: no opener, no trailing link word, a capital."""
    task = written(task)
    task = _TO_US.sub(r"\1 ", task)
    task = re.sub(r"\s+([,.;!?])", r"\1", task).strip(" ,.?!¿¡–-")
    task = _TRAILING.sub("", task + " ").strip(" ,.?!–-")
    return task[:1].upper() + task[1:]


def provided(what: str, language: str, day: date | None) -> str:
    """ "the list of devices" → "provide the list of devices"."""
    what, _ = without_due(cue("aside").sub(what), day)
    what = re.split(r"[.;?!]|, (?:because|weil|porque|parce)|,? (?:for that )?though\b", what)[0].strip(" ,")
    form = str(words_of(language).get("provide", "{}"))
    return tidy(form.format(what), language)


def german(match: CueMatch, text: str) -> str:
    """ "Ich stimme den Entwurf ab" → "den Entwurf abstimmen"; what isn't built so stays as it is."""
    parts = match.parts
    text = cue("report_back").sub(text)
    if re.search(r"\bich bitte\b", text, re.IGNORECASE) and match.what:
        whom, comma, rest = match.what.partition(",")
        return f"{whom} bitten{comma}{rest}"
    if "rest" in parts and "verb" not in parts:
        return f"{match.what} {parts['rest']}".strip()
    sentence = written(text)
    if parts.get("verb"):
        said = f"{parts['front'].split(',')[-1]} {parts['verb']} ich {parts['rest']}".strip()
    elif re.search(r"\bich\b|\bwir\b|\b(?:sie|du|ihr)\b", match.what, re.IGNORECASE):
        said = match.what
    elif match.what and re.search(rf"\bich {re.escape(match.what)}", plain(sentence), re.IGNORECASE):
        said = f"ich {match.what}"
    elif match.what and re.search(rf"\bwir {re.escape(match.what)}", plain(sentence), re.IGNORECASE):
        said = f"wir {match.what}"
    elif match.what and match.what.rstrip(" .!").endswith("en"):
        return match.what
    else:
        said = match.what or sentence
    return infinitive(said)


def infinitive(task: str) -> str:
    """A German main clause with its verb at the end; what isn't built so stays as it is."""
    task = written(task.strip(" ,.?!"))
    match = next((m for shape in _GERMAN if (m := shape.match(task))), None)
    if match is None:
        return task
    main, comma, subordinate = match["rest"].partition(",")
    main = re.sub(r"^(?:(?:mir|ihnen|uns|euch|dir)\s+)+", "", main.strip(" .!"), flags=re.IGNORECASE)
    main = re.sub(r"\b(?:mich|uns)\b", "sich", main)
    front = match["front"] if match["front"].strip().lower() not in ("da", "dann", "das", "") or len(main) < 4 else ""
    verb = match["verb"].lower().rstrip("'")
    if verb in _MODAL:
        return f"{front}{main}{comma}{subordinate}"
    particle = _SEPARABLE.search(" " + main)
    if particle:
        main = (" " + main)[: particle.start()].strip()
    verb = _german_base(verb)
    lead = particle.group(1).lower() if particle else ""
    return " ".join(f"{front}{main} {lead}{verb}{comma}{subordinate}".split())


def _german_base(verb: str) -> str:
    """ "kümmere" → "kümmern", "klärst" → "klären", "frag" → "fragen"."""
    if verb.endswith("en") or verb.endswith("ern"):
        return verb
    stem = re.sub(r"(?:est|st|et|t|e)$", "", verb) if len(verb) > 4 or verb.endswith("e") else verb
    stem = _STEMS.get(stem, stem)
    return stem + ("n" if re.search(r"[^aeiouäöü](?:er|el)$", stem) else "en")


def _from_gerund(what: str) -> str:
    """ "chasing the council" → "chase the council"; what doesn't begin so stays."""
    match = re.match(r"([a-z]{2,})ing\b(.*)", what, re.DOTALL)
    if match is None or match[1] in ("br", "r", "th", "sw", "cl", "spr", "str", "k"):
        return what
    stem = match[1]
    if re.search(r"([bdgmnprt])\1$", stem):
        stem = stem[:-1]
    elif re.search(r"^[^aeiou]*[aeiou][^aeiouwxy]$", stem) or re.search(r"(?:par|at|iz|uc|ng|v|rs|ur|ir)$", stem):
        stem += "" if stem in ("ring", "bring", "visit") else "e"
    return stem + match[2]


def instruction(text: str) -> str:
    """ "sends the report" → "send the report"."""
    match = re.match(
        r"(?:also |then |to |will |must |should |has to |needs to )*([a-z]+)\b(.*)", text.strip(), re.DOTALL
    )
    return _base(match[1]) + match[2] if match else text.strip()


def _base(verb: str) -> str:
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith("ies") and len(verb) > 4:
        return verb[:-3] + "y"
    if re.search(r"(?:ss|sh|ch|x|zz|o)es$", verb):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb
