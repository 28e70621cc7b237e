"""An app's form, filled as far as the message and its attachments say; the rest is asked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import Any

from apps.language.app_file import AppFile
from apps.language.spec import App, Input
from apps.run.inputs import missing, shown
from assistant.events import Attachment
from assistant.routing.glossary import likely_language
from assistant.routing.names import named_customer
from core.text.dates import find_day, month_number
from core.text.languages import language_codes
from core.types import Parsed

_LANGUAGE = "|".join(language_codes())
_IN_LANGUAGE = re.compile(
    rf"\b(?:in|auf|en|into|em)\s+({_LANGUAGE})\b|\b({_LANGUAGE})\s+(?:version|e-?mail|mail|text|reply|please)\b",
    re.IGNORECASE,
)
# Other words for choices that apps have in common.
_CHOICES: Mapping[str, str] = {
    "formal": r"förmlich\w*|formell\w*|formel\w*|formal\w*",
    "friendly": r"freundlich\w*|friendlier|amica\w*|amistos\w*|amichevol\w*|amigáve\w*|warm\w*",
    "brief": r"brief(?:er|ly)?|short(?:er)?|kurz\w*|kürzer\w*|knapp\w*|breve\w*|cort[oa]|bref|brève|court\w*|curt[oa]",
    "short": r"short(?:er)?|brief(?:er|ly)?|kurz\w*|kürzer\w*|knapp\w*|breve\w*|cort[oa]|bref|brève|court\w*|curt[oa]",
    "detailed": r"(?:in|more) detail\w*|ausführlich\w*|detaillier\w*|detallad\w*|détaillé\w*|dettagliat\w*|detalhad\w*",
    "purchasing": r"procurement|buyers?|einkauf\w*|compras|achats|acquisti",
    "executive": r"executives|board|vorstand\w*|geschäfts(?:führ|leit)\w*|direcci[oó]n|direction|direzione|direção",
}
_ASKS = re.compile(
    r"\b(?:asks?|asked|asking|wants to know|would like to know|wonders?|fragte?|möchte wissen|preguntan?|pregunta|"
    r"quiere saber|demande|veut savoir|chiede|vuole sapere|pergunta|quer saber)\b\s*(?:us\b|about\b|,|:|:)?\s*"
    r"(?P<asked>[^.?!\n]{12,}\??)",
    re.IGNORECASE,
)
_ASKED_FOR = re.compile(r"\b(?:asks?|question|inquiry)\b", re.IGNORECASE)
_WORD_AND_YEAR = re.compile(r"(?<![^\W\d_])([^\W\d_]{3,})[-_ .]*(20\d\d)")
_OLDER = re.compile(
    r"(?<![a-z])(?:old|older|before|previous|prior|earlier|first|v1|alt|antes|avant|ancien)(?![a-z])", re.I
)
_PERIOD = re.compile(r"(20\d\d)[-_ ]?(?:q([1-4])|(\d\d))|q([1-4])[-_ ]?(20\d\d)", re.IGNORECASE)
_QUOTED = re.compile(r"[“\"„«]([^”\"“»]{8,})[”\"“»]")
# Whom something is written to: a capitalised name behind "to", not a company's.
_PERSON = r"(?:(?:Mr|Ms|Mrs|Dr|Frau|Herrn?|Sra?|Mme|Sig)\.? )?[A-ZÀ-Þ][\wà-ÿ’'-]+(?: [A-ZÀ-Þ][\wà-ÿ’'-]+)?"
_WRITTEN_TO = re.compile(
    r"\b(?i:e-?mails?|mails?|note|recap|write|send|schreib\w*|correo|escrib\w*|courriel|écri\w*|scrivi\w*|escrev\w*|schrijf)\b"
    rf"[^.!?\n]{{0,40}}?\b(?:to|an|a|à|para|pour|aan) (?P<person>{_PERSON})"
)
_RECIPIENT = re.compile(r"recipient|greeting|addressee", re.IGNORECASE)
# A pasted text behind a colon or a line break, rather than the request itself.
_PASTED = re.compile(r"(?::\s*\n?|\n\s*\n?)(?P<text>\S[\s\S]{40,})\Z")
_MATERIAL = ("file", "files", "long_text", "account")


@dataclass(frozen=True)
class Filled:
    """What could be filled in, and the inputs that one form has to ask for."""

    values: Mapping[str, Any]
    missing: tuple[Input, ...]


def fill_inputs(
    app: App,
    message: str,
    attachments: Sequence[Attachment] = (),
    customers: Collection[str] = (),
    today: date | None = None,
) -> Filled:
    """The values that stand in the message. `customers`: names that the person may know of."""
    values: dict[str, Any] = {}
    files = _by_age([AppFile(a.name, Parsed(a.sections, a.title)) for a in attachments])
    for item in app.inputs:
        found = _found(item, message, files, customers, today)
        if found not in (None, "", []):
            values[item.name] = found
    texts = [i for i in app.inputs if i.type == "long_text"]
    if texts and texts[0].name not in values and not attachments:
        pasted = _pasted(message) or _asked(message, texts[0])
        if pasted:
            values[texts[0].name] = pasted
    return Filled(values, _lacking(app, values))


def with_values(app: App, filled: Filled, given: Mapping[str, Any]) -> Filled:
    """The form with what a person put in beside the message; only what is still missing is asked for."""
    values = {**filled.values, **given}
    return Filled(values, _lacking(app, values))


def _lacking(app: App, values: Mapping[str, Any]) -> tuple[Input, ...]:
    """The inputs that one form has to ask for."""
    left = missing(app, values)
    material = [i for i in app.inputs if i.type in _MATERIAL]
    if not left and material and not any(i.name in values for i in material):
        # A tone or a language alone is nothing to work on; the first input that holds material is asked for.
        left = [material[0]]
    return tuple(left)


def _found(item: Input, message: str, files: list[AppFile], customers: Collection[str], today: date | None) -> Any:
    match item.type:
        case "file":
            place = next((n for n, f in enumerate(files) if _accepted(item, f)), None)
            return files.pop(place) if place is not None else None
        case "files":
            taken = [f for f in files if _accepted(item, f)]
            files[:] = [f for f in files if f not in taken]
            return taken
        case "account":
            return named_customer(message, customers)
        case "language":
            return _language(item, message)
        case "date":
            day = find_day(message, today)
            return day.isoformat() if day else None
        case "choice":
            return next((c for c in item.choices if len(c) > 2 and _names(message, c)), None)
        case "text" if _RECIPIENT.search(f"{item.name} {item.label}"):
            return _text(item, message) or _recipient(message, customers)
        case "text":
            return _text(item, message)
        case _:
            return None


def _language(item: Input, message: str) -> str | None:
    """The language that the message names; for an input with a default, else the one that it is written in."""
    match = _IN_LANGUAGE.search(message)
    if match:
        code = language_codes()[(match.group(1) or match.group(2)).lower()]
    else:
        own = likely_language(message)
        code = own if item.default and own != item.default else ""
    return code if code and (not item.choices or code in item.choices) else None


def _names(message: str, choice: str) -> bool:
    words = f"{re.escape(choice)}|{_CHOICES[choice]}" if choice in _CHOICES else re.escape(choice)
    return re.search(rf"\b(?:{words})\b", message, re.IGNORECASE) is not None


def _text(item: Input, message: str) -> str | None:
    """A quoted text: for a required input any, for another the one behind the input's name (titled "…")."""
    if item.required:
        quoted = _QUOTED.search(message)
        return quoted.group(1) if quoted else None
    named = re.search(
        rf"\b{re.escape(item.name)}\w*\W{{1,3}}(?:is )?[“\"„«]([^”\"“»]{{3,}})[”\"“»]", message, re.IGNORECASE
    )
    return named.group(1) if named else None


def _recipient(message: str, customers: Collection[str]) -> str | None:
    """The person that the message says the text is for; a customer's name is no person."""
    found = _WRITTEN_TO.search(message)
    person = found["person"] if found else ""
    return person if person and not named_customer(person, customers) and not _IN_LANGUAGE.search(person) else None


def _pasted(message: str) -> str:
    quoted = _QUOTED.search(message)
    if quoted:
        return quoted.group(1)
    match = _PASTED.search(message)
    return match["text"].strip() if match else ""


def _asked(message: str, item: Input) -> str:
    """What somebody is said to ask, where the form has a field for it."""
    match = _ASKS.search(message) if _ASKED_FOR.search(shown(item)) else None
    return match["asked"].strip() if match else ""


def _accepted(item: Input, file: AppFile) -> bool:
    return not item.accept or PurePath(file.name).suffix.lower() in item.accept


def _by_age(files: list[AppFile]) -> list[AppFile]:
    """Older reports first, by the period in their names; as attached where there is none."""

    def age(file: AppFile) -> str:
        for text in (file.name, file.text[:400]):
            for word, year in _WORD_AND_YEAR.findall(text):
                if month := month_number(word):
                    return f"{year}-{month:02}"
            period = _PERIOD.search(text)
            if period:
                return f"{period[1] or period[5]}-{period[2] or period[4] or period[3]}"
        return "" if _OLDER.search(file.name) else "\uffff"

    return sorted(files, key=age)
