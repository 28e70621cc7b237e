"""An app's form, filled as far as the message and its attachments say; the rest is asked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import Any

from apps.context import AppFile
from apps.inputs import LANGUAGES, missing
from apps.meeting.dates import find_day
from apps.spec import App, Input
from assistant.events import Attachment
from core.types import Parsed

_LANGUAGE_NAMES: Mapping[str, str] = {
    **{name.lower(): code for code, name in LANGUAGES.items()},
    "deutsch": "de", "englisch": "en", "spanisch": "es", "französisch": "fr",
    "español": "es", "inglés": "en", "alemán": "de", "francés": "fr",
    "français": "fr", "anglais": "en", "allemand": "de", "espagnol": "es",
}  # fmt: skip
_IN_LANGUAGE = re.compile(rf"\b(?:in|auf|en|into)\s+({'|'.join(_LANGUAGE_NAMES)})\b", re.IGNORECASE)
_PERIOD = re.compile(r"(20\d\d)[-_ ]?(?:q([1-4])|(\d\d))|q([1-4])[-_ ]?(20\d\d)", re.IGNORECASE)
_QUOTED = re.compile(r"[“\"„«]([^”\"“»]{8,})[”\"“»]")
# A pasted text behind a colon or a line break, rather than the request itself.
_PASTED = re.compile(r"(?::\s*\n?|\n\s*\n?)(?P<text>\S[\s\S]{40,})\Z")
_MATERIAL = ("file", "files", "long_text", "account")
_COMPANY_WORDS = frozenset(
    "ag gmbh ltd inc group grupo maison the trust utilities insurance logistics health sa".split()
)


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
        pasted = _pasted(message)
        if pasted:
            values[texts[0].name] = pasted
    left = missing(app, values)
    material = [i for i in app.inputs if i.type in _MATERIAL]
    if not left and material and not any(i.name in values for i in material):
        # A tone or a language alone is nothing to work on; the first input that holds material is asked for.
        left = [material[0]]
    return Filled(values, tuple(left))


def with_values(app: App, filled: Filled, given: Mapping[str, Any]) -> Filled:
    """The form with what a person put in beside the message; only what is still missing is asked for."""
    values = {**filled.values, **given}
    return Filled(values, tuple(i for i in filled.missing if i.name not in values))


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
            match_ = _IN_LANGUAGE.search(message)
            code = _LANGUAGE_NAMES[match_.group(1).lower()] if match_ else None
            return code if code and (not item.choices or code in item.choices) else None
        case "date":
            day = find_day(message, today)
            return day.isoformat() if day else None
        case "choice":
            return next(
                (c for c in item.choices if len(c) > 3 and re.search(rf"\b{re.escape(c)}\b", message, re.I)), None
            )
        case "text":
            quoted = _QUOTED.search(message) if item.required else None
            return quoted.group(1) if quoted else None
        case _:
            return None


def named_customer(message: str, customers: Collection[str]) -> str | None:
    """The customer that the message names: by the whole name, else by the first word that is its alone."""
    low = message.lower()
    for name in sorted(customers, key=len, reverse=True):
        if name.lower() in low:
            return name
    for name in sorted(customers):
        words = [w for w in re.findall(r"\w+", name.lower()) if w not in _COMPANY_WORDS and len(w) > 3]
        if any(re.search(rf"\b{re.escape(word)}\b", low) for word in words):
            return name
    return None


def _pasted(message: str) -> str:
    quoted = _QUOTED.search(message)
    if quoted:
        return quoted.group(1)
    match = _PASTED.search(message)
    return match["text"].strip() if match else ""


def _accepted(item: Input, file: AppFile) -> bool:
    return not item.accept or PurePath(file.name).suffix.lower() in item.accept


def _by_age(files: list[AppFile]) -> list[AppFile]:
    """Older reports first, by the period in their names; as attached where there is none."""

    def age(file: AppFile) -> str:
        match = _PERIOD.search(file.name) or _PERIOD.search(file.text[:400])
        if match is None:
            return ""
        return f"{match[1] or match[5]}-{match[2] or match[4] or match[3]}"

    return sorted(files, key=age)
