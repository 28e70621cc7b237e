"""Who is meant: names as programs and people write them, short forms, initials, and persons who weren't there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from apps.meeting.cues import LANGUAGES, cue, words_of
from core.text.dates import MONTH_NUMBERS
from core.text.locale import weekday_names
from core.text.words import folded

_BADGE = re.compile(r"\s*(?:\([^)]*\)?|\[[^\]]*\]|\|.*|<[^>]*>|/ .*)\s*$")
_TITLE = r"(?:Herrn?|Frau|Hr\.|Fr\.|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|M\.|Mme|Monsieur|Madame|Señora?|Sra?\.|Don|Doña)"
_TITLED = re.compile(rf"\b((?:{_TITLE} )+[A-ZÀ-Þ][\w'-]+)")
_COLLEAGUE = re.compile(
    r"\b(?:Kolleg(?:e|in|en)|colleague|collègue|compañer[oa]|colega),? (?:der |die |den )?"
    r"((?:Herr |Frau )?[A-ZÀ-Þ]\w+)"
)
_CAPITAL = re.compile(r"(?<![.!?¿¡:]\s)(?<!^)\b([A-ZÀ-Þ][a-zà-ÿ'-]{2,}(?: [A-ZÀ-Þ][a-zà-ÿ'-]{2,})?)\b")
_OPENING = re.compile(
    r"^(?:(?:and|so|then|but|y|et|und) )?([A-ZÀ-Þ][a-zà-ÿ'-]{2,})\b"
    r"(?=,|'ll| (?:did|has|was|is|can|will|could|knows|used|va|peut|puede)\b)"
)
_NO_NAMES = frozenset(
    {folded(w) for w in MONTH_NUMBERS}
    | {folded(d) for language in LANGUAGES for d in weekday_names(language)}
    | set(
        "the that this these those they there nobody somebody everybody someone everyone people what who when it he "
        "she we you i one two purchasing legal finance marketing procurement english german spanish french "
        "this thanks great okay yes no non nein nee oui ja si maybe people god madre dios".split()
    )
)


def person_name(written: str) -> str:
    """The name as one says it: "Weber, Nils (Acme)" → "Nils Weber", "Hal Rudd (Unverified)" → "Hal Rudd"."""
    name = " ".join(written.split()).strip(" :*\"'")
    while (shorter := _BADGE.sub("", name)) != name and shorter:
        name = shorter
    family, comma, given = name.partition(", ")
    if (
        comma
        and len(family.split()) <= 3
        and 0 < len(given.split()) <= 3
        and not re.search(r"\d|\b(?:Inc|Ltd|GmbH)\b", given)
    ):
        name = f"{given} {family}"
    return name.strip()


def is_self(word: str) -> bool:
    """Whether it is how the writer of notes calls himself: "me", "ich", "yo", "moi"."""
    return any(folded(word) in str(words_of(language)["self"]).split("|") for language in LANGUAGES)


def known_person(word: str, people: Sequence[str]) -> str:
    """The person of `people` that a short form, a surname with a title or initials mean; "" for nobody or several."""
    bare = folded(re.sub(rf"^(?:{_TITLE} )+", "", word.strip()).strip(" .:,"))
    if not bare:
        return ""
    whole = [p for p in people if folded(p) == bare]
    parts = [p for p in people if bare in (folded(w).strip(".") for w in p.split())]
    initials = [p for p in people if len(bare) in (2, 3) and word.isupper() and bare == _initials(p)]
    for found in (whole, parts, initials):
        if len(found) == 1:
            return found[0]
    return ""


def named_at_start(text: str, people: Sequence[str]) -> tuple[str, str]:
    """(person, what follows) of a sentence that begins with a person's name; ("", text) for another."""
    bare = re.sub(r"^(?:and|so|then|und|y|et) ", "", text, flags=re.IGNORECASE)
    titled = re.match(rf"(?:der |die )?((?:{_TITLE} )+(?:Dr\. )?[A-ZÀ-Þ][\w'-]+)\b", bare)
    if titled:
        return known_person(titled[1], people) or titled[1], bare[titled.end() :]
    for length in (3, 2, 1):
        head = re.match(rf"((?:[\w'-]+\.?[ ]+){{{length - 1}}}[\w'-]+)\b", bare)
        if head and (found := known_person(head[1], people)):
            return found, bare[head.end() :]
    return "", text


def named_in(text: str, people: Sequence[str], language: str = "") -> str:
    """The person whom a text names last, present or not; German nouns need a title. "" for nobody."""
    found: list[tuple[int, str]] = [(m.start(), m[1]) for p in (_TITLED, _COLLEAGUE) for m in p.finditer(text)]
    for person in people:
        first = re.escape(person.split()[0])
        found += [(m.start(), person) for m in re.finditer(rf"\b(?:{re.escape(person)}|{first})\b", text)]
    if language != "de" and not found:
        opening = _OPENING.match(text)
        spans = [opening] if opening else []
        found += [(m.start(1), m[1]) for m in (*spans, *_CAPITAL.finditer(text)) if _may_be_name(m[1])]
    if not found:
        return ""
    name = max(found)[1]
    return known_person(name, people) or name


def _may_be_name(word: str) -> bool:
    opener = cue("opener").search(f"{word}, so")
    if opener is not None and opener.begin == 0:
        return False
    return folded(word.split(maxsplit=1)[0]) not in _NO_NAMES and not word.isupper()


def _initials(name: str) -> str:
    return "".join(w[0] for w in re.split(r"[\s-]+", folded(name)) if w)
