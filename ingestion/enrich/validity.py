"""What a text says of its own validity: since when, until when, in which version, and whether it replaces others.

Only the beginning and the end of a document are read, where authors write it, and only statements about the document
itself: "the discount is valid from 1 May" is about the discount.
"""

from __future__ import annotations

import re
from datetime import date

from core.text.dates import MONTH, MONTH_NUMBERS, dated_spans
from core.types import AttributeValue

_HEAD_CHARS, _END_CHARS = 700, 400
_ITSELF = (
    r"(?:this|the present|these|dies\w*|die vorliegende|est[ea]s?|la presente|el presente|cett?e|ce|la présente)\s+"
    r"(?:\w+\s){0,2}?"
)
_SINCE = (
    r"(?:valid|effective|in force|in effect|applicable|applies|gültig|gilt|in kraft(?: getreten)?|wirksam|vigente|"
    r"válid[oa]|en vigor|en vigueur|valable|applicable)\b\s*(?:date|datum)?\s*:?\s*"
    r"(?:as (?:of|from)|from|since|starting|ab(?: dem)?|seit(?: dem)?|vom|am|desde(?: el)?|a partir del?|"
    r"à (?:partir|compter) du|depuis le|dès le)?\s*:?\s*"
)
_UNTIL = (
    r"(?:valid|effective|in force|gültig|gilt|vigente|válid[oa]|en vigor|valable|en vigueur)\b[^.;\n]{0,60}?"
    r"(?:until|till|through|to|up to|bis(?: zum)?|hasta(?: el)?|jusqu['’]au)\s*:?\s*"
)
_AS_OF = (
    r"(?:last (?:updated?|reviewed|revised|changed|modified)|updated|revised|as of|status as of|stand|letzte änderung|"
    r"zuletzt (?:geändert|aktualisiert)(?: am)?|actualizado(?: el)?|última actualización|mis à jour le|"
    r"dernière mise à jour)\s*(?:on|:)?\s*:?\s*"
)
_NAME = rf"(?:{MONTH}|[a-zà-ÿ]{{3,4}})"
_DAY = re.compile(
    r"(?:\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{4}|"
    rf"\d{{1,2}}(?:st|nd|rd|th|er|\.)?\s+(?:of\s+|de\s+)?{_NAME}\.?,?\s+(?:de\s+|of\s+)?\d{{4}}|"
    rf"{_NAME}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|(?:{MONTH})\s+(?:de\s+)?\d{{4}}|\d{{4}})",
    re.IGNORECASE,
)
_MONTH_YEAR = re.compile(rf"({MONTH})\s+(?:de\s+)?(\d{{4}})", re.IGNORECASE)
_VERSION = re.compile(
    r"\b(?:version|revision|rev\.?|edition|issue|fassung|ausgabe|versión|edición|révision|édition)\s*(?:no\.?|nr\.?|:)?\s*"
    r"(\d{1,3}(?:\.\d{1,3})*)\b|\bv(\d{1,3}(?:\.\d{1,3})+)\b",
    re.IGNORECASE,
)
_REPLACES = re.compile(
    r"\b(?:replaces?|supersedes?)\s+(?:\w+\s){0,2}?(?:earlier|previous|prior|older|former)\b"
    r"|\b(?:replaces?|supersedes?)\s+(?:the\s+)?(?:version|edition|revision)\b"
    r"|\bersetzt\s+(?:\w+\s){0,2}?(?:früher|bisherig|vorherig|älter|vorig|fassung|version)\w*"
    r"|\b(?:sustituye|reemplaza)n?\s+(?:a\s+)?(?:\w+\s){0,3}?(?:versi[oó]n(?:es)?|anterior(?:es)?)\b"
    r"|\bremplacen?t?\s+(?:\w+\s){0,3}?(?:versions?|antérieure?s?|précédente?s?)\b",
    re.IGNORECASE,
)
_OVER = re.compile(
    rf"(?:^[\W_]*|{_ITSELF}(?:is|was|has been|ist|wurde|está|ha sido|est|a été)\s+)"
    r"(?:obsolete|outdated|out of date|no longer (?:valid|in force)|superseded|replaced by|nicht mehr gültig|veraltet|"
    r"ersetzt durch|außer kraft|obsolet[oa]?|ya no (?:es válid[oa]|está vigente)|sustituid[oa] por|obsolète|"
    r"n['’]est plus (?:valable|en vigueur)|remplacée? par)\b",
    re.IGNORECASE | re.MULTILINE,
)


def stated_validity(text: str) -> dict[str, AttributeValue]:
    """Those of `version`, `valid_from`, `valid_until`, `as_of`, `replaces_earlier` and `status` that `text` states."""
    parts = [text[:_HEAD_CHARS], text[max(_HEAD_CHARS, len(text) - _END_CHARS) :]]
    found: dict[str, AttributeValue] = {}
    for part in parts:
        for name, phrase in (("valid_until", _UNTIL), ("valid_from", _SINCE), ("as_of", _AS_OF)):
            if name not in found and (day := _day_behind(phrase, part)):
                found[name] = f"{day.isoformat()}T00:00:00Z"
        if "replaces_earlier" not in found and _REPLACES.search(part):
            found["replaces_earlier"] = True
    version = _VERSION.search(parts[0])
    if version and ("valid_from" in found or "replaces_earlier" in found or _alone(parts[0], version)):
        found["version"] = version[1] or version[2]
    if _OVER.search(parts[0][:_END_CHARS]):
        found["status"] = "superseded"
    return found


def _day_behind(phrase: str, text: str) -> date | None:
    """The day behind the phrase, where that begins a statement or is said of the document itself."""
    begins = rf"(?:^|[\n.;,(|*_]\s*|{_ITSELF}|\b(?:version|fassung|versión|edition)\s+[\d.]+\W{{1,3}}(?:is\s+|ist\s+)?)"
    pattern = re.compile(rf"{begins}(?:\w+\s+)?{phrase}[\s|:*]*(?P<day>{_DAY.pattern})", re.IGNORECASE | re.MULTILINE)
    match = pattern.search(text)
    return _day(match["day"]) if match else None


def _day(text: str) -> date | None:
    spans = dated_spans(text, None)
    if spans:
        return spans[0][0]
    month = _MONTH_YEAR.search(text)
    try:
        return date(int(month[2]), MONTH_NUMBERS[month[1].lower()], 1) if month else date(int(text), 1, 1)
    except ValueError:
        return None


def _alone(text: str, version: re.Match[str]) -> bool:
    """Whether the version stands on a line or in a cell of its own, or in the title: not within running text."""
    line = text[text.rfind("\n", 0, version.start()) + 1 :].split("\n", 1)[0]
    return len(line.split()) <= 8
